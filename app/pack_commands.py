"""``betascope pack`` and ``unpack``: a project without its videos as one file, and back."""

import argparse
from pathlib import Path
from typing import Any

from annotation.packing import pack, unpack
from annotation.project import Project
from annotation.store import Access
from app.operations import is_there

Result = tuple[dict[str, Any], str]


def add_pack_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the two commands."""
    text = "Pack a project without its videos into one file, to send it to somebody."
    parser = commands.add_parser("pack", parents=[common], help=text, description=text)
    parser.add_argument("project", type=Path, metavar="PROJECT", help="a folder *.betascope")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="such as climb.betascope.zip")
    text = "Make a project of a packed one; its videos are relinked afterwards."
    parser = commands.add_parser("unpack", parents=[common], help=text, description=text)
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the project folder to make")


def pack_project(options: argparse.Namespace) -> Result:
    """Pack a project."""
    files = pack(options.project, options.out)
    size = options.out.stat().st_size
    text = f"Packed {options.project.name} into {options.out} ({size / 1e6:.1f} MB), without its videos."
    return {"file": str(options.out), "bytes": size, "files": files}, text


def unpack_project(options: argparse.Namespace) -> Result:
    """Unpack a project, and say which videos it needs."""
    folder = unpack(options.file, options.out)
    with Project.open(folder, access=Access.READ) as project:
        missing = [clip.path.name for clip in project.clips.values() if not is_there(clip.path)]
    text = f"Unpacked {folder}"
    if missing:
        text += f"\nIts videos are elsewhere: {', '.join(missing)}\nNext: betascope relink {folder} VIDEO"
    return {"project": str(folder), "missing": missing}, text
