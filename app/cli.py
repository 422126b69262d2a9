"""The command line: without a command it opens the window, with one it works without a screen."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from annotation.errors import BetascopeError
from app import climber_arguments
from app.argument_types import worded
from app.doubt_commands import add_doubt_commands
from app.effort_commands import add_effort_command
from app.evaluate_options import add_evaluate_command
from app.exchange_commands import add_exchange_commands
from app.facts_commands import add_facts_command
from app.fit_options import add_fit_options
from app.label_commands import add_label_command
from app.model_commands import add_model_commands
from app.pack_commands import add_pack_commands
from app.state_commands import add_state_command
from app.train_commands import add_train_commands
from app.wall_options import sizes_joined
from inference.jobs import JobCancelled

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_CANCELLED = 0, 1, 2, 130

_DESCRIPTION = """\
Annotate and review climbing videos: 2D keypoints, corrections, a 3D body, COCO labels.

  betascope                          open the window
  betascope climb.mp4                open a video (makes climb.betascope beside it)
  betascope climb.betascope          open a project
  betascope COMMAND ...              work without a window, see below
"""
_EPILOG = """\
The usual way from a video to labels without a window:

  betascope detect climb.mp4 --project climb.betascope
  betascope fit climb.betascope
  betascope export coco climb.betascope --out results.json --results
  betascope render climb.betascope --out review.mp4

Labels come from people: correct or accept frames in the window, then export without --results.

Exit codes: 0 done, 1 failed (the reason is printed), 2 wrong usage, 130 cancelled.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    commands = command_names()
    if arguments and not arguments[0].startswith("-") and arguments[0] not in commands:
        return _open_window(arguments)
    if not arguments:
        return _open_window([])
    options = _parser().parse_args(sizes_joined(arguments))
    from app import commands as run  # the window needs none of it

    return _report(lambda: run.COMMANDS[options.command](options), as_json=options.json)


def command_names() -> tuple[str, ...]:
    """Return the names of the commands."""
    return (
        "detect",
        "tracks",
        "propagate",
        "facts",
        "state",
        "fit",
        "evaluate",
        "export",
        "import",
        "formats",
        "render",
        "info",
        "relink",
        "body",
        "demo",
        "video",
        "effort",
        "doubts",
        "keyframes",
        "labels",
        "models",
        "smooth",
        "pack",
        "unpack",
        "train",
        "reproduce",
    )


def _report(work: Callable[[], tuple[dict[str, Any], str]], *, as_json: bool) -> int:
    """Carry out a command; print its result, or what went wrong, for a person or for a machine."""
    try:
        result, text = work()
    except JobCancelled:
        return _fail("Cancelled; nothing was changed.", code=EXIT_CANCELLED, as_json=as_json)
    except KeyboardInterrupt:
        return _fail("Cancelled.", code=EXIT_CANCELLED, as_json=as_json)
    except BetascopeError as error:
        return _fail(str(error), code=EXIT_FAILED, as_json=as_json)
    except OSError as error:
        return _fail(f"{error}. Free space or check permissions, then try again.", code=EXIT_FAILED, as_json=as_json)
    print(json.dumps(result, indent=2) if as_json else text)
    return EXIT_OK


def _fail(message: str, *, code: int, as_json: bool) -> int:
    print(f"betascope: {message}", file=sys.stderr)
    if as_json:
        print(json.dumps({"error": message}))
    return code


def _open_window(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="betascope", description="Open the window.")
    parser.add_argument("path", nargs="?", type=Path, metavar="PROJECT|VIDEO")
    path = parser.parse_args(arguments).path
    if path is not None and not path.exists():
        text = f"There is no file or folder {path}. Give a video or a project folder, or see betascope --help."
        return _fail(text, code=EXIT_FAILED, as_json=False)
    from app.window_process import open_window  # Qt only where there is a window

    return open_window(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="betascope",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print the result as JSON, for machines")
    project = argparse.ArgumentParser(add_help=False, parents=[common])
    project.add_argument("project", type=Path, metavar="PROJECT", help="a folder *.betascope")
    track = argparse.ArgumentParser(add_help=False, parents=[project])
    track.add_argument("--track", metavar="NAME", help="which climber, where there are several")

    def add(name: str, parent: argparse.ArgumentParser, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, parents=[parent], help=text, description=text)

    detect = add("detect", common, "Predict the climber's 2D keypoints in every frame of a video.")
    detect.add_argument("video", type=Path, metavar="VIDEO")
    detect.add_argument("--project", type=Path, metavar="DIR", help="project folder (default: beside the video)")
    climber_arguments.add_person(detect)

    fit = add("fit", track, "Fit the 3D body to the labels and predictions of a project.")
    add_fit_options(fit)

    add_facts_command(commands, track)
    add_state_command(commands, track)
    add_evaluate_command(commands, common)
    render = add("render", track, "Make the review video: skeleton and body over the frames, the body from the side.")
    render.add_argument("--out", type=Path, required=True, metavar="FILE.mp4")

    add("info", project, "Say what is in a project.")
    relink = add("relink", project, "Tell a project where its video lies now.")
    relink.add_argument("video", type=Path, metavar="VIDEO")

    body = add("body", common, "List the bodies that can be fitted, add your own SMPL file, or choose one.")
    body.add_argument("action", choices=["list", "add", "use"])
    body.add_argument("file", type=Path, nargs="?", metavar="FILE|NAME", help="SMPL file (.pkl, .npz), or a name")

    demo = add("demo", common, "Go through the whole job on a synthetic climb with known truth, or on your clip.")
    demo.add_argument("--out", type=Path, required=True, metavar="DIR")
    demo.add_argument("--clip", type=Path, metavar="VIDEO", help="your own clip instead of the synthetic climb")
    demo.add_argument("--headless", action="store_true", help="do not open the window at the end")
    demo.add_argument("--seed", type=int, default=1, help="of the synthetic climb (default 1)")
    demo.add_argument("--seconds", type=float, default=10.0, help="length of the synthetic climb (default 10)")
    climber_arguments.add_tracks_command(commands, common)
    add_effort_command(commands, common)
    add_doubt_commands(commands, common)
    add_label_command(commands, common)
    climber_arguments.add_propagate_command(commands, track)
    add_model_commands(commands, common, track=track)
    add_exchange_commands(commands, common)
    add_pack_commands(commands, common)
    add_train_commands(commands, common)
    _add_video_commands(commands, common)
    return parser


def _add_video_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    text = "Say what is in a video file, or write frames of it as pictures."
    actions = commands.add_parser("video", help=text, description=text).add_subparsers(dest="action", required=True)
    file = argparse.ArgumentParser(add_help=False, parents=[common])
    file.add_argument("file", type=Path, metavar="FILE")
    text = "Frames, timestamps, key frames, rotation, codec, size, and whether the rate varies."
    actions.add_parser("info", parents=[file], help=text, description=text)
    text = "Write frames as PNG files, named by their number."
    frames = actions.add_parser("frames", parents=[file], help=text, description=text)
    frames.add_argument(
        "--frames",
        type=worded(_frame_numbers, "numbers of frames such as 0,10,412"),
        required=True,
        metavar="N,N,...",
        help="counted from 0",
    )
    frames.add_argument("--out", type=Path, required=True, metavar="DIR")


def _frame_numbers(text: str) -> list[int]:
    numbers = [int(part) for part in text.split(",")]
    if min(numbers) < 0:
        raise argparse.ArgumentTypeError(f"frames are counted from 0: {text}")
    return numbers


if __name__ == "__main__":
    sys.exit(main())
