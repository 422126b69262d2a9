"""A body that follows corrections: what changed, the new stretch blended in, and the run it becomes."""

import importlib.metadata
import json
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.body import rotation_matrices, rotation_vectors
from annotation.edits import UseRun
from annotation.errors import ProjectError
from annotation.fit_details import FitDetails, save_details
from annotation.known_facts_json import facts_to_json
from annotation.labels import ResolvedTrack, Run, RunKind
from annotation.poses import MeshSequence
from annotation.project import Project, new_id
from annotation.runs import save_mesh
from inference.jobs import RUN_FILE, RefitPoint, Refitted, partial_folder

FOLLOW = "follow"
BLEND_FRAMES = 5


@dataclass
class FollowedPoints:
    """The points the body follows, as they were when it last did.

    Attributes
    ----------
    xy : (T, K, 2) float32 array
    confidence : (T, K) float32 array
    source : (T, K) uint8 array
    """

    xy: NDArray[np.float32]
    confidence: NDArray[np.float32]
    source: NDArray[np.uint8]

    @classmethod
    def of(cls, resolved: ResolvedTrack) -> "FollowedPoints":
        """Return a copy of the points of now."""
        return cls(resolved.xy.copy(), resolved.confidence.copy(), resolved.source.copy())

    def changed(self, resolved: ResolvedTrack) -> NDArray[np.intp]:
        """Return frame and joint (N, 2) of the points that are others now."""
        same = (self.xy == resolved.xy) | (np.isnan(self.xy) & np.isnan(resolved.xy))
        differs = ~same.all(axis=-1) | (self.confidence != resolved.confidence) | (self.source != resolved.source)
        return np.argwhere(differs)

    def take(self, resolved: ResolvedTrack, changed: NDArray[np.intp]) -> list[RefitPoint]:
        """Take changed points over and return them as the worker wants them."""
        points = []
        for frame, joint in changed.tolist():
            x, y = resolved.xy[frame, joint].tolist()
            place = None if np.isnan(x) else (x, y)
            confidence, source = float(resolved.confidence[frame, joint]), int(resolved.source[frame, joint])
            points.append(RefitPoint(frame, joint, place, confidence, source))
        frames, joints = changed.T
        for mine, now in (
            (self.xy, resolved.xy),
            (self.confidence, resolved.confidence),
            (self.source, resolved.source),
        ):
            mine[frames, joints] = now[frames, joints]
        return points


def stretches(changed: NDArray[np.intp], *, longest: int) -> list[NDArray[np.intp]]:
    """Return changed points, frame and joint (N, 2) in the order of frames, in parts no longer than so many frames."""
    parts = []
    while len(changed):
        end = int(np.searchsorted(changed[:, 0], changed[0, 0] + longest))
        parts.append(changed[:end])
        changed = changed[end:]
    return parts


def followed(mesh: MeshSequence, answer: Refitted) -> MeshSequence:
    """Return a motion with the refitted stretch in it; its neighbours are led into it over `BLEND_FRAMES` frames."""
    pose = np.asarray(answer.pose, np.float64).reshape(-1, 24, 3)
    transl = np.asarray(answer.transl, np.float64).reshape(-1, 3)
    stretch = slice(answer.start, answer.start + len(pose))
    share = _shares(len(pose), begins=answer.start > 0, ends=stretch.stop < len(mesh))
    between = np.flatnonzero(share < 1)
    before = mesh.pose[stretch].astype(np.float64)
    pose[between] = _between(before[between], pose[between], share[between])
    transl += (1 - share)[:, None] * (mesh.transl[stretch] - transl)
    whole, places = mesh.pose.copy(), mesh.transl.copy()
    whole[stretch], places[stretch] = pose, transl
    return replace(mesh, global_orient=whole[:, 0], body_pose=whole[:, 1:], transl=places)


def keep(
    project: Project, track_id: str, mesh: MeshSequence, *, current: bool, details: FitDetails | None = None
) -> UseRun:
    """Write a body that followed corrections as a run and return the edit that lets the track show it.

    Parameters
    ----------
    current : bool
        Whether it fits all the points the track amounts to now.
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
        if details is not None:
            save_details(partial, details)
        record = _record(project, track_id, parent, run, current=current)
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
    project.add_run(run)
    return UseRun(track_id, RunKind.BODY, run.id, "Let the body follow")


def _updated(summary: dict[str, Any], details: FitDetails) -> dict[str, Any]:
    """Return the figures of a fit with those that are others since the body followed."""
    kept = {name: value for name, value in summary.items() if name != "median_reprojection_box_fraction"}
    return {**kept, "median_reprojection_px": round(float(np.nanmedian(details.residual_px)), 2)}


def _record(project: Project, track_id: str, parent: Run, run: Run, *, current: bool) -> dict[str, Any]:
    try:
        record = json.loads((project.run_folder(parent.id) / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        record = {}
    parameters = {**record.get("parameters", {}), "parents": [parent.id]}
    if current:
        parameters["inputs_digest"] = project.live(track_id).digest()
        parameters["facts"] = facts_to_json(project.track(track_id).facts)
    return {
        "task": FOLLOW,
        "parameters": parameters,
        "summary": record.get("summary", {}),
        "created": run.created.isoformat(),
        "versions": {"betascope": importlib.metadata.version("betascope")},
    }


def _shares(n: int, *, begins: bool, ends: bool) -> NDArray[np.float64]:
    """Return how much of the new motion is taken (N,): less towards an end that has a neighbour."""
    frames = np.arange(n)
    share = np.ones(n)
    if begins:
        share = np.minimum(share, (frames + 1) / (BLEND_FRAMES + 1))
    if ends:
        share = np.minimum(share, (n - frames) / (BLEND_FRAMES + 1))
    return share


def _between(
    before: NDArray[np.float64], after: NDArray[np.float64], share: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return rotation vectors (N, 24, 3) that are `share` (N,) of the way from one to the other, the short way."""
    if not len(share):
        return after
    R_before, R_after = rotation_matrices(before), rotation_matrices(after)
    step = rotation_vectors(np.swapaxes(R_before, -1, -2) @ R_after)
    return rotation_vectors(R_before @ rotation_matrices(step * share[:, None, None]))
