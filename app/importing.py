"""What another tool's file means for a project: a preview of what would come in, and one undoable edit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from annotation.clip import Clip
from annotation.courtesy import by_turns, give_way
from annotation.edits import AddTrack, Edit, SetLabels, SetSpans, Several, UseRun
from annotation.errors import ProjectError
from annotation.formats.known_wall import KnownWall
from annotation.formats.matching import JointMatch, best_match, match_joints
from annotation.formats.pose_table import NORMALISED, ImportedPoses, PoseTable
from annotation.label_patch import UNSTAMPED, LabelPatch
from annotation.labels import Keypoints2D, RunKind, Source, Span, Track
from annotation.project import Project
from annotation.skeletons import load_skeleton
from app.climbers import new_climber
from app.derived_runs import DerivedRun, prepare_imported
from app.imported_wall import wall_edits, wall_note
from app.prepared_import import PreparedImport

_SAME_SHAPE = 0.02


class Existing(Enum):
    """What happens to labels that are there already."""

    KEEP = "keep"
    REPLACE = "replace"


@dataclass(frozen=True)
class TrackPlan:
    """What would become of one climber of a file.

    Attributes
    ----------
    table : PoseTable
        Of the clip's frames only, scaled to the clip's size.
    match : JointMatch
    track_id : str or None
        The climber it goes to; None for a new one.
    n_labels, n_interpolated, n_predictions : int
        Points that would come in.
    n_conflicts : int
        Labels that are there already and say something else.
    """

    table: PoseTable
    match: JointMatch
    clip_id: str
    track_id: str | None
    n_labels: int
    n_interpolated: int
    n_predictions: int
    n_conflicts: int
    notes: tuple[str, ...]
    wall: KnownWall | None = None


@dataclass(frozen=True)
class ImportPlan:
    """A preview; `import_edit` carries it out."""

    tracks: tuple[TrackPlan, ...]
    notes: tuple[str, ...]


def plan_import(
    imported: ImportedPoses,
    project: Project,
    *,
    clip_id: str | None = None,
    track_id: str | None = None,
    chosen: Mapping[str, str | None] | None = None,
    as_new: bool = False,
) -> ImportPlan:
    """Say what would come in, and where.

    Parameters
    ----------
    clip_id : str, optional
        The video it belongs to; otherwise found by name, or the only one.
    track_id : str, optional
        The climber it goes to, where the file has one; otherwise the one of that name, or the only one if it has no
        labels and no predictions yet, or a new one.
    chosen : mapping, optional
        Name of a joint in the file -> ours, or None to leave it out.
    as_new : bool
        Whether every climber of the file becomes a new one.

    Raises
    ------
    ProjectError
        If it is not clear which video is meant, or nothing fits.
    """
    if track_id is not None and len(imported.tables) > 1:
        names = ", ".join(table.track for table in imported.tables)
        raise ProjectError(f"The file has several climbers ({names}); they cannot all become one. Leave out the name.")
    plans: list[TrackPlan] = []
    for table in imported.tables:
        clip = _clip(project, table, clip_id=clip_id if track_id is None else project.track(track_id).clip_id)
        taken = {plan.track_id for plan in plans}
        track = None if as_new else _track(project, clip, table=table, track_id=track_id, taken=taken)
        plans.append(with_wall(_plan(table, clip, track, chosen), imported, track))
    plans = [plan for plan in plans if plan.n_labels + plan.n_predictions]
    if not plans:
        raise ProjectError("Nothing of this file fits: no joint has a counterpart here, or no frame is in the video.")
    return ImportPlan(tuple(plans), imported.notes)


def import_edit(project: Project, plan: ImportPlan, *, existing: Existing, title: str) -> Edit:
    """Return the edit that brings a plan's labels and predictions in, its runs registered; see `prepare_import`."""
    return prepare_import(project, plan, existing=existing, title=title).registered(project)


def prepare_import(project: Project, plan: ImportPlan, *, existing: Existing, title: str) -> PreparedImport:
    """Return the edit that brings a plan's labels and predictions in; the project is only read.

    Predictions become a run, written at once; whether a track shows it is part of the edit.

    Raises
    ------
    ProjectError
        If there is nothing left to bring in, or a run cannot be written.
    """
    parts: list[Edit] = []
    runs: list[DerivedRun] = []
    track_ids: list[str] = []
    for item in plan.tracks:
        if item.track_id is None:
            track = new_climber(project, item.clip_id, name=_free_name(project, item, parts=parts))
            track.skeleton = item.match.skeleton
            parts.append(AddTrack(Track(track.id, track.clip_id, track.name, track.skeleton, color=track.color)))
        else:
            track = project.unlocked_track(item.track_id)
        track_ids.append(track.id)
        parts += _track_edits(item, track, existing=existing)
        parts += wall_edits(track, item.wall, replaces=existing is Existing.REPLACE)
        if item.n_predictions:
            keypoints = _keypoints(item, n_frames=project.clip(item.clip_id).n_frames)
            name, skeleton = item.table.video.name, keypoints.skeleton
            run = prepare_imported(project, item.clip_id, content=keypoints, skeleton=skeleton, name=name)
            run.write()
            runs.append(run)
            parts.append(UseRun(track.id, RunKind.KEYPOINTS, run.run.id, "Import predictions"))
    if not any(not isinstance(part, AddTrack) for part in parts):
        raise ProjectError("Everything in this file is here already; nothing was changed.")
    return PreparedImport(Several(tuple(parts), title), tuple(track_ids), tuple(runs))


def with_wall(plan: TrackPlan, imported: ImportedPoses, track: Track | None) -> TrackPlan:
    """Return a plan with the wall its climber is on, if the file says; notes say what becomes of it."""
    named = (w for video, who, w in imported.walls if (video, who) == (plan.table.video.name, plan.table.track))
    wall = next(named, None)
    if wall is None:
        return plan
    return replace(plan, wall=wall, notes=(*plan.notes, wall_note(track, wall)))


def _clip(project: Project, table: PoseTable, *, clip_id: str | None) -> Clip:
    if clip_id is not None:
        return project.clip(clip_id)
    name = table.video.name.lower()
    for clip in project.clips.values():
        if name and name in (clip.path.name.lower(), clip.path.stem.lower()):
            return clip
    if len(project.clips) == 1:
        return next(iter(project.clips.values()))
    names = ", ".join(clip.path.name for clip in project.clips.values()) or "none"
    raise ProjectError(f"Say which video {table.video.name or 'the file'} belongs to. In {project.name}: {names}.")


def _track(
    project: Project, clip: Clip, *, table: PoseTable, track_id: str | None, taken: set[str | None]
) -> Track | None:
    if track_id is not None:
        return project.track(track_id)
    tracks = [track for track in project.tracks_of(clip.id) if track.id not in taken]
    named = [track for track in tracks if track.name == table.track]
    if named:
        return named[0]
    untouched = [track for track in tracks if not len(track.labels) and not track.active_runs]
    fits = [track for track in untouched if track.skeleton == best_match(table.joints).skeleton]
    return next(iter(fits or untouched), None)


def _plan(table: PoseTable, clip: Clip, track: Track | None, chosen: Mapping[str, str | None] | None) -> TrackPlan:
    notes: list[str] = []
    try:
        skeleton = load_skeleton(track.skeleton if track is not None else best_match(table.joints).skeleton)
        match = match_joints(table.joints, skeleton, chosen=chosen)
    except KeyError as error:
        raise ProjectError(f"That does not fit: {error.args[0]}.") from error
    if match.by_order:
        notes.append(f"no joint has a name we know; they were taken in the order of {skeleton.title}")
    table = _fitted(table, clip, notes=notes)
    left_out = [joint for joint, target in zip(table.joints, match.targets, strict=True) if target is None]
    if left_out:
        notes.append(f"no counterpart: {', '.join(left_out)}")
    source = table.source[:, np.array([target is not None for target in match.targets])]
    return TrackPlan(
        table,
        match,
        clip.id,
        None if track is None else track.id,
        n_labels=int((source == Source.LABELLED).sum()),
        n_interpolated=int((source == Source.INTERPOLATED).sum()),
        n_predictions=int((source == Source.PREDICTED).sum()),
        n_conflicts=0 if track is None else _n_conflicts(table, match, track=track),
        notes=tuple(notes),
    )


def _fitted(table: PoseTable, clip: Clip, *, notes: list[str]) -> PoseTable:
    """Return a table without the frames the clip does not have, in the clip's pixels."""
    inside = np.flatnonzero(table.frames < clip.n_frames)
    if len(inside) < len(table):
        notes.append(f"{len(table) - len(inside)} frames are beyond the end of {clip.path.name}")
        table = table.taken(inside)
    size = table.video.size
    if size is not None and size != clip.size:
        scale = np.array(clip.size) / np.array(size)
        if size == NORMALISED:
            return table.moved(table.xy * scale)
        if abs(scale[0] / scale[1] - 1) > _SAME_SHAPE:
            wanted, given = ("x".join(map(str, s)) for s in (clip.size, size))
            raise ProjectError(f"The file is about pictures of {given}, {clip.path.name} has {wanted}: another video?")
        notes.append(f"points are scaled from {size[0]}x{size[1]} to {clip.size[0]}x{clip.size[1]}")
        table = table.moved(table.xy * scale)
    return table


def _patch(table: PoseTable, match: JointMatch) -> LabelPatch:
    """Return the statements of a table as labels."""
    rows, columns = np.nonzero(table.source == Source.LABELLED)
    targets = np.array([-1 if target is None else target for target in match.targets])[columns]
    rows, columns, targets = rows[targets >= 0], columns[targets >= 0], targets[targets >= 0]
    give_way()
    visibility = np.where(table.known[rows, columns], table.visibility[rows, columns], 0)
    give_way()
    return LabelPatch(
        table.frames[rows].astype(np.intp),
        targets.astype(np.intp),
        np.nan_to_num(table.xy[rows, columns]).astype(np.float32),
        (visibility + 1).astype(np.uint8),
        np.zeros(len(rows), np.int32),
        (UNSTAMPED,),
    )


def _differs(patch: LabelPatch, track: Track) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where (N,) a label is there already, and where it says something else."""
    now = track.table.take(patch.frames, patch.joints)
    there = now.codes > 0
    give_way()
    return there, there & ((now.codes != patch.codes) | (np.abs(now.xy - patch.xy).max(axis=1, initial=0) > 1e-3))


def _n_conflicts(table: PoseTable, match: JointMatch, *, track: Track) -> int:
    return int(_differs(_patch(table, match), track)[1].sum())


def _track_edits(item: TrackPlan, track: Track, *, existing: Existing) -> list[Edit]:
    parts: list[Edit] = []
    patch = _patch(item.table, item.match)
    there, differs = _differs(patch, track)
    wanted = patch.only(~there | (differs & (existing is Existing.REPLACE)))
    if len(wanted):
        parts.append(SetLabels(track.id, wanted, "Import labels"))
    spans = _spans(item.table, track)
    if spans:
        parts.append(SetSpans(track.id, (*track.spans, *spans), "Import labels"))
    return parts


def _spans(table: PoseTable, track: Track) -> list[Span]:
    """Return the stretches the other tool interpolated in and we would not, the longest only."""
    found: set[tuple[int, int]] = set()
    for joint in by_turns(range(len(table.joints))):
        stated = np.flatnonzero(table.source[:, joint] == Source.LABELLED)
        a, b = stated[:-1], stated[1:]
        others = np.cumsum(table.source[:, joint] != Source.INTERPOLATED)
        starts, ends = table.frames[a], table.frames[b]
        whole = (others[b - 1] == others[a]) & (b - a == ends - starts) & (ends - starts > track.stride)
        found.update(zip(starts[whole].tolist(), ends[whole].tolist(), strict=True))
    found -= {(span.start, span.end) for span in track.spans}
    longest: list[Span] = []
    for start, end in sorted(found, key=lambda pair: (pair[0], -pair[1])):
        if not longest or end > longest[-1].end:
            longest.append(Span(start, end))
    return longest


def _keypoints(item: TrackPlan, *, n_frames: int) -> Keypoints2D:
    shape = (n_frames, len(load_skeleton(item.match.skeleton)))
    xy, confidence = np.full((*shape, 2), np.nan, np.float32), np.zeros(shape, np.float32)
    for joint, target in enumerate(item.match.targets):
        rows = np.flatnonzero(item.table.source[:, joint] == Source.PREDICTED)
        if target is not None:
            xy[item.table.frames[rows], target] = item.table.xy[rows, joint]
            confidence[item.table.frames[rows], target] = item.table.confidence[rows, joint]
    return Keypoints2D(xy, confidence, item.match.skeleton)


def _free_name(project: Project, item: TrackPlan, *, parts: Sequence[Edit]) -> str | None:
    taken = {track.name for track in project.tracks_of(item.clip_id)}
    taken |= {part.track.name for part in parts if isinstance(part, AddTrack)}
    name, number = item.table.track, 2
    while name in taken:
        name, number = f"{item.table.track} {number}", number + 1
    return name or None
