"""``python -m inference.build_body --out FILE``: build the body file and say what came out."""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from annotation.body import BUILTIN_BODY, SMPL_JOINTS, Body, NamedPoints, write_body
from inference.build_body.bones import joint_shares, smpl_joints, t_pose
from inference.build_body.keypoints import keypoint_rows
from inference.build_body.meanings import describe
from inference.build_body.shapes import SHAPE_NAMES, shape_space
from inference.build_body.source import AnnySamples, sample_anny
from inference.build_body.surface import joint_regressor, neighbour_mean, smooth_elbows, smooth_weights

Array = NDArray[np.float64]


def build(samples: AnnySamples) -> Body:
    """Return the body made from samples of Anny."""
    posed, heads = _t_posed(samples)
    joints = smpl_joints(samples.bones, heads)
    mean = neighbour_mean(samples.faces, n_vertices=posed.shape[1])
    rough = samples.weights @ joint_shares(samples.bones)
    weights = smooth_weights(rough, mean=mean, template=posed[0], joints=joints)
    elbow_x = float(joints[SMPL_JOINTS.index("left_elbow"), 0])
    band = posed[0].copy()
    for sample in posed:
        sample[:] = smooth_elbows(sample, mean=mean, template=band, elbow_x=elbow_x)
    template = posed[0]
    directions = shape_space(template, joints=joints, posed=posed, samples=samples)
    regressor = joint_regressor(template, joints, weights=weights)
    rows = keypoint_rows(samples, template=template, heads=heads, joints=regressor)
    matrix = csr_matrix(np.stack(list(rows.values())))
    return Body(
        name=BUILTIN_BODY,
        template=template.astype(np.float32),
        faces=samples.faces.astype(np.int32),
        shape_directions=directions.astype(np.float32),
        shape_names=SHAPE_NAMES,
        shape_meanings=describe(template, directions=directions, faces=samples.faces),
        joint_regressor=regressor,
        weights=weights.astype(np.float32),
        points=NamedPoints(tuple(rows), matrix, np.asarray(matrix @ weights)),
    )


def _t_posed(samples: AnnySamples) -> tuple[Array, Array]:
    """Return all samples (N, V, 3) in the T-pose with the pelvis at the origin, and the base body's bone heads."""
    posed = np.empty_like(samples.vertices)
    for i, (vertices, bone_heads) in enumerate(zip(samples.vertices, samples.heads, strict=True)):
        moved, heads = t_pose(
            vertices, bone_heads, weights=samples.weights, bones=samples.bones, parents=samples.parents
        )
        pelvis = smpl_joints(samples.bones, heads)[0]
        posed[i] = moved - pelvis
        if i == 0:
            base_heads = heads - pelvis
    return posed, base_heads


def main() -> None:
    """Build the body and write it."""
    parser = argparse.ArgumentParser(prog="python -m inference.build_body", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the .npz to write")
    out: Path = parser.parse_args().out
    body = build(sample_anny())
    write_body(out, body, precision=np.float16)
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB, {len(body.template)} vertices, {body.height_m([]):.2f} m")
    for name, meaning in zip(body.shape_names, body.shape_meanings, strict=True):
        print(f"  {name}: {meaning}")


if __name__ == "__main__":
    main()
