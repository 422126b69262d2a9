"""The value between 3D files of other tools and a project: one climber's motion in SMPL's parameterisation."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotation.body import Body, rotation_matrices, rotation_vectors
from annotation.formats.known_wall import KnownWall
from annotation.poses import Camera, MeshSequence

Y_UP = np.diag([1.0, -1.0, -1.0])
"""From the CAMERA frame (x right, y down, z forward) to x right, y up, z towards the viewer, metres."""

Z_UP = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
"""From the CAMERA frame to x right, y forward, z up, metres."""


SMPL_PELVIS = np.array([-0.0018, -0.2233, 0.0282])
SMPLX_PELVIS = np.array([0.0031, -0.3514, 0.0120])
"""Where the pelvis lies at rest in the neutral bodies at zero shape, metres.

Published with skeletons made from the body files: SMPL as the root of ``smpl_humanoid.xml`` of physics simulators and
in lists of the neutral body's rest joints (the male body's is -0.0022, -0.2408, 0.0286, the female one's -0.0009,
-0.2114, 0.0278); SMPL-X as the rest positions "J_regressor @ v_template" of motion retargeters.
"""


@dataclass(frozen=True, eq=False)
class MotionTable:
    """One climber's motion as a file has it, brought into the CAMERA frame (x right, y down, z forward, metres).

    Attributes
    ----------
    track : str
        The climber's name.
    frames : (N,) int64 array
        Frames of the original video, 0-based, ascending; of a file that does not say them, its own from 0.
    pose : (N, 24, 3) float64 array
        Rotation vectors, radians, as in `MeshSequence.pose`.
    transl : (N, 3) float64 array
        Metres, added after posing as in SMPL.
    betas : (B,) float64 array
        Shape coefficients of `body`.
    pelvis : (3,) float64 array
        Metres: where the pelvis of that body lies at rest, about which SMPL turns.
    body : str
        Name of the body they are of; empty for SMPL's, of which a file says no more.
    fps : float or None
        Of the file; None if its frames are the video's.
    camera : Camera or None
        The one the motion lies on the pictures with.
    weak_camera : (N, 4) float64 array or None
        Scale x, scale y, shift x, shift y of a weak perspective camera: ``x = s (X + t)``, 1 being half the picture's
        width and height; the translation follows from it then, and `transl` is 0.
    in_front : bool
        Whether the motion was made for a camera; otherwise it has to be put before one.
    wall : KnownWall or None
        What the climber moves on.
    """

    track: str
    frames: NDArray[np.int64]
    pose: NDArray[np.float64]
    transl: NDArray[np.float64]
    betas: NDArray[np.float64]
    pelvis: NDArray[np.float64]
    body: str = ""
    fps: float | None = None
    camera: Camera | None = None
    weak_camera: NDArray[np.float64] | None = None
    in_front: bool = True
    wall: KnownWall | None = None

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True)
class ImportedMotion:
    """What a reader made of a file; `notes` say what had no counterpart here, for people."""

    tables: tuple[MotionTable, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class MotionItem:
    """A fitted body to be exported.

    Attributes
    ----------
    track : str
        The climber's name.
    mesh : MeshSequence
    body : Body
        The one `mesh` is of.
    fps : float
        Frames per second of the video.
    wall : KnownWall or None
        What it was fitted before.
    """

    track: str
    mesh: MeshSequence
    body: Body
    fps: float
    wall: KnownWall | None = None

    @property
    def frames(self) -> NDArray[np.intp]:
        """The frames in which there is a motion: from the first to the last fitted one."""
        valid = np.flatnonzero(self.mesh.valid)
        return np.arange(valid[0], valid[-1] + 1) if len(valid) else valid


def turned(
    axes: NDArray[np.float64], pose: NDArray[np.floating], transl: NDArray[np.floating], *, pelvis: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return pose (T, 24, 3) and translation (T, 3) in other axes.

    Parameters
    ----------
    axes : (3, 3) or (T, 3, 3) array
        Rotation into the other axes.
    pelvis : (3,) array
        The body's pelvis in its rest pose, about which SMPL turns.
    """
    result = np.array(pose, np.float64)
    result[:, 0] = rotation_vectors(axes @ rotation_matrices(pose[:, 0]))
    moved = (axes @ (np.asarray(transl, np.float64) + pelvis)[..., None])[..., 0]
    return result, moved - pelvis


def upright(item: MotionItem, axes: NDArray[np.float64]) -> MotionItem:
    """Return the motion of an item's `frames` in other axes; a panning camera's turns are taken out.

    Frames without a fit hold the pose before them.
    """
    mesh, frames = item.mesh, item.frames
    pelvis = item.body.rest_joints(mesh.betas)[0]
    turn = axes if mesh.view_turns is None else axes @ mesh.view_turns[frames].transpose(0, 2, 1)
    kept = np.maximum.accumulate(np.where(mesh.valid[frames], np.arange(len(frames)), 0))
    pose, transl = turned(turn, mesh.pose[frames], mesh.transl[frames], pelvis=pelvis)
    pose, transl = pose[kept], transl[kept]
    return replace(
        item,
        mesh=replace(
            mesh,
            global_orient=pose[:, 0].astype(np.float32),
            body_pose=pose[:, 1:].astype(np.float32),
            transl=transl.astype(np.float32),
            valid=mesh.valid[frames],
            view_turns=None,
            walls=(),
        ),
    )
