"""Writing for other tools: the whole file or folder appears, or nothing."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from annotation.errors import ProjectError
from annotation.formats.json_pieces import json_pieces


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for writing that takes its place only when all of it is on the disk.

    Raises
    ------
    ProjectError
        If it cannot be written; what was there is left as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with _saying_why(path):
            with temporary.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):  # renamed into place, or never made
            temporary.unlink()


def write_json(data: Any, path: Path) -> None:
    """Write JSON so that the file is either the old one or the complete new one.

    Raises
    ------
    ProjectError
        If it cannot be written; what was there is left as it was.
    """
    with whole_file(path) as file:
        file.writelines(json_pieces(data))


def write_json_files(contents: Mapping[Path, Any]) -> None:
    """Write several files of JSON: all of them take their places, or none.

    Raises
    ------
    ProjectError
        If one cannot be written; what was there is left as it was.
    """
    with contextlib.ExitStack() as files:
        for path, data in contents.items():
            files.enter_context(whole_file(path)).writelines(json_pieces(data))


def write_folder(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a new folder, which takes its place when it is complete.

    Raises
    ------
    ProjectError
        If something is in the way or it cannot be written; nothing is left behind then.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ProjectError(f"{path} is there already and not empty. Choose another place, or remove it first.")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with _saying_why(path):
            temporary.mkdir(parents=True)
            write(temporary)
            if path.is_dir():
                path.rmdir()
            temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _saying_why(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise ProjectError(
            f"Could not write {path} ({reason}). Choose a folder that exists, is writable and has room, and try again."
        ) from error
