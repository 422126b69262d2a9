import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import cKDTree

import resources
from annotation.body import (
    SMPL_JOINTS,
    SMPL_PARENTS,
    Body,
    builtin_body,
    read_body,
    rotation_matrices,
    rotation_vectors,
    write_body,
)
from annotation.errors import BodyFileError
from annotation.skeletons import load_skeleton, skeleton_names

MIDDLE = ("nose", "head", "neck", "hip")


@pytest.fixture(scope="module")
def body() -> Body:
    return builtin_body()


@pytest.fixture(scope="module")
def poses() -> NDArray[np.float64]:
    """Twelve random poses (12, 24, 3) as wild as a climber's."""
    return np.random.default_rng(3).normal(0, 0.5, (12, 24, 3))


def joint(points: NDArray[np.floating], name: str) -> NDArray[np.floating]:
    return points[..., SMPL_JOINTS.index(name), :]


def pose_of(**turns: tuple[float, float, float]) -> NDArray[np.float64]:
    pose = np.zeros((1, 24, 3))
    for name, turn in turns.items():
        pose[0, SMPL_JOINTS.index(name)] = turn
    return pose


def shape(body: Body, name: str, value: float = 1) -> NDArray[np.float64]:
    betas = np.zeros(body.n_betas)
    betas[body.shape_names.index(name)] = value
    return betas


def test_the_file_is_small_and_has_its_licence_beside_it() -> None:
    path = resources.resource_path("body", "betascope.npz")
    assert path.stat().st_size <= 4e6
    assert "CC0" in resources.read_text("body", "LICENSE.md")


def test_it_has_the_parameters_of_smpl(body: Body) -> None:
    assert len(SMPL_JOINTS) == len(SMPL_PARENTS) == 24
    assert body.n_betas == len(body.shape_names) == len(body.shape_meanings) == 16
    assert {"height", "weight", "muscle", "arm_length"} <= set(body.shape_names)
    assert body.template.shape[1] == body.faces.shape[1] == 3
    assert body.faces.min() == 0 and body.faces.max() == len(body.template) - 1


def test_the_rest_pose_is_a_t_pose_facing_forward(body: Body) -> None:
    joints = body.rest_joints(np.zeros(10))
    np.testing.assert_allclose(joint(joints, "pelvis"), 0, atol=1e-3)
    left = [joint(joints, f"left_{name}") for name in ("shoulder", "elbow", "wrist", "hand")]
    assert np.all(np.diff([p[0] for p in left]) > 0.08), "the left arm reaches towards +x"
    assert np.ptp([p[1:] for p in left], axis=0).max() < 0.01, "the arm is straight and level"
    for side in ("left_", "right_"):
        hip, knee, ankle, foot = (joint(joints, side + name) for name in ("hip", "knee", "ankle", "foot"))
        assert hip[1] - knee[1] > 0.35 and knee[1] - ankle[1] > 0.35
        assert abs(knee[0] - ankle[0]) < 0.02 and abs(hip[0] - knee[0]) < 0.05
        assert foot[2] > ankle[2] + 0.08, "the feet point forward"
    assert 1.6 < body.height_m(np.zeros(10)) < 1.85


def test_the_soles_are_flat_on_one_level(body: Body) -> None:
    rest = body.keypoint_rig("halpe26").rest
    points = {name: rest[i, 1] for i, name in enumerate(load_skeleton("halpe26").joints)}
    floor = body.template[:, 1].min()
    for name in ("left_heel", "right_heel", "left_big_toe", "left_small_toe"):
        assert 0 <= points[name] - floor < 0.05


def test_left_and_right_mirror_each_other(body: Body) -> None:
    flip = np.array([-1, 1, 1])
    distance, _ = cKDTree(body.template).query(body.template * flip)
    assert distance.max() < 1e-4
    joints = body.rest_joints(np.zeros(10))
    for name in SMPL_JOINTS:
        if name.startswith("left_"):
            np.testing.assert_allclose(joint(joints, name) * flip, joint(joints, "right" + name[4:]), atol=1e-3)


def test_weights_are_a_partition_over_few_joints(body: Body) -> None:
    np.testing.assert_allclose(body.weights.sum(1), 1, atol=1e-5)
    assert body.weights.min() >= 0 and (body.weights > 0).sum(1).max() <= 24
    regressor = body.joint_regressor
    np.testing.assert_allclose(np.asarray(regressor.sum(1)).ravel(), 1, atol=1e-5)


def test_meanings_of_the_shape_are_true(body: Body) -> None:
    rest = body.height_m(np.zeros(10))
    for name, meaning in zip(body.shape_names, body.shape_meanings, strict=True):
        stated = re.search(r"([+-]\d+\.\d) cm", meaning)
        grown_cm = (body.height_m(shape(body, name)) - rest) * 100
        assert grown_cm == pytest.approx(float(stated[1]) if stated else 0, abs=0.11), name
    assert body.height_m(shape(body, "height")) - rest == pytest.approx(0.07, abs=0.01)


@pytest.mark.parametrize(("name", "stretched"), [("arm_length", "arm"), ("leg_length", "leg")])
def test_a_limb_length_changes_that_limb_only(body: Body, name: str, stretched: str) -> None:
    pairs = {
        "arm": ("left_shoulder", "left_wrist"),
        "leg": ("left_hip", "left_ankle"),
        "torso": ("pelvis", "neck"),
        "head": ("neck", "head"),
    }
    before, after = body.rest_joints(np.zeros(10)), body.rest_joints(shape(body, name))
    for part, (start, end) in pairs.items():
        lengths = [np.linalg.norm(joint(joints, end) - joint(joints, start)) for joints in (before, after)]
        assert lengths[1] / lengths[0] == pytest.approx(1.05 if part == stretched else 1, abs=0.012), part


def test_a_shape_of_two_and_a_half_still_looks_human(body: Body) -> None:
    for name in body.shape_names:
        for value in (-2.5, 2.5):
            joints = body.rest_joints(shape(body, name, value))
            assert 1.4 < body.height_m(shape(body, name, value)) < 2.1
            arm = np.linalg.norm(joint(joints, "left_wrist") - joint(joints, "left_shoulder"))
            leg = np.linalg.norm(joint(joints, "left_ankle") - joint(joints, "left_hip"))
            assert 0.5 < arm / leg < 0.75, name


def test_bones_keep_their_lengths_in_any_pose(body: Body, poses: NDArray[np.float64]) -> None:
    betas = np.linspace(-1, 1, 10)
    parents = np.array(SMPL_PARENTS[1:])
    rest = body.rest_joints(betas)
    posed = body.joints(betas, poses, transl=np.zeros((12, 3)))
    expected = np.linalg.norm(rest[1:] - rest[parents], axis=-1)
    lengths = np.linalg.norm(posed[:, 1:] - posed[:, parents], axis=-1)
    np.testing.assert_allclose(lengths, np.broadcast_to(expected, lengths.shape), rtol=1e-9)


def test_shins_and_forearms_keep_their_lengths(body: Body, poses: NDArray[np.float64]) -> None:
    vertices, _ = body.forward(np.zeros(10), poses, transl=np.zeros((12, 3)))
    for name in ("left_knee", "right_elbow"):
        middle = np.flatnonzero(body.weights[:, SMPL_JOINTS.index(name)] > 0.94)
        rest = body.template[middle]
        low, high = middle[rest[:, 0 if "elbow" in name else 1].argsort()[[0, -1]]]
        assert np.linalg.norm(body.template[low] - body.template[high]) > 0.06
        lengths = np.linalg.norm(vertices[:, low] - vertices[:, high], axis=-1)
        np.testing.assert_allclose(lengths, np.linalg.norm(body.template[low] - body.template[high]), rtol=0.06)


def test_a_bent_knee_and_a_bent_elbow_go_where_they_should(body: Body) -> None:
    half_pi = np.pi / 2
    pose = pose_of(left_knee=(half_pi, 0, 0), left_elbow=(0, -half_pi, 0))
    joints = body.joints(np.zeros(10), pose, transl=np.zeros((1, 3)))[0]
    shin = joint(joints, "left_ankle") - joint(joints, "left_knee")
    forearm = joint(joints, "left_wrist") - joint(joints, "left_elbow")
    np.testing.assert_allclose(shin / np.linalg.norm(shin), (0, 0, -1), atol=0.08)
    np.testing.assert_allclose(forearm / np.linalg.norm(forearm), (0, 0, 1), atol=0.08)


def test_translation_comes_last_and_the_body_turns_about_its_pelvis(body: Body) -> None:
    betas = np.linspace(-1, 1, 10)
    pose = pose_of(pelvis=(0.3, -1.0, 0.4), left_hip=(-0.6, 0.1, 0.2))
    vertices, joints = body.forward(betas, pose, transl=np.zeros((1, 3)))
    moved, moved_joints = body.forward(betas, pose, transl=np.array([[0.2, -0.5, 3.0]]))
    np.testing.assert_allclose(moved - vertices, np.broadcast_to([0.2, -0.5, 3.0], vertices.shape), atol=1e-6)
    np.testing.assert_allclose(moved_joints[0, 0], body.rest_joints(betas)[0] + [0.2, -0.5, 3.0], atol=1e-6)
    np.testing.assert_allclose(joints[0], body.joints(betas, pose, transl=np.zeros((1, 3)))[0], atol=1e-6)


def test_the_rest_pose_gives_the_rest_vertices(body: Body) -> None:
    betas = np.linspace(1, -1, 10)
    vertices, joints = body.forward(betas, np.zeros((2, 24, 3)), transl=np.zeros((2, 3)))
    np.testing.assert_allclose(vertices[1], body.rest_vertices(betas), atol=1e-6)
    np.testing.assert_allclose(joints[1], body.rest_joints(betas), atol=1e-6)


def test_pose_blend_shapes_are_added_before_skinning(body: Body) -> None:
    directions = np.zeros((len(body.template), 3, 207), np.float32)
    directions[:, 1, 0] = 0.1  # all vertices up by .1 (R_1[0, 0] - 1)
    corrected = replace(body, pose_directions=directions)
    pose = pose_of(left_hip=(0, 0, np.pi / 2))
    plain, _ = body.forward([0.0], pose, transl=np.zeros((1, 3)))
    vertices, _ = corrected.forward([0.0], pose, transl=np.zeros((1, 3)))
    head = body.weights[:, SMPL_JOINTS.index("head")] == 1
    np.testing.assert_allclose((vertices - plain)[0, head], [[0, -0.1, 0]] * head.sum(), atol=1e-6)
    toes = body.weights[:, SMPL_JOINTS.index("left_foot")] > 0.99999
    np.testing.assert_allclose((vertices - plain)[0, toes], [[0.1, 0, 0]] * toes.sum(), atol=1e-5)


@pytest.mark.parametrize("skeleton", skeleton_names())
def test_every_skeleton_has_a_complete_mirrored_rig(body: Body, skeleton: str) -> None:
    rig, target = body.keypoint_rig(skeleton), load_skeleton(skeleton)
    assert rig.rest.shape == (len(target), 3) and np.isfinite(rig.rest).all()
    np.testing.assert_allclose(rig.weights.sum(1), 1, atol=1e-9)
    np.testing.assert_allclose(rig.rest[target.mirror] * [-1, 1, 1], rig.rest, atol=2e-3)
    for name, point in zip(target.joints, rig.rest, strict=True):
        assert (point[0] > 0) == name.startswith("left_") or name in MIDDLE, name


def test_keypoints_sit_where_a_person_would_click(body: Body) -> None:
    rig = body.keypoint_rig("climbalong25")
    joints = body.rest_joints(np.zeros(10))
    points = dict(zip(load_skeleton("climbalong25").joints, rig.rest, strict=True))
    for name in ("left_shoulder", "left_elbow", "right_wrist", "left_knee", "right_ankle"):
        assert np.linalg.norm(points[name] - joint(joints, name)) < 0.035, name
    skin = cKDTree(body.template)
    for name, reach_m in (("nose", 0.01), ("left_heel", 0.02), ("right_big_toe", 0.015), ("left_ear", 0.02)):
        assert skin.query(points[name])[0] < reach_m, name
    wrist, index, pinky, thumb = (points[f"left_{name}"] for name in ("wrist", "index", "pinky", "thumb"))
    assert index[2] > pinky[2] + 0.04, "palm down: the index finger is in front of the little one"
    assert thumb[2] > wrist[2] and thumb[0] < index[0]
    assert 0.07 < np.linalg.norm(index - wrist) < 0.14


def test_rig_follows_the_mesh(body: Body, poses: NDArray[np.float64]) -> None:
    """On rigid parts the virtual vertices are where the mesh is; over bending flesh within a few centimetres."""
    betas, transl = np.linspace(-1.5, 1.5, 10), np.full((12, 3), 0.7)
    vertices, _ = body.forward(betas, poses, transl=transl)
    rig = body.keypoint_rig("halpe26")
    points = body.keypoints(rig, betas, poses, transl=transl)
    for k, name in enumerate(load_skeleton("halpe26").joints):
        row = body.points.regressor[body.points.names.index(name)]
        on_mesh = np.stack([np.asarray(row @ frame).ravel() for frame in vertices.astype(np.float64)])
        error = np.linalg.norm(points[:, k] - on_mesh, axis=-1).max()
        assert error < (0.003 if re.search("nose|eye|ear|head|heel|toe", name) else 0.04), name


def test_rotations_there_and_back() -> None:
    rng = np.random.default_rng(0)
    axes = rng.normal(size=(50, 3))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    angles = np.concatenate([[0, 1e-12, 1e-7, 1e-3, np.pi - 1e-6], rng.uniform(0, np.pi, 45)])
    vectors = (axes * angles[:, None]).reshape(5, 10, 3)
    matrices = rotation_matrices(vectors)
    np.testing.assert_allclose(
        matrices @ np.swapaxes(matrices, -1, -2), np.broadcast_to(np.eye(3), (5, 10, 3, 3)), atol=1e-12
    )
    np.testing.assert_allclose(rotation_vectors(matrices), vectors, atol=1e-9)
    quarter = rotation_matrices(np.array([0, 0, np.pi / 2]))
    np.testing.assert_allclose(quarter @ [1, 0, 0], [0, 1, 0], atol=1e-12)


def test_a_written_body_reads_back_the_same(body: Body, tmp_path: Path) -> None:
    write_body(tmp_path / "copy.npz", body)
    copy = read_body(tmp_path / "copy.npz")
    pose = pose_of(left_shoulder=(0.1, 0.2, 1.0))
    for a, b in zip(
        body.forward(np.ones(10), pose, transl=np.zeros((1, 3))),
        copy.forward(np.ones(10), pose, transl=np.zeros((1, 3))),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, atol=1e-7)
    assert copy.shape_meanings == body.shape_meanings and copy.name == body.name


def test_a_damaged_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "body.npz"
    path.write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(BodyFileError, match=r"body\.npz cannot be read"):
        read_body(path)
    np.savez(path, template=np.zeros((3, 3)))
    with pytest.raises(BodyFileError):
        read_body(path)
