"""A project as one file without its videos, to send to a colleague, and back again; what comes from others is checked.

The file is a ZIP archive with the database, the runs it knows and the named versions, nothing else.
"""

import contextlib
import re
import shutil
import sqlite3
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from annotation.errors import ProjectError
from annotation.formats.files import whole_file
from annotation.project import Project
from annotation.store import DATABASE, Access, open_database

MAX_FILES = 20_000
MAX_BYTES = 64 << 30
MAX_RATIO = 200
_SMALL_BYTES = 64 << 20
"""Up to this size a project may be packed as tightly as it likes: an empty database is mostly zeros."""
_COPY_BYTES = 1 << 20
_ID = r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}"
_NAME = re.compile(rf"{re.escape(DATABASE)}|versions/{_ID}\.db|runs/{_ID}/{_ID}(?:\.{_ID}){{0,2}}")


def pack(folder: Path, out: Path) -> list[str]:
    """Write a project into one file, in the state it is in, also while a window edits it; return what is in it.

    Raises
    ------
    ProjectError
        If it is no project, or cannot be read or written.
    """
    out = out.absolute()
    if out.is_relative_to(folder.absolute()):
        raise ProjectError("The archive would lie inside the project. Choose another place.")
    if out.suffix.lower() not in ("", ".zip") or out.is_dir():
        raise ProjectError(f"{out.name} is no name of an archive. Choose {folder.name}.zip, for example.")
    with tempfile.TemporaryDirectory(prefix="betascope-") as place:
        snapshot = Path(place) / DATABASE
        _take_snapshot(folder, snapshot)
        files = {DATABASE: snapshot, **_files_beside(folder, snapshot)}
        with whole_file(out) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, path in files.items():
                archive.write(path, name)
    return list(files)


def unpack(archive: Path, out: Path) -> Path:
    """Make a project folder of a packed project; return it. The videos are relinked afterwards.

    Raises
    ------
    ProjectError
        If something is in the way, or the file is no packed project: no archive, names that lead elsewhere, links,
        absurd sizes, or no project in it. Nothing is left behind then.
    """
    out = out.absolute()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ProjectError(f"{out} is there already and not empty. Choose another place, or remove it first.")
    part = out.with_name(f".{out.name}.{uuid4().hex[:8]}.part")
    try:
        with _saying_why(archive), zipfile.ZipFile(archive) as content:
            _check_entries(archive, content, room=out)
            part.mkdir()
            for entry in content.infolist():
                _extract(content, entry, path=part / entry.filename)
        _check_project(archive, part)
        if out.is_dir():
            out.rmdir()
        part.rename(out)
    except OSError as error:
        raise ProjectError(f"{out} cannot be written ({error.strerror or error}). Choose another place.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return out


def _take_snapshot(folder: Path, snapshot: Path) -> None:
    """Copy the database as it is at one moment, with what still stands in its log."""
    source = open_database(folder)
    try:
        with contextlib.closing(sqlite3.connect(snapshot)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
    except sqlite3.Error as error:
        raise ProjectError(f"{folder} cannot be copied ({error}). Free some space and try again.") from error
    finally:
        source.close()


def _files_beside(folder: Path, snapshot: Path) -> dict[str, Path]:
    """Return the files of the runs and versions a database knows, by their names in the archive."""
    with contextlib.closing(sqlite3.connect(snapshot)) as connection:
        runs = [row[0] for row in connection.execute("SELECT id FROM runs ORDER BY id")]
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE name = 'versions'")]
        versions = [row[0] for row in connection.execute("SELECT id FROM versions ORDER BY id")] if tables else []
    paths = [path for run in runs for path in sorted((folder / "runs" / run).glob("*")) if path.is_file()]
    paths += [path for version in versions if (path := folder / "versions" / f"{version}.db").is_file()]
    named = {path.relative_to(folder).as_posix(): path for path in paths if not path.is_symlink()}
    return {name: path for name, path in named.items() if _NAME.fullmatch(name)}


@contextmanager
def _saying_why(archive: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, RuntimeError, ValueError) as error:
        raise _refused(archive, f"it is no whole archive: {error}") from error
    except FileNotFoundError as error:
        raise ProjectError(f"There is no file {archive}. Check the path.") from error


def _refused(archive: Path, reason: str) -> ProjectError:
    return ProjectError(
        f"{archive.name} is no packed project ({reason}). Nothing was unpacked. Ask for it again, made with "
        "betascope pack."
    )


def _check_entries(archive: Path, content: zipfile.ZipFile, *, room: Path) -> None:
    entries = content.infolist()
    if len(entries) > MAX_FILES:
        raise _refused(archive, f"{len(entries)} files")
    names = [entry.filename for entry in entries]
    for entry in entries:
        mode = entry.external_attr >> 16
        if not _NAME.fullmatch(entry.orig_filename) or (mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG)):
            raise _refused(archive, f"it holds {entry.orig_filename[:80]!r}")
        if entry.flag_bits & 1:
            raise _refused(archive, "it is encrypted")
    if len({name.casefold() for name in names}) < len(names) or DATABASE not in names:
        raise _refused(archive, "names are missing or stand in it twice")
    total = sum(entry.file_size for entry in entries)
    if total > MAX_BYTES or total > max(_SMALL_BYTES, MAX_RATIO * archive.stat().st_size):
        raise _refused(archive, f"it would unpack to {total / 1e6:.0f} MB")
    free = shutil.disk_usage(next(parent for parent in room.parents if parent.exists())).free
    if total > free:
        raise ProjectError(f"{archive.name} needs {total / 1e6:.0f} MB and there are {free / 1e6:.0f} MB. Free space.")


def _extract(content: zipfile.ZipFile, entry: zipfile.ZipInfo, *, path: Path) -> None:
    """Write one file; no more than its header says, whatever comes out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    left = entry.file_size
    with content.open(entry) as source, path.open("xb") as target:
        while data := source.read(_COPY_BYTES):
            left -= len(data)
            if left < 0:
                raise zipfile.BadZipFile(f"{entry.filename} is longer than it says")
            target.write(data)


def _check_project(archive: Path, folder: Path) -> None:
    """Refuse databases that are none of ours, hold programs of their own, or name runs outside; and swollen arrays."""
    for database in (folder / DATABASE, *folder.glob("versions/*.db")):
        with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            try:
                kinds = {row[0] for row in connection.execute("SELECT type FROM sqlite_master")}
                ids = [row[0] for table in ("runs", "clips") for row in connection.execute(f"SELECT id FROM {table}")]
            except sqlite3.Error as error:
                raise _refused(archive, f"{database.name}: {error}") from error
        if not kinds <= {"table", "index"} or not all(re.fullmatch(_ID, str(id_)) for id_ in ids):
            raise _refused(archive, f"{database.name} holds what no project holds")
    for arrays in folder.glob("runs/*/*.npz"):
        with _saying_why(archive), zipfile.ZipFile(arrays) as content:
            total = sum(entry.file_size for entry in content.infolist())
        if total > max(_SMALL_BYTES, MAX_RATIO * arrays.stat().st_size):
            raise _refused(archive, f"{arrays.name} would unpack to {total / 1e6:.0f} MB")
    try:
        Project.open(folder, access=Access.READ).close()
    except ProjectError as error:
        raise _refused(archive, str(error)) from error
