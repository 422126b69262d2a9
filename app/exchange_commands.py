"""``betascope formats``, ``import`` and ``export``: labels of other tools in, ours out."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from annotation.errors import BetascopeError, ProjectError
from annotation.exporting import ExportOrder, carry_out
from annotation.exporting_motion import items_with_bodies
from annotation.formats.coco_reader import read_coco_results
from annotation.formats.export_tables import ExportChoice, Frames, Points, TrackLabels
from annotation.formats.motion_registry import MOTION_FORMATS, MotionFormat, find_motion_format
from annotation.formats.pictures import SUFFIXES, Images, Report
from annotation.formats.pose_table import ImportedPoses
from annotation.formats.registry import FORMATS, Format, find_format
from annotation.formats.splitting import Split, SplitRule
from annotation.project import Project
from annotation.skeletons import skeleton_names
from annotation.store import Access
from app import operations
from app.argument_types import frame_pair, worded
from app.importing import Existing, ImportPlan, import_edit, plan_import
from app.motion_commands import export_motion, import_motion
from app.progress import progress
from app.settings import bodies_path, load_settings, settings_path

Result = tuple[dict[str, Any], str]
_ALL: tuple[Format | MotionFormat, ...] = (*FORMATS, *MOTION_FORMATS)


def add_exchange_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the three commands."""
    text = "List the formats that can be read and written, and what each cannot carry."
    commands.add_parser("formats", parents=[common], help=text, description=text)
    _add_import(commands, common)
    _add_export(commands, common)


def _add_import(commands: Any, common: argparse.ArgumentParser) -> None:
    text = "Bring labels or predictions of another tool into a project, as one step that can be undone."
    parser = commands.add_parser("import", parents=[common], help=text, description=text)
    keys = [item.key for item in _ALL if item.read]
    parser.add_argument("format", choices=keys, metavar="FORMAT", help=", ".join(keys))
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--project", type=Path, required=True, metavar="DIR", help="a folder *.betascope")
    parser.add_argument("--video", type=Path, metavar="VIDEO", help="the video it belongs to; added if it is new")
    parser.add_argument("--track", metavar="NAME", help="the climber it goes to (default: found by name, or a new one)")
    parser.add_argument("--map", type=_pairs, default={}, metavar="A=B,...", help="joint A of the file is our joint B")
    parser.add_argument("--images", type=Path, metavar="FILE", help="coco-results: the COCO file they belong to")
    parser.add_argument("--replace", action="store_true", help="also where there are labels already")
    parser.add_argument("--dry-run", action="store_true", help="only say what would come in")


def _add_export(commands: Any, common: argparse.ArgumentParser) -> None:
    text = "Write labels for other tools."
    parser = commands.add_parser("export", parents=[common], help=text, description=text)
    keys = [item.key for item in _ALL if item.write]
    parser.add_argument("format", choices=keys, metavar="FORMAT", help=", ".join(keys))
    parser.add_argument("project", type=Path, metavar="PROJECT", help="a folder *.betascope")
    parser.add_argument("--out", type=Path, required=True, metavar="PATH")
    parser.add_argument("--track", metavar="NAME", help="only this climber")
    parser.add_argument("--skeleton", choices=skeleton_names(), default="", help="convert to (default: each one's own)")
    parser.add_argument(
        "--frames",
        choices=[item.value for item in Frames],
        default=Frames.LABELLED.value,
        help="default: labelled, with what was interpolated between",
    )
    parser.add_argument("--range", type=frame_pair, metavar="A:B", help="first and last frame, counted from 0")
    parser.add_argument("--points", choices=[item.value for item in Points], default=Points.INTERPOLATED.value)
    parser.add_argument("--confidence", type=float, default=0.0, metavar="C", help="least, of predicted points")
    parser.add_argument("--images", choices=SUFFIXES, help="write the exported frames as images beside the labels")
    parser.add_argument(
        "--every",
        type=worded(_count, "a number of frames"),
        default=0,
        metavar="N",
        help="with --images: also every N-th frame",
    )
    parser.add_argument(
        "--split",
        choices=[item.value for item in SplitRule],
        help="coco, yolo: training, validation and test by whole videos drawn by lot; by 12 blocks of the video with "
        "most frames, all others train; or by the rule: longest video held out, first 60 %% of the windows of 5 frames "
        "train, the others alternate",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the lot of --split clip (default 0)")
    parser.add_argument("--results", action="store_true", help="coco: predictions with scores instead of labels")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("say every how many frames: 1 for all of them")
    return number


def _pairs(text: str) -> dict[str, str | None]:
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(theirs and sign for theirs, sign, _ in pairs):
        raise argparse.ArgumentTypeError("write it as theirs=ours,theirs=ours; theirs= leaves a joint out")
    return {theirs: ours or None for theirs, _, ours in pairs}


def formats(options: argparse.Namespace) -> Result:
    """List the formats."""
    rows = [
        {
            "key": item.key,
            "title": item.title,
            "suffix": item.suffix,
            "reads": item.read is not None,
            "writes": item.write is not None,
            "loses": list(item.loses),
        }
        for item in _ALL
    ]
    lines = [f"{'format':<14} in   out  title"]
    for item in _ALL:
        reads, writes = ("yes" if able else "-" for able in (item.read, item.write))
        lines.append(f"{item.key:<14} {reads:<4} {writes:<4} {item.title}")
        lines.append(f"{'':<24} does not carry: {'; '.join(item.loses)}")
    return {"formats": rows}, "\n".join(lines)


def import_labels(options: argparse.Namespace) -> Result:
    """Bring in a file, or say what would come in."""
    motion = find_motion_format(options.format)
    moved = motion.read(options.file) if motion is not None and motion.read is not None else None
    imported = None if moved is not None else _read(find_format(options.format), options)
    access = Access.READ if options.dry_run and options.video is None else Access.WRITE
    with _opened(options, access) as project:
        clip = None if options.video is None else operations.find_clip(project, options.video)
        track = None if options.track is None else operations.only_track(project, track_name=options.track)
        clip_id, track_id = None if clip is None else clip.id, None if track is None else track.id
        if moved is not None:
            file, dry = options.file.name, options.dry_run
            return import_motion(moved, project, clip_id=clip_id, track_id=track_id, file=file, dry_run=dry)
        assert imported is not None
        plan = plan_import(
            imported,
            project,
            clip_id=clip_id,
            track_id=track_id,
            chosen=options.map,
        )
        result, text = _described(project, plan, replaces=options.replace)
        if not options.dry_run:
            project.author = load_settings(settings_path()).annotator
            existing = Existing.REPLACE if options.replace else Existing.KEEP
            project.push(import_edit(project, plan, existing=existing, title=f"Import {options.file.name}"))
    return {"imported": not options.dry_run, **result}, text


def _read(item: Format, options: argparse.Namespace) -> ImportedPoses:
    if item.key == "coco-results":
        return read_coco_results(options.file, truth=options.images)
    assert item.read is not None
    return item.read(options.file)


def _opened(options: argparse.Namespace, access: Access) -> Project:
    if options.video is not None:
        return operations.open_for_video(options.video, folder=options.project)
    if not options.project.exists():
        raise ProjectError(f"There is no project {options.project}. Give the video too (--video) and it is made.")
    return Project.open(options.project, access=access)


def _described(project: Project, plan: ImportPlan, *, replaces: bool) -> Result:
    rows, lines = [], []
    for item in plan.tracks:
        name = item.table.track if item.track_id is None else project.track(item.track_id).name
        rows.append(
            {
                "climber": name,
                "new": item.track_id is None,
                "video": project.clip(item.clip_id).path.name,
                "skeleton": item.match.skeleton,
                "frames": len(item.table),
                "labels": item.n_labels,
                "interpolated": item.n_interpolated,
                "predictions": item.n_predictions,
                "conflicts": item.n_conflicts,
                "notes": list(item.notes),
            }
        )
        lines.append(
            f"{name}{' (new)' if item.track_id is None else ''}, {project.clip(item.clip_id).path.name}: "
            f"{item.n_labels} labels, {item.n_predictions} predictions in {len(item.table)} frames"
        )
        if item.n_conflicts:
            what = "are replaced" if replaces else "are kept as they are (--replace changes them)"
            lines.append(f"  {item.n_conflicts} labels that say something else {what}")
        lines += [f"  {note}" for note in item.notes]
    return {"climbers": rows, "notes": list(plan.notes)}, "\n".join([*lines, *plan.notes])


def export(options: argparse.Namespace) -> Result:
    """Write a file of another tool."""
    key = "coco-results" if options.results else options.format
    if options.results and options.format != "coco":
        raise BetascopeError("--results goes with coco only.")
    choice = ExportChoice(
        Frames(options.frames),
        Points(options.points),
        options.skeleton,
        options.range,
        options.confidence,
        None if options.split is None else Split(SplitRule(options.split), options.seed),
        options.images or "jpg",
    )
    images = None if options.images is None else Images(options.images, options.every)
    with Project.open(options.project, access=Access.READ) as project:
        tracks: tuple[str, ...] = ()
        if options.track is not None:
            tracks = (operations.only_track(project, track_name=options.track).id,)
        order = ExportOrder(key, options.out, choice, tracks, images)
        if (motion := find_motion_format(key)) is not None:
            return export_motion(motion, project, order=order)
        with progress("Export", quiet=options.json or images is None) as report:
            items = items_with_bodies(project, order, bodies_dir=bodies_path())
            return write_order(items, order, report=report)


def write_format(key: str, items: Sequence[TrackLabels], *, choice: ExportChoice, out: Path) -> Result:
    """Write tracks in a format; touches no project, so a thread may do it.

    Raises
    ------
    ProjectError
        If nothing is left by the choice, or it cannot be written.
    """
    return write_order(items, ExportOrder(key, out, choice), report=lambda _done, _total, _message: None)


def write_order(items: Sequence[TrackLabels], order: ExportOrder, *, report: Report) -> Result:
    """Write what an order asks for; touches no project.

    Raises
    ------
    ProjectError
        If nothing is left by the choice, or it cannot be written.
    """
    item, choice, key = find_format(order.format), order.choice, order.format
    if key == "coco-results" and not any(track.predictions is not None for track in items):
        raise ProjectError("There are no predictions to export. Detect the climber first.")
    exported = carry_out(items, order, report=report)
    count = exported.n_poses
    if not count:
        raise ProjectError(
            "There are no labels to export yet. Correct or confirm some frames in the window first, or export what "
            "the detector found: as coco with --results, in other formats with --points predicted --frames all."
        )
    skeletons = sorted({choice.skeleton or track.track.skeleton for track in items})
    what = ("result" if key == "coco-results" else "annotation") + ("" if count == 1 else "s")
    text = f"Wrote {count} {what} ({', '.join(skeletons)}) to {', '.join(map(str, exported.files))}"
    if exported.n_images:
        text += f"\nWrote {exported.n_images} images"
    if exported.n_damaged:
        text += f"\n{exported.n_damaged} frames cannot be decoded and have no image."
    if item.loses:
        text += f"\n{item.title} does not carry: {'; '.join(item.loses)}."
    result = {
        "file": str(order.out),
        "files": [str(path) for path in exported.files],
        "format": key,
        "skeletons": skeletons,
        what: count,
        "images": exported.n_images,
        "lost": [*item.loses],
    }
    return result, text
