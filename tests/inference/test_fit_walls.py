"""A climb onto an overhang: both planes of the wall stated, against one."""

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.body import builtin_body
from annotation.known_facts import Climber, Contact, Facts, Limb
from annotation.metrics import pa_mpjpe
from annotation.poses import Plane
from annotation.walls import WallShape
from inference.fitting.clip_fit import FitResult, fit_clip
from inference.fitting.contacts import limb_columns, on_planes
from inference.fitting.evaluation.climbs import FOLD, perfect
from inference.fitting.evaluation.views import View
from inference.fitting.kinematics import pose


@pytest.fixture(scope="module")
def view() -> View:
    return next(view for view in perfect(1, fold=FOLD) if view.name.endswith("side"))


def fit(view: View, walls: tuple[Plane, ...]) -> FitResult:
    facts = Facts(climber=Climber(height_m=view.height_m), walls=walls)
    return fit_clip(view.points, body=builtin_body(), camera=view.camera, times_s=view.times_s, facts=facts)


def points_of(result: FitResult) -> NDArray[np.float64]:
    return np.asarray(pose(result.problem.rig, result.state).points)


def test_the_climb_is_on_both_planes_and_inside_neither(view: View) -> None:
    shape = WallShape(view.walls)
    joints = np.asarray(view.truth.joints)
    assert shape.sunk_m(joints).min() > -0.01
    hands = joints[:, [view.points.skeleton.index(f"{side}_index") for side in ("left", "right")]]
    feet = joints[:, [view.points.skeleton.index(f"{side}_big_toe") for side in ("left", "right")]]
    assert (shape.nearest(hands) == 1).mean() > 0.8
    assert (shape.nearest(feet) == 0).all()
    assert np.median(shape.distances(hands).min(axis=0)) < 0.12


def test_two_planes_are_better_than_one(view: View) -> None:
    shape, truth = WallShape(view.walls), np.asarray(view.truth.joints)
    one, two = points_of(fit(view, view.walls[:1])), points_of(fit(view, view.walls))
    assert pa_mpjpe(two, truth).mean() < min(25, 0.7 * pa_mpjpe(one, truth).mean())
    off = [float(np.linalg.norm(found - truth, axis=-1).mean()) for found in (one, two)]
    assert off[1] < 0.5 * off[0]
    hands = [view.points.skeleton.index(f"{side}_index") for side in ("left", "right")]
    held = [np.median(np.linalg.norm(found[:, hands] - truth[:, hands], axis=-1)) for found in (one, two)]
    assert held[1] < 0.08 < held[0]
    assert shape.sunk_m(two).min() > -0.05


def test_each_contact_is_on_the_plane_it_really_is_on(view: View) -> None:
    shape, truth = WallShape(view.walls), np.asarray(view.truth.joints)
    result = fit(view, view.walls)
    contacts = result.details.contacts
    assert {contact.wall for contact in contacts} == {"Vertical", "Overhang"}
    for contact in contacts:
        held = truth[contact.start : contact.end + 1, limb_columns(view.points.skeleton)[contact.limb]]
        really = np.bincount(shape.nearest(held)).argmax()
        assert contact.wall == view.walls[really].name


def test_a_person_may_say_on_which_plane_a_hand_is(view: View) -> None:
    truth = np.asarray(view.truth.joints)
    said = (Contact(Limb.LEFT_FOOT, 0, 20, "Overhang"), Contact(Limb.LEFT_HAND, 0, 20))
    foot, hand = on_planes(said, WallShape(view.walls), truth, view.points.skeleton)
    assert (foot.wall, hand.wall) == ("Overhang", "Overhang")
    gone = (Contact(Limb.LEFT_FOOT, 0, 20, "Roof"),)
    assert on_planes(gone, WallShape(view.walls), truth, view.points.skeleton)[0].wall == "Vertical"
    assert on_planes(said, WallShape(view.walls[:1]), truth, view.points.skeleton) == said
