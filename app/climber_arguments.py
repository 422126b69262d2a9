"""What the command line understands about climbers."""

import argparse
from typing import Any

from app.argument_types import worded


def add_person(parser: argparse.ArgumentParser) -> None:
    """Let a command be told which of several people is meant."""
    parser.add_argument("--track", metavar="NAME", help="which climber; a new one if nobody has this name")
    parser.add_argument(
        "--box",
        type=worded(_box, "a box such as 1130,510,210,460"),
        metavar="X,Y,W,H",
        help="the person in this box (pixels) is meant ...",
    )
    parser.add_argument("--frame", type=int, default=0, metavar="N", help="... in this frame, counted from 0")


def add_tracks_command(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add ``betascope tracks PROJECT ACTION ...``."""
    text = "List the climbers of a project, rename, colour, lock, hide, merge, split, swap or remove them."
    tracks = commands.add_parser("tracks", help=text, description=text)
    tracks.add_argument("project", metavar="PROJECT", help="a folder *.betascope")
    actions = tracks.add_subparsers(dest="action", metavar="ACTION", required=True)

    def add(action: str, text: str, *names: str, frames: bool = False) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = actions.add_parser(action, parents=[common], help=text, description=text)
        for name in names:
            parser.add_argument(name.lower(), metavar=name)
        if frames:
            parser.add_argument("--from", dest="start", type=int, required=True, metavar="FRAME")
            parser.add_argument("--to", dest="end", type=int, metavar="FRAME", help="included (default: the last)")
        return parser

    add("list", "Who is in the project, with colour, lock, labels and predictions.")
    add("rename", "Give a climber another name.", "NAME", "NEW_NAME")
    add("color", "Give a climber a colour, by name or as #rrggbb.", "NAME", "COLOR")
    add("lock", "Refuse changes of a climber.", "NAME")
    add("unlock", "Allow changes of a climber again.", "NAME")
    add("hide", "Leave a climber out of the picture.", "NAME")
    add("show", "Show a climber again.", "NAME")
    add("merge", "Add another climber to one; where both have labels, those of the first stay.", "NAME", "OTHER")
    split = add("split", "Make another climber of some frames.", "NAME", frames=True)
    split.add_argument("--name", dest="new_name", metavar="NEW", help="of the new climber")
    add("swap", "Exchange two climbers in some frames.", "NAME", "OTHER", frames=True)
    add("remove", "Remove a climber with all labels.", "NAME")
    add("undo", "Take back the last change of the project.")


def add_propagate_command(commands: Any, track: argparse.ArgumentParser) -> None:
    """Add ``betascope propagate PROJECT --from FRAME --to FRAME``."""
    text = "Follow the joints labelled in a frame to another one by optical flow; makes predictions, never labels."
    propagate = commands.add_parser("propagate", parents=[track], help=text, description=text)
    propagate.add_argument("--from", dest="start", type=int, required=True, metavar="FRAME", help="a labelled frame")
    propagate.add_argument("--to", dest="end", type=int, required=True, metavar="FRAME", help="before or after it")


def _box(text: str) -> tuple[float, float, float, float]:
    x, y, width, height = (float(part) for part in text.split(","))
    return x, y, width, height
