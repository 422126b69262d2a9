"""Following joints by optical flow: over a texture that moves in a known way, and on what cannot be followed."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.errors import JobError
from annotation.runs import load_keypoints
from inference.jobs import INPUTS_FILE, JobCancelled, TaskContext
from inference.tasks import propagate

N_FRAMES, SIZE = 40, (320, 240)
START = np.array([[100.0, 80], [140, 90], [120, 130], [90, 160], [180, 150]], np.float32)


def place(frame: int) -> NDArray[np.float32]:
    """Where the five joints are: the texture turns, grows and moves on."""
    angle, scale = 0.006 * frame, 1 + 0.002 * frame
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    center = np.array([130, 120])
    return ((START - center) @ turn.T + center + [1.3 * frame, 0.7 * np.sin(frame / 5)]).astype(np.float32)


@pytest.fixture(scope="module")
def texture_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random texture that moves as `place` says; from frame 20 on a grey square lies over joint 4."""
    random = np.random.default_rng(1)
    coarse = random.integers(0, 255, (60, 80, 3)).astype(np.float32)
    path = tmp_path_factory.mktemp("texture") / "texture.mp4"
    y, x = np.mgrid[: SIZE[1], : SIZE[0]].astype(np.float32)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"g": "12", "crf": "12"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for n in range(N_FRAMES):
            angle, scale = 0.006 * n, 1 + 0.002 * n
            dx, dy = x - 130 - 1.3 * n, y - 120 - 0.7 * np.sin(n / 5)
            u = (np.cos(angle) * dx + np.sin(angle) * dy) / scale + 130
            v = (-np.sin(angle) * dx + np.cos(angle) * dy) / scale + 120
            picture = _sampled(coarse, u / 4, v / 4)
            if n >= 20:
                cx, cy = place(n)[4].astype(int)
                picture[cy - 40 : cy + 40, cx - 40 : cx + 40] = 128
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = n, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _sampled(texture: NDArray[np.float32], u: NDArray[np.float32], v: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Read a texture (h, w, 3), repeated, at places (H, W) between its pixels."""
    height, width = texture.shape[:2]
    left, top = np.floor(u).astype(int), np.floor(v).astype(int)
    a, b = (u - left)[..., None], (v - top)[..., None]

    def at(row: NDArray[np.intp], column: NDArray[np.intp]) -> NDArray[np.float32]:
        return texture[row % height, column % width]

    upper = (1 - a) * at(top, left) + a * at(top, left + 1)
    lower = (1 - a) * at(top + 1, left) + a * at(top + 1, left + 1)
    return np.ascontiguousarray(((1 - b) * upper + b * lower).astype(np.uint8))


def job(
    folder: Path,
    video: Path,
    labels: dict[int, NDArray[np.float32]],
    *,
    start: int,
    end: int,
    stop_after: int | None = None,
    report: Any = None,
) -> TaskContext:
    """Ask to follow labelled frames; what was predicted before is (7, 7) with 0.3 all the time."""
    low, n = min(start, end), abs(end - start) + 1
    rows = np.full((n, 5, 2), np.nan, np.float32)
    for frame, xy in labels.items():
        rows[frame - low] = xy
    before = np.full((N_FRAMES, 5, 2), 7, np.float32)
    output = folder / "output"
    output.mkdir(parents=True)
    np.savez(folder / INPUTS_FILE, labels=rows, xy=before, confidence=np.full((N_FRAMES, 5), 0.3, np.float32))
    steps: list[int] = []

    def told(done: int, total: int, message: str) -> None:
        steps.append(done)
        if report is not None:
            report(done, total, message)

    parameters = {"video": str(video), "skeleton": "five", "start": start, "end": end}
    stopped = (lambda: len(steps) >= stop_after) if stop_after is not None else (lambda: False)
    return TaskContext(parameters, folder, output, told, stopped=stopped)


TRUTH = np.stack([place(n) for n in range(N_FRAMES)])


@pytest.mark.parametrize(("start", "end"), [(0, 19), (19, 2)])
def test_a_moving_texture_is_followed_forward_and_backward(
    start: int, end: int, texture_video: Path, tmp_path: Path
) -> None:
    context = job(tmp_path, texture_video, {start: TRUTH[start]}, start=start, end=end)
    summary = propagate.run(context)
    found = load_keypoints(tmp_path / "output")
    low, high = min(start, end), max(start, end)
    error = np.linalg.norm(found.xy - TRUTH, axis=-1)
    assert error[low : high + 1].max() < 1.0, "px, over 20 frames"
    assert summary["frames"] == high - low + 1 and summary["joints_followed_to_the_end"] == 1.0
    outside = np.r_[0:low, high + 1 : N_FRAMES]
    assert (found.xy[outside] == 7).all() and np.allclose(found.confidence[outside], 0.3), "the rest is as before"
    assert found.confidence[end].mean() < found.confidence[start].mean() == 1.0


def test_what_disappears_is_let_go_and_the_earlier_prediction_stays(texture_video: Path, tmp_path: Path) -> None:
    propagate.run(job(tmp_path, texture_video, {10: TRUTH[10]}, start=10, end=35))
    found = load_keypoints(tmp_path / "output")
    assert np.linalg.norm(found.xy[10:36, :4] - TRUTH[10:36, :4], axis=-1).max() < 1.5
    assert (found.xy[24:36, 4] == 7).all(), "under the grey square there is nothing to follow"
    assert np.allclose(found.confidence[24:36, 4], 0.3)


def test_labels_at_the_far_end_pull(texture_video: Path, tmp_path: Path) -> None:
    """The label at the far end says that the joint is 6 px to the right of the texture that was followed."""
    far = TRUTH[18] + np.array([6, 0], np.float32)
    propagate.run(job(tmp_path, texture_video, {4: TRUTH[4], 18: far}, start=4, end=18))
    found = load_keypoints(tmp_path / "output")
    drawn = found.xy[4:19, :4, 0] - TRUTH[4:19, :4, 0]
    assert np.allclose(drawn.mean(axis=1), np.linspace(0, 6, 15), atol=0.8)
    assert (found.xy[18, :4] == far[:4]).all() and (found.confidence[18, :4] == 1).all()


def test_stopping_keeps_what_is_done_and_cancelling_nothing(texture_video: Path, tmp_path: Path) -> None:
    summary = propagate.run(job(tmp_path / "stop", texture_video, {0: TRUTH[0]}, start=0, end=19, stop_after=4))
    found = load_keypoints(tmp_path / "stop" / "output")
    assert summary["stopped"] and 4 <= summary["frames"] <= 12
    done = summary["frames"]
    assert np.linalg.norm(found.xy[:done] - TRUTH[:done], axis=-1).max() < 1.0 and (found.xy[done:] == 7).all()

    with pytest.raises(JobCancelled):
        propagate.run(job(tmp_path / "at once", texture_video, {0: TRUTH[0]}, start=0, end=19, stop_after=0))

    def cancel(done: int, total: int, message: str) -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        propagate.run(job(tmp_path / "cancel", texture_video, {0: TRUTH[0]}, start=0, end=19, report=cancel))
    assert not list((tmp_path / "cancel" / "output").iterdir())


def test_where_nothing_can_be_followed_it_is_said(texture_video: Path, tmp_path: Path) -> None:
    nowhere = np.tile(TRUTH[25, 4:5], (5, 1))
    with pytest.raises(JobError, match="No joint could be followed"):
        propagate.run(job(tmp_path, texture_video, {25: nowhere}, start=25, end=30))
    context = job(tmp_path / "damaged", texture_video, {0: TRUTH[0]}, start=0, end=5)
    (context.folder / INPUTS_FILE).write_bytes(b"nothing")
    with pytest.raises(JobError, match="damaged"):
        propagate.run(context)
