"""Left and right put where they belong, against predictions whose swaps are known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.doubt import Doubt, DoubtKind
from annotation.exchange import Stretch, exchanged
from annotation.labels import Keypoints2D
from annotation.side_swaps import side_groups
from annotation.skeletons import load_skeleton

SKELETON = load_skeleton("climbalong25")
N_FRAMES = 40


@pytest.fixture
def truth() -> Keypoints2D:
    """A climber of 25 joints who moves slowly, with landmarks in space."""
    pose = np.random.default_rng(3).uniform(0, 400, (25, 2))
    for joint, place in {"shoulder": (200, 100), "hip": (205, 250)}.items():
        for side, shift in (("left", -40), ("right", 40)):
            pose[SKELETON.index(f"{side}_{joint}")] = place[0] + shift, place[1]
    xy = (pose + np.arange(N_FRAMES)[:, None, None] * np.array([2.0, 1.0])).astype(np.float32)
    confidence = np.tile(np.linspace(0.6, 1, 25), (N_FRAMES, 1)).astype(np.float32)
    world = np.concatenate([xy, xy[..., :1]], axis=-1) / 400
    return Keypoints2D(xy, confidence, SKELETON.name, world)


def swap(points: Keypoints2D, frames: slice, columns: NDArray[np.intp]) -> Keypoints2D:
    arrays = [points.xy.copy(), points.confidence.copy(), points.world.copy()]  # type: ignore[union-attr]
    for array in arrays:
        array[frames, columns] = array[frames, SKELETON.mirror[columns]]
    return Keypoints2D(arrays[0], arrays[1], points.skeleton, arrays[2])


def test_every_frame_of_the_stretch_is_right_again_and_no_other_is_touched(truth: Keypoints2D) -> None:
    arms, legs = side_groups(SKELETON)
    for columns, stretch in (
        (legs, Stretch(10, 19, arms=False, legs=True)),
        (arms, Stretch(10, 19, arms=True, legs=False)),
        (np.concatenate([arms, legs]), Stretch(10, 19, arms=True, legs=True)),
    ):
        wrong = swap(truth, slice(10, 20), columns)
        right = exchanged(wrong, [stretch])
        np.testing.assert_allclose(right.xy, truth.xy, atol=1e-3)
        np.testing.assert_allclose(right.confidence, truth.confidence)
        np.testing.assert_allclose(right.world, truth.world, atol=1e-3)
        assert not np.allclose(wrong.xy, truth.xy), "what it was made from stays as it was"


def test_frames_halfway_between_the_sides_are_bridged_with_little_confidence(truth: Keypoints2D) -> None:
    _, legs = side_groups(SKELETON)
    wrong = swap(truth, slice(10, 20), legs)
    wrong.xy[9] = (truth.xy[9] + wrong.xy[10]) / 2
    wrong.xy[20] = (truth.xy[20] + wrong.xy[19]) / 2
    right = exchanged(wrong, [Stretch(10, 19, arms=False, legs=True)])
    np.testing.assert_allclose(right.xy[:, legs], truth.xy[:, legs], atol=1e-3)
    assert (right.confidence[9, legs] <= 0.5).any()
    assert (right.confidence[12] == truth.confidence[12]).all()


def test_a_swap_at_the_ends_of_the_clip_and_a_clip_without_depth(truth: Keypoints2D) -> None:
    arms, legs = side_groups(SKELETON)
    both = np.concatenate([arms, legs])
    for frames, stretch in ((slice(0, 5), (0, 4)), (slice(35, 40), (35, 39))):
        wrong = swap(truth, frames, both)
        flat = Keypoints2D(wrong.xy, wrong.confidence, wrong.skeleton)
        right = exchanged(flat, [Stretch(*stretch, arms=True, legs=True)])
        np.testing.assert_allclose(right.xy, truth.xy, atol=1e-3)
        assert right.world is None


def test_a_doubt_says_which_sides_are_meant() -> None:
    arms, legs = side_groups(SKELETON)

    def doubt(*groups: NDArray[np.intp]) -> Doubt:
        joints = tuple(int(joint) for group in groups for joint in group)
        return Doubt(DoubtKind.SWAP, 3, 8, 3, joints, 2.0, "swapped")

    assert Stretch.of(doubt(arms), SKELETON) == Stretch(3, 8, arms=True, legs=False)
    assert Stretch.of(doubt(legs), SKELETON) == Stretch(3, 8, arms=False, legs=True)
    assert Stretch.of(doubt(arms, legs), SKELETON) == Stretch(3, 8, arms=True, legs=True)
