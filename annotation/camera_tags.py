"""What the camera wrote into a video file about its lens.

Phones write it into the metadata of the video track (QuickTime's ``keys`` and ``ilst``), which FFmpeg does not tell: it
tells that of the whole file only. So the boxes of the file are read here; of other kinds of files nothing is known.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from annotation.clip import Clip
from annotation.poses import Camera, MeshSequence

_FOCAL_KEY = "com.apple.quicktime.camera.focal_length.35mm_equivalent"
_FILM_DIAGONAL_MM = 43.27
_LEAST_MM, _MOST_MM = 8.0, 800.0
_LARGEST_HEADER = 256 << 20
_WHOLE_NUMBERS, _FLOATS = (21, 22), (23, 24)


@dataclass(frozen=True)
class FocalLength:
    """The focal length of a camera of which nothing else is known.

    Attributes
    ----------
    px : float
        In pixels of the shown picture.
    film_mm : float or None
        What the file says: the focal length that sees as much on 35 mm film; None where it says nothing and `px` is
        the usual guess, the image diagonal.
    """

    px: float
    film_mm: float | None = None

    @property
    def origin(self) -> str:
        """Where it comes from, for people."""
        return "the image diagonal" if self.film_mm is None else f"the file ({self.film_mm:g} mm on 35 mm film)"


def focal_length(clip: Clip) -> FocalLength:
    """Return the focal length that is known of a clip, else the usual guess; its file is not read."""
    if not clip.film_mm:
        return FocalLength(Camera.guess(clip.size).focal_px)
    return FocalLength(float(np.hypot(*clip.size)) * clip.film_mm / _FILM_DIAGONAL_MM, clip.film_mm)


def camera_of(clip: Clip, mesh: MeshSequence | None) -> Camera:
    """Return the camera of a clip: that of its fitted body, else with the focal length known of it or the guess."""
    if mesh is not None:
        return mesh.camera
    return replace(Camera.guess(clip.size), focal_px=focal_length(clip).px)


def told_film_mm(path: Path) -> float | None:
    """Return the focal length, as on 35 mm film, that a video file tells; 0 if it tells none, None if it is not there.

    Reads from the file, which on a dead network drive lasts for ever.
    """
    try:
        with path.open("rb") as file:
            header = _header(file)
    except OSError:
        return None
    except ValueError:  # a box that ends nowhere
        return 0.0
    try:
        for meta in _metadata(header):
            for key, value in _items(meta):
                if key == _FOCAL_KEY and value is not None and _LEAST_MM <= value <= _MOST_MM:
                    return value
    except (struct.error, OverflowError):
        pass  # damaged: whoever shows the video says so
    return 0.0


def _header(file: BinaryIO) -> bytes:
    """Return what the box ``moov`` of a file holds; empty if it has none."""
    while len(head := file.read(16)) >= 8:
        size, kind = struct.unpack_from(">I4s", head)
        read = 8
        if size == 1 and len(head) == 16:
            (size,) = struct.unpack_from(">Q", head, 8)
            read = 16
        if kind == b"moov":
            file.seek(read - len(head), 1)
            return file.read(min(size - read, _LARGEST_HEADER)) if size else file.read(_LARGEST_HEADER)
        if size < read:
            break
        file.seek(size - len(head), 1)
    return b""


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of the boxes in a box, as far as they are whole."""
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8 or at + size > len(data):
            return
        yield kind, data[at + 8 : at + size]
        at += size


def _metadata(data: bytes) -> Iterator[bytes]:
    """Yield the contents of the metadata of the tracks and of the file."""
    for kind, content in _boxes(data):
        if kind == b"meta":
            yield content
        elif kind in (b"trak", b"udta"):
            yield from _metadata(content)


def _items(meta: bytes) -> Iterator[tuple[str, float | None]]:
    """Yield names and values of metadata; None for a value that is no number."""
    if meta[4:8] != b"hdlr":
        meta = meta[4:]  # version and flags, which QuickTime leaves out
    parts = dict(_boxes(meta))
    names = [name.decode("utf-8", "replace") for _, name in _boxes(parts.get(b"keys", b"")[8:])]
    for number, item in _boxes(parts.get(b"ilst", b"")):
        index = int.from_bytes(number, "big") - 1
        value = dict(_boxes(item)).get(b"data")
        if 0 <= index < len(names) and value is not None and len(value) > 8:
            yield names[index], _number(int.from_bytes(value[:4], "big"), value[8:])


def _number(kind: int, value: bytes) -> float | None:
    """Return a number that is written as such or as text, such as "50.00mm"."""
    if kind in _WHOLE_NUMBERS:
        return float(int.from_bytes(value, "big"))
    if kind in _FLOATS and len(value) in (4, 8):
        return float(struct.unpack(">f" if len(value) == 4 else ">d", value)[0])
    found = re.match(rb"\s*(\d+(?:\.\d+)?)", value)
    return None if found is None else float(found[1])
