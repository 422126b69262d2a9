"""Detection on real pictures of people, and on what is none."""

import sys
from pathlib import Path

import numpy as np
import pytest

from annotation.errors import JobError, VideoError
from annotation.runs import load_keypoints
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
