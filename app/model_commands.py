"""``betascope models`` lists what can smooth, ``betascope smooth`` lets it; the new predictions can be undone."""

import argparse
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from annotation.errors import BetascopeError
from annotation.model_cards import SMOOTHERS, TRAIN_COMMAND, FoundWeights, SmootherEntry, find_weights, n_parameters
from annotation.project import Project
from annotation.skeletons import DEFAULT_SKELETON, load_skeleton, skeleton_names
from annotation.store import Access
from app import operations
from app.job_running import carry_out, run_for_track
from app.model_adding import prepare_add_model, take_model
from app.smoother_times import expected, note_run
from app.smoothing_jobs import model_folders, prepare_smooth
from app.train_commands import add_device

Result = tuple[dict[str, Any], str]


def add_model_commands(commands: Any, common: argparse.ArgumentParser, *, track: argparse.ArgumentParser) -> None:
    """Add ``betascope models`` and ``betascope smooth``."""
    text = "List the smoothers with parameters, skeleton, weights, source and licence; or add weights to them."
    models = commands.add_parser("models", parents=[common], help=text, description=text)
    models.add_argument("action", nargs="?", choices=["list", "add"], default="list")
    models.add_argument(
        "file",
        nargs="?",
        type=Path,
        metavar="FILE",
        help="add: weights (.safetensors with their card), or a checkpoint of the official DeciWatch or SmoothNet",
    )
    models.add_argument("--name", metavar="NAME", help="add: what to call them (default: as the file)")
    models.add_argument(
        "--skeleton",
        choices=skeleton_names(),
        default=DEFAULT_SKELETON,
        help=f"add: whose joints an official DeciWatch was trained for (default {DEFAULT_SKELETON})",
    )
    text = "Smooth a climber's predictions over time; labels stay where they are, and it can be undone."
    smooth = commands.add_parser("smooth", parents=[track], help=text, description=text)
    smooth.add_argument(
        "--model",
        required=True,
        metavar="NAME",
        help="a smoother, weights by name (see: betascope models), or a .safetensors file",
    )
    smooth.add_argument("--strength", type=float, metavar="X", help="0 (nothing) to 1 (default: what suits it)")
    smooth.add_argument(
        "--steady",
        action=argparse.BooleanOptionalAction,
        help="steady the path as well: at rest it stands still, jumps are dropped (default: with learned smoothers)",
    )
    add_device(smooth)


def models(options: argparse.Namespace) -> Result:
    """List smoothers with their weights, or add weights."""
    if options.action == "add":
        return _add(options)
    found = find_weights(model_folders())
    rows = [_row(entry, found) for entry in SMOOTHERS]
    unknown = [{"file": str(weights.weights), "problem": weights.problem} for weights in found if weights.card is None]
    lines = [_line(row) for row in rows]
    lines += [f"{Path(row['file']).name}: {row['problem']}" for row in unknown]
    return {"models": rows, "unusable": unknown}, "\n".join(lines)


def _add(options: argparse.Namespace) -> Result:
    if options.file is None:
        raise BetascopeError("Say which file: betascope models add FILE (.safetensors, .pth or .pth.tar).")
    job = prepare_add_model(options.file, name=options.name, skeleton=options.skeleton)
    try:
        finished = carry_out(job, quiet=options.json)
        weights = take_model(finished)
    finally:
        shutil.rmtree(job.folder, ignore_errors=True)
    text = f"Added {weights.stem}. Use it with: betascope smooth PROJECT --model {weights.stem}"
    return {"weights": str(weights), **finished.summary}, text


def smooth(options: argparse.Namespace) -> Result:
    """Smooth the predictions of a track."""
    with Project.open(options.project, access=Access.WRITE) as project:
        track = operations.only_track(project, track_name=options.track)
        job = prepare_smooth(
            project,
            track.id,
            model=options.model,
            strength=options.strength,
            steady=options.steady,
            device=options.device,
        )
        if not options.json and (soon := expected(options.model, project.clip(track.clip_id).timeline.times_s)):
            print(soon, file=sys.stderr, flush=True)
        summary = run_for_track(project, job, quiet=options.json)
        note_run(project, job.output.name)
        calmer = ""
        if summary["acceleration_before"]:
            share = 100 * summary["acceleration"] / summary["acceleration_before"]
            calmer = f", the acceleration is {share:.0f} % of what it was"
        text = (
            f"Smoothed {summary['frames']} frames of {track.name} in {summary['seconds']:.1f} s with "
            f"{summary['smoother']}: points moved by {summary['moved_px']:.1f} px (median){calmer}.\n"
            f"{_left(summary['left_frames'])}"
            f"Undo: betascope tracks {project.folder} undo"
        )
        return {"project": str(project.folder), "track": track.name, **summary}, text


def _left(n_frames: int) -> str:
    """Say how many frames a smoother left as they were; nothing if none."""
    if not n_frames:
        return ""
    return f"{n_frames} frames stay as they were: they are in stretches shorter than the frames it looks at.\n"


def _row(entry: SmootherEntry, found: list[FoundWeights]) -> dict[str, Any]:
    weights = [
        {"name": item.name, "file": str(item.weights), **asdict(item.card)}
        for item in found
        if item.card is not None and item.card.model == entry.key
    ]
    counts = {item["n_parameters"] for item in weights if item["name"] == entry.key}
    usual = n_parameters(entry.key, n_joints=len(load_skeleton(DEFAULT_SKELETON)))
    return {
        "key": entry.key,
        "title": entry.title,
        "summary": entry.summary,
        "kind": entry.kind.value,
        "learned": entry.learned,
        "parameters": counts.pop() if counts else usual,
        "skeleton": "any" if entry.any_skeleton else sorted({item["skeleton"] for item in weights}) or DEFAULT_SKELETON,
        "weights": weights,
        "ready": bool(weights) or not entry.learned,
        "train": TRAIN_COMMAND.format(key=entry.key) if entry.learned else None,
        "source": entry.source,
        "licence": entry.licence,
    }


def _line(row: dict[str, Any]) -> str:
    head = f"{row['key']:15} {row['title']}: {row['summary']}"
    if not row["learned"]:
        return f"{head}. Needs no weights. {row['source']}".rstrip()
    names = ", ".join(f"{item['name']} ({item['skeleton'] or 'any skeleton'})" for item in row["weights"])
    state = f"weights: {names}" if names else f"no weights yet, train them with: {row['train']}"
    return f"{head}; {row['parameters']:,} parameters; {state}. {row['source']}"
