"""Exports of a climber's fitted body, alone or beside its points: whose, how much, and carrying it out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from annotation.body_identity import body_of
from annotation.errors import ProjectError
from annotation.exporting import Amount, Exported, ExportOrder, ordered_items
from annotation.formats.body_points import BodyPoints
from annotation.formats.export_tables import TrackLabels
from annotation.formats.known_wall import fitted_wall
from annotation.formats.motion_registry import find_motion_format
from annotation.formats.motion_table import MotionItem
from annotation.formats.targets import check_target
from annotation.labels import Track
from annotation.project import Project

TABLES = ("csv", "parquet")
"""The formats of points that have a place for the body."""


def fitted_track(project: Project, tracks: Sequence[Track]) -> Track:
    """Return the only one of some climbers that has a body.

    Raises
    ------
    ProjectError
        If none has, or several have.
    """
    fitted = [track for track in tracks if project.mesh(track.id) is not None]
    if len(fitted) != 1:
        names = ", ".join(track.name for track in fitted)
        what = (
            f"Several climbers have a body ({names}): choose one" if fitted else "There is no body yet: fit one first"
        )
        raise ProjectError(f"{what}, then export again.")
    return fitted[0]


def ordered_track(project: Project, order: ExportOrder) -> Track:
    """Return the climber whose body an order is about.

    Raises
    ------
    ProjectError
        If it is not clear who, or there is no body.
    """
    return fitted_track(
        project, [track for track in project.tracks.values() if track.id in order.tracks or not order.tracks]
    )


def motion_amount(project: Project, order: ExportOrder) -> Amount:
    """Say how much would go out.

    Raises
    ------
    ProjectError
        As `ordered_track` does, or if it cannot go there.
    """
    item = find_motion_format(order.format)
    if item is not None:
        check_target(item, order.out)
    mesh = project.mesh(ordered_track(project, order).id)
    n_frames = 0 if mesh is None else int(mesh.valid.sum())
    return Amount(n_frames, n_frames, 0, order.out.is_file())


def motion_item(project: Project, track: Track, *, bodies_dir: Path) -> MotionItem:
    """Return a climber's fitted body as writers want it; there has to be one.

    Raises
    ------
    BodyFileError
        If the body it was fitted with is not there any more.
    """
    mesh = project.mesh(track.id)
    assert mesh is not None
    body = body_of(mesh, bodies_dir=bodies_dir)
    fps = project.clip(track.clip_id).timeline.fps
    return MotionItem(track.name, mesh, body, fps, fitted_wall(track, mesh))


def items_with_bodies(project: Project, order: ExportOrder, *, bodies_dir: Path) -> list[TrackLabels]:
    """Return the climbers an order is about, with their bodies where its format has a place for them.

    Raises
    ------
    BodyFileError
        If a body one was fitted with is not there any more.
    """
    items = ordered_items(project, order)
    if order.format not in TABLES:
        return items
    result = []
    for item in items:
        mesh = project.mesh(item.track.id)
        if mesh is not None:
            body = body_of(mesh, bodies_dir=bodies_dir)
            item = replace(item, body=BodyPoints.of(mesh, body, item.resolved.skeleton.name))
        result.append(item)
    return result


def carry_out_motion(project: Project, order: ExportOrder, *, bodies_dir: Path) -> Exported:
    """Write the body an order asks for.

    Raises
    ------
    BetascopeError
        If it is not clear whose, there is none, or it cannot be written.
    """
    item = find_motion_format(order.format)
    if item is None or item.write is None:
        raise ProjectError(f"{order.format} can only be read. Choose another format.")
    check_target(item, order.out)
    motion = motion_item(project, ordered_track(project, order), bodies_dir=bodies_dir)
    count = item.write(motion, order.out)
    if not count:
        raise ProjectError("The body was found in no frame. Fit it again, then export.")
    return Exported((order.out,), count, 0, 0)
