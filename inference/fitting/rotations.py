"""Rotation matrices and rotation vectors, vectorised."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

Array = NDArray[np.float64]


def lengths(vectors: Array) -> Array:
    """Return the lengths (...) of vectors (..., 3)."""
    return np.asarray(np.sqrt(np.einsum("...i,...i", vectors, vectors)))


def cross(first: Array, second: Array) -> Array:
    """Return the cross products of vectors (..., 3), several times faster than numpy does."""
    result = np.empty(np.broadcast_shapes(first.shape, second.shape))
    for axis in range(3):
        one, other = (axis + 1) % 3, (axis + 2) % 3
        np.multiply(first[..., one], second[..., other], out=result[..., axis])
        result[..., axis] -= first[..., other] * second[..., one]
    return result


def _about(vectors: Array, along: Array, across: Array, twist: Array) -> Array:
    """Return matrices (..., 3, 3): ``across`` times identity, ``along`` times ``v v^T`` and ``twist`` times ``v x``."""
    result: Array = vectors[..., :, None] * (along[..., None] * vectors)[..., None, :]
    turned = twist[..., None] * vectors
    for axis in range(3):
        one, other = (axis + 1) % 3, (axis + 2) % 3
        result[..., axis, axis] += across
        result[..., other, one] += turned[..., axis]
        result[..., one, other] -= turned[..., axis]
    return result


def exp(vectors: Array) -> Array:
    """Return the rotation matrices (..., 3, 3) of rotation vectors (..., 3), radians."""
    angle = lengths(vectors)
    small = angle < 1e-4
    safe = np.where(small, 1.0, angle)
    sine, cosine = np.sin(safe), np.cos(safe)
    twist = np.where(small, 1 - angle**2 / 6, sine / safe)
    along = np.where(small, 0.5 - angle**2 / 24, (1 - cosine) / safe**2)
    return _about(vectors, along, np.where(small, 1 - angle**2 / 2, cosine), twist)


def log(rotations: Array) -> Array:
    """Return the rotation vectors (..., 3), radians in [0, pi), of matrices (..., 3, 3); not exact at pi itself."""
    axis = np.empty(rotations.shape[:-1])
    for index in range(3):
        one, other = (index + 1) % 3, (index + 2) % 3
        np.subtract(rotations[..., other, one], rotations[..., one, other], out=axis[..., index])
    double_sine = lengths(axis)
    double_cosine = rotations[..., 0, 0] + rotations[..., 1, 1] + rotations[..., 2, 2] - 1
    angle = np.arctan2(double_sine, double_cosine)
    scale = np.where(double_sine < 2e-7, 0.5, angle / np.maximum(double_sine, 2e-7))
    axis *= scale[..., None]
    return axis


def inverse_right_jacobian(vectors: Array) -> Array:
    """Return d log(exp(v) exp(w)) / dw at w = 0 as matrices (..., 3, 3) (Sola et al. 2018, eq. 144)."""
    angle = lengths(vectors)
    small = angle < 1e-3
    safe = np.where(small, 1.0, np.minimum(angle, np.pi - 1e-3))
    factor = np.where(small, 1 / 12, 1 / safe**2 - (1 + np.cos(safe)) / (2 * safe * np.sin(safe)))
    return _about(vectors, factor, 1 - factor * angle**2, np.full(angle.shape, 0.5))


def transposed(rotations: Array) -> Array:
    """Return the inverse rotations (..., 3, 3)."""
    return np.swapaxes(rotations, -1, -2)


def frame_from_axes(x: Array, y: Array) -> Array:
    """Return rotations (..., 3, 3) whose first column is along x and whose second lies in the plane of x and y."""
    first = unit(x)
    second = unit(y - (first * y).sum(-1, keepdims=True) * first)
    return np.stack([first, second, np.cross(first, second)], axis=-1)


def unit(vectors: Array) -> Array:
    """Return vectors (..., 3) scaled to length 1; zero vectors stay zero."""
    result: Array = vectors / np.maximum(lengths(vectors), 1e-9)[..., None]
    return result


def fill_gaps(rotations: Array, known: NDArray[np.bool_]) -> Array:
    """Return rotations (T, J, 3, 3) in which unknown frames are turned steadily between the known ones.

    Before the first and after the last known frame the nearest one is held.
    """
    frames = np.flatnonzero(known)
    if len(frames) == 0 or known.all():
        return rotations
    wanted = np.arange(len(rotations))
    after = np.clip(np.searchsorted(frames, wanted), 0, len(frames) - 1)
    before = np.maximum(np.where(frames[after] > wanted, after - 1, after), 0)
    before, after = frames[before], frames[after]
    share = np.where(after > before, (wanted - before) / np.maximum(after - before, 1), 0.0)
    turn = log(transposed(rotations[before]) @ rotations[after])
    return np.asarray(rotations[before] @ exp(share[:, None, None] * turn))


def continuous_vectors(rotations: Array) -> Array:
    """Return rotation vectors (T, J, 3) that do not jump between frames where the rotation does not.

    A vector may become longer than pi for it: near half a turn the shortest one changes sign.
    """
    shape = rotations.shape[:-2]
    vectors: Array = Rotation.from_matrix(rotations.reshape(-1, 3, 3)).as_rotvec().reshape(*shape, 3)
    others = vectors - 2 * np.pi * unit(vectors)
    after_plain, after_other = (_nearer(others[1:], vectors[1:], start[:-1]) for start in (vectors, others))
    is_other = np.zeros(shape, bool)
    for frame in range(1, len(vectors)):
        is_other[frame] = np.where(is_other[frame - 1], after_other[frame - 1], after_plain[frame - 1])
    return np.where(is_other[..., None], others, vectors)


def _nearer(first: Array, second: Array, to: Array) -> NDArray[np.bool_]:
    """Return whether the first vectors (..., 3) are nearer than the second ones to some place."""
    return np.asarray(lengths(first - to) < lengths(second - to))
