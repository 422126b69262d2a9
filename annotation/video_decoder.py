"""Decoding: the frames of a file in order, without those that damage has spoilt, and their pictures as shown."""

from collections import deque
from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av.error
import av.filter
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from annotation.clip import Timeline
from annotation.video_file import Frame, open_video, packets, timestamp

_FILTERS = {
    0: (),
    90: (("transpose", "cclock"),),
    180: (("hflip", ""), ("vflip", "")),
    270: (("transpose", "clock"),),
}
"""What turns the stored picture counter-clockwise by so many degrees."""

Threads = Literal["SLICE", "AUTO"]
"""SLICE gives each frame at once, AUTO more frames a second but later: for seeks and for whole passes."""


class Decoder:
    """The frames of a file in order, as (index, decoded frame); iteration goes on after a seek.

    Damaged frames are left out, and so are those after them up to the next key frame, which build on them.
    """

    def __init__(self, path: Path, timeline: Timeline, *, threads: Threads) -> None:
        self._path = path
        self._threads = threads
        self._pts = timeline.pts
        self._use(*open_video(path))

    def __iter__(self) -> Iterator[tuple[int, Frame]]:
        return self

    def __next__(self) -> tuple[int, Frame]:
        return next(self._frames)

    def seek(self, pts: int) -> None:
        """Go on at the key frame with this timestamp, as far as the container can."""
        try:
            self._container.seek(pts, stream=self._stream, backward=True, any_frame=False)
            self._frames = self._decode()
        except av.error.FFmpegError:
            self.rewind()

    def rewind(self) -> None:
        """Open the file anew and go on at its first frame.

        Raises
        ------
        VideoError
            If the file is gone or no video any more; the next call tries again.
        """
        opened = open_video(self._path)  # before closing: when the file is gone, the next call fails the same way
        self.close()
        self._use(*opened)

    def close(self) -> None:
        """Close the file."""
        self._frames.close()
        self._container.close()

    def _use(self, container: Any, stream: Any) -> None:
        self._container, self._stream = container, stream
        stream.thread_type = self._threads
        stream.codec_context.thread_count = 0
        self._frames = self._decode()
        self.codec = str(stream.codec_context.name)
        self.pixel_aspect = Fraction(stream.sample_aspect_ratio or 1)

    def _decode(self) -> Generator[tuple[int, Frame], None, None]:
        delay = 1 if self._threads == "SLICE" else self._stream.codec_context.thread_count + 1
        damage = _Damage(delay)
        for packet in packets(self._container, self._stream):
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                damage.failed(packet)
                continue
            damage.passed(packet)
            for frame in frames:
                stamp = timestamp(frame)
                n = self._index_of(stamp)
                if n is not None and not frame.is_corrupt and not damage.spoils(stamp):
                    yield n, frame

    def _index_of(self, pts: int | None) -> int | None:
        """Return which frame has a timestamp; None if none has."""
        if pts is None:
            return None
        n = int(self._pts.searchsorted(pts, side="right")) - 1
        return n if n >= 0 and self._pts[n] == pts else None


class _Damage:
    """Tells which frames a packet that cannot be decoded spoils: its own, and those after it up to a key frame.

    Parameters
    ----------
    delay : int
        How many packets after the damaged one a decoder with frame threads may say so.
    """

    def __init__(self, delay: int) -> None:
        self._spoilt: set[int | None] = set()
        self._recent: deque[int | None] = deque(maxlen=delay)
        self._spreading = False
        self._key: int | None = None

    def failed(self, packet: Any) -> None:
        self._note(packet)
        self._spoilt.update(self._recent)
        self._spreading, self._key = True, None

    def passed(self, packet: Any) -> None:
        self._note(packet)
        if not self._spreading:
            return
        if packet.is_keyframe and packet.size:
            self._key = _stamp(packet)
        stamp = _stamp(packet)
        if self._key is None or (stamp is not None and stamp < self._key):  # leading pictures need what was before
            self._spoilt.add(stamp)

    def spoils(self, stamp: int | None) -> bool:
        return stamp in self._spoilt

    def _note(self, packet: Any) -> None:
        self._recent.append(_stamp(packet))


def _stamp(packet: Any) -> int | None:
    stamp = packet.dts if packet.pts is None else packet.pts
    return None if stamp is None else int(stamp)


class Picture:
    """Turns decoded frames into RGB arrays as shown: pixels square, the right side up.

    Parameters
    ----------
    stored_size : (int, int)
        Width and height of the decoded frames.
    rotation : int
        Degrees counter-clockwise to turn them: 0, 90, 180 or 270.
    pixel_aspect : Fraction
        Width over height of one stored pixel.
    """

    def __init__(self, stored_size: tuple[int, int], rotation: int, *, pixel_aspect: Fraction = Fraction(1)) -> None:
        self.stored_size = max(1, round(stored_size[0] * pixel_aspect)), stored_size[1]
        self.size = self.stored_size if rotation % 180 == 0 else self.stored_size[::-1]
        self._filters = _FILTERS[rotation]
        self._graph: Any = None
        self._graph_input: tuple[Any, ...] = ()
        self._to_rgb, self._to_bgrx = VideoReformatter(), VideoReformatter()

    def rgb(self, frame: Frame) -> NDArray[np.uint8]:
        """Return the picture (h, w, 3), C-contiguous."""
        return converted(self._turned(frame), "rgb24", size=self.size, by=self._to_rgb)

    def bgrx(self, frame: Frame, *, within: tuple[int, int] | None = None) -> NDArray[np.uint8]:
        """Return the picture (h, w, 4) as screens have it, C-contiguous, no larger than `within` (width, height)."""
        size = self.size if within is None else _fitted(self.size, within)
        return converted(self._turned(frame), "bgra", size=size, by=self._to_bgrx)

    def _turned(self, frame: Frame) -> Frame:
        """Turn a frame while it is YUV: FFmpeg does that in a twentieth of the time numpy takes for RGB."""
        if not self._filters:
            return frame
        given = frame.width, frame.height, frame.format.name, frame.colorspace, frame.color_range
        if given != self._graph_input:
            self._graph, self._graph_input = _graph(frame, self._filters), given
        self._graph.push(frame)
        return self._graph.pull()


def converted(
    frame: Frame, pixels: Literal["rgb24", "bgra"], *, size: tuple[int, int], by: VideoReformatter
) -> NDArray[np.uint8]:
    """Return the picture of a frame as an array (h, w, 3 or 4), C-contiguous.

    One thread: with several, FFmpeg 8 writes some pixels too many at the end of a row, over what another thread wrote
    already (seen with pictures of four channels 200 pixels wide); and they gain nothing where the cores are busy.
    """
    picture = by.reformat(frame, width=size[0], height=size[1], format=pixels, threads=1)
    return np.ascontiguousarray(picture.to_ndarray())


def _fitted(size: tuple[int, int], within: tuple[int, int]) -> tuple[int, int]:
    """Return the largest size of the same shape that has room, never a larger one than `size`."""
    scale = min(1.0, within[0] / size[0], within[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _graph(frame: Frame, filters: tuple[tuple[str, str], ...]) -> Any:
    """Return a chain of FFmpeg filters for frames like this one."""
    graph = av.filter.Graph()
    size = {"width": frame.width, "height": frame.height}
    ends = [graph.add_buffer(**size, format=frame.format, time_base=frame.time_base)]
    ends += [graph.add(name, arguments) for name, arguments in filters]
    graph.link_nodes(*ends, graph.add("buffersink")).configure()
    return graph
