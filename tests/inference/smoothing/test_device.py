"""Which device computes, and what is said where there is none."""

import pytest
import torch

from annotation.errors import BetascopeError
from inference.smoothing.device import device_named, hardware
from inference.smoothing.over_frames import numerics_on


def test_the_processor_computes_where_there_is_no_gpu_or_where_it_is_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device_named() == device_named("auto") == device_named("cpu") == torch.device("cpu")
    assert "no GPU" in hardware(torch.device("cpu"))
    assert numerics_on(torch.device("cpu")).device == "cpu"


def test_a_gpu_that_is_not_there_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(BetascopeError, match=r"finds no GPU for cuda here.*Leave --device away"):
        device_named("cuda")
    with pytest.raises(BetascopeError, match="no device 'tpu9'"):
        device_named("tpu9")
