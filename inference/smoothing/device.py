"""Which device computes: a GPU where there is one, unless somebody says otherwise."""

import torch

from annotation.errors import BetascopeError

AUTOMATIC = "auto"


def device_named(name: str | None = None) -> torch.device:
    """Return the device of a name: ``cpu``, ``cuda``, ``cuda:1``; ``auto`` or None: a GPU where there is one.

    Raises
    ------
    BetascopeError
        If there is no such device here.
    """
    if name is None or name == AUTOMATIC:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise BetascopeError(f"There is no device {name!r} to compute on; there are auto, cpu and cuda.") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise BetascopeError(
            f"PyTorch finds no GPU for {name} here. Leave --device away to compute on the processor, or install "
            "PyTorch for CUDA and NVIDIA's driver."
        )
    return device


def hardware(device: torch.device) -> str:
    """Say what a device is."""
    if device.type == "cuda":
        return f"one {torch.cuda.get_device_name(device)}"
    n = torch.get_num_threads()
    return f"CPU only, {n} thread{'s' if n > 1 else ''}, no GPU"
