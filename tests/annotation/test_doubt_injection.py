"""How well doubt finds errors whose place is known: they are put into a detected climb, and the list is compared."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.body import builtin_body
from annotation.doubt import Doubt, DoubtKind, find_doubts
from annotation.labels import Keypoints2D, ResolvedTrack, Track
from annotation.metrics import torso_length
from annotation.resolving import resolve
from annotation.side_swaps import side_groups
from annotation.skeletons import load_skeleton
from inference.climb.choreography import plan_climb
from inference.climb.generate import in_camera_frame
from inference.climb.motion import animate
from inference.climb.scene import place_camera

SIZE = (720, 1280)
SKELETON = load_skeleton("climbalong25")
SECONDS = 20.0


@dataclass(frozen=True)
class Error:
    """One error that was put in: frames ``start``..``end`` of some joints."""

    what: str
    start: int
    end: int
    joints: tuple[int, ...]

    def is_met_by(self, doubt: Doubt) -> bool:
        near = doubt.start <= self.end + 1 and doubt.end >= self.start - 1
        return near and bool(set(self.joints) & set(doubt.joints))


def climb(seed: int, *, fps: int) -> NDArray[np.float32]:
    """Return the joints (T, 25, 2) of an invented climb in pixels."""
    rng = np.random.default_rng(seed)
    body = builtin_body()
    betas = np.zeros(body.n_betas)
    plan = plan_climb(rng, duration_s=SECONDS)
    motion = animate(plan, body, betas=betas, times_s=np.arange(round(SECONDS * fps)) / fps)
    view = place_camera(plan, size_px=SIZE)
    pose, transl = in_camera_frame(motion, view, pelvis=body.rest_joints(betas)[0])
    joints = body.keypoints(body.keypoint_rig(SKELETON.name), betas, pose, transl=transl)
    return view.camera.project(joints).astype(np.float32)


def detected(truth: NDArray[np.float32], *, fps: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Disturb a truth as the detector does on the demo climb: a bias per joint, slow noise, a little fast noise."""
    torso = float(np.median(torso_length(truth, SKELETON)))
    keep = 0.8 ** (25 / fps)
    slow = np.zeros_like(truth)
    slow[0] = rng.normal(0, 0.025, truth[0].shape)
    for frame in range(1, len(truth)):
        slow[frame] = keep * slow[frame - 1] + rng.normal(0, 0.025 * np.sqrt(1 - keep**2), truth[0].shape)
    bias = rng.normal(0, 0.03, (1, *truth.shape[1:]))
    return (truth + torso * (bias + slow + rng.normal(0, 0.005, truth.shape))).astype(np.float32)


def put_errors_in(
    xy: NDArray[np.float32], *, fps: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], list[Error]]:
    """Return points with swaps, jumps, glitches and shifted joints, one every second, and the list of them."""
    xy, torso, errors = xy.copy(), float(np.median(torso_length(xy, SKELETON))), []
    arms, legs = side_groups(SKELETON)
    groups = [arms, legs, np.concatenate([arms, legs])]
    whats = ["swap", "glitch", "jump", "shift"]
    for n, start in enumerate(range(fps // 2, len(xy) - fps, fps)):
        what = whats[n % len(whats)]
        joint = int(rng.integers(len(SKELETON)))
        angle = rng.uniform(0, 2 * np.pi)
        way = torso * np.array([np.cos(angle), np.sin(angle)])
        if what == "swap":
            length = int(rng.integers(1, fps // 2))
            joints = groups[int(rng.integers(3))]
            xy[start : start + length, joints] = xy[start : start + length, SKELETON.mirror[joints]]
        else:
            longest = {"glitch": 1, "jump": max(fps // 6, 2), "shift": fps // 2}[what]
            length = int(rng.integers(longest // 2 + 1, longest + 1))
            size = {"glitch": rng.uniform(0.4, 1.0), "jump": rng.uniform(0.4, 1.2), "shift": rng.uniform(0.4, 0.8)}[
                what
            ]
            joints = np.array([joint])
            xy[start : start + length, joint] += (size * way).astype(np.float32)
        errors.append(Error(what, start, start + length - 1, tuple(joints.tolist())))
    return xy, errors


def track_of(xy: NDArray[np.float32]) -> ResolvedTrack:
    confidence = np.ones(xy.shape[:2], np.float32)
    return resolve(
        Track("t", "c", "Climber", SKELETON.name), Keypoints2D(xy, confidence, SKELETON.name), n_frames=len(xy)
    )


def doubts_of(xy: NDArray[np.float32], *, fps: int) -> list[Doubt]:
    return find_doubts(track_of(xy), times_s=np.arange(len(xy)) / fps, size_px=SIZE)


def score(doubts: Sequence[Doubt], errors: Sequence[Error]) -> tuple[Counter[str], Counter[str], float]:
    """Return per kind of error how many there are and were met, and the share of doubts that meet one."""
    there, met = Counter(error.what for error in errors), Counter[str]()
    for error in errors:
        met[error.what] += any(error.is_met_by(doubt) for doubt in doubts)
    right = sum(any(error.is_met_by(doubt) for error in errors) for doubt in doubts)
    return there, met, right / max(len(doubts), 1)


@pytest.mark.parametrize("fps", [25, 50])
def test_errors_put_into_a_climb_are_found_and_little_else(fps: int) -> None:
    there, met = Counter[str](), Counter[str]()
    precisions, doubt_count, clean_count, exact = [], 0, 0, 0
    for seed in (3, 4):
        rng = np.random.default_rng(seed)
        xy = detected(climb(seed, fps=fps), fps=fps, rng=rng)
        clean_count += len(doubts_of(xy, fps=fps))
        disturbed, errors = put_errors_in(xy, fps=fps, rng=rng)
        doubts = doubts_of(disturbed, fps=fps)
        some_there, some_met, precision = score(doubts, errors)
        there, met = there + some_there, met + some_met
        precisions.append(precision)
        doubt_count += len(doubts)
        swaps = {(doubt.start, doubt.end, *sorted(doubt.joints)) for doubt in doubts if doubt.kind is DoubtKind.SWAP}
        exact += sum((error.start, error.end, *sorted(error.joints)) in swaps for error in errors)
    recall = {what: met[what] / there[what] for what in there}
    print(f"\n{fps} fps: recall {recall}, precision {precisions}, {doubt_count} doubts, {clean_count} without errors")
    print(f"swaps named as such, with exactly their frames and joints: {exact} of {there['swap']}")
    assert exact >= 0.8 * there["swap"]
    assert recall["swap"] >= 0.8
    assert recall["glitch"] >= 0.9
    assert recall["jump"] >= 0.9
    assert recall["shift"] >= 0.8
    assert min(precisions) >= 0.8
    assert clean_count <= 6
