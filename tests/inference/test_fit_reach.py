"""Predicted points that no motion can have reached are left out, those of quick people are not."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.evaluation3d import body_joints
from annotation.labels import Source
from inference.fitting.evaluation import climbs, faults
from inference.fitting.evaluation.views import View, measure
from inference.fitting.points import ClipPoints, torso_px
from inference.fitting.reach import within_reach

FPS = 30
ARM = ("left_elbow", "left_wrist")


@cache
def seen() -> View:
    """Return two seconds of a synthetic climb as a detector without outliers has them."""
    view, _ = faults.detected(climbs.perfect(1)[0], seed=1, throws=0)
    frames = np.arange(60)
    truth = replace(view.truth, joints=view.truth.joints[frames])
    return replace(view, points=view.points.at(frames), truth=truth, times_s=view.times_s[frames])


def columns(points: ClipPoints, names: tuple[str, ...]) -> list[int]:
    return [points.skeleton.index(name) for name in names]


def thrown(points: ClipPoints, frames: range, *, torsos: float = 0.6) -> ClipPoints:
    """Return points whose left arm is thrown aside, by another share of the way in every frame."""
    xy = points.xy.copy()
    for number, frame in enumerate(frames):
        xy[frame, columns(points, ARM)] += (torsos * torso_px(points) * (0.6, 1.0)[number % 2], 0)
    return replace(points, xy=xy)


def left_out(points: ClipPoints) -> NDArray[np.bool_]:
    return within_reach(points, fps=FPS)[1]


@pytest.mark.parametrize("frames", [range(30, 31), range(30, 34), range(8, 12)])
def test_an_arm_thrown_aside_and_back_is_left_out_and_nothing_else(frames: range) -> None:
    points = seen().points
    out = left_out(thrown(points, frames))
    farthest = np.array(frames[1::2] or frames)
    assert out[np.ix_(farthest, columns(points, ARM))].all()
    elsewhere = out.copy()
    elsewhere[frames.start - 2 : frames.stop + 2, columns(points, ARM)] = False
    assert elsewhere.sum() <= 2


def test_what_a_person_stated_stays() -> None:
    points = thrown(seen().points, range(30, 34))
    source = points.source.copy()
    source[30:34] = Source.LABELLED
    assert not left_out(replace(points, source=source))[30:34].any()


def test_an_arm_that_stays_away_stays() -> None:
    points = seen().points
    xy = points.xy.copy()
    xy[30:, columns(points, ARM)] += (0.8 * torso_px(points), 0)
    out = np.flatnonzero(left_out(replace(points, xy=xy)).any(axis=1))
    assert len(out) <= 4 and set(out) <= set(range(27, 34))  # the jump itself, which no arm makes


def test_a_quick_swing_stays() -> None:
    points = seen().points
    swing = 1.2 * torso_px(points) * np.sin(np.linspace(0, 3 * np.pi, 60))  # 4.7 torsos a second, 2.4 m/s and more
    xy = points.xy.copy()
    xy[:, columns(points, ARM), 0] += swing[:, None]
    assert left_out(replace(points, xy=xy)).sum() <= 2


def test_a_jolt_of_the_camera_leaves_nobody_out() -> None:
    points = seen().points
    xy = points.xy.copy()
    xy[30:32] += (0.5 * torso_px(points), 0)
    assert left_out(replace(points, xy=xy)).sum() <= 2


def test_the_body_does_not_follow_a_thrown_arm() -> None:
    view = seen()
    plain, disturbed = (measure(replace(view, points=p)) for p in (view.points, thrown(view.points, range(30, 34))))
    wrists = [
        body_joints(o.result.mesh, view.body, ("left_wrist",), are_centres=False)[:, 0] for o in (plain, disturbed)
    ]
    assert np.linalg.norm(wrists[0] - wrists[1], axis=-1).max() < 0.05
    assert disturbed.summary["points_left_out"] >= 6
