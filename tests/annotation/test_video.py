"""Exact frames: every picture carries its number, so a wrong frame is seen, not guessed."""

import os
import struct
import wave
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from annotation.errors import VideoError
from annotation.video import VideoReader, scan_clip
from annotation.video_file import fingerprint

MakeClip = Callable[..., Path]
ReadCode = Callable[[np.ndarray], int]

N_FRAMES = 90
UNEVEN_MS = np.cumsum(np.random.default_rng(3).integers(27, 67, N_FRAMES)).tolist()

VARIANTS = {
    "one key frame, B-frames": ("a.mp4", {"g": 250, "bf": 3}),
    "short groups": ("b.mp4", {"g": 12, "bf": 0}),
    "open groups": ("c.mp4", {"g": 12, "bf": 3, "x264-params": "open-gop=1"}),
    "variable rate": ("d.mp4", {"g": 30, "times_ms": UNEVEN_MS}),
    "turned left": ("e.mp4", {"rotation": 90}),
    "upside down": ("f.mp4", {"rotation": 180}),
    "turned right": ("g.mp4", {"rotation": 270}),
    "matroska": ("h.mkv", {"g": 24}),
    "matroska without duration": ("i.mkv", {"g": 24, "muxer": {"live": "1"}}),
    "webm vp9": ("j.webm", {"codec": "libvpx-vp9", "deadline": "realtime", "cpu-used": 8, "g": 24}),
    "webm vp8 with hidden frames": (
        "k.webm",
        {"codec": "libvpx", "deadline": "good", "cpu-used": 8, "auto-alt-ref": 1, "lag-in-frames": 16, "g": 24},
    ),
    "transport stream": ("l.ts", {"g": 24, "bf": 3}),
    "hevc, 10 bit": (
        "m.mp4",
        {
            "codec": "libx265",
            "pix_fmt": "yuv420p10le",
            "preset": "ultrafast",
            "x265-params": "log-level=none:keyint=24",
        },
    ),
    "avi": ("n.avi", {"codec": "mpeg4", "bf": 2, "g": 24}),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_seek_gives_the_frame_asked_for(
    variant: str, tmp_path: Path, make_clip: MakeClip, read_code: ReadCode
) -> None:
    name, options = VARIANTS[variant]
    clip = scan_clip(make_clip(tmp_path / name, n_frames=N_FRAMES, **options), clip_id="clip")
    assert clip.n_frames == N_FRAMES
    with VideoReader(clip.path, clip.timeline, cache_bytes=10 * 200 * 120) as reader:
        asked = np.random.default_rng(0).integers(0, N_FRAMES, 100)
        wrong = [n for n in asked if read_code(reader.rgb(int(n))) != n]
    assert wrong == []


@pytest.mark.parametrize("variant", ["one key frame, B-frames", "open groups", "turned right", "transport stream"])
def test_a_whole_pass_shows_the_same_pictures_as_seeks(variant: str, tmp_path: Path, make_clip: MakeClip) -> None:
    name, options = VARIANTS[variant]
    with VideoReader(make_clip(tmp_path / name, n_frames=N_FRAMES, **options)) as reader:
        passed = dict(reader.frames())
        assert list(passed) == list(range(N_FRAMES))
        for n in np.random.default_rng(1).permutation(N_FRAMES):
            assert np.array_equal(reader.rgb(int(n)), passed[int(n)])


def test_seeks_do_not_disturb_a_pass_under_way(coded_clip: Path, read_code: ReadCode) -> None:
    with VideoReader(coded_clip) as reader:
        for n, picture in reader.frames():
            other = (7 * n) % len(reader)
            assert (read_code(picture), read_code(reader.rgb(other))) == (n, other)


def test_pictures_are_turned_as_shown_and_contiguous(tmp_path: Path, make_clip: MakeClip) -> None:
    for rotation in (0, 90, 180, 270):
        clip = scan_clip(make_clip(tmp_path / f"{rotation}.mp4", n_frames=3, rotation=rotation), clip_id="clip")
        assert (clip.size, clip.rotation) == ((200, 120), rotation)
        with VideoReader(clip.path) as reader:
            picture = reader.rgb(1)
        assert (picture.shape, picture.dtype) == ((120, 200, 3), np.uint8)
        assert picture.flags.c_contiguous


@pytest.mark.parametrize("rotation", [0, 90])
def test_pictures_for_the_screen_are_those_of_the_frame(make_clip, tmp_path, read_code, rotation):
    clip = make_clip(tmp_path / "clip.mp4", n_frames=20, rotation=rotation)
    with VideoReader(clip) as reader:
        whole, small = reader.bgrx(7), reader.bgrx(7, within=(100, 1000))
        rgb = reader.rgb(7)
        assert whole.shape == (*rgb.shape[:2], 4) and small.shape == (60, 100, 4)
        assert np.abs(whole[..., 2::-1].astype(int) - rgb).max() <= 2
        assert np.abs(small[..., 2::-1].astype(int) - rgb[::2, ::2]).mean() < 12
        assert reader.bgrx(7, within=(4000, 4000)).shape == whole.shape, "never made larger"
        assert np.array_equal(reader.cached_bgrx(7), whole)
        assert reader.cached_bgrx(19) is None or read_code(reader.cached_bgrx(19)[..., 2::-1]) == 19


def test_times_of_a_variable_rate_are_exact(tmp_path: Path, make_clip: MakeClip) -> None:
    clip = scan_clip(make_clip(tmp_path / "a.mp4", n_frames=N_FRAMES, times_ms=UNEVEN_MS), clip_id="clip")
    assert clip.timeline.times_s == pytest.approx((np.array(UNEVEN_MS) - UNEVEN_MS[0]) / 1000, abs=1e-9)


def test_frames_cut_off_by_an_edit_list_are_not_counted(
    tmp_path: Path, make_clip: MakeClip, read_code: ReadCode
) -> None:
    path = make_clip(tmp_path / "trimmed.mp4", n_frames=N_FRAMES, g=30, bf=0)
    n_hidden, n_shown = 40, 20
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 12
    movie_units_per_s, media_units_per_frame = 1000, 12800 // 25
    struct.pack_into(">2i", data, at, n_shown * movie_units_per_s // 25, n_hidden * media_units_per_frame)
    path.write_bytes(data)
    clip = scan_clip(path, clip_id="clip")
    with VideoReader(path, clip.timeline) as reader:
        shown = [read_code(picture) for _, picture in reader.frames()]
        sought = [read_code(reader.rgb(n)) for n in reversed(range(len(reader)))]
    assert shown == list(range(n_hidden, n_hidden + n_shown))
    assert sought == shown[::-1]


def test_real_clip_is_counted_as_it_decodes(climb_clip: Path) -> None:
    clip = scan_clip(climb_clip, clip_id="clip")
    with av.open(str(climb_clip)) as container:
        container.streams.video[0].thread_type = "AUTO"
        stamps = [frame.pts for frame in container.decode(video=0)]
    assert clip.timeline.pts.tolist() == stamps
    assert (clip.size, clip.rotation, clip.codec) == ((1080, 1440), 0, "h264")


@pytest.mark.parametrize("rotation", [0, 90])
@pytest.mark.parametrize("color_range", [1, 2], ids=["limited", "full"])
def test_colours_survive(tmp_path: Path, color_range: int, rotation: int, turn_clip: Callable[..., None]) -> None:
    red, green, blue = colour = np.array([200.0, 60.0, 30.0])
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue  # ITU-R BT.709
    chroma = np.array([(blue - luma) / 1.8556, (red - luma) / 1.5748])
    planes = [luma, *(128 + chroma)] if color_range == 2 else [16 + luma * 219 / 255, *(128 + chroma * 224 / 255)]
    path = tmp_path / "colour.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "1"})
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        stream.codec_context.colorspace, stream.codec_context.color_range = 1, color_range
        frame = av.VideoFrame(64, 64, "yuv420p")
        for plane, value in zip(frame.planes, planes, strict=True):
            plane.update(bytes([round(value)]) * plane.buffer_size)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    if rotation:
        turn_clip(path, rotation)
    with VideoReader(path) as reader:
        assert np.abs(reader.rgb(0)[32, 32] - colour).max() < 4


def test_cache_keeps_what_was_passed_and_is_bounded(tmp_path: Path, make_clip: MakeClip, read_code: ReadCode) -> None:
    path = make_clip(tmp_path / "large.mp4", crf=1)
    frame_bytes = 200 * 120 * 3 // 2
    with VideoReader(path, cache_bytes=12 * frame_bytes) as reader:
        reader.rgb(40)
        path.write_bytes(b"")  # what is shown from now on comes from memory
        assert [read_code(reader.rgb(n)) for n in range(40, 32, -1)] == list(range(40, 32, -1))
        for _ in range(2):
            with pytest.raises(VideoError):
                reader.rgb(5)


def test_frames_that_are_not_there(coded_clip: Path) -> None:
    with VideoReader(coded_clip) as reader:
        for n in (-1, len(reader)):
            with pytest.raises(IndexError):
                reader.rgb(n)


def test_fingerprint_tells_files_apart(tmp_path: Path, coded_clip: Path) -> None:
    same, other = tmp_path / "same.mp4", tmp_path / "other.mp4"
    data = coded_clip.read_bytes()
    same.write_bytes(data)
    other.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert fingerprint(same) == fingerprint(coded_clip)
    assert fingerprint(other) != fingerprint(coded_clip)
    with pytest.raises(VideoError, match="no file"):
        fingerprint(tmp_path / "missing.mp4")


def _truncated(path: Path, source: Path) -> None:
    path.write_bytes(source.read_bytes()[:4000])


def _sound(path: Path, _source: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(16000))


def _photo(path: Path, source: Path) -> None:
    with VideoReader(source) as reader:
        frame = av.VideoFrame.from_ndarray(reader.rgb(0), format="rgb24")
    with av.open(str(path), "w", format="image2") as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "rgb24"
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


BAD_FILES: dict[str, tuple[Callable[[Path, Path], object], str]] = {
    "missing.mp4": (lambda path, source: None, "no file"),
    "empty.mp4": (lambda path, source: path.touch(), "empty"),
    "folder.mp4": (lambda path, source: path.mkdir(), "folder"),
    "text.txt": (lambda path, source: path.write_text("Beta: left hand first.\n" * 40), "text file"),
    "text.mp4": (lambda path, source: path.write_text("Beta: left hand first.\n" * 40), "not a video"),
    "noise.mkv": (lambda path, source: path.write_bytes(np.random.default_rng(0).bytes(9000)), "not a video"),
    "half.mp4": (_truncated, "incomplete"),
    "sound.wav": (_sound, "no picture"),
    "photo.png": (_photo, "single picture"),
}


@pytest.mark.filterwarnings("ignore:.*image sequence pattern")
@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files_are_named_for_what_they_are(
    name: str, tmp_path: Path, coded_clip: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    make, said = BAD_FILES[name]
    make(tmp_path / name, coded_clip)
    capfd.readouterr()
    with pytest.raises(VideoError, match=said) as caught:
        scan_clip(tmp_path / name, clip_id="clip")
    assert name in str(caught.value)
    assert "Errno" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_file_without_permission(tmp_path: Path, coded_clip: Path) -> None:
    path = tmp_path / "locked.mp4"
    path.write_bytes(coded_clip.read_bytes())
    path.chmod(0)
    with pytest.raises(VideoError, match="may not be read"):
        scan_clip(path, clip_id="clip")


@pytest.mark.parametrize("name", ["a.ts", "a.mkv", "a.mp4"])
def test_a_file_that_breaks_off_shows_what_it_has(
    name: str, tmp_path: Path, make_clip: MakeClip, read_code: ReadCode
) -> None:
    path = make_clip(
        tmp_path / name, n_frames=N_FRAMES, g=12, bf=0, muxer={"movflags": "faststart"} if "mp4" in name else {}
    )
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    with VideoReader(path) as reader:
        assert N_FRAMES // 3 < len(reader) < N_FRAMES
        whole = range(len(reader) - 2)  # the last packet may be torn
        assert [read_code(reader.rgb(n)) for n in whole] == list(whole)


def test_damage_in_the_middle_spares_the_other_frames(tmp_path: Path, make_clip: MakeClip, read_code: ReadCode) -> None:
    path = make_clip(tmp_path / "hole.mp4", n_frames=N_FRAMES, g=10, bf=0)
    data = path.read_bytes()
    third = len(data) // 3
    path.write_bytes(data[:third] + bytes(third // 2) + data[third + third // 2 :])
    with VideoReader(path) as reader:
        damaged = []
        for n in range(len(reader)):
            try:
                reader.rgb(n)
            except VideoError as error:
                assert f"Frame {n} " in str(error)
                damaged.append(n)
        assert damaged
        sound = [*range(min(damaged) - 10), *range(max(damaged) + 20, len(reader))]
        assert len(sound) > N_FRAMES // 4
        assert [read_code(reader.rgb(n)) for n in sound] == sound
        assert set(sound) <= {n for n, _ in reader.frames()} <= set(range(len(reader))) - set(damaged)


def test_a_timeline_of_another_file_does_not_crash(tmp_path: Path, coded_clip: Path) -> None:
    with VideoReader(coded_clip) as reader:
        strange = replace(reader.timeline, pts=reader.timeline.pts + 10**9)
    with pytest.raises(VideoError):
        VideoReader(coded_clip, strange)
