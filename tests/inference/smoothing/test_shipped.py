"""The weights that come with the program: they load, are what their cards say, and smooth."""

import numpy as np
import pytest

import resources
from annotation.labels import Keypoints2D
from annotation.model_cards import FoundWeights, SmootherKind, find_weights
from annotation.skeletons import DEFAULT_SKELETON, load_skeleton
from inference.smoothing.catalogue import count_parameters
from inference.smoothing.checkpoints import load_checkpoint
from inference.smoothing.clip import smooth_clip
from inference.smoothing.over_frames import Numerics
from inference.smoothing.smoothers import open_smoother

SHIPPED = find_weights([resources.resource_path() / "models"])
SKELETON = load_skeleton(DEFAULT_SKELETON)

each = pytest.mark.parametrize("found", SHIPPED, ids=[found.name for found in SHIPPED])
each_on_maps = pytest.mark.parametrize(
    "found",
    [found for found in SHIPPED if found.card is not None and found.card.entry.kind is SmootherKind.HEATMAPS],
    ids=lambda found: found.name,
)


def standing(n_frames: int, *, noise: float) -> tuple[Keypoints2D, np.ndarray, np.ndarray]:
    """Return a body 500 px tall that sways slowly, as a jittering detector sees it, with the truth and the times."""
    from annotation.body import builtin_body
    from annotation.poses import Camera

    body, pose = builtin_body(), np.zeros((1, 24, 3))
    pose[:, 0] = (0, 0, np.pi)
    rig = body.keypoint_rig(SKELETON.name)
    rest = np.asarray(
        Camera.guess((1080, 1440)).project(body.keypoints(rig, np.zeros(16), pose, transl=np.array([[0, 0, 5.0]])))[0]
    )
    times = np.arange(n_frames) / 30.0
    sway = 20 * np.sin(2 * np.pi * 0.3 * times)[:, None] * np.linspace(0, 1, len(SKELETON))
    truth = rest + np.stack((sway, 0.5 * sway), -1)
    seen = truth + np.random.default_rng(0).normal(0, noise, truth.shape)
    keypoints = Keypoints2D(seen.astype(np.float32), np.full(seen.shape[:2], 0.9, np.float32), SKELETON.name)
    return keypoints, truth, times


@each
def test_shipped_weights_are_what_their_card_says(found: FoundWeights) -> None:
    assert not found.problem and found.card is not None
    checkpoint = load_checkpoint(found.weights, joints=SKELETON.joints)
    assert count_parameters(checkpoint.model) == found.card.n_parameters
    assert found.card.licence and found.card.source and found.card.hardware and found.card.recipe and found.card.figures
    assert found.weights.stat().st_size < 8 << 20


@each
def test_shipped_weights_take_jitter_away(found: FoundWeights) -> None:
    assert found.card is not None
    keypoints, truth, times = standing(max(24, found.card.window), noise=6.0)
    smoother = open_smoother(found.name, skeleton=SKELETON.name, weights=found.weights)
    smoothed = smooth_clip(keypoints, smoother=smoother, times_s=times)
    error, before = (np.linalg.norm(points.xy - truth, axis=-1).mean() for points in (smoothed, keypoints))
    assert error < 0.9 * before


@each_on_maps
def test_half_precision_is_within_a_tenth_of_a_pixel_mostly(found: FoundWeights) -> None:
    assert found.card is not None
    keypoints, _, times = standing(max(8, found.card.window), noise=2.0)
    smoother = open_smoother(found.name, skeleton=SKELETON.name, weights=found.weights)
    exact, quick = (
        smooth_clip(keypoints, smoother=smoother, times_s=times, numerics=Numerics(half=half)).xy
        for half in (False, True)
    )
    assert np.median(np.abs(exact - quick)) < 0.1
    assert np.abs(exact - quick).max() < 0.5
