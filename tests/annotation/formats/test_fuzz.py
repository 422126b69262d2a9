"""Every reader against damaged files: a clear error or a valid result, never anything else, and nothing written."""

import json
import pickle
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation.errors import BetascopeError
from annotation.formats.coco import write_coco
from annotation.formats.cvat_writer import write_cvat
from annotation.formats.deeplabcut import write_deeplabcut
from annotation.formats.export_tables import ExportChoice
from annotation.formats.motion_registry import find_motion_format
from annotation.formats.motion_results import write_vibe
from annotation.formats.openpose import write_openpose
from annotation.formats.pose_table import ImportedPoses
from annotation.formats.registry import FORMATS, find_format
from annotation.formats.sleap_analysis import write_sleap_analysis
from annotation.formats.smpl_motion import write_smpl_npz
from annotation.formats.yolo import write_yolo
from tests.annotation.formats.conftest import make_motion
from tests.annotation.formats.test_deeplabcut import write_pandas
from tests.annotation.formats.test_motion_formats import write_gvhmr
from tests.annotation.formats.test_sleap import write_slp
from tests.annotation.formats.test_yolo import labelled

CHOICE = ExportChoice(range=(3, 5))
_GIGABYTE = 1_000_000_000


def _folder_of(write: Callable[..., int], file: str) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        write([labelled()], CHOICE, path)
        return next(path.rglob(file))

    return make


def _file(write: Callable[..., int], suffix: str) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path = path.with_suffix(suffix)
        write([labelled()], CHOICE, path)
        return path

    return make


def _coco_results(path: Path) -> Path:
    entry = {"image_id": 3, "category_id": 1, "keypoints": [1.5, 2.5, 1.0] * 17, "score": 0.5}
    path.write_text(json.dumps([entry, {**entry, "image_id": 4}]))
    return path


def _motion(write: Callable[..., int], suffix: str) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path = path.with_suffix(suffix)
        write(make_motion(), path)
        return path

    return make


def _named(write: Callable[[Path], object], suffix: str) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path = path.with_suffix(suffix)
        write(path)
        return path

    return make


VALID: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "coco": ("coco", _file(write_coco, ".json")),
    "coco-results": ("coco-results", _coco_results),
    "cvat": ("cvat", _file(write_cvat, ".xml")),
    "yolo labels": ("yolo", _folder_of(write_yolo, "*.txt")),
    "yolo configuration": ("yolo", _folder_of(write_yolo, "data.yaml")),
    "openpose": ("openpose", _folder_of(write_openpose, "*.json")),
    "sleap": ("sleap", _named(write_slp, ".slp")),
    "sleap-h5": ("sleap-h5", _file(write_sleap_analysis, ".h5")),
    "deeplabcut": ("deeplabcut", _file(write_deeplabcut, ".csv")),
    "deeplabcut h5": ("deeplabcut", _named(write_pandas, ".h5")),
    "smpl": ("smpl", _motion(write_smpl_npz, ".npz")),
    "vibe": ("vibe", _motion(write_vibe, ".pkl")),
    "gvhmr": ("gvhmr", _named(write_gvhmr, ".pt")),
}
"""What is damaged, the format that reads it, and what makes it."""

WORDS = [b"-1", b"0", b"1e999", b"nan", b"null", b"[]", b"{}", b'""', b"99999999999999999999", b"true", b"../../x"]


def damage(content: bytes, draw: Callable[[Any], Any]) -> bytes:
    """Return a file with some bytes changed, cut, doubled, or numbers and words put in place of others."""
    changed = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(changed) - 1, 0)))
        kind = draw(st.sampled_from(["byte", "cut", "take", "double", "word", "number"]))
        length = draw(st.integers(1, 40))
        if kind == "byte" and changed:
            changed[at] = draw(st.integers(0, 255))
        elif kind == "cut":
            del changed[at:]
        elif kind == "take":
            del changed[at : at + length]
        elif kind == "double":
            changed[at:at] = changed[at : at + length]
        elif kind == "word":
            changed[at : at + length] = draw(st.sampled_from(WORDS))
        else:
            digits = [n for n, byte in enumerate(changed) if 48 <= byte <= 57]
            if digits:
                number = draw(st.sampled_from(digits))
                changed[number : number + 1] = draw(st.sampled_from(WORDS))
    return bytes(changed)


def reads_or_says_why(key: str, file: Path, original: bytes, content: bytes) -> None:
    motion = find_motion_format(key)
    reader = motion.read if motion is not None else find_format(key).read
    assert reader is not None
    root = file.parent if key in ("yolo", "openpose") else file
    while key == "yolo" and not (root / "data.yaml").exists():
        root = root.parent
    names = sorted(file.parent.iterdir())
    file.write_bytes(content)
    try:
        result: Any = reader(root)
        assert result.tables
        for table in result.tables:
            assert len(table.frames) and (np.diff(table.frames) > 0).all() and table.frames[0] >= 0
            if isinstance(result, ImportedPoses):
                assert np.isfinite(table.xy[table.known]).all()
                assert ((table.confidence >= 0) & (table.confidence <= 1)).all()
            else:
                assert np.isfinite(table.pose).all() and np.isfinite(table.transl).all()
    except BetascopeError as error:
        assert str(error)
    finally:
        file.write_bytes(original)
    assert sorted(file.parent.iterdir()) == names
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 < _PEAK + _GIGABYTE


_PEAK = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def fuzz(name: str, folder: Path, *, examples: int) -> None:
    key, make = VALID[name]
    file = make(folder / "valid")
    original = file.read_bytes()
    reads_or_says_why(key, file, original, original)

    @settings(
        max_examples=examples, deadline=5000, database=None, suppress_health_check=list(HealthCheck), derandomize=True
    )
    @given(st.data())
    def run(data: Any) -> None:
        reads_or_says_why(key, file, original, damage(original, data.draw))

    run()


def test_every_reader_is_here() -> None:
    from annotation.formats.motion_registry import MOTION_FORMATS

    assert {key for key, _ in VALID.values()} == {item.key for item in (*FORMATS, *MOTION_FORMATS) if item.read}


@pytest.mark.parametrize("name", VALID)
def test_a_damaged_file_is_read_or_refused(name: str, tmp_path: Path) -> None:
    fuzz(name, tmp_path, examples=200)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", VALID)
def test_ten_thousand_damaged_files(name: str, tmp_path: Path) -> None:
    fuzz(name, tmp_path, examples=10_000)


def test_a_pickle_of_absurd_size_is_refused(tmp_path: Path) -> None:
    shape = b"cnumpy\nndarray\n(I100000000000\ntR."
    (tmp_path / "a.pkl").write_bytes(shape)
    with pytest.raises(BetascopeError):
        find_motion_format("vibe").read(tmp_path / "a.pkl")  # type: ignore[union-attr,misc]
    (tmp_path / "b.pkl").write_bytes(pickle.dumps({1: {"pose": np.zeros((2, 72))}}))
    with pytest.raises(BetascopeError, match="frame_ids"):
        find_motion_format("vibe").read(tmp_path / "b.pkl")  # type: ignore[union-attr,misc]
