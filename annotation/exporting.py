"""Exports of a project: what is asked for, what would go out, and carrying it out."""

import contextlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from annotation.errors import ProjectError
from annotation.formats.export_tables import ExportChoice, Frames, Points, TrackLabels, export_table, unique_names
from annotation.formats.known_wall import KnownWall, known_wall
from annotation.formats.pictures import Images, Report, images_folder, planned_images, write_images
from annotation.formats.registry import Format, find_format
from annotation.formats.splitting import Split, SplitRule
from annotation.formats.targets import check_target
from annotation.labels import Track
from annotation.project import Project
from annotation.video_file import fingerprint

SPLITTING = ("coco", "yolo")
"""The formats that can be parted into training, validation and test."""


@dataclass(frozen=True)
class ExportOrder:
    """What to export, and where to.

    Attributes
    ----------
    tracks : tuple of str
        Ids of climbers; empty for all.
    images : Images or None
        Pictures to write beside the labels.
    """

    format: str
    out: Path
    choice: ExportChoice = field(default_factory=ExportChoice)
    tracks: tuple[str, ...] = ()
    images: Images | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` makes the same of."""
        choice = self.choice
        return {
            "format": self.format,
            "out": str(self.out),
            "frames": choice.frames.value,
            "points": choice.points.value,
            "skeleton": choice.skeleton,
            "range": None if choice.range is None else list(choice.range),
            "least_confidence": choice.least_confidence,
            "split": None if choice.split is None else [choice.split.rule.value, choice.split.seed],
            "tracks": list(self.tracks),
            "images": None if self.images is None else [self.images.suffix, self.images.every],
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "ExportOrder":
        """Return the order that `to_json` was made of.

        Raises
        ------
        ValueError, KeyError, TypeError
            If it is none.
        """
        split = None if raw["split"] is None else Split(SplitRule(raw["split"][0]), int(raw["split"][1]))
        images = None if raw["images"] is None else Images(str(raw["images"][0]), int(raw["images"][1]))
        choice = ExportChoice(
            Frames(raw["frames"]),
            Points(raw["points"]),
            str(raw["skeleton"]),
            None if raw["range"] is None else (int(raw["range"][0]), int(raw["range"][1])),
            float(raw["least_confidence"]),
            split,
            "jpg" if images is None else images.suffix,
        )
        return cls(str(raw["format"]), Path(raw["out"]), choice, tuple(map(str, raw["tracks"])), images)


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes
    ----------
    files : tuple of Path
        Files and folders.
    n_poses, n_images, n_damaged : int
        `n_damaged` frames have no image because they cannot be decoded.
    """

    files: tuple[Path, ...]
    n_poses: int
    n_images: int
    n_damaged: int


@dataclass(frozen=True)
class Amount:
    """What would go out: frames of clips, and poses of climbers in them, and whether in place of a file."""

    n_frames: int
    n_poses: int
    n_images: int
    replaces: bool = False


def export_items(project: Project, tracks: Sequence[Track]) -> list[TrackLabels]:
    """Return tracks of a project as exports want them."""
    names = unique_names(project.clips.values())
    return [
        TrackLabels(
            project.clip(track.clip_id),
            track,
            project.resolved(track.id),
            project.keypoints(track.id),
            names[track.clip_id],
            wall=_wall(project, track),
        )
        for track in tracks
    ]


def _wall(project: Project, track: Track) -> KnownWall | None:
    """Return what is known of a climber's wall; labels go out also where the files of their body are damaged."""
    mesh = None
    with contextlib.suppress(ProjectError):
        mesh = project.mesh(track.id)
    return known_wall(track, project.clip(track.clip_id), mesh)


def ordered_items(project: Project, order: ExportOrder) -> list[TrackLabels]:
    """Return the climbers an order is about."""
    tracks = [track for track in project.tracks.values() if not order.tracks or track.id in order.tracks]
    return export_items(project, tracks)


def amount(items: Sequence[TrackLabels], order: ExportOrder) -> Amount:
    """Say how much would go out.

    Raises
    ------
    ProjectError
        If it cannot go there.
    """
    check_target(find_format(order.format), order.out)
    tables = [(item.clip.id, export_table(item, order.choice)) for item in items]
    frames = {(clip_id, frame) for clip_id, table in tables for frame in table.frames.tolist()}
    n_images = 0
    if order.images is not None:
        plans = planned_images(order.format, items, choice=order.choice, images=order.images, out=order.out)
        n_images = sum(len(plan.files) for plan in plans)
    return Amount(len(frames), sum(len(table) for _, table in tables), n_images, order.out.is_file())


def carry_out(items: Sequence[TrackLabels], order: ExportOrder, *, report: Report) -> Exported:
    """Write what an order asks for; all of it takes its place at the end, or nothing.

    Raises
    ------
    BetascopeError
        If nothing is left by the choice, something is in the way, a video is missing, or it cannot be written.
    """
    item, out = find_format(order.format), order.out.absolute()
    if item.write is None:
        raise ProjectError(f"{item.title} can only be read. Choose another format.")
    if order.choice.split is not None and item.key not in SPLITTING:
        raise ProjectError(f"{item.title} has no place for training and test. Choose COCO or YOLO, or do not split.")
    check_target(item, out)
    report(0, 0, "labels")
    if order.images is not None:
        _check_videos(items)
    part = out.with_name(f".{out.name}.{uuid4().hex[:8]}.part")
    try:
        _make(part)
        n_poses = item.write(items, order.choice, part / out.name)
        if not n_poses:
            return Exported((), 0, 0, 0)
        n_images = n_damaged = 0
        _check_free(part, out.parent, item=item, order=order)
        if order.images is not None:
            plans = planned_images(order.format, items, choice=order.choice, images=order.images, out=out)
            n_images, n_damaged = write_images(plans, part, report=report)
        return Exported(_take_places(part, out.parent), n_poses, n_images, n_damaged)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _make(folder: Path) -> None:
    try:
        folder.mkdir()
    except OSError as error:
        raise ProjectError(
            f"Could not write to {folder.parent} ({error.strerror}). Choose a folder that exists, is writable and has "
            "room, and try again."
        ) from error


def _check_videos(items: Sequence[TrackLabels]) -> None:
    for clip in {item.clip.id: item.clip for item in items}.values():
        if not clip.path.is_file() or fingerprint(clip.path) != clip.fingerprint:
            raise ProjectError(
                f"The images need the video {clip.path}, which is not there or has changed. Relink it, or export "
                "without images."
            )


def _check_free(part: Path, folder: Path, *, item: Format, order: ExportOrder) -> None:
    """Refuse to write over folders: they may hold what nobody wants to lose."""
    names = [child.name for child in part.iterdir() if child.is_dir()]
    if order.images is not None and item.key != "yolo":
        names.append(images_folder(order.out))
    for name in names:
        path = folder / name
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise ProjectError(f"{path} is there already and not empty. Choose another place, or remove it first.")


def _take_places(part: Path, folder: Path) -> tuple[Path, ...]:
    placed = []
    try:
        for child in sorted(part.iterdir()):
            target = folder / child.name
            if child.is_dir():
                with contextlib.suppress(FileNotFoundError):
                    target.rmdir()
            child.replace(target)
            placed.append(target)
    except OSError as error:
        raise ProjectError(f"Could not write {target} ({error.strerror}). Choose another place.") from error
    return tuple(placed)
