"""Which format a file is: by what its readers say to it, those its name speaks for first."""

from dataclasses import dataclass
from pathlib import Path

from annotation.formats.motion_registry import MOTION_FORMATS, MotionFormat, find_motion_format
from annotation.formats.motion_table import ImportedMotion
from annotation.formats.pose_table import ImportedPoses
from annotation.formats.reading import FormatError
from annotation.formats.registry import FORMATS, Format, find_format
from annotation.store import SUFFIX

_OTHER_SUFFIXES = {".yaml": "yolo", ".yml": "yolo", ".h5": "deeplabcut", ".hdf5": "deeplabcut"}


@dataclass(frozen=True)
class Guess:
    """A file, read, and the format it turned out to be."""

    format: Format | MotionFormat
    imported: ImportedPoses | ImportedMotion


READABLE: tuple[Format | MotionFormat, ...] = tuple(
    item for item in (*FORMATS, *MOTION_FORMATS) if item.read is not None
)
"""Points first, then motion."""


def candidates(path: Path) -> list[Format | MotionFormat]:
    """Return the formats a file or folder may be, by its name, in the order they are tried."""
    suffix = "" if path.is_dir() else path.suffix.lower()
    by_suffix = [item for item in READABLE if item.suffix == suffix]
    other = _OTHER_SUFFIXES.get(suffix)
    return by_suffix + [item for item in READABLE if item.key == other and item not in by_suffix]


def looks_like_labels(path: Path) -> bool:
    """Tell by the name whether a file may hold labels; folders are opened to find out."""
    return bool(candidates(path)) and path.suffix != SUFFIX


def read_guessed(path: Path) -> Guess:
    """Read a file of a format that is not known.

    Raises
    ------
    FormatError
        If no reader takes it; the message says what the likeliest one found.
    """
    first: FormatError | None = None
    for item in candidates(path):
        assert item.read is not None
        try:
            return Guess(item, item.read(path))
        except FormatError as error:
            first = first or error
    if first is not None:
        raise first
    for written in (*FORMATS, *MOTION_FORMATS):
        if written.read is None and written.suffix == path.suffix.lower():
            raise FormatError(f"{written.title} can only be written. Choose a file of another format.")
    names = sorted({item.suffix for item in READABLE if item.suffix})
    raise FormatError(f"{path.name} is no kind of labels we know. Choose a file {', '.join(names)}, or a folder.")


def read_as(path: Path, key: str) -> Guess:
    """Read a file as a format.

    Raises
    ------
    BetascopeError
        If it is none, or there is no such format.
    """
    item = find_motion_format(key) or find_format(key)
    if item.read is None:
        raise FormatError(f"{item.title} can only be written. Choose another format.")
    return Guess(item, item.read(path))
