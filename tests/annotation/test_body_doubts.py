"""Doubts about a fitted body: exchanges the fit made, and moments in which the chest is turned away from the wall."""

from dataclasses import replace

import numpy as np
import pytest

from annotation.body import builtin_body
from annotation.body_doubts import find_body_doubts, off_labels_px, without_twins
from annotation.doubt import Doubt, DoubtKind
from annotation.edits import SetLabels
from annotation.fit_details import FitDetails
from annotation.keyframing import accept_sure
from annotation.label import Label
from annotation.labels import Keypoints2D, LabelPatch, ResolvedTrack, Source, Track, Visibility
from annotation.resolving import resolve
from annotation.skeletons import load_skeleton
from annotation.splicing import FrameRange
from tests.app.body_project import rising

SKELETON = load_skeleton("climbalong25")
N = 60


def details(*, legs: slice | None = None) -> FitDetails:
    swapped = np.zeros(N, bool)
    if legs is not None:
        swapped[legs] = True
    off, sd = np.ones(N, np.float32), np.ones((N, 25), np.float32)
    is_open = np.zeros((N, 25), bool)
    return FitDetails(SKELETON.joints, off, sd, sd, is_open, swapped_arms=np.zeros(N, bool), swapped_legs=swapped)


def test_what_the_fit_exchanged_is_a_doubt_with_its_frames_and_joints() -> None:
    (doubt,) = find_body_doubts(rising(N, (200, 120)), details(legs=slice(20, 31)), skeleton=SKELETON, fps=25)
    assert (doubt.kind, doubt.start, doubt.end) == (DoubtKind.FIT_SWAP, 20, 30)
    assert SKELETON.index("left_knee") in doubt.joints and SKELETON.index("left_wrist") not in doubt.joints
    assert "left and right of legs for 11 frames" in doubt.text


def test_it_does_not_come_twice() -> None:
    (repaired,) = find_body_doubts(rising(N, (200, 120)), details(legs=slice(20, 31)), skeleton=SKELETON, fps=25)
    same = replace(repaired, kind=DoubtKind.SWAP, start=21)
    elsewhere = replace(same, start=40, end=44)
    assert without_twins([repaired, same, elsewhere]) == [repaired, elsewhere]


def test_a_moment_turned_away_from_the_wall_is_a_doubt_and_a_rest_is_none() -> None:
    def doubts(frames: slice) -> list[Doubt]:
        mesh = rising(N * 3, (200, 120))
        orient = np.tile(np.array([0.0, 0.0, np.pi], np.float32), (len(mesh), 1))  # its back to the camera
        orient[frames] = (np.pi, 0, 0)
        return find_body_doubts(replace(mesh, global_orient=orient), None, skeleton=SKELETON, fps=25)

    (doubt,) = doubts(slice(30, 36))
    assert (doubt.kind, doubt.start, doubt.end) == (DoubtKind.FLIP, 30, 35)
    assert {SKELETON.joints[joint] for joint in doubt.joints} == {"left_hip", "right_hip"}
    assert doubts(slice(30, 90)) == []
    assert doubts(slice(0, 0)) == []


@pytest.mark.parametrize(("off_px", "told"), [(3.0, False), (6.0, True)])
@pytest.mark.parametrize("source", [Source.LABELLED, Source.INTERPOLATED])
def test_a_label_the_body_misses_by_more_than_promised_is_a_doubt(off_px: float, told: bool, source: Source) -> None:
    size = (1080, 1440)
    mesh, body, wrist = rising(N, size), builtin_body(), SKELETON.index("left_wrist")
    shown = body.keypoints(body.keypoint_rig(SKELETON.name), mesh.betas, mesh.pose, transl=mesh.transl)
    xy = mesh.camera.project(shown).astype(np.float32)
    xy[20, wrist] += (off_px, 0)
    shape = xy.shape[:2]
    sources, visible = np.full(shape, source, np.uint8), np.full(shape, Visibility.VISIBLE, np.uint8)
    resolved = ResolvedTrack(xy, np.ones(shape, np.float32), sources, visible, SKELETON)
    off = off_labels_px(mesh, body, resolved=resolved)
    doubts = find_body_doubts(mesh, None, skeleton=SKELETON, fps=25, off_px=off)
    places = [(doubt.kind, doubt.frame, doubt.joints) for doubt in doubts]
    expected = told and source is Source.LABELLED  # straight lines between labels are nothing anybody said
    assert places == ([(DoubtKind.OUT_OF_REACH, 20, (wrist,))] if expected else [])


def test_accepted_predictions_are_not_listed_as_labels_out_of_reach_and_placed_ones_are() -> None:
    mesh, body, wrist = rising(N, (1080, 1440)), builtin_body(), SKELETON.index("left_wrist")
    shown = body.keypoints(body.keypoint_rig(SKELETON.name), mesh.betas, mesh.pose, transl=mesh.transl)
    found = mesh.camera.project(shown).astype(np.float32) + np.float32(6)  # all that was detected is out of reach
    predictions = Keypoints2D(found[:50], np.ones((50, 25), np.float32), SKELETON.name)  # nothing after that
    track = Track("track", "clip", "climber", SKELETON.name)
    accepted = accept_sure(track, resolve(track, predictions, n_frames=N), FrameRange(0, N - 1))
    assert isinstance(accepted, SetLabels) and len(accepted.labels) == 50 * 25
    track.table.apply(LabelPatch.of(accepted.labels))
    for frame in (20, 30, 55):
        x, y = found[frame, wrist].tolist()
        track.labels[frame, wrist] = Label((x + 3, y))
    resolved = resolve(track, predictions, n_frames=N)
    off = off_labels_px(mesh, body, resolved=resolved, predictions=predictions)
    doubts = find_body_doubts(mesh, None, skeleton=SKELETON, fps=25, off_px=off)
    assert [(doubt.frame, doubt.joints) for doubt in doubts] == [(frame, (wrist,)) for frame in (20, 30, 55)]
    assert doubts[0].text == "left wrist: body 11 px off its label"
