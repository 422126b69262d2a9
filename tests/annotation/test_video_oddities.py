"""Files that are odd, damaged, or change while they are open."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from annotation.errors import VideoError
from annotation.video import Direction, VideoReader, default_cache_bytes, scan_clip

MakeClip = Callable[..., Path]
ReadCode = Callable[[np.ndarray], int]

N_FRAMES = 60


def write_grey(path: Path, *, size: tuple[int, int], n_frames: int = 3, aspect: Fraction | None = None) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=60, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv444p"
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        for n in range(n_frames):
            picture = np.full((size[1], size[0], 3), 40 * (n % 6), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("stored", "aspect", "shown"),
    [
        ((200, 120), Fraction(4, 3), (267, 120)),
        ((200, 120), Fraction(3, 4), (150, 120)),
        ((199, 121), None, (199, 121)),
    ],
)
def test_pixels_are_shown_square(
    stored: tuple[int, int], aspect: Fraction | None, shown: tuple[int, int], tmp_path: Path
) -> None:
    path = write_grey(tmp_path / "a.mp4", size=stored, aspect=aspect)
    assert scan_clip(path, clip_id="clip").size == shown
    with VideoReader(path) as reader:
        assert reader.rgb(1).shape == (*shown[::-1], 3)
        assert [picture.shape for _, picture in reader.frames()] == [(*shown[::-1], 3)] * 3


def test_large_pictures(tmp_path: Path) -> None:
    with VideoReader(write_grey(tmp_path / "a.mp4", size=(3840, 2160), n_frames=4)) as reader:
        assert reader.timeline.fps == pytest.approx(60)
        for n in (3, 0, 2, 1):
            assert abs(int(reader.rgb(n)[1000, 2000, 0]) - 40 * n) < 4


def test_the_larger_of_two_video_streams_is_shown(tmp_path: Path, coded_clip: Path, read_code: ReadCode) -> None:
    small, path = write_grey(tmp_path / "small.mp4", size=(64, 48), n_frames=9), tmp_path / "both.mkv"
    with av.open(str(small)) as first, av.open(str(coded_clip)) as second, av.open(str(path), "w") as target:
        copies = [target.add_stream_from_template(source.streams.video[0]) for source in (first, second)]
        for source, copy in zip((first, second), copies, strict=True):
            for packet in source.demux(video=0):
                if packet.size:
                    packet.stream = copy
                    target.mux(packet)
    with VideoReader(path) as reader:
        assert (len(reader), reader.size) == (N_FRAMES, (200, 120))
        assert [read_code(reader.rgb(n)) for n in (59, 3, 30)] == [59, 3, 30]


def test_an_unknown_codec_is_named(tmp_path: Path, coded_clip: Path) -> None:
    data, path = bytearray(coded_clip.read_bytes()), tmp_path / "a.mp4"
    at = data.index(b"avc1", data.index(b"stsd"))
    data[at : at + 4] = b"xvcZ"
    path.write_bytes(data)
    with pytest.raises(VideoError, match="xvcZ"):
        scan_clip(path, clip_id="clip")


def test_a_file_without_frames(tmp_path: Path) -> None:
    path = tmp_path / "none.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    with pytest.raises(VideoError, match="is"):
        scan_clip(path, clip_id="clip")


def test_a_wrong_frame_count_in_the_header_is_not_believed(tmp_path: Path, make_clip: MakeClip) -> None:
    path = make_clip(tmp_path / "a.avi", n_frames=N_FRAMES, codec="mpeg4", g=12)
    data = bytearray(path.read_bytes())
    total = data.index(b"avih") + 8 + 16
    length = data.index(b"strh") + 8 + 32
    for at in (total, length):
        assert int.from_bytes(data[at : at + 4], "little") == N_FRAMES
        data[at : at + 4] = (7).to_bytes(4, "little")
    path.write_bytes(data)
    with VideoReader(path) as reader:
        assert len(reader) == N_FRAMES
        reader.rgb(N_FRAMES - 1)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", {"g": 12, "bf": 0, "sc_threshold": 0}),
        ("b.mp4", {"g": 12, "bf": 3, "sc_threshold": 0}),
        ("c.mkv", {"g": 12, "bf": 2, "sc_threshold": 0}),
        ("d.mov", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
    ],
)
def test_a_corrupt_stretch_spoils_its_group_and_no_other(
    name: str, options: dict[str, object], tmp_path: Path, make_clip: MakeClip, read_code: ReadCode
) -> None:
    path = make_clip(tmp_path / name, n_frames=N_FRAMES, **options)
    timeline = scan_clip(path, clip_id="clip").timeline
    with av.open(str(path)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    for position, size in packets[27:30]:  # in the group of frames 24 to 35
        data[position : position + size] = b"\xff" * size
    path.write_bytes(data)
    with VideoReader(path, timeline) as reader:
        for numbers in (range(N_FRAMES), range(N_FRAMES - 1, -1, -1), np.random.default_rng(0).permutation(N_FRAMES)):
            lost = set()
            for n in map(int, numbers):
                try:
                    assert read_code(reader.rgb(n)) == n
                except VideoError as error:
                    assert f"Frame {n} " in str(error)
                    lost.add(n)
            assert lost
            assert lost <= set(range(24, 36))
        assert all(read_code(picture) == n for n, picture in reader.frames())
        while reader.read_ahead(20, direction=1):  # comes to an end although some frames never come
            pass
    with VideoReader(path, timeline) as reader:
        with pytest.raises(VideoError):
            reader.rgb(max(lost))
        assert reader.damaged == lost, "one frame asked for tells where the damage lies"


def test_a_file_that_gets_shorter_and_comes_back(tmp_path: Path, make_clip: MakeClip, read_code: ReadCode) -> None:
    path = make_clip(tmp_path / "a.mp4", n_frames=N_FRAMES, g=12, bf=0, crf=1)
    data = path.read_bytes()
    with VideoReader(path, cache_bytes=1) as reader:
        path.write_bytes(data[: len(data) // 10])
        with pytest.raises(VideoError):
            reader.rgb(50)
        assert not reader.read_ahead(40, direction=1)
        path.unlink()
        with pytest.raises(VideoError, match="no file"):
            reader.rgb(40)
        path.write_bytes(data)
        assert [read_code(reader.rgb(n)) for n in (50, 40, 3)] == [50, 40, 3]


@pytest.mark.parametrize("direction", [1, -1])
def test_read_ahead_has_the_next_frames_ready(direction: Direction, coded_clip: Path) -> None:
    with VideoReader(coded_clip) as reader:
        here = 10 if direction > 0 else 50
        reader.rgb(here)
        while reader.read_ahead(here, direction=direction):
            assert reader.cache_bytes_used <= reader.cache_bytes_limit
        assert all(reader.cached(here + direction * step) for step in range(10))


def test_the_cache_keeps_more_ahead_than_behind(tmp_path: Path, make_clip: MakeClip, read_code: ReadCode) -> None:
    path = make_clip(tmp_path / "a.mp4", n_frames=N_FRAMES, g=12, bf=0)
    with VideoReader(path) as reader:
        frame_bytes = reader.cache_bytes_used
    with VideoReader(path, cache_bytes=18 * frame_bytes) as reader:
        assert read_code(reader.rgb(30)) == 30
        while reader.read_ahead(30, direction=1):
            assert reader.cache_bytes_used <= reader.cache_bytes_limit
        ahead = [n for n in range(31, N_FRAMES) if reader.cached(n)]
        behind = [n for n in range(30) if reader.cached(n)]
        assert len(ahead) > len(behind) > 3
        assert ahead + behind == [*range(31, 31 + len(ahead)), *range(30 - len(behind), 30)]
        assert read_code(reader.rgb(29)) == 29
        while reader.read_ahead(29, direction=-1):
            assert reader.cache_bytes_used <= reader.cache_bytes_limit
        assert all(reader.cached(n) for n in range(24, 30))


def test_a_scan_tells_how_far_it_is(tmp_path: Path, coded_clip: Path) -> None:
    told: list[tuple[int, int]] = []
    scan_clip(coded_clip, clip_id="clip", report=lambda done, total: told.append((done, total)))
    assert told
    assert all(0 <= done <= total == coded_clip.stat().st_size for done, total in told)


def test_the_cache_takes_a_part_of_the_memory_by_default(coded_clip: Path) -> None:
    with VideoReader(coded_clip) as reader:
        assert reader.cache_bytes_limit == default_cache_bytes()
        assert 64 << 20 < default_cache_bytes() <= 4 << 30
        reader.rgb(59)
        assert 0 < reader.cache_bytes_used < default_cache_bytes()
        reader.close()
        assert reader.cache_bytes_used == 0
