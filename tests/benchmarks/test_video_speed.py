"""How fast frames come, against bare PyAV loops over the same 1080x1920 clips in the same run."""

import bisect
import time
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from annotation.proxy import open_proxy
from annotation.video import VideoReader
from annotation.video_file import scan_timeline
from inference.jobs import TaskContext
from inference.tasks import proxy

pytestmark = pytest.mark.benchmark

N_FRAMES = 300
WIDTH, HEIGHT = 1080, 1920


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("large")
    return {
        "GOP 250": _write(folder / "a.mp4", g="250", bf="3", sc_threshold="0"),
        "GOP 30": _write(folder / "b.mp4", g="30", bf="0", sc_threshold="0"),
    }


def _write(path: Path, **options: str) -> Path:
    """Encode a texture that moves, with noise."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[: HEIGHT // 8, : WIDTH // 8]
    wave = 110 + 70 * np.sin(x / 9) * np.cos(y / 13)
    coarse = np.stack([wave, wave[::-1], wave[:, ::-1]], axis=-1).repeat(8, axis=0).repeat(8, axis=1)
    noisy = (coarse + rng.normal(0, 6, coarse.shape)).clip(0, 255).astype(np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"preset": "veryfast", "crf": "23", **options})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for n in range(N_FRAMES):
            picture = np.roll(noisy, (3 * n, 2 * n), axis=(0, 1))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def timed_ms(
    work: Callable[[int], object], numbers: Iterable[int], *, idle: Callable[[int], object] = int
) -> np.ndarray:
    """Time `work` for each number; `idle` runs after each, not timed, as the decoder thread does between requests."""
    taken = []
    for n in numbers:
        start = time.perf_counter()
        work(n)
        taken.append(1000 * (time.perf_counter() - start))
        idle(n)
    return np.array(taken)


def p95(taken_ms: np.ndarray) -> float:
    return float(np.percentile(taken_ms, 95))


class BareSeek:
    """What everybody writes first: seek to the key frame before, decode up to the time."""

    def __init__(self, path: Path) -> None:
        self.timeline = scan_timeline(path)
        self.keys = self.timeline.keyframe_pts.tolist()
        self.container = av.open(str(path))
        self.stream = self.container.streams.video[0]
        self.stream.thread_type = "SLICE"

    def rgb(self, n: int) -> np.ndarray:
        pts = int(self.timeline.pts[n])
        self.container.seek(self.keys[bisect.bisect_right(self.keys, pts) - 1], stream=self.stream)
        for frame in self.container.decode(self.stream):
            if frame.pts == pts:
                return frame.to_ndarray(format="rgb24")
        raise AssertionError(n)


@pytest.mark.parametrize("name", ["GOP 250", "GOP 30"])
def test_steps(name: str, clips: dict[str, Path]) -> None:
    with VideoReader(clips[name]) as reader:
        for direction, numbers, limit_ms in ((1, range(50, 250), 8), (-1, range(298, 98, -1), 10)):

            def idle(n: int, direction: int = direction) -> None:
                for _ in range(2):
                    reader.read_ahead(n, direction=direction)

            reader.rgb(numbers[0] - direction)
            while reader.read_ahead(numbers[0] - direction, direction=direction):
                pass
            taken = timed_ms(reader.rgb, numbers, idle=idle)
            way = "forward" if direction > 0 else "back"
            print(f"\n{name}, step {way}: p50 {np.median(taken):.1f}, p95 {p95(taken):.1f} ms (limit {limit_ms})")
            assert p95(taken) < limit_ms


def test_seeks_in_short_groups(clips: dict[str, Path]) -> None:
    numbers = np.random.default_rng(0).integers(0, N_FRAMES, 200).tolist()
    bare = BareSeek(clips["GOP 30"])
    with VideoReader(clips["GOP 30"], cache_bytes=1 << 20) as reader:
        ours, theirs = [], []
        for n in numbers:  # in turn, so that a busy moment does not fall on one of them alone
            theirs.append(timed_ms(bare.rgb, [n])[0])
            ours.append(timed_ms(reader.rgb, [n])[0])
    with VideoReader(clips["GOP 30"]) as reader:
        cached = timed_ms(reader.rgb, numbers)
    ratio = p95(np.array(ours)) / p95(np.array(theirs))
    print(
        f"\nseek in GOP 30: p95 {p95(np.array(ours)):.0f} ms without cache, bare {p95(np.array(theirs)):.0f} ms: "
        f"{ratio:.2f} x (limit 1.1); with the default cache p95 {p95(cached):.0f} ms"
    )
    assert ratio <= 1.1


@pytest.mark.parametrize("name", ["GOP 250", "GOP 30"])
def test_a_whole_pass(name: str, clips: dict[str, Path]) -> None:
    def bare() -> None:
        with av.open(str(clips[name])) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            assert sum(1 for frame in container.decode(stream) if frame.to_ndarray(format="rgb24").size) == N_FRAMES

    with VideoReader(clips[name]) as reader:

        def ours() -> None:
            assert sum(1 for _ in reader.frames()) == N_FRAMES

        seconds: dict[Callable[[], None], list[float]] = {bare: [], ours: []}
        for _ in range(3):
            for work, taken in seconds.items():
                start = time.perf_counter()
                work()
                taken.append(time.perf_counter() - start)
    ratio = min(seconds[bare]) / min(seconds[ours])
    print(
        f"\n{name}, whole pass: {N_FRAMES / min(seconds[ours]):.0f} frames/s, {ratio:.2f} x the bare loop (limit 0.9)"
    )
    assert ratio >= 0.9


def test_proxy(clips: dict[str, Path], tmp_path: Path) -> None:
    start = time.perf_counter()
    context = TaskContext({"video": str(clips["GOP 250"])}, tmp_path, tmp_path, lambda done, total, message: None)
    made = proxy.run(context)
    seconds = time.perf_counter() - start
    reader = open_proxy(tmp_path / made["file"], scan_timeline(clips["GOP 250"]))
    assert reader is not None
    numbers = np.random.default_rng(0).integers(0, N_FRAMES, 200).tolist()
    taken, back = timed_ms(reader.rgb, numbers), timed_ms(reader.rgb, range(299, 99, -1))
    reader.close()
    print(
        f"\nproxy: made at {N_FRAMES / seconds:.0f} frames/s, {made['bytes'] / N_FRAMES / 1000:.0f} kB a frame; "
        f"random p95 {p95(taken):.1f} ms, back p95 {p95(back):.1f} ms (limit 16)"
    )
    assert p95(taken) < 16


def test_index_of_an_hour(clips: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "hour.mp4"
    n_frames = 60 * 60 * 30
    with av.open(str(clips["GOP 30"])) as source, av.open(str(path), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        # Of each packet only the start, as an hour of them would take 4 GB; a scan does not decode.
        packets = [(bytes(packet)[:4000], packet.is_keyframe) for packet in source.demux(stream) if packet.size]
        tick = Fraction(1, 30) / stream.time_base
        for n in range(n_frames):
            content, key = packets[n % len(packets)]
            packet = av.Packet(content)
            packet.stream, packet.time_base = copy, stream.time_base
            packet.pts = packet.dts = int(n * tick)
            packet.is_keyframe = key
            target.mux(packet)
    start = time.perf_counter()
    timeline = scan_timeline(path)
    seconds = time.perf_counter() - start
    print(f"\nindex of an hour ({n_frames} frames, {path.stat().st_size >> 20} MiB): {seconds:.2f} s (limit 3)")
    assert len(timeline) == n_frames
    assert seconds < 3
