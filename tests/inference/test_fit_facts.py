"""What the fit makes of what people know: size, wall, contacts, depth; and that it does not obey nonsense silently."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.body import SMPL_JOINTS, builtin_body
from annotation.errors import JobError
from annotation.known_facts import Climber, Contact, DepthStatement, Facts, Limb, Order
from annotation.labels import Source
from annotation.poses import Camera, Plane
from annotation.skeletons import load_skeleton
from inference.fitting.clip_fit import FitResult, fit_clip
from inference.fitting.contacts import find_contacts
from inference.fitting.evaluation.views import stated
from inference.fitting.kinematics import pose
from inference.fitting.limbs import capsule_table, overlaps
from inference.fitting.points import ClipPoints

N_FRAMES, FPS = 40, 30.0
SKELETON = load_skeleton("climbalong25")
CAMERA = Camera.guess((1080, 1440))


def hanging(*, turn: float = 0.0, height: float = 0.0) -> NDArray[np.float64]:
    """Return keypoints (T, 25, 3) of somebody who hangs before a wall and pulls up a little, hands and feet still."""
    body = builtin_body()
    angles = np.zeros((N_FRAMES, 24, 3))
    pull = 0.25 * np.sin(np.linspace(0, np.pi, N_FRAMES))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        angles[:, SMPL_JOINTS.index(f"{side}_shoulder")] = (0, -0.5 * sign, 0.7 * sign)
        angles[:, SMPL_JOINTS.index(f"{side}_elbow"), 1] = -sign * (0.9 + pull)
        angles[:, SMPL_JOINTS.index(f"{side}_hip")] = (-0.8, 0.3 * sign, 0.4 * sign)
        angles[:, SMPL_JOINTS.index(f"{side}_knee"), 0] = 1.1
    angles[:, 0] = (0, 0, np.pi)
    betas = np.zeros(body.n_betas)
    betas[0] = height
    keypoints = body.keypoints(body.keypoint_rig(SKELETON.name), betas, angles, transl=np.zeros((N_FRAMES, 3)))
    c, s = np.cos(turn), np.sin(turn)
    keypoints = keypoints @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])
    return np.asarray(keypoints + np.stack([pull * 0.2, -pull, np.full(N_FRAMES, 4.5)], axis=-1)[:, None])


def perfect(keypoints: NDArray[np.float64]) -> ClipPoints:
    shape = keypoints.shape[:2]
    return ClipPoints.from_arrays(
        SKELETON,
        xy=CAMERA.project(keypoints),
        confidence=np.ones(shape),
        source=np.full(shape, Source.LABELLED, np.uint8),
    )


def fit(points: ClipPoints, facts: Facts | None = None) -> FitResult:
    return fit_clip(points, body=builtin_body(), camera=CAMERA, times_s=np.arange(len(points)) / FPS, facts=facts)


def fitted(result: FitResult) -> NDArray[np.float64]:
    return pose(result.problem.rig, result.state).points


def column(joint: str) -> int:
    return SKELETON.index(joint)


def test_labels_are_met_to_the_pixel() -> None:
    result = fit(perfect(hanging()))
    assert result.summary["labelled_median_px"] < 2
    assert result.summary["labelled_p95_px"] < 4
    assert result.summary["contradicting_labels"] == []


def test_a_label_no_body_can_reach_is_told_and_bends_nothing() -> None:
    keypoints = hanging()
    points = perfect(keypoints)
    xy = points.xy.copy()
    xy[20, column("left_wrist")] += (-900, 0)
    result = fit(replace(points, xy=xy))
    worst = result.summary["contradicting_labels"][0]
    assert (worst["frame"], worst["joint"]) == (20, "left_wrist")
    others = [k for k in range(25) if SKELETON.joints[k] not in ("left_wrist", "left_elbow")]
    off = np.linalg.norm(CAMERA.project(fitted(result)[20]) - points.xy[20], axis=-1)
    assert np.median(off[others]) < 6


def test_every_label_missed_by_more_than_promised_is_told() -> None:
    points = perfect(hanging())
    xy = points.xy.copy()
    xy[:, column("left_wrist")] += (60 * np.sin(np.arange(N_FRAMES))[:, None]) * np.array([0, 1.0])
    result = fit(replace(points, xy=xy))
    off = np.linalg.norm(CAMERA.project(fitted(result)) - xy, axis=-1)
    assert (off > 4).sum() > 10
    assert result.summary["n_contradicting_labels"] == (off > 4).sum()


def test_between_labels_the_body_moves_on_without_corners() -> None:
    keypoints, elbow = hanging(), column("right_elbow")
    points = stated(perfect(keypoints), CAMERA.project(keypoints), stride=5)
    result = fit(points)
    places = (CAMERA.project(keypoints), CAMERA.project(fitted(result)), points.xy)
    real, found, lines = (np.diff(xy[:, elbow], n=2, axis=0) for xy in places)
    assert np.abs(found - real).mean() < 0.7 * np.abs(lines - real).mean()
    assert result.summary["labelled_p95_px"] < 4


@pytest.mark.parametrize("height_m", [1.6, 1.9])
def test_a_known_height_sets_the_scale(height_m: float) -> None:
    points = perfect(hanging())
    result = fit(points, Facts(climber=Climber(height_m=height_m)))
    assert result.summary["height_m"] == pytest.approx(height_m, abs=0.03)
    # The same picture of a taller climber is taken from farther away.
    assert np.median(result.state.transl[:, 2]) == pytest.approx(4.5 * height_m / 1.77, rel=0.08)


def test_arm_span_and_mass_shape_the_body() -> None:
    points = perfect(hanging())
    long, short = (
        fit(points, Facts(climber=Climber(height_m=1.77, span_m=span, mass_kg=mass)))
        for span, mass in ((1.88, 85.0), (1.70, 60.0))
    )
    assert long.summary["span_m"] > short.summary["span_m"] + 0.05
    assert long.summary["mass_kg"] > short.summary["mass_kg"] + 10


def test_a_depth_statement_is_obeyed_and_carries_over_to_its_neighbours() -> None:
    points = perfect(hanging())
    plain = fitted(fit(points))
    wrist, elbow = column("left_wrist"), column("left_elbow")
    before = np.median(plain[15:25, wrist, 2] - plain[15:25, elbow, 2])
    order = Order.NEARER if before > 0 else Order.FARTHER
    told = fitted(fit(points, Facts(depths=(DepthStatement(20, "left_wrist", order),))))
    after = told[:, wrist, 2] - told[:, elbow, 2]
    assert np.sign(after[20]) == -np.sign(before)
    assert np.sign(np.median(after[18:23])) == -np.sign(before)


def test_a_stated_depth_is_met_to_the_centimetre() -> None:
    keypoints = hanging()
    points = perfect(keypoints)
    knee, hip = column("right_knee"), column("right_hip")
    true = keypoints[10, knee, 2] - keypoints[10, hip, 2]
    told = fitted(fit(points, Facts(depths=(DepthStatement(10, "right_knee", float(true)),))))
    assert told[10, knee, 2] - told[10, hip, 2] == pytest.approx(true, abs=0.04)


def test_a_statement_about_nothing_is_refused() -> None:
    points = perfect(hanging())
    for frame, joint in ((5, "left_tail"), (400, "left_wrist")):
        with pytest.raises(JobError, match="depth of"):
            fit(points, Facts(depths=(DepthStatement(frame, joint, Order.NEARER),)))


def test_what_holds_on_does_not_move_and_stays_at_the_wall() -> None:
    keypoints = hanging()
    rng = np.random.default_rng(0)
    points = perfect(keypoints)
    noisy = replace(
        points,
        xy=points.xy + rng.normal(size=points.xy.shape) * 6,
        source=np.full(points.source.shape, Source.PREDICTED, np.uint8),
    )
    hand = column("left_index")
    wall = Plane((0.0, 0.0, -1.0), -float(keypoints[:, hand, 2].mean() + 0.02))
    still = Contact(Limb.LEFT_HAND, 0, 9), Contact(Limb.LEFT_HAND, 30, 39)
    facts = Facts(climber=Climber(height_m=1.77), walls=(wall,), contacts=still)
    result = fit(noisy, facts)
    free = fitted(fit(noisy, replace(facts, contacts=())))[:, hand]
    held = fitted(result)[:, hand]
    moved = [np.linalg.norm(np.diff(path[30:], axis=0), axis=-1).sum() for path in (held, free)]
    assert moved[0] < 0.03 < moved[1]
    distance = wall.distance(held[30:])
    assert distance.min() > -0.02 and distance.max() < facts.hold_depth_m + 0.02
    assert result.details.contacts == still


def test_contacts_are_found_where_limbs_rest_long_enough() -> None:
    rest = np.zeros(60, bool)
    rest[5:25] = rest[27:40] = rest[50:52] = True
    assert find_contacts({Limb.LEFT_FOOT: rest}, fps=30) == (Contact(Limb.LEFT_FOOT, 5, 39),)


def test_a_climber_seen_from_the_side_faces_the_wall() -> None:
    keypoints = hanging(turn=1.2)
    wall = Plane((float(-np.sin(1.2)), 0.0, float(-np.cos(1.2))), -5.0)
    result = fit(
        perfect(keypoints),
        Facts(walls=(replace(wall, offset_m=float(wall.distance(keypoints).min() - 0.05) + wall.offset_m),)),
    )
    facing = result.state.rotations[:, 0, :, 2]
    assert (facing @ -np.array(wall.normal) > 0.5).all()


def test_limbs_inside_each_other_are_measured() -> None:
    keypoints = hanging()[:1].copy()
    table = capsule_table(SKELETON)
    assert overlaps(table, keypoints).depth_m.max() == 0
    chest = keypoints[:, [column("left_shoulder"), column("right_hip")]].mean(axis=1)
    keypoints[:, column("left_wrist")] = chest
    inside = overlaps(table, keypoints)
    assert table.names[int(inside.depth_m[0].argmax())] == ("left_forearm", "torso")
