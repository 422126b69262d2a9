"""No limb spins about itself from frame to frame."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.body import SMPL_JOINTS
from annotation.evaluation3d import plausibility
from annotation.known_facts import Facts
from inference.fitting.clip_fit import FitResult
from inference.fitting.evaluation import annotator, capture, climbs
from inference.fitting.evaluation.table import CAPTURE_FILE, knowing
from inference.fitting.evaluation.views import View, measure
from inference.fitting.kinematics import State
from inference.fitting.rotations import exp
from inference.fitting.unwinding import unwound

SHOULDER = SMPL_JOINTS.index("right_shoulder")
AROUND, SLOWLY_AROUND = slice(30, 36), slice(24, 42)


@pytest.fixture(scope="module")
def fitted() -> tuple[View, FitResult]:
    view = climbs.perfect(1)[0]
    frames = np.arange(60)
    truth = replace(view.truth, joints=view.truth.joints[frames])
    view = replace(view, points=view.points.at(frames), truth=truth, times_s=view.times_s[frames])
    return view, measure(view).result


def wound(state: State, frames: slice) -> State:
    """Return a motion whose right upper arm turns once about itself in some frames."""
    rotations, turn = state.rotations.copy(), np.zeros((frames.stop - frames.start, 3))
    turn[:, 0] = np.linspace(0, 2 * np.pi, len(turn) + 2)[1:-1]
    rotations[frames, SHOULDER] = rotations[frames, SHOULDER] @ exp(turn)
    return replace(state, rotations=rotations)


def largest_turn_deg(rotations: NDArray[np.float64]) -> float:
    step = np.swapaxes(rotations[:-1, SHOULDER], -1, -2) @ rotations[1:, SHOULDER]
    cosine = (np.trace(step, axis1=-2, axis2=-1) - 1) / 2
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))).max())


def test_an_upper_arm_that_spins_is_laid_on_the_short_way(fitted: tuple[View, FitResult]) -> None:
    _, result = fitted
    spun = wound(result.state, AROUND)
    assert largest_turn_deg(spun.rotations) > 40
    assert largest_turn_deg(unwound(result.problem, spun).rotations) < 20


def test_an_upper_arm_that_goes_round_slowly_is_laid_on_the_short_way(fitted: tuple[View, FitResult]) -> None:
    _, result = fitted
    spun = wound(result.state, SLOWLY_AROUND)
    calm = unwound(result.problem, spun)
    assert largest_turn_deg(spun.rotations) > 17
    assert largest_turn_deg(calm.rotations) < largest_turn_deg(result.state.rotations) + 3


def test_a_calm_motion_stays_as_it_is(fitted: tuple[View, FitResult]) -> None:
    _, result = fitted
    assert unwound(result.problem, result.state) is result.state


def test_limbs_of_a_fitted_climb_turn_as_limbs_do(fitted: tuple[View, FitResult]) -> None:
    view, result = fitted
    assert plausibility(result.mesh, view.body, fps=view.fps).largest_joint_turn_deg < 33


def test_an_arm_that_lost_its_labels_for_a_moment_finds_them_again(shared_dir: Path) -> None:
    """Its depths were set a little wrong, and it swung round through the picture instead of going straight on."""
    view = next(v for v in capture.views(shared_dir / "data" / CAPTURE_FILE) if v.name == "CMU climb 5, low")
    depths = annotator.depths(view.truth, view.points.skeleton, every=10, error_m=0.04, seed=1)
    found = measure(view, fit=knowing(lambda _: Facts(depths=depths)))
    assert plausibility(found.result.mesh, view.body, fps=view.fps).largest_joint_turn_deg < 33
    assert np.percentile(found.labelled_px, 99) < 30
