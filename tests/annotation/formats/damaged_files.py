"""Damaged files for every reader: what is whole, how it is damaged, and what must hold when it is read.

``python -m tests.annotation.formats.damaged_files NAME FOLDER COUNT`` goes through many in a process of its own, so
that a crash is seen as one, and memory and time belong to this reader alone.
"""

import io
import json
import random
import re
import resource
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from annotation.errors import BetascopeError
from annotation.formats.coco import write_coco
from annotation.formats.cvat_writer import write_cvat
from annotation.formats.deeplabcut import write_deeplabcut
from annotation.formats.export_tables import ExportChoice
from annotation.formats.motion_registry import find_motion_format
from annotation.formats.motion_results import write_vibe
from annotation.formats.openpose import write_openpose
from annotation.formats.pose_table import ImportedPoses
from annotation.formats.registry import find_format
from annotation.formats.sleap_analysis import write_sleap_analysis
from annotation.formats.smpl_motion import write_smpl_npz
from annotation.formats.yolo import write_yolo
from tests.annotation.formats.conftest import make_motion
from tests.annotation.formats.test_deeplabcut import write_pandas
from tests.annotation.formats.test_motion_formats import write_gvhmr, write_joblib
from tests.annotation.formats.test_sleap import write_slp
from tests.annotation.formats.test_yolo import labelled

MOST_BYTES = 1_000_000_000
MOST_SECONDS = 5.0
"""Of the processor, for one file; whole ones take milliseconds."""

CHOICE = ExportChoice(range=(3, 5))


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


def _joblib(path: Path) -> None:
    arrays = {"pose": np.ones((4, 72)), "trans": np.ones((4, 3)), "betas": np.zeros((4, 10)), "frame_ids": np.arange(4)}
    write_joblib({1: arrays}, path)


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
    "vibe as joblib writes": ("vibe", _named(_joblib, ".pkl")),
    "gvhmr": ("gvhmr", _named(write_gvhmr, ".pt")),
}
"""What is damaged, the format that reads it, and what makes it."""

_WORDS = [b"-1", b"0", b"1e999", b"nan", b"null", b"[]", b"{}", b'""', b"99999999999999999999", b"true", b"../../x"]
_DIGIT = re.compile(rb"[0-9]")


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return a file with some bytes changed, cut, doubled, or numbers and words put in place of others.

    Of a zip it is mostly a file within, whose checksum is right again: a reader would not look further otherwise.
    """
    if content[:4] == b"PK\x03\x04" and chance.random() < 0.8:
        return _damaged_within(content, chance)
    changed = bytearray(content)
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        at, length = chance.randrange(max(len(changed), 1)), chance.randint(1, 40)
        match chance.choice(["cut", *(2 * ["byte", "take", "double", "word"]), *(4 * ["number"])]):
            case "byte":
                changed[at : at + 1] = bytes([chance.randrange(256)])
            case "cut":
                del changed[at:]
            case "take":
                del changed[at : at + length]
            case "double":
                changed[at:at] = changed[at : at + length]
            case "word":
                changed[at : at + length] = chance.choice(_WORDS)
            case "number":
                digit = _DIGIT.search(changed, at)
                if digit is not None:
                    changed[digit.start() : digit.end()] = chance.choice(_WORDS)
    return bytes(changed)


def _damaged_within(content: bytes, chance: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(sorted(members))
    members[name] = damaged(members[name], chance)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return out.getvalue()


class Case:
    """A reader and a whole file of its format, which is damaged again and again."""

    def __init__(self, name: str, folder: Path) -> None:
        self.key, make = VALID[name]
        self._file = make(folder / "valid")
        self._whole = self._file.read_bytes()
        self._root = self._file.parent if self.key in ("yolo", "openpose") else self._file
        while self.key == "yolo" and not (self._root / "data.yaml").exists():
            self._root = self._root.parent
        self._names = sorted(folder.rglob("*"))
        self._folder = folder
        motion = find_motion_format(self.key)
        self._read: Any = motion.read if motion is not None else find_format(self.key).read

    def reads_whole(self) -> None:
        """Assert that the file is read as it is."""
        _assert_valid(self._read(self._root))

    def reads_or_says_why(self, seed: int) -> bool:
        """Assert that a damaged file gives a valid result or an error with words; tell which."""
        self._file.write_bytes(damaged(self._whole, random.Random(seed)))
        started = time.process_time()
        try:
            _assert_valid(self._read(self._root))
            valid = True
        except BetascopeError as error:
            assert str(error)
            valid = False
        assert time.process_time() - started < MOST_SECONDS, "it took too long"
        assert sorted(self._folder.rglob("*")) == self._names, "it wrote something"
        return valid


def _assert_valid(result: Any) -> None:
    assert result.tables
    for table in result.tables:
        assert len(table.frames) and (np.diff(table.frames) > 0).all() and table.frames[0] >= 0
        if isinstance(result, ImportedPoses):
            assert np.isfinite(table.xy[table.known]).all()
            assert ((table.confidence >= 0) & (table.confidence <= 1)).all()
        else:
            assert np.isfinite(table.pose).all() and np.isfinite(table.transl).all()


def peak_bytes() -> int:
    """Return how much memory this process held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(name: str, folder: str, count: str) -> None:
    """Read many damaged files; what goes wrong says the seed of the file."""
    case = Case(name, Path(folder))
    case.reads_whole()
    before, read = peak_bytes(), 0
    for seed in range(int(count)):
        try:
            read += case.reads_or_says_why(seed)
            assert peak_bytes() < before + MOST_BYTES, "it took too much memory"
        except Exception as error:
            raise AssertionError(f"{name}, seed {seed}: {error!r}") from error
    print(json.dumps({"files": int(count), "read": read, "megabytes": (peak_bytes() - before) // 1_000_000}))


if __name__ == "__main__":
    main(*sys.argv[1:])
