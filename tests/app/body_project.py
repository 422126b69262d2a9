"""A project with a fitted body that nobody fitted: a climber who rises in front of the camera."""

from datetime import UTC, datetime

import numpy as np

from annotation.body import SMPL_JOINTS, builtin_body
from annotation.edits import UseRun
from annotation.labels import Run, RunKind
from annotation.poses import Camera, MeshSequence, Plane
from annotation.project import Project
from annotation.runs import save_mesh


def rising(n_frames: int, size_px: tuple[int, int]) -> MeshSequence:
    """A body with one arm up that rises by 1 cm a frame, 4 m away, with a wall behind it."""
    body = builtin_body()
    pose = np.zeros((n_frames, 24, 3), np.float32)
    pose[:, 0, 0] = np.pi  # the body's y is up, the camera's is down
    pose[:, SMPL_JOINTS.index("left_shoulder"), 2] = 1.0
    transl = np.stack([np.zeros(n_frames), 0.3 - 0.01 * np.arange(n_frames), np.full(n_frames, 4.0)], axis=1)
    return MeshSequence(
        body.name,
        np.zeros(body.n_betas, np.float32),
        pose[:, 0],
        pose[:, 1:],
        transl.astype(np.float32),
        np.ones(n_frames, bool),
        Camera.guess(size_px),
        (Plane((0.0, 0.0, -1.0), -4.4),),
    )


def add_body(project: Project, *, run_id: str = "body", mesh: MeshSequence | None = None) -> MeshSequence:
    """Let the only track show a fitted body."""
    track = next(iter(project.tracks.values()))
    clip = project.clip(track.clip_id)
    mesh = mesh or rising(clip.n_frames, clip.size)
    project.run_folder(run_id).mkdir(parents=True)
    save_mesh(project.run_folder(run_id), mesh)
    project.add_run(Run(run_id, track.clip_id, RunKind.BODY, "fit", "made up", datetime.now(UTC), "climbalong25"))
    project.push(UseRun(track.id, RunKind.BODY, run_id))
    return mesh
