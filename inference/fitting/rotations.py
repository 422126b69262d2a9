"""Rotation matrices and rotation vectors, vectorised."""

import itertools

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

Array = NDArray[np.float64]


def hat(vectors: Array) -> Array:
    """Return the cross product matrices (..., 3, 3) of vectors (..., 3)."""
    result = np.zeros((*vectors.shape, 3))
    x, y, z = np.moveaxis(vectors, -1, 0)
    result[..., 0, 1], result[..., 0, 2], result[..., 1, 2] = -z, y, -x
    result[..., 1, 0], result[..., 2, 0], result[..., 2, 1] = z, -y, x
    return result


def exp(vectors: Array) -> Array:
    """Return the rotation matrices (..., 3, 3) of rotation vectors (..., 3), radians."""
    angle = np.linalg.norm(vectors, axis=-1)[..., None, None]
    cross = hat(vectors)
    small = angle < 1e-4
    safe = np.where(small, 1.0, angle)
    a = np.where(small, 1 - angle**2 / 6, np.sin(safe) / safe)
    b = np.where(small, 0.5 - angle**2 / 24, (1 - np.cos(safe)) / safe**2)
    result: Array = np.eye(3) + a * cross + b * (cross @ cross)
    return result


def log(rotations: Array) -> Array:
    """Return the rotation vectors (..., 3), radians in [0, pi), of matrices (..., 3, 3); not exact at pi itself."""
    axis = 0.5 * np.stack(
        [
            rotations[..., 2, 1] - rotations[..., 1, 2],
            rotations[..., 0, 2] - rotations[..., 2, 0],
            rotations[..., 1, 0] - rotations[..., 0, 1],
        ],
        axis=-1,
    )
    sine = np.linalg.norm(axis, axis=-1)
    cosine = 0.5 * (np.trace(rotations, axis1=-2, axis2=-1) - 1)
    angle = np.arctan2(sine, cosine)
    scale = np.where(sine < 1e-7, 1.0, angle / np.maximum(sine, 1e-7))
    result: Array = axis * scale[..., None]
    return result


def inverse_right_jacobian(vectors: Array) -> Array:
    """Return d log(exp(v) exp(w)) / dw at w = 0 as matrices (..., 3, 3) (Sola et al. 2018, eq. 144)."""
    angle = np.linalg.norm(vectors, axis=-1)[..., None, None]
    cross = hat(vectors)
    small = angle < 1e-3
    safe = np.where(small, 1.0, np.minimum(angle, np.pi - 1e-3))
    factor = np.where(small, 1 / 12, 1 / safe**2 - (1 + np.cos(safe)) / (2 * safe * np.sin(safe)))
    result: Array = np.eye(3) + 0.5 * cross + factor * (cross @ cross)
    return result


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
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    result: Array = vectors / np.maximum(length, 1e-9)
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
    for previous, current in itertools.pairwise(vectors):
        length = np.linalg.norm(current, axis=-1, keepdims=True)
        other = current - 2 * np.pi * current / np.maximum(length, 1e-9)
        nearer = np.linalg.norm(other - previous, axis=-1) < np.linalg.norm(current - previous, axis=-1)
        current[nearer] = other[nearer]
    return vectors
