"""Skinning weights, elbow smoothing and sparse regressors on the mesh."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.sparse import coo_matrix, csr_matrix, diags

from annotation.body import SMPL_JOINTS, SMPL_PARENTS

Array = NDArray[np.float64]

N_WEIGHTS = 8  # per vertex; the eight largest miss at most .0007 of the sum, the four largest .15
_SMOOTHED = (
    *("left_collar", "right_collar", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow"),
    *("left_hip", "right_hip", "left_knee", "right_knee", "pelvis", "spine1", "spine2", "spine3"),
)
_DIFFUSION_STEPS, _DIFFUSION_RATE = 12, 0.7
_WRIST_SHARE, _WRIST_START = 0.4, 0.45  # share of the elbow's weight that moves to the wrist, and from where
_ELBOW_BAND_M, _ELBOW_SHIFT_M = 0.045, 0.015
_TAUBIN_STEPS, _TAUBIN_IN, _TAUBIN_OUT = 12, 0.6, 0.62 * 0.55


def neighbour_mean(faces: NDArray[np.int64], *, n_vertices: int) -> csr_matrix:
    """Return the matrix (V, V) that replaces each vertex by the mean of its neighbours."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    rows, columns = np.concatenate([edges, edges[:, ::-1]]).T
    adjacency = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(n_vertices, n_vertices)).tocsr()
    adjacency.data[:] = 1
    return csr_matrix(diags(1 / np.maximum(np.asarray(adjacency.sum(1)).ravel(), 1)) @ adjacency)


def smooth_weights(weights: Array, *, mean: csr_matrix, template: Array, joints: Array) -> Array:
    """Return skinning weights (V, 24), at most `N_WEIGHTS` non-zero in a row, rows summing to 1.

    Diffusion removes the spike in the armpit and softens the crease of the elbow; the end of the forearm follows
    the wrist in part, without which a turned wrist pinches.
    """
    columns = [SMPL_JOINTS.index(joint) for joint in _SMOOTHED]
    rate = _DIFFUSION_RATE * np.clip(1.5 * weights[:, columns].sum(1), 0, 1)[:, None]
    for _ in range(_DIFFUSION_STEPS):
        weights = (1 - rate) * weights + rate * (mean @ weights)
    weights = weights / weights.sum(1, keepdims=True)
    for side in ("left_", "right_"):
        elbow, wrist = SMPL_JOINTS.index(side + "elbow"), SMPL_JOINTS.index(side + "wrist")
        start, end = np.abs(joints[[elbow, wrist], 0])
        along = np.clip((np.abs(template[:, 0]) - start) / (end - start), 0, 1)
        ramp = np.clip((along - _WRIST_START) / (1 - _WRIST_START), 0, 1)
        moved = _WRIST_SHARE * ramp * weights[:, elbow]
        weights[:, wrist] += moved
        weights[:, elbow] -= moved
    smallest = np.argsort(-weights, axis=1)[:, N_WEIGHTS:]
    np.put_along_axis(weights, smallest, 0, axis=1)
    return np.asarray(weights / weights.sum(1, keepdims=True))


def smooth_elbows(vertices: Array, *, mean: csr_matrix, template: Array, elbow_x: float) -> Array:
    """Return vertices (V, 3) without the crease that straightening leaves at the elbows (Taubin smoothing).

    `template` and `elbow_x` (m) say which vertices belong to the band; they are the same for every shape.
    """
    distance = np.abs(template[:, 0]) - elbow_x
    band = np.exp(-(((distance - _ELBOW_SHIFT_M) / _ELBOW_BAND_M) ** 2)) * (np.abs(distance) < 0.12)
    for _ in range(_TAUBIN_STEPS):
        vertices = vertices + (band * _TAUBIN_IN)[:, None] * (mean @ vertices - vertices)
        vertices = vertices - (band * _TAUBIN_OUT)[:, None] * (mean @ vertices - vertices)
    return vertices


def joint_regressor(template: Array, joints: Array, *, weights: Array) -> csr_matrix:
    """Return the regressor (24, V) that gives the joints (24, 3) from rings of vertices around them.

    Fitted to the template alone: Anny's bone heads do not follow the shape well, the rings do.
    """
    rows = []
    for joint, parent in enumerate(SMPL_PARENTS):
        beside = weights[:, parent] if parent >= 0 else weights[:, [1, 2, 3]].sum(1)
        ring = np.minimum(weights[:, joint], beside)
        distance = np.linalg.norm(template - joints[joint], axis=1)
        candidates = np.flatnonzero(ring > 0.15)
        if len(candidates) < 60:
            candidates = np.argsort(-ring)[:150]
        candidates = candidates[np.argsort(distance[candidates])[:400]]
        row = fit_regressor(template, joints[joint], candidates=candidates)
        if np.linalg.norm(row @ template - joints[joint]) > 1e-3:  # head and shoulder lie outside their narrow ring
            candidates = np.flatnonzero((ring > 0.02) & (distance < 0.16))
            row = fit_regressor(template, joints[joint], candidates=candidates)
        rows.append(row)
    return csr_matrix(np.stack(rows))


def fit_regressor(template: Array, point: Array, *, candidates: NDArray[np.intp]) -> Array:
    """Return weights (V,) >= 0, summing to 1, on candidate vertices whose weighted mean is the point (3,).

    Non-negative least squares; the ridge spreads the weights evenly over the candidates.
    """
    n = len(candidates)
    system = np.concatenate([100 * template[candidates].T, np.full((1, n), 100.0), 0.3 * np.eye(n)])
    solution, _ = nnls(system, np.concatenate([100 * point, [100.0], np.zeros(n)]), maxiter=20000)
    solution[solution < 1e-4] = 0
    row = np.zeros(len(template))
    row[candidates] = solution / solution.sum()
    return row


def volume(vertices: Array, faces: NDArray[np.int64]) -> float:
    """Return the volume in cubic metres enclosed by a mesh (divergence theorem)."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    return float(np.einsum("fi,fi->", a, np.cross(b, c)) / 6)
