"""A body that follows corrections: what changed, the new stretch put in, and the run it becomes."""

import contextlib
import importlib.metadata
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.edits import UseRun
from annotation.errors import JobError, ProjectError
from annotation.fit_details import FitDetails, save_details
from annotation.fitted_points import FittedPoints
from annotation.known_facts import Facts
from annotation.known_facts_json import facts_to_json
from annotation.labels import ResolvedTrack, Run, RunKind, Track
from annotation.poses import MeshSequence
from annotation.project import Project, new_id
from annotation.runs import save_mesh
from annotation.store import remove_run_folder
from app.operations import FOLLOW, given_facts
from inference.jobs import (
    EVENTS_FILE,
    JOB_FILE,
    RUN_FILE,
    Cancelled,
    Failed,
    Finished,
    parse_event,
    partial_folder,
    read_job,
)
from inference.refit_messages import RefitPoint, RefitRequest, Refitted

_LATER = "unneeded"
"""The file that says of a run that it goes when no job awaits it any more."""


@dataclass
class FollowedPoints:
    """What the body follows, as it was when it last did.

    Attributes
    ----------
    points : FittedPoints
    world : (T, K, 3) array or None
        The detector's own 3D, as in `Keypoints2D`.
    facts : Facts or None
        None where nobody knows.
    """

    points: FittedPoints
    world: NDArray[np.float32] | None
    facts: Facts | None

    @classmethod
    def of(cls, project: Project, track: Track) -> "FollowedPoints":
        """Return what is there now."""
        return cls(FittedPoints.of(project.resolved(track.id)), _world(project, track), track.facts)

    def without(self, owed: RefitRequest | None) -> "FollowedPoints":
        """Return what was followed of it, where a request was not answered."""
        if owed is None:
            return self
        places = np.array([(point.frame, point.joint) for point in owed.points], np.intp).reshape(-1, 2)
        return FollowedPoints(self.points.without(places), self.world, self.facts if owed.facts is None else None)

    def differs(self, project: Project, track: Track) -> bool:
        """Tell whether something that can be followed is other now."""
        return bool(len(self.points.changed(project.resolved(track.id)))) or _local(self.facts) != _local(track.facts)

    def request(self, project: Project, track: Track, changed: NDArray[np.intp], *, frame: int) -> RefitRequest | None:
        """Take over what is other now, `changed` points (N, 2) among it, and ask for it; None where nothing is.

        The number of the request is given by whoever sends it.
        """
        resolved = project.resolved(track.id)
        points = [_point(resolved, at, joint) for at, joint in changed.tolist()]
        self.points.take(resolved, changed)
        facts = None if _local(self.facts) == _local(track.facts) else facts_to_json(track.facts)
        self.facts = track.facts
        before, self.world = self.world, _world(project, track)
        world = {at: rows.tolist() for at, rows in _other_rows(before, self.world, changed[:, 0])}
        if not points and facts is None and not world:
            return None
        return RefitRequest(0, tuple(points), frame, facts, world)


def _point(resolved: ResolvedTrack, frame: int, joint: int) -> RefitPoint:
    x, y = resolved.xy[frame, joint].tolist()
    place = None if np.isnan(x) else (x, y)
    confidence, source = float(resolved.confidence[frame, joint]), int(resolved.source[frame, joint])
    return RefitPoint(frame, joint, place, confidence, source)


def _world(project: Project, track: Track) -> NDArray[np.float32] | None:
    keypoints = project.keypoints(track.id)
    if keypoints is None or keypoints.world is None:
        return None
    return keypoints.world if keypoints.skeleton == track.skeleton else keypoints.converted(track.skeleton).world


def _other_rows(
    before: NDArray[np.float32] | None, now: NDArray[np.float32] | None, frames: NDArray[np.intp]
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Return the frames in which the detector's 3D is another one, with it, among those whose points are."""
    if before is now or before is None or now is None or before.shape != now.shape:
        return
    for frame in np.unique(frames).tolist():
        if frame < len(now) and not np.array_equal(before[frame], now[frame], equal_nan=True):
            yield frame, now[frame]


def _local(facts: Facts | None) -> tuple[object, ...] | None:
    """Return the facts that the body follows without being fitted as a whole."""
    return None if facts is None else (facts.depths, facts.contacts, facts.sides)


def _followed_facts(fitted: Facts, facts: Facts) -> Facts:
    """Return what a body obeys that was fitted with some facts and followed others since."""
    if fitted.same_size_and_wall(facts):
        return facts
    return replace(fitted, depths=facts.depths, contacts=facts.contacts, sides=facts.sides)


def followed(mesh: MeshSequence, answer: Refitted) -> MeshSequence:
    """Return a motion with the refitted stretch in it; its ends are those of the motion before."""
    pose = np.asarray(answer.pose, np.float32).reshape(-1, 24, 3)
    stretch = slice(answer.start, answer.start + len(pose))
    orient, turns, places = mesh.global_orient.copy(), mesh.body_pose.copy(), mesh.transl.copy()
    valid = mesh.valid.copy()
    orient[stretch], turns[stretch] = pose[:, 0], pose[:, 1:]
    places[stretch] = np.asarray(answer.transl, np.float32).reshape(-1, 3)
    if answer.valid:
        valid[stretch] = answer.valid
    return replace(mesh, global_orient=orient, body_pose=turns, transl=places, valid=valid)


def keep(
    project: Project,
    track_id: str,
    mesh: MeshSequence,
    *,
    followed: FollowedPoints | None,
    details: FitDetails | None = None,
) -> UseRun:
    """Write a body that followed corrections as a run and return the edit that lets the track show it.

    Parameters
    ----------
    followed : FollowedPoints or None
        What it followed; None where nobody knows. Whether it is current is told from that.
    details : FitDetails, optional
        How sure it is.

    Raises
    ------
    ProjectError
        If it cannot be written; nothing is left behind then.
    """
    project.require_writable()
    parent = project.run(project.track(track_id).active_runs[RunKind.BODY])
    run = replace(parent, id=new_id(), task=FOLLOW, created=datetime.now(UTC))
    folder = project.run_folder(run.id)
    partial = partial_folder(folder)
    try:
        partial.mkdir(parents=True)
        save_mesh(partial, mesh)
        if followed is not None:
            followed.points.save(partial)
        if details is not None:
            save_details(partial, details)
        record = _record(project, parent, run, followed=followed)
        if details is not None and np.isfinite(details.residual_px).any():
            record["summary"] = _updated(record["summary"], details)
        (partial / RUN_FILE).write_text(json.dumps(record, indent=1), encoding="utf-8")
        partial.rename(folder)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise ProjectError(
            f"The body that followed the corrections cannot be written to {folder} ({error.strerror}). Free space, "
            "then fit again; the labels are safe."
        ) from error
    try:
        project.add_run(run)
    except ProjectError:
        remove_run_folder(folder)
        raise
    return UseRun(track_id, RunKind.BODY, run.id, "Let the body follow")


def drop_older(project: Project, run_id: str) -> bool:
    """Remove a body that followed corrections and goes on in another run, unless undo, a version or a job needs it.

    One that a job needs is removed by `drop_awaited`, once it does no more.
    """
    if run_id not in project.runs or project.run(run_id).task != FOLLOW:
        return False
    if _awaited(project, run_id):
        with contextlib.suppress(OSError):
            (project.run_folder(run_id) / _LATER).touch()
        return False
    return project.drop_run(run_id)


def drop_awaited(project: Project) -> None:
    """Remove the bodies that stayed because a job needed them, where none does any more."""
    for mark in [*project.folder.glob(f"runs/*/{_LATER}")]:
        drop_older(project, mark.parent.name)


def _awaited(project: Project, run_id: str) -> bool:
    """Tell whether a job that has not ended, as that of a review video, was told to read a run."""
    folder = str(project.run_folder(run_id))
    for request in (project.folder / "jobs").glob(f"*/{JOB_FILE}"):
        with contextlib.suppress(JobError):  # what cannot be read, no worker reads
            if folder in read_job(request.parent).parameters.values() and not _has_ended(request.parent):
                return True
    return False


def _has_ended(job: Path) -> bool:
    try:
        lines = (job / EVENTS_FILE).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return False
    return bool(lines) and isinstance(parse_event(lines[-1]), Finished | Failed | Cancelled)


def _updated(summary: dict[str, Any], details: FitDetails) -> dict[str, Any]:
    """Return the figures of a fit with those that are others since the body followed."""
    kept = {name: value for name, value in summary.items() if name != "median_reprojection_box_fraction"}
    return {**kept, "median_reprojection_px": round(float(np.nanmedian(details.residual_px)), 2)}


def _record(project: Project, parent: Run, run: Run, *, followed: FollowedPoints | None) -> dict[str, Any]:
    try:
        record = json.loads((project.run_folder(parent.id) / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        record = {}
    parameters = {"parents": [parent.id], **record.get("parameters", {})}
    if parent.task != FOLLOW:  # what followed before goes; what it came from stays
        parameters["parents"] = [parent.id]
    parameters.pop("inputs_digest", None)
    if followed is not None and followed.facts is not None:
        fitted = given_facts(parameters) or Facts()
        parameters["inputs_digest"] = followed.points.digest()
        parameters["facts"] = facts_to_json(_followed_facts(fitted, followed.facts))
    return {
        "task": FOLLOW,
        "parameters": parameters,
        "summary": record.get("summary", {}),
        "created": run.created.isoformat(),
        "versions": {"betascope": importlib.metadata.version("betascope")},
    }
