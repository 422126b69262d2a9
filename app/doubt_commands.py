"""The commands that say what is doubtful in a project, and how many keyframes it needs."""

import argparse
from pathlib import Path
from typing import Any

from annotation.doubt import DoubtKind, undismissed
from annotation.errors import ProjectError
from annotation.project import Project
from annotation.store import Access
from app import doubting, operations

Result = tuple[dict[str, Any], str]


def add_doubt_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add ``betascope doubts`` and ``betascope keyframes``."""
    text = "List the frames that deserve a look, with the reason."
    doubts_parser = _with_project(commands, common, name="doubts", text=text)
    doubts_parser.add_argument(
        "--kind", choices=[kind.value for kind in DoubtKind], action="append", help="only this kind; may be repeated"
    )
    doubts_parser.add_argument("--dismissed", action="store_true", help="also those that were dismissed")
    text = "Say how many keyframes a tolerance needs, and which are missing."
    keyframes_parser = _with_project(commands, common, name="keyframes", text=text)
    keyframes_parser.add_argument(
        "--tolerance",
        type=float,
        default=0.1,
        metavar="X",
        help="how far straight lines may be off, in torso lengths (default 0.1)",
    )


def _with_project(commands: Any, common: argparse.ArgumentParser, *, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, parents=[common], help=text, description=text)
    parser.add_argument("project", type=Path, metavar="PROJECT", help="a folder *.betascope")
    parser.add_argument("--track", metavar="NAME", help="which climber, where there are several")
    return parser


def doubts(options: argparse.Namespace) -> Result:
    """List the doubts about a track, the surest first."""
    with Project.open(options.project, access=Access.READ) as project:
        track = operations.only_track(project, track_name=options.track)
        found = doubting.doubts_work(project, track)()
        open_ones = undismissed(found, track.dismissed)
        shown = found if options.dismissed else open_ones
        name = track.name
    if options.kind:
        shown = [doubt for doubt in shown if doubt.kind.value in options.kind]
    shown = sorted(shown, key=lambda doubt: -doubt.severity)
    rows = [
        {
            "kind": doubt.kind.value,
            "start": doubt.start,
            "end": doubt.end,
            "frame": doubt.frame,
            "joints": list(doubt.joints),
            "severity": round(doubt.severity, 2),
            "text": doubt.text,
            "dismissed": doubt not in open_ones,
        }
        for doubt in shown
    ]
    lines = [f"{name}: {len(rows)} doubts, the surest first" if rows else f"{name}: nothing is doubtful"]
    lines += [f"  {_frames(row):>11}  {row['severity']:>5.1f}  {row['kind']:<15} {row['text']}" for row in rows]
    return {"project": str(options.project), "track": name, "doubts": rows}, "\n".join(lines)


def _frames(row: dict[str, Any]) -> str:
    return str(row["start"]) if row["start"] == row["end"] else f"{row['start']}-{row['end']}"


def keyframes(options: argparse.Namespace) -> Result:
    """Say how many keyframes some tolerances need and which ones are missing for one of them."""
    with Project.open(options.project, access=Access.READ) as project:
        track = operations.only_track(project, track_name=options.track)
        predictions = project.keypoints(track.id)
        if predictions is None:
            raise ProjectError("Keyframes are judged against predictions. First: betascope detect VIDEO")
        name, there = track.name, track.table.keyframes()
        advice = doubting.KeyframeAdviser(predictions, track.skeleton).advise(there, tolerance=options.tolerance)
    result: dict[str, Any] = {
        "project": str(options.project),
        "track": name,
        "torso_px": round(advice.torso_px, 1),
        "keyframes": len(there),
        "tolerance_px": round(advice.tolerance_px, 1),
        "suggested": advice.suggested,
        "curve": [
            {
                "tolerance_torso": share,
                "tolerance_px": round(count.tolerance_px, 1),
                "keyframes": count.keyframes,
                "mean_stride": round(count.mean_stride, 1),
            }
            for share, count in zip(doubting.TOLERANCES, advice.curve, strict=True)
        ],
    }
    lines = [
        f"{name}: torso {advice.torso_px:.0f} px, {len(there)} keyframes",
        "tolerance         keyframes   mean stride",
    ]
    for row in result["curve"]:
        tolerance = f"{row['tolerance_px']:>6.1f} px ({row['tolerance_torso']:.2f})"
        lines.append(f"{tolerance}  {row['keyframes']:>8}   {row['mean_stride']:>8.1f}")
    lines.append(f"Missing for {advice.tolerance_px:.1f} px: {', '.join(map(str, advice.suggested)) or 'none'}")
    return result, "\n".join(lines)
