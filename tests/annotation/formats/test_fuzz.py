"""Every reader against damaged files: a clear error or a valid result, never anything else, and nothing written."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from annotation.errors import BetascopeError
from annotation.formats.motion_registry import MOTION_FORMATS, find_motion_format
from annotation.formats.registry import FORMATS
from tests.annotation.formats.damaged_files import MOST_BYTES, VALID, Case, peak_bytes


def test_every_reader_is_here() -> None:
    assert {key for key, _ in VALID.values()} == {item.key for item in (*FORMATS, *MOTION_FORMATS) if item.read}


@pytest.mark.parametrize("name", VALID)
def test_a_damaged_file_is_read_or_refused(name: str, tmp_path: Path) -> None:
    """Some of the files of `test_fuzz_long`."""
    case = Case(name, tmp_path)
    case.reads_whole()
    before = peak_bytes()
    for seed in range(150):
        case.reads_or_says_why(seed)
    assert peak_bytes() < before + MOST_BYTES


def test_a_pickle_of_absurd_size_is_refused(tmp_path: Path) -> None:
    shape = b"cnumpy\nndarray\n(I100000000000\ntR."
    (tmp_path / "a.pkl").write_bytes(shape)
    with pytest.raises(BetascopeError):
        find_motion_format("vibe").read(tmp_path / "a.pkl")  # type: ignore[union-attr,misc]
    (tmp_path / "b.pkl").write_bytes(pickle.dumps({1: {"pose": np.zeros((2, 72))}}))
    with pytest.raises(BetascopeError, match="frame_ids"):
        find_motion_format("vibe").read(tmp_path / "b.pkl")  # type: ignore[union-attr,misc]
