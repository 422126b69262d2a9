"""The matrix of containers, codecs and oddities: every picture carries its number, so a wrong frame is seen."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from annotation.video import VideoReader, scan_clip

MakeClip = Callable[..., Path]
ReadCode = Callable[[np.ndarray], int]

N_FRAMES = 60
UNEVEN_MS = np.cumsum(np.random.default_rng(3).integers(27, 67, N_FRAMES)).tolist()
HEVC = {"codec": "libx265", "preset": "ultrafast", "x265-params": "log-level=none:keyint=24:bframes=2"}
VP9 = {"codec": "libvpx-vp9", "deadline": "realtime", "cpu-used": 8, "g": 24}
VP8 = {"codec": "libvpx", "deadline": "good", "cpu-used": 8, "auto-alt-ref": 1, "lag-in-frames": 16, "g": 24}
AV1 = {"codec": "libsvtav1", "preset": 11, "g": 24, "svtav1-params": "lp=2"}
LIVE = {"muxer": {"live": "1"}}

MATRIX: dict[str, tuple[str, dict[str, Any]]] = {
    "variable rate": ("a.mp4", {"g": 20, "times_ms": UNEVEN_MS}),
    "B-frames in groups of 250": ("b.mp4", {"g": 250, "bf": 3}),
    "one group": ("c.mp4", {"g": 10000, "keyint_min": 10000, "bf": 0}),
    "groups of 12": ("d.mp4", {"g": 12, "bf": 0}),
    "open groups": ("e.mp4", {"g": 12, "bf": 3, "x264-params": "open-gop=1"}),
    "no key frames but a sweep": ("f.mp4", {"g": 24, "bf": 0, "x264-params": "intra-refresh=1"}),
    "start time not zero": ("g.mp4", {"g": 20, "bf": 2, "times_ms": [5000 + 40 * n for n in range(N_FRAMES)]}),
    "10 bit": ("h.mp4", {"g": 20, "pix_fmt": "yuv420p10le"}),
    "hevc": ("i.mp4", HEVC),
    "hevc, 10 bit": ("j.mov", {**HEVC, "pix_fmt": "yuv420p10le"}),
    "vp8 with hidden frames": ("k.webm", VP8),
    "vp9": ("l.webm", VP9),
    "vp9 with hidden frames": ("m.webm", {**VP9, "deadline": "good", "auto-alt-ref": 1, "lag-in-frames": 16}),
    "av1": ("n.mp4", AV1),
    "av1 in webm": ("o.webm", AV1),
    "mjpeg": ("p.mov", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
    "webm without rate and count": ("q.webm", {**VP9, **LIVE}),
    "gif": ("r.gif", {"codec": "gif", "pix_fmt": "rgb8"}),
    "gif, variable rate": (
        "s.gif",
        {"codec": "gif", "pix_fmt": "rgb8", "times_ms": [10 * (t // 10) for t in UNEVEN_MS]},
    ),
    "matroska": ("t.mkv", {"g": 24, "bf": 3}),
    "matroska without index": ("u.mkv", {"g": 24, **LIVE}),
    "avi": ("v.avi", {"codec": "mpeg4", "bf": 2, "g": 24}),
    "mjpeg in avi": ("w.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
    "transport stream": ("x.ts", {"g": 24, "bf": 3}),
    "fragmented mp4": ("y.mp4", {"g": 24, "bf": 3, "muxer": {"movflags": "frag_keyframe+empty_moov"}}),
    "turned left": ("z.mp4", {"g": 24, "rotation": 90}),
    "upside down": ("aa.mp4", {"g": 24, "rotation": 180}),
    "turned right": ("ab.mp4", {"g": 24, "rotation": 270}),
}


@pytest.fixture(scope="session")
def matrix_clip(tmp_path_factory: pytest.TempPathFactory, make_clip: MakeClip) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("matrix")

    def make(variant: str) -> Path:
        name, options = MATRIX[variant]
        path = folder / name
        return path if path.exists() else make_clip(path, n_frames=N_FRAMES, **options)

    return make


def wrong_frames(
    reader: VideoReader, code: Callable[[np.ndarray], object], expected: list[Any], times: int
) -> list[int]:
    """Jump about, step forward and step back `times` times each; return the numbers of frames shown wrongly."""
    count = len(reader)
    rng = np.random.default_rng(0)
    asked = rng.integers(0, count, times).tolist()
    for start, step in ((int(rng.integers(count)), 1), (int(rng.integers(count)), -1)):
        asked += [(start + step * i) % count for i in range(times)]
    return [n for n in asked if code(reader.rgb(n)) != expected[n]]


@pytest.mark.parametrize("variant", MATRIX)
def test_no_wrong_frame(variant: str, matrix_clip: Callable[[str], Path], read_code: ReadCode) -> None:
    clip = scan_clip(matrix_clip(variant), clip_id="clip")
    assert clip.n_frames == N_FRAMES
    small = 12 * 200 * 120 * 3 // 2
    with VideoReader(clip.path, clip.timeline, cache_bytes=small) as reader:
        assert wrong_frames(reader, read_code, list(range(N_FRAMES)), 20) == []
        assert [(n, read_code(picture)) for n, picture in reader.frames()] == [(n, n) for n in range(N_FRAMES)]


@pytest.mark.slow
@pytest.mark.parametrize("cache_frames", [1, 12, 1000])
@pytest.mark.parametrize("variant", MATRIX)
def test_no_wrong_frame_in_600(
    variant: str, cache_frames: int, matrix_clip: Callable[[str], Path], read_code: ReadCode
) -> None:
    with VideoReader(matrix_clip(variant), cache_bytes=cache_frames * 200 * 120 * 3 // 2) as reader:
        assert wrong_frames(reader, read_code, list(range(N_FRAMES)), 200) == []


REAL = ["climb/boulder-fixed.mp4", "video/jump-vp9.mp4", "pose2sim/cam01.mp4", "pose2sim/cam02.mp4"]


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_no_wrong_frame_in_real_clips(name: str, shared_dir: Path) -> None:
    path = shared_dir / "data" / name
    with av.open(str(path)) as container:
        expected = [_fingerprint(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    with VideoReader(path, cache_bytes=64 << 20) as reader:
        assert len(reader) == len(expected)
        turn = -reader.rotation // 90
        assert wrong_frames(reader, lambda rgb: _fingerprint(np.rot90(rgb, turn)), expected, 200) == []


def _fingerprint(rgb: np.ndarray) -> bytes:
    return np.ascontiguousarray(rgb[::16, ::16]).tobytes()
