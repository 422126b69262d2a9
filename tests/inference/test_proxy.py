"""The proxy: every frame at once and the right one, made by a real worker, and known for whose it is."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from annotation.errors import BetascopeError, VideoError
from annotation.proxy import open_proxy, proxy_path, wants_proxy
from annotation.video import VideoReader
from app.job_process import run_job
from inference.jobs import JobCancelled, JobSpec, TaskContext, TaskName, write_job
from inference.tasks import proxy

MakeClip = Callable[..., Path]
ReadCode = Callable[[np.ndarray], int]

N_FRAMES = 90


def make_proxy(video: Path, output: Path, **parameters: object) -> dict[str, object]:
    output.mkdir(parents=True)
    return proxy.run(TaskContext({"video": str(video), **parameters}, output, output, lambda done, total, text: None))


@pytest.fixture(scope="module")
def long_groups(tmp_path_factory: pytest.TempPathFactory, make_clip: MakeClip) -> Path:
    times_ms = np.cumsum(np.random.default_rng(1).integers(5, 70, N_FRAMES)).tolist()
    path = tmp_path_factory.mktemp("long") / "a.mp4"
    return make_clip(path, n_frames=N_FRAMES, g=250, bf=3, times_ms=times_ms, rotation=90)


def test_a_worker_makes_a_proxy_with_the_frames_of_the_clip(
    long_groups: Path, tmp_path: Path, read_code: ReadCode
) -> None:
    path = proxy_path(tmp_path, "clip")
    write_job(
        tmp_path / "job", JobSpec(TaskName.PROXY, {"video": str(long_groups), "size_px": [200, 120]}, path.parent)
    )
    finished = run_job(tmp_path / "job", on_event=lambda event: None)
    assert (finished.summary["frames"], finished.summary["size_px"]) == (N_FRAMES, [200, 120])
    with VideoReader(long_groups) as reader:
        assert wants_proxy(reader.timeline)
        shown = open_proxy(path, reader.timeline)
        assert shown is not None
        assert shown.n_bytes == path.stat().st_size == finished.summary["bytes"]
        for n in np.random.default_rng(0).permutation(N_FRAMES):
            picture = shown.rgb(int(n))
            assert read_code(picture) == n
            assert np.abs(picture.astype(int) - reader.rgb(int(n))).mean() < 8
        with pytest.raises(IndexError):
            shown.rgb(N_FRAMES)
        shown.close()


def test_a_large_clip_gets_a_smaller_proxy(coded_clip: Path, tmp_path: Path) -> None:
    made = make_proxy(coded_clip, tmp_path / "out", max_side=100)
    assert made["size_px"] == [100, 60]
    with VideoReader(coded_clip) as reader:
        shown = open_proxy(tmp_path / "out" / "proxy.mkv", reader.timeline)
    assert shown is not None
    assert shown.rgb(30).shape == (60, 100, 3)
    shown.close()


def test_what_is_no_proxy_of_this_clip_is_not_opened(coded_clip: Path, long_groups: Path, tmp_path: Path) -> None:
    make_proxy(coded_clip, tmp_path / "out")
    path = tmp_path / "out" / "proxy.mkv"
    with VideoReader(coded_clip) as reader, VideoReader(long_groups) as other:
        assert open_proxy(tmp_path / "missing.mkv", reader.timeline) is None
        assert open_proxy(path, other.timeline) is None
        assert open_proxy(coded_clip, reader.timeline) is None
        content = path.read_bytes()
        for length in (0, 100, len(content) // 2, len(content) * 9 // 10):
            path.write_bytes(content[:length])
            assert open_proxy(path, reader.timeline) is None


def test_damaged_frames_are_left_out_and_the_others_keep_their_numbers(
    tmp_path: Path, make_clip: MakeClip, read_code: ReadCode
) -> None:
    path = make_clip(tmp_path / "a.mp4", n_frames=N_FRAMES, g=10, bf=0)
    data = path.read_bytes()
    third = len(data) // 3
    path.write_bytes(data[:third] + b"\xff" * (third // 2) + data[third + third // 2 :])
    made = make_proxy(path, tmp_path / "out")
    assert 0 < made["frames"] < N_FRAMES
    with VideoReader(path) as reader:
        shown = open_proxy(tmp_path / "out" / "proxy.mkv", reader.timeline)
    assert shown is not None
    there = 0
    for n in range(N_FRAMES):
        try:
            assert read_code(shown.rgb(n)) == n
            there += 1
        except VideoError:
            continue
    assert there == made["frames"]
    shown.close()


def test_cancelling_leaves_nothing(long_groups: Path, tmp_path: Path) -> None:
    def report(done: int, total: int, message: str) -> None:
        if done > 20:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        proxy.run(TaskContext({"video": str(long_groups)}, tmp_path, tmp_path, report))


@pytest.mark.parametrize("parameters", [{"max_side": "big"}, {"max_side": 3}, {"max_side": True}])
def test_requests_that_make_no_sense(parameters: dict[str, object], coded_clip: Path, tmp_path: Path) -> None:
    with pytest.raises(BetascopeError):
        make_proxy(coded_clip, tmp_path / "out", **parameters)
