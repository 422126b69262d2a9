"""The focal length that phones write into their videos."""

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from annotation.camera_tags import FocalLength, focal_length, told_film_mm
from annotation.clip import Clip, Fingerprint, Timeline

KEY = "com.apple.quicktime.camera.focal_length.35mm_equivalent"
WIDE = struct.pack(">I4sQ", 1, b"free", 2**64 - 1) + bytes(8)
"""A box that ends nowhere."""
DIAGONAL_PX = float(np.hypot(200, 120))


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def metadata(value: bytes, kind: int, *, version: bytes = b"") -> bytes:
    """Return QuickTime's metadata with one item between two others."""
    names = [b"com.apple.quicktime.make", KEY.encode(), b"com.apple.quicktime.model"]
    keys = box(b"keys", struct.pack(">II", 0, len(names)) + b"".join(box(b"mdta", name) for name in names))
    values = [(b"Phone", 1), (value, kind), (b"99", 1)]
    items = (
        box(struct.pack(">I", number), box(b"data", struct.pack(">II", kind, 0) + content))
        for number, (content, kind) in enumerate(values, start=1)
    )
    handler = box(b"hdlr", bytes(8) + b"mdta" + bytes(13))
    return box(b"meta", version + handler + keys + box(b"ilst", b"".join(items)))


def add_to_track(path: Path, extra: bytes) -> None:
    """Put a box into the first track of a file whose header is at its end."""
    data = bytearray(path.read_bytes())
    movie, track = data.index(b"moov") - 4, data.index(b"trak") - 4
    end = track + struct.unpack_from(">I", data, track)[0]
    data[end:end] = extra
    for at in (track, movie):
        struct.pack_into(">I", data, at, struct.unpack_from(">I", data, at)[0] + len(extra))
    path.write_bytes(data)


def tagged(path: Path, value: str) -> Path:
    """Write a video whose file, not its track, carries the tag."""
    with av.open(str(path), "w", options={"movflags": "use_metadata_tags"}) as container:
        container.metadata[KEY] = value
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 200, 120, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((120, 200, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    return path


def told(path: Path) -> FocalLength:
    """What is known of a clip once its file was looked at."""
    timeline = Timeline(np.arange(2), (1, 25), np.zeros(1, np.int64))
    clip = Clip("c1", path, Fingerprint(1, "d"), timeline, (200, 120), 0, "h264", film_mm=told_film_mm(path))
    return focal_length(clip)


def test_the_tag_of_a_file_gives_the_focal_length(tmp_path: Path) -> None:
    found = told(tagged(tmp_path / "phone.mp4", "26"))
    assert found.px == pytest.approx(DIAGONAL_PX * 26 / 43.27)
    assert found.origin == "the file (26 mm on 35 mm film)"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (b"27", 1),
        (b"27.00mm", 1),
        (struct.pack(">i", 27), 21),
        (struct.pack(">q", 27), 21),
        (struct.pack(">f", 27), 23),
    ],
)
@pytest.mark.parametrize("version", [b"", bytes(4)], ids=["mov", "mp4"])
def test_the_tag_of_a_track_counts_in_all_its_forms(
    tmp_path: Path, make_clip, value: bytes, kind: int, version: bytes
) -> None:
    path = make_clip(tmp_path / "phone.mov", n_frames=2)
    add_to_track(path, metadata(value, kind, version=version))
    assert told(path).px == pytest.approx(DIAGONAL_PX * 27 / 43.27)


@pytest.mark.parametrize("value", ["0", "unknown", "90000"])
def test_what_no_lens_has_is_not_believed(tmp_path: Path, value: str) -> None:
    found = told(tagged(tmp_path / "phone.mp4", value))
    assert (found.px, found.origin) == (pytest.approx(DIAGONAL_PX), "the image diagonal")


def test_a_number_beyond_all_numbers_tells_nothing(tmp_path: Path, make_clip) -> None:
    path = make_clip(tmp_path / "phone.mov", n_frames=2)
    add_to_track(path, metadata(bytes([255]) * 200, 21))
    assert told(path).film_mm is None


def test_other_files_tell_nothing(tmp_path: Path, make_clip) -> None:
    whole = tagged(tmp_path / "phone.mp4", "26").read_bytes()
    for name, content in (
        ("cut.mp4", whole[: len(whole) - 60]),
        ("text.mp4", b"no video at all"),
        ("wide.mp4", WIDE),
        ("empty.mp4", b""),
    ):
        (tmp_path / name).write_bytes(content)
        assert told(tmp_path / name).film_mm is None
    for path in (make_clip(tmp_path / "plain.mp4"), make_clip(tmp_path / "plain.mkv"), tmp_path / "gone.mp4", tmp_path):
        assert told(path).film_mm is None
