"""3D motion: poses, meshes and cameras.

Points are in metres, axes right-handed. CAMERA: x right, y down, z forward, away from the viewer. WORLD: z up. WALL: x
right along the wall, y up along the wall, z out of the wall.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Camera:
    """A pinhole without distortion, in pixels of the shown picture.

    Attributes
    ----------
    focal_px : float
    center_px : (float, float)
        Principal point.
    size_px : (int, int)
        Width and height.
    """

    focal_px: float
    center_px: tuple[float, float]
    size_px: tuple[int, int]

    @classmethod
    def guess(cls, size_px: tuple[int, int]) -> "Camera":
        """Return the usual guess: focal length = image diagonal, principal point in the middle."""
        width, height = size_px
        return cls(float(np.hypot(width, height)), (width / 2, height / 2), size_px)

    def project(self, points: NDArray[np.floating]) -> NDArray[np.floating]:
        """Project points (..., 3) m in the CAMERA frame to pixels (..., 2); NaN behind the camera."""
        z = np.where(points[..., 2:] > 1e-6, points[..., 2:], np.nan)
        result: NDArray[np.floating] = points[..., :2] / z * self.focal_px + np.array(self.center_px)
        return result


def look_at(
    eye: NDArray[np.floating], target: NDArray[np.floating], *, up: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return the rotation (3, 3) into the CAMERA frame of a camera at `eye` that looks at `target`, upright.

    A point x (3,) is at ``look_at(...) @ (x - eye)`` for the camera.
    """
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(forward, up)
    right = right / np.linalg.norm(right)
    return np.stack([right, np.cross(forward, right), forward])


Point3 = tuple[float, float, float]


@dataclass(frozen=True)
class Hinge:
    """How a plane of a wall hangs on another: where the first two corners of its outline lie on that one.

    Attributes
    ----------
    on : str
        Name of the other plane.
    bend_deg : float
        By how much it is bent towards the climber (an overhang above, a corner), negative where it falls away
        (a slab above, an arete).
    """

    on: str
    bend_deg: float


@dataclass(frozen=True)
class Plane:
    """The points x with ``normal . x = offset_m``; the normal is of unit length.

    Attributes
    ----------
    name : str
        What people call this plane of a wall; may be empty where it is the only one.
    outline : tuple of (x, y, z)
        Corners around it, convex, metres; empty where no end of it is known. See `annotation.walls`.
    hinge : Hinge or None
        Where it was stated by its inclination to another plane.
    """

    normal: Point3
    offset_m: float
    name: str = ""
    outline: tuple[Point3, ...] = ()
    hinge: Hinge | None = None

    def distance(self, points: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return the signed distance (...,) in metres of points (..., 3), positive along the normal."""
        result: NDArray[np.floating] = points @ np.array(self.normal) - self.offset_m
        return result


@dataclass(frozen=True)
class MeshSequence:
    """SMPL parameters over frames, in the CAMERA frame of `camera`.

    Attributes
    ----------
    body : str
        Name of the `Body` the parameters belong to.
    betas : (B,) float32 array
        Shape coefficients, one for the clip.
    global_orient : (T, 3) float32 array
        Rotation vectors, radians.
    body_pose : (T, 23, 3) float32 array
        Rotation vectors of the joints 1..23 relative to their parents, radians.
    transl : (T, 3) float32 array
        Metres, added after posing as in SMPL (so the pelvis lies at its rest position + transl).
    valid : (T,) bool array
        False where there was nothing to fit.
    camera : Camera
    walls : tuple of Plane
        The planes of the wall the hands and feet move on, normals pointing at the camera's side; for a panning camera
        in the frame of its first frame. Empty where there is none.
    view_turns : (T, 3, 3) float32 array or None
        For a panning camera: what turns the CAMERA frame of the first frame into that of each frame. The motion is in
        the latter, so that it lies on its pictures; the inverse turn brings it where the wall is.
    body_digest : str
        Tells that body from another of the same name (`annotation.body_identity`); empty where nobody noted it.
    """

    body: str
    betas: NDArray[np.float32]
    global_orient: NDArray[np.float32]
    body_pose: NDArray[np.float32]
    transl: NDArray[np.float32]
    valid: NDArray[np.bool_]
    camera: Camera
    walls: tuple[Plane, ...] = ()
    view_turns: NDArray[np.float32] | None = None
    body_digest: str = ""

    def __len__(self) -> int:
        return len(self.transl)

    @property
    def wall(self) -> Plane | None:
        """The first plane of the wall; None where there is no wall."""
        return self.walls[0] if self.walls else None

    def view_turn(self, frame: int) -> NDArray[np.float32] | None:
        """Return what turns the CAMERA frame of the first frame into a frame's (3, 3); None for a still camera."""
        return None if self.view_turns is None else self.view_turns[min(max(frame, 0), len(self) - 1)]

    def in_first_frame(self, points: NDArray[np.floating], frame: int) -> NDArray[np.floating]:
        """Return points (..., 3) of the CAMERA frame of a frame in that of the first frame, where the wall is."""
        turn = self.view_turn(frame)
        return points if turn is None else points @ turn

    @property
    def pose(self) -> NDArray[np.float32]:
        """All 24 rotation vectors (T, 24, 3), radians."""
        return self.pose_of(slice(None))

    def pose_of(self, frames: slice) -> NDArray[np.float32]:
        """Return the 24 rotation vectors (N, 24, 3) of some of the frames, radians."""
        return np.concatenate([self.global_orient[frames, None], self.body_pose[frames]], axis=1)
