"""Detection on real pictures of people, and on what is none."""

import sys
from pathlib import Path

import av
import numpy as np
import pytest

from annotation.errors import JobError, VideoError
from annotation.runs import load_keypoints
from annotation.video import VideoReader
from inference.jobs import JobCancelled, TaskContext
from inference.tasks import detect


def context(tmp_path: Path, video: Path, report=lambda done, total, message: None) -> TaskContext:
    output = tmp_path / "output"
    output.mkdir()
    return TaskContext({"video": str(video)}, tmp_path, output, report)


def test_progress_counts_frames_and_cancelling_leaves_nothing(climb_clip: Path, tmp_path: Path) -> None:
    reports: list[tuple[int, int]] = []

    def report(done: int, total: int, message: str) -> None:
        reports.append((done, total))
        if done > 10:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        detect.run(context(tmp_path, climb_clip, report))
    assert reports[0] == (1, 377)
    assert [done for done, _ in reports] == sorted(done for done, _ in reports)
    assert not list((tmp_path / "output").iterdir())


@pytest.mark.slow
def test_the_real_climb(climb_clip: Path, tmp_path: Path) -> None:
    summary = detect.run(context(tmp_path, climb_clip))
    keypoints = load_keypoints(tmp_path / "output")
    assert summary["frames_with_person"] == len(keypoints.xy) == 377
    assert keypoints.world is not None
    hips = keypoints.world[:, 15:17].mean(axis=1)
    assert np.abs(np.nanmedian(hips, axis=0)).max() < 0.05, "world landmarks are centred on the hips"
    torso_m = np.linalg.norm(keypoints.world[:, 3:5].mean(axis=1) - hips, axis=1)
    assert 0.35 < np.median(torso_m) < 0.7, "metres"


def test_nobody_in_the_clip_is_said(coded_clip: Path, tmp_path: Path) -> None:
    with pytest.raises(JobError, match="no person"):
        detect.run(context(tmp_path, coded_clip))


def test_no_video_is_said(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"missing\.mp4"):
        detect.run(context(tmp_path, tmp_path / "missing.mp4"))


def test_without_mediapipe_the_command_that_adds_it_is_named(
    coded_clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mediapipe", None)  # as if it were not installed
    with pytest.raises(JobError, match=r"pip install --no-deps mediapipe==0\.10\.21"):
        detect.run(context(tmp_path, coded_clip))


@pytest.fixture(scope="module")
def short_climb(climb_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first 40 frames of the climb at a third of its size, every 10th a key frame."""
    path = tmp_path_factory.mktemp("short") / "short.mp4"
    with VideoReader(climb_clip) as reader, av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"g": "10", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 360, 480, "yuv420p"
        for _, picture in zip(range(40), reader.frames(), strict=False):
            frame = av.VideoFrame.from_ndarray(picture[1], format="rgb24").reformat(360, 480)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_a_short_climb_is_found_in_the_picture(short_climb: Path, tmp_path: Path) -> None:
    summary = detect.run(context(tmp_path, short_climb))
    keypoints = load_keypoints(tmp_path / "output")
    assert (summary["frames"], summary["frames_with_person"], summary["damaged"]) == (40, 40, None)
    wrists, head, hips = (np.median(keypoints.xy[:, k].mean(axis=1), axis=0) for k in ([7, 8], [0], [15, 16]))
    assert wrists[1] < head[1] < hips[1], "the climber hangs from the hands"
    assert (hips > 0).all() and (hips < [360, 480]).all()
    assert keypoints.world is not None
    left, right = keypoints.world[:, 3, 0], keypoints.world[:, 4, 0]
    assert np.median(left - right) < 0, "from behind, the left shoulder is on the left"


def test_what_a_damaged_file_still_shows_is_kept(short_climb: Path, tmp_path: Path) -> None:
    data = bytearray(short_climb.read_bytes())
    with av.open(str(short_climb)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    for at, size in packets[30:]:
        data[at : at + size] = bytes(size)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(data)
    summary = detect.run(context(tmp_path, path))
    keypoints = load_keypoints(tmp_path / "output")
    assert summary["damaged"] == "damaged from frame 30"
    assert summary["frames"] == len(keypoints.xy) == 40 and summary["frames_with_person"] == 30
    assert np.isfinite(keypoints.xy[:30]).all() and np.isnan(keypoints.xy[30:]).all()
    assert (keypoints.confidence[30:] == 0).all()
