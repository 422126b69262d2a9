"""The build script's parts; the whole build needs anny and runs on request (-m slow)."""

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from annotation.body import SMPL_JOINTS, builtin_body
from inference.build_body.bones import joint_shares, t_pose
from inference.build_body.surface import N_WEIGHTS, fit_regressor, neighbour_mean, smooth_weights, volume

ARM = ("clavicle", "shoulder01", "upperarm01", "upperarm02", "lowerarm01", "lowerarm02", "wrist")
HAND = tuple(f"metacarpal{i}" for i in range(1, 5)) + tuple(f"finger{i}-1" for i in range(1, 6))
LEG = ("upperleg01", "upperleg02", "lowerleg01", "lowerleg02", "foot", "toe3-1")
ARM_POINTS = ((0.03, 1.45, 0), (0.12, 1.45, 0), (0.18, 1.45, 0), (0.27, 1.32, 0), (0.35, 1.2, 0), (0.4, 1.1, 0.08))


def a_pose() -> tuple[tuple[str, ...], tuple[int, ...], np.ndarray]:
    """Names, parents and heads of a little skeleton in an A-pose with bent elbows, arms and legs of both sides."""
    names, parents, heads = ["root"], [-1], [np.array([0, 1.0, 0])]
    hand = [(0.47, 1.0, 0.18)] + [(0.5, 0.95, 0.19)] * 4 + [(0.48, 0.98, 0.22)]
    hand += [(0.53, 0.9, 0.24 - 0.02 * i) for i in range(4)]
    leg = [(0.1, 0.95, 0), (0.13, 0.7, 0.01), (0.15, 0.5, 0.01), (0.18, 0.3, 0), (0.2, 0.08, 0), (0.22, 0.02, 0.12)]
    for side, sign in ((".L", 1), (".R", -1)):
        for bones, points in ((ARM + HAND, [*ARM_POINTS, *hand]), (LEG, leg)):
            parent = 0
            for bone, point in zip(bones, points, strict=True):
                is_hand = bone in HAND
                parents.append(names.index("wrist" + side) if is_hand else parent)
                names.append(bone + side)
                heads.append(np.array(point) * [sign, 1, 1])
                parent = len(names) - 1
    return tuple(names), tuple(parents), np.stack(heads)


def test_the_t_pose_straightens_arms_and_legs_and_keeps_bone_lengths() -> None:
    names, parents, heads = a_pose()
    weights = np.eye(len(names))
    vertices, posed = t_pose(heads, heads, weights=weights, bones=names, parents=parents)
    np.testing.assert_allclose(vertices, posed, atol=1e-12, err_msg="points on the bones go with them")
    for side, sign in ((".L", 1), (".R", -1)):
        shoulder, elbow, wrist = (posed[names.index(n + side)] for n in ("upperarm01", "lowerarm01", "wrist"))
        for start, end in ((shoulder, elbow), (elbow, wrist)):
            direction = (end - start) / np.linalg.norm(end - start)
            assert direction @ [sign, 0, 0] > 0.95
        knee, foot = (posed[names.index(n + side)] for n in ("lowerleg01", "foot"))
        assert abs(foot[0] - knee[0]) < 0.02
        index, little = (posed[names.index(n + side)] for n in ("finger2-1", "finger5-1"))
        assert index[2] > little[2], "palms down"
    child = [i for i, parent in enumerate(parents) if parent >= 0]
    lengths = [np.linalg.norm(h[child] - h[[parents[i] for i in child]], axis=1) for h in (heads, posed)]
    np.testing.assert_allclose(*lengths, atol=1e-9)


def test_every_bone_gives_its_whole_weight() -> None:
    names, _, _ = a_pose()
    shares = joint_shares(names)
    np.testing.assert_allclose(shares.sum(1), 1)
    assert shares[names.index("finger3-1.L"), SMPL_JOINTS.index("left_hand")] == 1
    assert shares[names.index("lowerleg02.R"), SMPL_JOINTS.index("right_knee")] == 1


def test_a_regressor_row_hits_its_point_with_positive_weights() -> None:
    rng = np.random.default_rng(0)
    template = rng.normal(size=(300, 3))
    point = np.array([0.1, -0.2, 0.05])
    row = fit_regressor(template, point, candidates=np.arange(100))
    assert row.min() >= 0 and row.sum() == pytest.approx(1) and not row[100:].any()
    np.testing.assert_allclose(row @ template, point, atol=1e-3)


def test_volume_of_a_box() -> None:
    corners = np.stack(np.meshgrid([0, 2], [0, 3], [0, 0.5]), axis=-1).reshape(-1, 3).astype(float)
    hull = ConvexHull(corners)
    outward = (
        np.einsum(
            "fi,fi->f", np.cross(*(np.diff(corners[hull.simplices], axis=1).swapaxes(0, 1))), hull.equations[:, :3]
        )
        > 0
    )
    faces = np.where(outward[:, None], hull.simplices, hull.simplices[:, ::-1])
    assert volume(corners, faces) == pytest.approx(3)


def test_smoothed_weights_are_sparse_and_sum_to_one() -> None:
    body = builtin_body()
    mean = neighbour_mean(body.faces.astype(np.int64), n_vertices=len(body.template))
    rough = np.eye(24)[body.weights.argmax(1)]
    weights = smooth_weights(rough, mean=mean, template=body.template.astype(float), joints=body.joint_template)
    np.testing.assert_allclose(weights.sum(1), 1)
    assert (weights > 0).sum(1).max() <= N_WEIGHTS
    elbow = SMPL_JOINTS.index("left_elbow")
    edges = body.faces[:, [0, 1]]
    jumps = [np.abs(np.diff(w[edges, elbow], axis=1)).max() for w in (rough, weights)]
    assert jumps[1] < jumps[0] / 2, "no sharp border is left"


@pytest.mark.slow
def test_the_stored_body_is_what_the_script_builds() -> None:
    pytest.importorskip("anny", reason="the development dependency anny is not installed")
    from inference.build_body.__main__ import build
    from inference.build_body.source import sample_anny

    built, stored = build(sample_anny()), builtin_body()
    np.testing.assert_allclose(built.template, stored.template, atol=1e-5)
    np.testing.assert_allclose(built.shape_directions, stored.shape_directions, atol=1e-4)
    np.testing.assert_allclose(built.weights, stored.weights, atol=1e-4)
