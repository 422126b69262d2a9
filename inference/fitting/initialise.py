"""A first motion from the detector's world landmarks, or from the 2D points alone."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter

from annotation.body import SMPL_JOINTS, SMPL_PARENTS
from annotation.poses import Camera, Plane
from annotation.walls import WallShape
from inference.fitting.kinematics import Rig, State, pose
from inference.fitting.points import ClipPoints, torso_px
from inference.fitting.rotations import Array, exp, fill_gaps, frame_from_axes, log, transposed, unit

LARGEST_TORSO_TURN = 1.0
"""A torso this far (radians) from those of the frames round it is a flip of the detector."""

FARTHEST_M = 100.0
BEFORE_WALL_M = (0.15, 0.6)
"""How far from the wall a climber's pelvis is."""
LEAST_FACING = 0.25
"""A wall seen more aslant than this (cosine) does not tell how far away somebody is."""
SMOOTH_DEPTH_S = 0.5


@dataclass(frozen=True)
class LimbModel:
    """Two segments that meet in a hinge: landmarks, SMPL joints, the rest direction and the hinge's rest axis."""

    landmarks: tuple[str, str, str]
    upper: int
    hinge: int
    direction: tuple[float, float, float]
    axis: tuple[float, float, float]

    @property
    def is_leg(self) -> bool:
        """Whether it is a leg."""
        return self.direction[1] < 0


def _limb(side: str, parts: tuple[str, str, str], direction: float) -> LimbModel:
    landmarks = (f"{side}_{parts[0]}", f"{side}_{parts[1]}", f"{side}_{parts[2]}")
    upper, hinge = SMPL_JOINTS.index(landmarks[0]), SMPL_JOINTS.index(landmarks[1])
    if parts[0] == "hip":
        return LimbModel(landmarks, upper, hinge, (0, -1, 0), (1, 0, 0))
    return LimbModel(landmarks, upper, hinge, (direction, 0, 0), (0, -direction, 0))


LIMBS = tuple(
    _limb(side, parts, direction)
    for side, direction in (("left", 1.0), ("right", -1.0))
    for parts in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
)
_SPINE = (3, 9)
_BACK_TO_CAMERA = np.diag([-1.0, -1.0, 1.0])


def towards_camera_axes(points: ClipPoints, camera: Camera) -> ClipPoints:
    """Return points whose world landmarks are turned into the CAMERA frame.

    A detector sees a person in a cut-out as if the camera looked straight at them; seen from the camera's own axis
    they are turned by the angle of the line of sight.
    """
    if points.world is None:
        return points
    found = points.found
    total = np.maximum(points.confidence.sum(axis=1), 1e-6)[:, None]
    middle = (np.where(found[..., None], points.xy, 0) * points.confidence[..., None]).sum(axis=1) / total
    ray = (middle - np.array(camera.center_px)) / camera.focal_px
    ray = np.where(points.valid[:, None], ray, 0)
    sight = unit(np.concatenate([ray, np.ones((len(ray), 1))], axis=1))
    axis = np.cross(np.array([0.0, 0.0, 1.0]), sight)
    sine = np.linalg.norm(axis, axis=1, keepdims=True)
    turn = exp(unit(axis) * np.arctan2(sine, sight[:, 2:]))
    return replace(points, world=points.world @ transposed(turn))


def flat_world(points: ClipPoints) -> ClipPoints:
    """Return points with a world guessed from 2D: limbs bent the way limbs bend, as deep as they are foreshortened.

    Without it nothing tells front from back; a climber is taken to show the back where left is on the left.
    """
    unit_px = torso_px(points)
    scale = 0.5 / unit_px
    world = np.concatenate([points.xy * scale, np.zeros((*points.xy.shape[:2], 1))], axis=-1)
    world[~points.found] = np.nan
    columns = points.skeleton
    left, right = columns.find("left_shoulder"), columns.find("right_shoulder")
    facing = np.ones(len(points))
    if left is not None and right is not None:
        width = np.nan_to_num(world[:, right, 0] - world[:, left, 0])
        facing = np.where(median_filter(width, size=15, mode="nearest") >= 0, 1.0, -1.0)
    for limb in LIMBS:
        _deepen(world, points, limb, facing)
    return replace(points, world=world)


def _deepen(world: Array, points: ClipPoints, limb: LimbModel, facing: Array) -> None:
    """Give the two segments of a limb the depth their foreshortening implies, bending like a limb."""
    ends = [points.skeleton.find(name) for name in limb.landmarks]
    lengths, signs = ((0.40, 0.41), (1.0, -1.0)) if limb.is_leg else ((0.27, 0.25), (1.0, 1.0))
    depth: Array = np.zeros(len(world))
    for start, end, length, sign in zip(ends[:2], ends[1:], lengths, signs, strict=True):
        if start is None or end is None:
            return
        shown = np.linalg.norm(world[:, end, :2] - world[:, start, :2], axis=-1)
        depth = depth + sign * facing * np.sqrt(np.maximum(length**2 - np.nan_to_num(shown) ** 2, 0))
        world[:, end, 2] = depth


def initial_state(
    points: ClipPoints, rig: Rig, camera: Camera, *, fps: float, height_m: float | None = None
) -> tuple[State, NDArray[np.bool_]]:
    """Return a first motion and in which frames the torso of the world landmarks is believable (T,).

    Needs `points.world` in the CAMERA frame; see `towards_camera_axes` and `flat_world`. A known height gives the body
    its size, and so its distance from the camera, from the start.
    """
    rotations = np.tile(np.eye(3), (len(points), 24, 1, 1))
    pelvis, chest, known = _torso(points)
    believed = known & _steady(pelvis, known, fps=fps) & _steady(chest, known, fps=fps)
    if not believed.any():
        believed = known
    both = fill_gaps(np.stack([pelvis, chest], axis=1), believed)
    rotations[:, 0] = both[:, 0]
    rotations[:, list(_SPINE)] = exp(log(transposed(both[:, 0]) @ both[:, 1]) / len(_SPINE))[:, None]
    for limb in LIMBS:
        _bend(rotations, points, limb, believed)
    betas = np.zeros(rig.n_shape)
    if height_m is not None:
        slope = rig.height.slope
        betas = slope * (height_m - rig.height.value) / (slope @ slope)
    state = State(rotations, np.zeros((len(points), 3)), betas)
    state.transl = place(points, rig, state, camera, fps=fps)
    return state, believed


def _torso(points: ClipPoints) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Return the rotations (T, 3, 3) of pelvis and chest and where they are known."""
    n_frames = len(points)
    unknown = np.tile(_BACK_TO_CAMERA, (n_frames, 1, 1))
    world = points.world
    if world is None:
        return unknown, unknown, np.zeros(n_frames, bool)
    ends = [points.mean_of((joint,), world) for joint in ("left_hip", "right_hip", "left_shoulder", "right_shoulder")]
    if any(end is None for end in ends):
        return unknown, unknown, np.zeros(n_frames, bool)
    hip_l, hip_r, shoulder_l, shoulder_r = (end for end in ends if end is not None)
    up = (shoulder_l + shoulder_r - hip_l - hip_r) / 2
    # The hips of a detector lie close together: the shoulders steady the axis across.
    hips, shoulders = unit(hip_l - hip_r), unit(shoulder_l - shoulder_r)
    pelvis, chest = frame_from_axes(up, hips + 0.5 * shoulders), frame_from_axes(up, shoulders)
    known = np.isfinite(pelvis).all((1, 2)) & np.isfinite(chest).all((1, 2)) & points.valid
    turned = [np.stack([frame[..., 1], frame[..., 0], -frame[..., 2]], axis=-1) for frame in (pelvis, chest)]
    pelvis, chest = (np.where(known[:, None, None], frame, unknown) for frame in turned)
    return pelvis, chest, known


def _steady(rotations: Array, known: NDArray[np.bool_], *, fps: float) -> NDArray[np.bool_]:
    """Return where rotations (T, 3, 3) are near the robust mean of those about half a second round them."""
    weight = known.astype(float)
    for _ in range(5):
        mean = gaussian_filter1d(rotations * weight[:, None, None], 0.25 * fps, axis=0, mode="nearest")
        u, _, vt = np.linalg.svd(mean)
        sign = np.linalg.det(u @ vt)
        u[..., -1] *= sign[:, None]
        away = np.linalg.norm(log(transposed(u @ vt) @ rotations), axis=-1)
        weight = known / (1 + (away / 0.5) ** 2) ** 2
    return np.asarray(away < LARGEST_TORSO_TURN)


def _bend(rotations: Array, points: ClipPoints, limb: LimbModel, believed: NDArray[np.bool_]) -> None:
    """Turn the two joints of a limb so that its segments lie along the world landmarks."""
    columns = [points.skeleton.find(name) for name in limb.landmarks]
    if points.world is None or any(column is None for column in columns):
        return
    joints = np.stack([points.world[:, column] for column in columns if column is not None], axis=1)
    rotations[:, [limb.upper, limb.hinge]] = bend(rotations, joints, limb, believed)


def bend(rotations: Array, joints: Array, limb: LimbModel, believed: NDArray[np.bool_]) -> Array:
    """Return the rotations (T, 2, 3, 3) of a limb's two joints that lay its segments along joints (T, 3, 3), metres.

    Frames that are not believed are turned through.
    """
    parent = chain(rotations, SMPL_PARENTS[limb.upper])
    segments = (joints[:, 1] - joints[:, 0], joints[:, 2] - joints[:, 1])
    upper, lower = (unit((transposed(parent) @ segment[..., None])[..., 0]) for segment in segments)
    known = np.isfinite(upper).all(-1) & np.isfinite(lower).all(-1) & believed
    upper, lower = (np.where(known[:, None], line, limb.direction) for line in (upper, lower))
    rest = frame_from_axes(np.array(limb.direction), np.array(limb.axis))
    swing = frame_from_axes(upper, np.array(limb.axis) + 0.05)
    # A nearly straight limb does not show its hinge: the rest axis decides there.
    hinge = np.cross(upper, lower) + 0.2 * swing[..., 1]
    bent = frame_from_axes(upper, hinge) @ rest.T
    angle = np.arctan2(np.linalg.norm(np.cross(upper, lower), axis=-1), (upper * lower).sum(-1))
    return fill_gaps(np.stack([bent, exp(angle[:, None] * np.array(limb.axis))], axis=1), known)


def chain(rotations: Array, joint: int) -> Array:
    """Return the rotation (T, 3, 3) of a joint in the CAMERA frame."""
    result = rotations[:, joint]
    while SMPL_PARENTS[joint] >= 0:
        joint = SMPL_PARENTS[joint]
        result = rotations[:, joint] @ result
    return result


def place(points: ClipPoints, rig: Rig, state: State, camera: Camera, *, fps: float) -> Array:
    """Return the translation (T, 3) that lays the posed body on the 2D points, its depth calmed.

    ``u (Z + t_z) = f (X + t_x)`` is linear in the translation: least squares per frame, then again with the depth held.
    """
    figure = pose(rig, state).points
    weight = np.where(points.found & rig.known, np.sqrt(points.confidence), 0)
    ray = (np.nan_to_num(points.xy) - np.array(camera.center_px)) / camera.focal_px
    rows = np.zeros((*ray.shape, 3))
    rows[..., 0, 0] = rows[..., 1, 1] = 1
    rows[..., 2] = -ray
    rows = (rows * weight[..., None, None]).reshape(len(ray), -1, 3)
    right = ((ray * figure[..., 2:] - figure[..., :2]) * weight[..., None]).reshape(len(ray), -1)
    normal = np.swapaxes(rows, 1, 2) @ rows + 1e-9 * np.eye(3)
    free = np.linalg.solve(normal, np.swapaxes(rows, 1, 2) @ right[..., None])[..., 0]
    known = points.valid & (free[:, 2] > 0.5) & (free[:, 2] < FARTHEST_M)
    if not known.any():
        return np.tile([0.0, 0.0, 4.0], (len(ray), 1))
    frames = np.arange(len(ray))
    depth = np.interp(frames, frames[known], free[known, 2])
    depth = median_filter(depth, size=2 * round(SMOOTH_DEPTH_S * fps) + 1, mode="nearest")
    depth = gaussian_filter1d(depth, SMOOTH_DEPTH_S * fps / 2, mode="nearest")
    left = right - rows[..., 2] * depth[:, None]
    share = np.maximum((weight**2).sum(axis=1), 1e-9)[:, None]
    across = (np.swapaxes(rows[..., :2], 1, 2) @ left[..., None])[..., 0] / share
    across = np.stack([np.interp(frames, frames[known], across[known, axis]) for axis in range(2)], axis=-1)
    return np.concatenate([across, depth[:, None]], axis=1)


def before_walls(state: State, rig: Rig, walls: tuple[Plane, ...], *, fps: float) -> State:
    """Return a motion moved along the lines of sight until the pelvis is as far from known walls as a climber's.

    How far away a body is follows from how large it looks, which needs its pose; a known wall tells it beforehand.
    """
    if not walls:
        return state
    pelvis = (rig.joints + rig.joint_shape @ state.betas)[0] + state.transl
    shape = WallShape(walls)
    nearest = shape.costs_in_sight(pelvis).argmin(axis=0)
    distance = shape.heights(pelvis)[nearest, np.arange(len(pelvis))]
    towards = (np.array([wall.normal for wall in walls])[nearest] * pelvis).sum(axis=-1)
    oblique = np.abs(towards) < LEAST_FACING * np.linalg.norm(pelvis, axis=-1)
    wanted = np.clip(distance, *BEFORE_WALL_M)
    share = np.where(oblique, 0, (wanted - distance) / np.where(oblique, 1, towards))
    share = gaussian_filter1d(share, 0.25 * fps, mode="nearest")
    return replace(state, transl=state.transl + share[:, None] * pelvis)
