"""Following one of several people: in moving boxes with a known answer, and in real pictures put side by side."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.errors import JobError
from annotation.runs import load_keypoints
from annotation.video import VideoReader
from inference.following import Box, Follower, bounds, cut_out
from inference.jobs import TaskContext
from inference.tasks import detect

TORSO = [3, 4, 15, 16]
POSE = np.array([[np.sin(k), 2 * np.cos(3 * k)] for k in range(25)]) * 50
"""Somebody about 200 px tall, around the origin."""


def person(x: float, y: float, size: float = 1.0) -> NDArray[np.float64]:
    return POSE * size + np.array([x, y])


def test_a_runner_is_followed_and_the_crop_goes_along() -> None:
    follower = Follower(bounds(person(300, 300)))
    for frame in range(60):
        at = person(300 + 12 * frame, 300 - 3 * frame)
        assert follower.accepts(at)
        follower.see(at)
        x, y, side = follower.crop()
        low, high = at.min(axis=0), at.max(axis=0)
        assert x < low[0] and y < low[1] and high[0] < x + side and high[1] < y + side, "all of them is in the crop"
    assert side < 2 * 200, "and little else"


def test_somebody_else_is_not_taken_for_them() -> None:
    follower = Follower(bounds(person(300, 300)))
    for _ in range(5):
        follower.see(person(300, 300))
    assert not follower.accepts(person(420, 300)), "who stands beside them"
    assert not follower.accepts(person(300, 300, 0.4)), "who is far behind them"
    for _ in range(200):
        follower.miss()
    assert follower.accepts(person(400, 330)), "they may have moved while they were hidden"
    assert not follower.accepts(person(900, 300)), "but not as far as that"
    assert not follower.accepts(person(300, 300, 0.4))


def test_first_it_must_be_who_is_in_the_box() -> None:
    follower = Follower(Box(200, 180, 200, 250))
    assert not follower.accepts(person(500, 300))
    assert not follower.accepts(person(300, 300, 5.0))
    assert follower.accepts(person(310, 290))


def test_outside_of_the_picture_a_crop_is_black() -> None:
    picture = np.full((40, 60, 3), 200, np.uint8)
    crop = cut_out(picture, (-10, 30, 30))
    assert crop.shape == (30, 30, 3)
    assert (crop[:10, 10:] == 200).all() and not crop[10:].any() and not crop[:, :10].any()
    assert not cut_out(picture, (100, 100, 20)).any()


def context(folder: Path, video: Path, **parameters: object) -> TaskContext:
    output = folder / "output"
    output.mkdir(parents=True)
    return TaskContext({"video": str(video), **parameters}, folder, output, lambda done, total, message: None)


N_FRAMES, LATER, HALF = 60, 120, 360


@pytest.fixture(scope="module")
def two_climbers(climb_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The climb beside itself, the right half 120 frames later; each half 360x480."""
    path = tmp_path_factory.mktemp("two") / "two.mp4"
    with VideoReader(climb_clip) as reader, av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"g": "30", "crf": "16"})
        stream.width, stream.height, stream.pix_fmt = 2 * HALF, 480, "yuv420p"
        for n in range(N_FRAMES):
            halves = [_small(reader.rgb(m)) for m in (n, n + LATER)]
            frame = av.VideoFrame.from_ndarray(np.hstack(halves), format="rgb24")
            frame.pts, frame.time_base = n, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _small(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(HALF, 480).to_ndarray(format="rgb24")


@pytest.fixture(scope="module")
def alone(climb_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.float32]:
    """What the detector finds where the climber is alone: (T, 25, 2) in pixels of a half."""
    folder = tmp_path_factory.mktemp("alone")
    detect.run(context(folder, climb_clip))
    return load_keypoints(folder / "output").xy / 3


@pytest.mark.slow
@pytest.mark.parametrize(("side", "frame"), [(0, 30), (1, 30), (0, N_FRAMES - 1)])
def test_each_of_two_climbers_is_followed_in_their_half(
    side: int, frame: int, two_climbers: Path, alone: NDArray[np.float32], tmp_path: Path
) -> None:
    expected = alone[side * LATER : side * LATER + N_FRAMES] + np.array([side * HALF, 0], np.float32)
    around = bounds(expected[frame])
    box = [around.x - 10, around.y - 10, around.width + 20, around.height + 20]
    summary = detect.run(context(tmp_path, two_climbers, box=box, frame=frame))
    found = load_keypoints(tmp_path / "output")
    assert summary["frames_with_person"] == N_FRAMES
    error = np.linalg.norm(found.xy - expected, axis=-1)
    assert np.median(error) < 4, "px, where the person is about 300 px tall"
    torso = found.xy[:, TORSO].mean(axis=1)
    assert ((torso[:, 0] > HALF) == bool(side)).all(), "never in the other half"


@pytest.mark.slow
def test_who_walks_behind_a_tree_is_followed_until_there_and_nobody_else_after(
    shared_dir: Path, tmp_path: Path
) -> None:
    video = shared_dir / "data" / "video" / "jump-vp9.mp4"
    detect.run(context(tmp_path, video, box=[1130, 510, 210, 460], frame=80))
    torso = load_keypoints(tmp_path / "output").xy[:, TORSO].mean(axis=1)
    seen = np.isfinite(torso[:, 0])
    assert seen[60:190].all(), "from the tree to the edge of the picture"
    assert not seen[:30].any(), "nobody, while she is behind the tree"
    steps = np.diff(torso[60:190, 0])
    assert (np.abs(steps + 10) < 12).all() and abs(np.mean(steps) + 10) < 1, "she walks to the left at an even pace"
    assert (torso[seen, 1] > 500).all(), "never on the box, where another stands"


@pytest.mark.slow
def test_who_jumps_from_the_box_stays_the_same_person(shared_dir: Path, tmp_path: Path) -> None:
    video = shared_dir / "data" / "video" / "jump-vp9.mp4"
    detect.run(context(tmp_path, video, box=[570, 60, 150, 360], frame=0))
    torso = load_keypoints(tmp_path / "output").xy[:, TORSO].mean(axis=1)
    assert np.isfinite(torso[:165]).all() and (torso[:160, 1] < 320).all(), "on the box"
    after = torso[195:225]
    assert np.isfinite(after).mean() > 0.8, "found again after the leap"
    assert np.nanmin(after[:, 0]) > 1000, "where he lands, and she is not"


def test_an_empty_box_is_said(coded_clip: Path, tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"no person in the box at frame 5\. Draw it"):
        detect.run(context(tmp_path, coded_clip, box=[10, 10, 60, 80], frame=5))


@pytest.mark.parametrize("wrong", [{"box": [1, 2, 3]}, {"box": "here"}, {"box": [0, 0, 0, 9]}, {"frame": 60}])
def test_a_box_that_is_none_is_said(coded_clip: Path, tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(JobError, match="box"):
        detect.run(context(tmp_path, coded_clip, **{"box": [1, 1, 9, 9], **wrong}))
