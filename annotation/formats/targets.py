"""Where an export may be written: under a name that says what it is, so that it takes no other file's place."""

from pathlib import Path

from annotation.errors import ProjectError
from annotation.formats.motion_registry import MOTION_FORMATS, MotionFormat
from annotation.formats.registry import FORMATS, Format


def check_target(item: Format | MotionFormat, out: Path) -> None:
    """Refuse a name that is that of another kind of file; one without an ending is taken as it is.

    A file of the same kind that is there already is replaced: exports are made again and again.

    Raises
    ------
    ProjectError
        If the name ends otherwise than files of the format do.
    """
    ending = out.suffix.lower()
    if not item.suffix and ending in {other.suffix for other in (*FORMATS, *MOTION_FORMATS)} - {""}:
        raise ProjectError(
            f"{out.name} is the name of a file, but {item.title} is a folder. Write it to {out.stem}, for example."
        )
    if item.suffix and ending not in ("", item.suffix):
        raise ProjectError(
            f"{item.title} is written to files that end with {item.suffix}, {out.name} does not. "
            f"Write it to {out.with_suffix(item.suffix).name}, for example; nothing was written."
        )
    if item.suffix and out.is_dir():
        raise ProjectError(f"{out} is a folder. Name the file in it, such as {out.name}/labels{item.suffix}.")
