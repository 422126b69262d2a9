"""Detection end to end against a bare loop of decoding and MediaPipe, in one run on the same clip."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from annotation.video import scan_clip
from app.job_process import run_job
from inference.jobs import JobSpec, TaskName, write_job

BARE_LOOP = """
import sys
import av
import mediapipe
with mediapipe.solutions.pose.Pose(model_complexity=1) as pose, av.open(sys.argv[1]) as container:
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    for frame in container.decode(stream):
        pose.process(frame.to_ndarray(format="rgb24"))
"""


@pytest.mark.benchmark
def test_detection_against_a_bare_loop(climb_clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare, ours = [], []
    for turn in range(2):  # each twice, in turn, so that a busy moment does not fall on one of them alone
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", BARE_LOOP, str(climb_clip)], check=True, stderr=subprocess.DEVNULL)
        bare.append(time.perf_counter() - start)
        job = tmp_path / f"job{turn}"
        write_job(job, JobSpec(TaskName.DETECT, {"video": str(climb_clip)}, tmp_path / f"run{turn}"))
        start = time.perf_counter()
        run_job(job, on_event=lambda event: None)
        ours.append(time.perf_counter() - start)
    frames = scan_clip(climb_clip, clip_id="clip").n_frames
    ratio = min(bare) / min(ours)
    with capsys.disabled():
        print(
            f"\ndetection {frames / min(ours):.0f} frames/s, bare loop {frames / min(bare):.0f} frames/s, "
            f"both with the start of their process: {ratio:.2f} x its speed (limit 0.8)"
        )
    assert ratio >= 0.8
