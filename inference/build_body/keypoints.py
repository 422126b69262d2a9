"""Where a person or a 2D detector puts keypoints on the body."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from annotation.body import SMPL_JOINTS
from inference.build_body.source import AnnySamples
from inference.build_body.surface import fit_regressor

Array = NDArray[np.float64]

KNUCKLES = {"thumb": "finger1-2", "index": "finger2-1", "pinky": "finger5-1"}
"""MediaPipe's finger points are the base knuckles: heads of these bones."""

_KNUCKLE_VERTICES = 60
_HEAD_TOP_M = 0.012
_HEEL_DIRECTION = np.array([0, -0.5, -1.0])  # the back of the heel, a little under; COCO's row lies inside the foot
_HEEL_REACH_M, _HEEL_VERTICES = 0.08, 8


def keypoint_rows(samples: AnnySamples, *, template: Array, heads: Array, joints: csr_matrix) -> dict[str, Array]:
    """Return for each keypoint its weights (V,) over the vertices of the T-posed template (V, 3).

    `heads` (M, 3) are the T-posed bone heads, `joints` the joint regressor (24, V).
    """
    rows = {name: _cleaned(row) for name, row in zip(samples.keypoint_names, samples.keypoint_regressor, strict=True)}
    for side, prefix in ((".L", "left_"), (".R", "right_")):
        for finger, bone in KNUCKLES.items():
            point = heads[samples.bones.index(bone + side)]
            rows[prefix + finger] = fit_regressor(
                template, point, candidates=_nearest(template, point, n=_KNUCKLE_VERTICES)
            )
        rows[prefix + "heel"] = _heel(template, inside=rows[prefix + "heel"] @ template)
        rows[prefix + "foot"] = _row(joints, prefix + "foot")
    is_top = template[:, 1] > template[:, 1].max() - _HEAD_TOP_M
    rows["head"] = is_top / is_top.sum()
    rows["neck"] = _row(joints, "neck")
    rows["hip"] = (rows["left_hip"] + rows["right_hip"]) / 2
    return rows


def _row(regressor: csr_matrix, joint: str) -> Array:
    return np.asarray(regressor[SMPL_JOINTS.index(joint)].toarray()).ravel()


def _heel(template: Array, *, inside: Array) -> Array:
    around = np.flatnonzero(np.linalg.norm(template - inside, axis=1) < _HEEL_REACH_M)
    skin = around[np.argsort(-(template[around] @ _HEEL_DIRECTION))[:_HEEL_VERTICES]]
    row = np.zeros(len(template))
    row[skin] = 1 / len(skin)
    return row


def _cleaned(row: Array) -> Array:
    kept = np.where(np.abs(row) > 1e-4, row, 0)
    return np.asarray(kept / kept.sum())


def _nearest(template: Array, point: Array, *, n: int) -> NDArray[np.intp]:
    return np.argsort(np.linalg.norm(template - point, axis=1))[:n]
