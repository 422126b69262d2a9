"""A fitted body beside the points of a table: where it has the joints, how fast they are, how well they meet."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.body import Body
from annotation.centre_of_mass import centre_of_mass
from annotation.poses import Camera, MeshSequence

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BodyPoints:
    """Where a fitted body has the joints of a skeleton, in every frame of a clip.

    Attributes
    ----------
    xyz : (T, K, 3) array
        Metres in the CAMERA frame (x right, y down, z forward); NaN where nothing was fitted, or the body has no such
        joint.
    centre : (T, 3) array
        The centre of mass.
    camera : Camera
    view_turns : (T, 3, 3) array or None
        How a panning camera is turned in each frame.
    """

    xyz: Floats
    centre: Floats
    camera: Camera
    view_turns: Floats | None = None

    @classmethod
    def of(cls, mesh: MeshSequence, body: Body, skeleton: str) -> "BodyPoints":
        """Return the points of a body in a skeleton."""
        xyz = body.keypoints(body.keypoint_rig(skeleton), mesh.betas, mesh.pose, transl=mesh.transl)
        centre = centre_of_mass(body.joints(mesh.betas, mesh.pose, transl=mesh.transl)).astype(np.float64)
        xyz[~mesh.valid], centre[~mesh.valid] = np.nan, np.nan
        turns = None if mesh.view_turns is None else mesh.view_turns.astype(np.float64)
        return cls(xyz, centre, mesh.camera, turns)

    def speed_m_s(self, xyz: NDArray[np.floating], times_s: Floats) -> Floats:
        """Return how fast points (T, ..., 3) of this body are, metres per second (T, ...), not how the camera turns."""
        if self.view_turns is not None:
            xyz = np.einsum("tji,t...j->t...i", self.view_turns, xyz)
        return speed(xyz, times_s)


def speed(points: NDArray[np.floating], times_s: Floats) -> Floats:
    """Return the speed (T, ...) of points (T, ..., D) by central differences; NaN beside what is missing.

    Parameters
    ----------
    times_s : (T,) array
        Seconds; frames need not be equally far apart.
    """
    if len(points) < 2:
        return np.full(points.shape[:-1], np.nan)
    return np.asarray(np.linalg.norm(np.gradient(points.astype(np.float64), times_s, axis=0), axis=-1))
