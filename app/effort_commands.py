"""The command that counts the edits a clip needs."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from annotation.effort import Case, Effort, Way, measure
from annotation.effort_cases import capture_case, climb_case, swaps_repaired
from annotation.errors import BetascopeError, ProjectError
from annotation.project import Project
from annotation.store import SUFFIX, Access
from app import operations

Result = tuple[dict[str, Any], str]

THRESHOLDS = (0.05, 0.1)
TARGET = 0.99
STRIDE = 5
_REPAIRED = "swaps repaired, then carried"
_SMOOTHED = "swaps repaired, smoothed, then carried"
_COUNTED = (
    "A drag is one joint placed or moved; a key accepts the pose of a frame, or repairs a swap in all its frames; "
    "edits are both. Going to a frame is no edit. The annotator knows the truth and always makes the correction "
    f"that puts most points right, until {TARGET:.0%} of all points in all frames are within the threshold (share of "
    "the true torso)."
)


def add_effort_command(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add ``betascope effort``."""
    text = "Count the edits an ideal annotator needs to bring a clip to its truth, for several ways of working."
    effort = commands.add_parser("effort", parents=[common], help=text, description=f"{text} {_COUNTED}")
    effort.add_argument(
        "clip", type=Path, nargs="?", metavar="CLIP", help="a project, or a video with a project beside it"
    )
    effort.add_argument(
        "--truth",
        type=Path,
        required=True,
        metavar="FILE",
        help="truth.npz of the demo; or motion capture (.bvh), which needs no CLIP: detections are simulated",
    )
    effort.add_argument("--track", metavar="NAME", help="which climber, where there are several")
    effort.add_argument("--noise", type=float, default=1.0, metavar="K", help="of simulated detections (default 1)")


def effort(options: argparse.Namespace) -> Result:
    """Count the edits for every way of working and threshold."""
    case = _case(options)
    rows = [row for threshold in THRESHOLDS for row in _rows(case, threshold)]
    result = {
        "case": case.name,
        "frames": len(case.truth),
        "joints": len(case.skeleton),
        "fps": case.fps,
        "target": TARGET,
        "counted": _COUNTED,
        "rows": rows,
    }
    return result, _text(result)


def _case(options: argparse.Namespace) -> Case:
    truth: Path = options.truth
    if truth.suffix.lower() == ".bvh":
        return capture_case(truth, noise=options.noise)
    if options.clip is None:
        raise BetascopeError("Say which clip the truth belongs to: betascope effort CLIP --truth truth.npz.")
    clip: Path = options.clip
    folder = clip if clip.suffix == SUFFIX else clip.with_suffix(SUFFIX)
    with Project.open(folder, access=Access.READ) as project:
        track = operations.only_track(project, track_name=options.track)
        predicted = project.keypoints(track.id)
        if predicted is None:
            raise ProjectError(f"Nothing was detected yet. First: betascope detect {clip}")
        return climb_case(truth, predicted)


def _rows(case: Case, threshold: float) -> list[dict[str, Any]]:
    manual = measure(case, Way.MANUAL, threshold=threshold, target=TARGET, stride=STRIDE)
    rows = [_row(manual, manual, way=Way.MANUAL.value)]
    for way in list(Way)[1:]:
        found = measure(case, way, threshold=threshold, target=TARGET, stride=STRIDE, at_most=manual.edits)
        rows.append(_row(found, manual, way=way.value))
    repaired, swaps = swaps_repaired(case)
    for name, prepared, keys in ((_REPAIRED, repaired, swaps), (_SMOOTHED, repaired.smoothed(), swaps)):
        found = measure(prepared, Way.CARRIED, threshold=threshold, target=TARGET, stride=STRIDE, at_most=manual.edits)
        rows.append(_row(replace(found, keys=keys), manual, way=name))
    return rows


def _row(found: Effort, manual: Effort, *, way: str) -> dict[str, Any]:
    return {
        "way": way,
        "threshold": found.threshold,
        "drags": found.drags,
        "keys": found.keys,
        "edits": found.edits,
        "frames": found.frames,
        "pck": round(found.pck, 4),
        "reached": found.reached,
        "fewer_than_manual": round(manual.edits / max(found.edits, 1), 2) if found.reached else None,
    }


def _text(result: dict[str, Any]) -> str:
    lines = [f"{result['case']}: {result['frames']} frames, {result['joints']} joints, {result['fps']:g} fps"]
    for threshold in THRESHOLDS:
        lines += [
            "",
            f"{f'until PCK@{threshold:g} is {TARGET:.0%}':<38}edits  = drags + keys   frames   fewer than manual",
        ]
        for row in result["rows"]:
            if row["threshold"] == threshold:
                factor = f"{row['fewer_than_manual']:.1f} x" if row["reached"] else f"given up at {row['pck']:.3f}"
                numbers = f"{row['edits']:>5}  {row['drags']:>7} {row['keys']:>6}  {row['frames']:>7}"
                lines.append(f"{row['way']:<38}{numbers}   {factor}")
    return "\n".join([*lines, "", result["counted"]])
