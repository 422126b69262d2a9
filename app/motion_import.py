"""What another tool's 3D motion means for a project: a preview, and one undoable edit that shows it as the body."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation.body import BUILTIN_BODY, Body
from annotation.body_files import list_bodies, load_body
from annotation.body_identity import body_digest
from annotation.clip import Clip
from annotation.edits import AddTrack, Edit, Several, UseRun
from annotation.errors import BodyFileError, ProjectError
from annotation.formats.known_wall import KnownWall
from annotation.formats.motion_table import ImportedMotion, MotionTable
from annotation.labels import RunKind
from annotation.poses import Camera, MeshSequence
from annotation.project import Project
from app.climbers import new_climber
from app.derived_runs import DerivedRun, prepare_imported
from app.imported_wall import wall_edits
from app.prepared_import import PreparedImport

_SAME_SHAPE = 0.02
_DISTANCE_M = 5.0
_MAX_BETAS = 10.0


@dataclass(frozen=True, eq=False)
class MotionPlan:
    """What would become of one climber's motion.

    Attributes
    ----------
    track_id : str or None
        The climber it goes to; None for a new one.
    mesh : MeshSequence
        For every frame of the clip.
    """

    name: str
    clip_id: str
    track_id: str | None
    mesh: MeshSequence
    notes: tuple[str, ...]
    wall: KnownWall | None = None

    @property
    def n_frames(self) -> int:
        """How many frames get a body."""
        return int(self.mesh.valid.sum())


def plan_motion(
    imported: ImportedMotion,
    project: Project,
    *,
    bodies_dir: Path,
    clip_id: str | None = None,
    track_id: str | None = None,
    as_new: bool = False,
) -> tuple[MotionPlan, ...]:
    """Say what would come in, and where.

    Parameters
    ----------
    clip_id : str, optional
        The video it belongs to; the only one otherwise.
    track_id : str, optional
        The climber it goes to; otherwise the only one of the video if the file has one only, or new ones.
    as_new : bool
        Whether every climber of the file becomes a new one.

    Raises
    ------
    ProjectError
        If it is not clear which video or climber is meant, or no frame is in the video.
    """
    if track_id is not None and len(imported.tables) > 1:
        raise ProjectError("The file has several climbers; they cannot all become one. Leave out the name.")
    clip = _clip(project, clip_id if track_id is None else project.track(track_id).clip_id)
    tracks = project.tracks_of(clip.id)
    if track_id is None and not as_new and len(imported.tables) == 1 and len(tracks) == 1:
        track_id = tracks[0].id
    plans = [
        _plan(table, clip, track_id=track_id, notes=imported.notes, bodies_dir=bodies_dir) for table in imported.tables
    ]
    plans = [plan for plan in plans if plan.n_frames]
    if not plans:
        raise ProjectError(f"No frame of this motion is in {clip.path.name}. Check that it is the right video.")
    return tuple(plans)


def prepare_motion(project: Project, plans: tuple[MotionPlan, ...], *, file: str) -> PreparedImport:
    """Return the edit that shows the motions; they become runs, written at once. The project is only read.

    Raises
    ------
    ProjectError
        If a run cannot be written, or the climber is locked.
    """
    parts: list[Edit] = []
    runs: list[DerivedRun] = []
    track_ids: list[str] = []
    for plan in plans:
        if plan.track_id is None:
            taken = {part.track.name for part in parts if isinstance(part, AddTrack)}
            taken |= {track.name for track in project.tracks_of(plan.clip_id)}
            names = (plan.name if k == 1 else f"{plan.name} {k}" for k in range(1, len(taken) + 2))
            name = next(name for name in names if name not in taken)
            track = new_climber(project, plan.clip_id, name=name)
            parts.append(AddTrack(track))
        else:
            track = project.unlocked_track(plan.track_id)
        run = prepare_imported(project, plan.clip_id, content=plan.mesh, skeleton=track.skeleton, name=file)
        run.write()
        runs.append(run)
        track_ids.append(track.id)
        parts.append(UseRun(track.id, RunKind.BODY, run.run.id, "Import motion"))
        parts += wall_edits(track, plan.wall)
    return PreparedImport(Several(tuple(parts), f"Import {file}"), tuple(track_ids), tuple(runs))


def _clip(project: Project, clip_id: str | None) -> Clip:
    if clip_id is not None:
        return project.clip(clip_id)
    if len(project.clips) == 1:
        return next(iter(project.clips.values()))
    names = ", ".join(clip.path.name for clip in project.clips.values()) or "none"
    raise ProjectError(f"Say which video the motion belongs to. In {project.name}: {names}.")


def _plan(
    table: MotionTable, clip: Clip, *, track_id: str | None, notes: tuple[str, ...], bodies_dir: Path
) -> MotionPlan:
    said = list(notes)
    body, betas = _body(table, bodies_dir, notes=said)
    camera = _camera(table, clip, notes=said)
    pelvis = body.rest_joints(betas)[0]
    transl = table.transl + table.pelvis - pelvis
    if table.weak_camera is not None:
        transl = _from_weak(table.weak_camera, camera) + table.pelvis - pelvis
        said.append("depth is worked out from a weak camera: distances from the camera are rough")
    if not table.in_front:
        transl = _before_camera(transl, pelvis)
        said.append(f"the motion knows no camera; it was put {_DISTANCE_M:g} m before the guessed one")
    rows, frames = _rows(table, clip, notes=said)
    mesh = _empty_mesh(body, betas, n_frames=clip.n_frames, camera=camera)
    mesh.global_orient[frames], mesh.body_pose[frames] = table.pose[rows, 0], table.pose[rows, 1:]
    mesh.transl[frames], mesh.valid[frames] = transl[rows], True
    wall = table.wall if table.in_front else None
    if wall is not None:
        mesh = replace(mesh, walls=wall.planes)
        said.append(f"the wall: {wall.words}")
    return MotionPlan(table.track, clip.id, track_id, mesh, tuple(said), wall)


def _body(table: MotionTable, bodies_dir: Path, *, notes: list[str]) -> tuple[Body, NDArray[np.float64]]:
    """Return the body the motion is shown with, and its shape."""
    name = table.body
    if not name:
        infos = list_bodies(bodies_dir)
        name = next((info.name for info in infos if info.path is not None and not info.problem), BUILTIN_BODY)
    try:
        body = load_body(name, bodies_dir=bodies_dir)
    except BodyFileError:
        notes.append(f"the body {name!r} is not here; the built-in one stands for it")
        body = load_body(BUILTIN_BODY, bodies_dir=None)
    betas = np.zeros(body.n_betas)
    if body.name == table.body or (not table.body and body.name != BUILTIN_BODY):
        n = min(len(table.betas), body.n_betas)
        betas[:n] = np.clip(table.betas[:n], -_MAX_BETAS, _MAX_BETAS)
    elif table.betas.any():
        notes.append("the shape is left out: it is of another body than the built-in one")
    return body, betas


def _camera(table: MotionTable, clip: Clip, *, notes: list[str]) -> Camera:
    camera = table.camera
    if camera is None:
        return Camera.guess(clip.size)
    scale = np.array(clip.size) / np.array(camera.size_px)
    if abs(scale[0] / scale[1] - 1) > _SAME_SHAPE:
        wanted, given = ("x".join(map(str, size)) for size in (clip.size, camera.size_px))
        raise ProjectError(f"The motion is about pictures of {given}, {clip.path.name} has {wanted}: another video?")
    if camera.size_px == clip.size:
        return camera
    notes.append("the camera is scaled to the size of this video")
    x, y = camera.center_px
    return Camera(camera.focal_px * float(scale[0]), (x * float(scale[0]), y * float(scale[1])), clip.size)


def _from_weak(weak: NDArray[np.float64], camera: Camera) -> NDArray[np.float64]:
    """Return translations (n, 3) of a weak camera: as large in the picture at that depth."""
    width = camera.size_px[0]
    return np.column_stack([weak[:, 2:], 2 * camera.focal_px / (width * weak[:, 0])])


def _before_camera(transl: NDArray[np.float64], pelvis: NDArray[np.float64]) -> NDArray[np.float64]:
    middle = np.median(transl + pelvis, axis=0)
    moved: NDArray[np.float64] = transl - middle + np.array([0, 0, _DISTANCE_M])
    return moved


def _rows(table: MotionTable, clip: Clip, *, notes: list[str]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which row goes to which frame of the clip; another frame rate goes by the nearest moment."""
    fps = clip.timeline.fps
    if table.fps is not None and abs(table.fps / fps - 1) > 1e-3:
        times = clip.timeline.times_s - clip.timeline.times_s[0]
        rows = np.rint(times * table.fps).astype(np.intp)
        inside = rows < len(table)
        notes.append(f"{table.fps:g} frames per second are shown at {fps:g}, each at its nearest moment")
        return rows[inside], np.flatnonzero(inside)
    rows = np.flatnonzero(table.frames < clip.n_frames)
    if len(rows) < len(table):
        notes.append(f"{len(table) - len(rows)} frames are beyond the end of {clip.path.name}")
    return rows, table.frames[rows].astype(np.intp)


def _empty_mesh(body: Body, betas: NDArray[np.float64], *, n_frames: int, camera: Camera) -> MeshSequence:
    return MeshSequence(
        body=body.name,
        betas=betas.astype(np.float32),
        global_orient=np.zeros((n_frames, 3), np.float32),
        body_pose=np.zeros((n_frames, 23, 3), np.float32),
        transl=np.zeros((n_frames, 3), np.float32),
        valid=np.zeros(n_frames, bool),
        camera=camera,
        body_digest=body_digest(body),
    )
