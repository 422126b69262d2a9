"""A fitted clip that is corrected: what is not meant by a correction stays where it is."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.known_facts import Facts
from annotation.labels import Source
from annotation.poses import MeshSequence
from inference.fitting.clip_fit import FitResult
from inference.fitting.evaluation import climbs, faults
from inference.fitting.evaluation.views import View, plain_fit
from inference.fitting.live import REACH_FRAMES, ChangedPoint, LiveFit, Stretch

EDITED = 90


@pytest.fixture(scope="module")
def fitted() -> tuple[View, FitResult]:
    """A climb with a detector's faults, seen from behind."""
    view, _ = faults.detected(climbs.perfect(1)[0], seed=1, throws=2)
    return view, plain_fit(view)


class Corrected:
    """A fit and the motion that is shown of it, which follows every correction."""

    def __init__(self, view: View, result: FitResult) -> None:
        mesh = result.mesh
        self.view = view
        self.shown = replace(
            mesh,
            global_orient=mesh.global_orient.copy(),
            body_pose=mesh.body_pose.copy(),
            transl=mesh.transl.copy(),
        )
        self.live = LiveFit(view.points, mesh, body=view.body, times_s=view.times_s, facts=Facts())
        skeleton = view.points.skeleton
        self.truth = np.asarray(view.camera.project(view.truth.of(skeleton.joints)), np.float64)

    def correct(self, frame: int, joint: str) -> Stretch:
        """Put a joint where it really is; return what was fitted again."""
        column = self.view.points.skeleton.index(joint)
        x, y = self.truth[frame, column]
        self.live.change([ChangedPoint(frame, column, (float(x), float(y)), 1.0, Source.LABELLED)])
        stretch = self.live.refit(near=frame)
        assert stretch is not None and self.live.is_done
        frames = slice(stretch.start, stretch.start + len(stretch.pose))
        self.shown.global_orient[frames], self.shown.body_pose[frames] = stretch.pose[:, 0], stretch.pose[:, 1:]
        self.shown.transl[frames] = stretch.transl
        return stretch

    def joints_mm(self, mesh: MeshSequence | None = None) -> NDArray[np.float64]:
        mesh = mesh or self.shown
        return np.asarray(1000 * self.view.body.joints(mesh.betas, mesh.pose, transl=mesh.transl), np.float64)


def pixels(view: View, result: FitResult, stretch: Stretch) -> NDArray[np.float64]:
    """Return where the body of a stretch is seen in the edited frame (K, 2)."""
    row, body, mesh = EDITED - stretch.start, view.body, result.mesh
    rig = body.keypoint_rig(view.points.skeleton.name)
    seen = body.keypoints(rig, mesh.betas, stretch.pose[[row]], transl=stretch.transl[[row]])
    return np.asarray(mesh.camera.project(seen)[0], np.float64)


def sharpest(joints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the largest acceleration of any joint round each frame but the first and the last, mm per frame²."""
    return np.asarray(np.linalg.norm(np.diff(joints, 2, axis=0), axis=-1).max(axis=1))


def test_frames_far_from_a_correction_stay_where_they_were(fitted: tuple[View, FitResult]) -> None:
    corrected = Corrected(*fitted)
    before = corrected.joints_mm()
    stretch = corrected.correct(EDITED, "left_wrist")
    moved = np.linalg.norm(corrected.joints_mm() - before, axis=-1).max(axis=1)
    away = np.abs(np.arange(len(moved)) - EDITED)
    assert len(stretch.pose) == 2 * REACH_FRAMES + 1
    assert moved[away == 0] > 5 > 3 > moved[away > 15].max()
    assert moved[away > 25].max() < 0.1


def test_many_corrections_leave_no_step_where_fitted_frames_end(fitted: tuple[View, FitResult]) -> None:
    corrected = Corrected(*fitted)
    for number, frame in enumerate((60, 63, 75, 91, 68, 110, 52, 118)):
        before = sharpest(corrected.joints_mm())
        for joint in ("left_wrist", "right_ankle", "left_knee")[number % 2 :]:
            stretch = corrected.correct(frame, joint)
        after = sharpest(corrected.joints_mm())
        stop = stretch.start + len(stretch.pose)
        ends = [end + at for end in (stretch.start, stop - 3) for at in (-1, 0, 1, 2)]
        assert (after - before)[ends].max() < 0.2


def test_a_correction_that_is_taken_back_leaves_nothing(fitted: tuple[View, FitResult]) -> None:
    view, result = fitted
    corrected = Corrected(view, result)
    column = view.points.skeleton.index("left_wrist")
    x, y = view.points.xy[EDITED, column]
    before = corrected.joints_mm()
    corrected.live.change([ChangedPoint(EDITED, column, (float(x) + 60, float(y) - 40), 1.0, Source.LABELLED)])
    there = corrected.live.refit(near=EDITED)
    confidence = float(view.points.confidence[EDITED, column])
    corrected.live.change([ChangedPoint(EDITED, column, (float(x), float(y)), confidence, Source.PREDICTED)])
    back = corrected.live.refit(near=EDITED)
    assert there is not None and back is not None
    off = [
        np.linalg.norm(
            1000 * view.body.joints(result.mesh.betas, each.pose, transl=each.transl)
            - before[each.start : each.start + len(each.pose)],
            axis=-1,
        ).max()
        for each in (there, back)
    ]
    assert off[1] < 0.25 * off[0]


def test_a_joint_dragged_far_away_and_put_back_leaves_nothing(fitted: tuple[View, FitResult]) -> None:
    view, result = fitted
    corrected = Corrected(view, result)
    before, column = corrected.joints_mm(), view.points.skeleton.index("left_elbow")
    x, y = view.points.xy[EDITED, column].tolist()
    for far in (80, 160, 400):
        corrected.live.change([ChangedPoint(EDITED, column, (x + far, y + far), 1.0, Source.LABELLED)])
        assert corrected.live.refit(near=EDITED) is not None
    confidence = float(view.points.confidence[EDITED, column])
    corrected.live.change([ChangedPoint(EDITED, column, (x, y), confidence, Source.PREDICTED)])
    stretch = corrected.live.refit(near=EDITED)
    assert stretch is not None
    joints = np.asarray(1000 * view.body.joints(result.mesh.betas, stretch.pose, transl=stretch.transl))
    assert np.linalg.norm(joints - before[stretch.start :][: len(joints)], axis=-1).max() < 20


def test_a_label_out_of_reach_is_answered_early_and_does_not_bend_the_body(fitted: tuple[View, FitResult]) -> None:
    view, result = fitted
    live = Corrected(view, result).live
    column = view.points.skeleton.index("left_wrist")
    x, y = view.points.xy[EDITED, column]
    before = np.array(view.points.xy[EDITED])
    live.change([ChangedPoint(EDITED, column, (float(x) - 400, float(y) - 400), 1.0, Source.LABELLED)])
    first = live.refit_first(EDITED)
    final = live.refit(near=EDITED)
    assert first is not None and final is not None
    early, late = (pixels(view, result, each) for each in (first, final))
    others = np.arange(len(before)) != column
    assert np.linalg.norm((early - late)[others], axis=-1).max() < 40
    assert np.median(np.linalg.norm((early - before)[others], axis=-1)) < 15
