"""Exact frames of video files. Frame N is the N-th shown frame, found by its timestamp, never by N / fps.

Phones write variable rates, trimmed clips hide frames behind an edit list, and containers lie about seeking.
"""

from collections import OrderedDict
from collections.abc import Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import av.error
import av.filter
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from annotation.clip import Clip, Timeline
from annotation.errors import VideoError
from annotation.video_file import Frame, decoded, fingerprint, open_video, scan_timeline, timestamp

DEFAULT_CACHE_BYTES = 256 << 20

_KEYS_BACK = (0, 1, 3, 8)
"""How many key frames before the right one to try when the container seeks too far."""
_STEP = 4
"""Up to so many frames ahead, decoding on is cheaper than a seek even over a key frame."""

_FILTERS = {
    0: (),
    90: (("transpose", "cclock"),),
    180: (("hflip", ""), ("vflip", "")),
    270: (("transpose", "clock"),),
}
"""What turns the stored picture counter-clockwise by so many degrees."""

_Threads = Literal["SLICE", "AUTO"]


def scan_clip(path: Path, *, clip_id: str) -> Clip:
    """Read timing, size and rotation of a video file.

    Raises
    ------
    VideoError
        If the file is no video that can be shown; the message says what it is and what to do.
    """
    with VideoReader(path) as reader:
        return Clip(
            id=clip_id,
            path=path,
            fingerprint=fingerprint(path),
            timeline=reader.timeline,
            size=reader.size,
            rotation=reader.rotation,
            codec=reader.codec,
        )


class VideoReader:
    """Exact frames of one video file, for one thread; pixels are taken as square.

    Parameters
    ----------
    timeline : Timeline, optional
        Of an earlier scan of the same file; scanned again without.
    cache_bytes : int
        How much to keep of the frames decoded last, so that stepping back is quick.

    Attributes
    ----------
    size : (int, int)
        Width and height in pixels as shown, rotation applied.
    rotation : int
        Degrees counter-clockwise the stored picture is turned to be shown: 0, 90, 180 or 270.

    Raises
    ------
    VideoError
        If the file is no video that can be shown.
    """

    def __init__(self, path: Path, timeline: Timeline | None = None, *, cache_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        self.path = path
        self.timeline = scan_timeline(path) if timeline is None else timeline
        self._cache = _FrameCache(cache_bytes)
        self._decoder = _Decoder(path, self.timeline, threads="SLICE")
        self._position: int | None = None
        try:
            n, first = self._first_frame()
        except VideoError:
            self._decoder.close()
            raise
        self._keep(n, first)
        self.codec: str = self._decoder.codec
        self.rotation = round(first.rotation / 90) * 90 % 360
        self._picture = _Picture((first.width, first.height), self.rotation)
        self.size = self._picture.size

    def __len__(self) -> int:
        return len(self.timeline)

    def __enter__(self) -> "VideoReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and forget the cached frames."""
        self._decoder.close()
        self._cache.clear()

    def rgb(self, n: int) -> NDArray[np.uint8]:
        """Return frame `n` as an array (h, w, 3), C-contiguous, turned as shown.

        Raises
        ------
        IndexError
            If the clip has no frame `n`.
        VideoError
            If the file is damaged there; other frames can still be asked for.
        """
        if not 0 <= n < len(self):
            raise IndexError(f"Frame {n} of {len(self)}")
        return self._picture.rgb(self._frame(n))

    def frames(self) -> Generator[tuple[int, NDArray[np.uint8]], None, None]:
        """Decode the whole clip once, in order, as (frame, array (h, w, 3)); damaged frames are left out.

        Faster than `rgb` over a whole clip, and independent of it.
        """
        picture = _Picture(self._picture.stored_size, self.rotation)
        decoder = _Decoder(self.path, self.timeline, threads="AUTO")
        try:
            for n, frame in decoder:
                yield n, picture.rgb(frame)
        finally:
            decoder.close()

    def _first_frame(self) -> tuple[int, Frame]:
        for n, frame in self._decoder:
            return n, frame
        raise VideoError(f"No frame of {self.path} can be decoded. The file is damaged: copy it again from its source.")

    def _frame(self, n: int) -> Frame:
        frame = self._cache.get(n)
        if frame is None and self._leads_to(n):
            frame = self._decode_to(n)
        elif frame is None:
            frame = self._decode_from_key(n)
        if frame is None:
            raise VideoError(
                f"Frame {n} of {self.path} cannot be decoded. The file is damaged there: go on with other frames, "
                "or copy the video again from its source."
            )
        return frame

    def _leads_to(self, n: int) -> bool:
        """Say whether decoding on from where we are reaches frame `n` sooner than a seek."""
        at = self._position
        if at is None or at >= n:
            return False
        key = self._last_key(n)
        return n - at <= _STEP or key < 0 or bool(self.timeline.pts[at] >= self.timeline.keyframe_pts[key])

    def _last_key(self, n: int) -> int:
        keys = self.timeline.keyframe_pts
        return int(np.searchsorted(keys, self.timeline.pts[n], side="right")) - 1

    def _decode_from_key(self, n: int) -> Frame | None:
        for back in _KEYS_BACK:
            index = self._last_key(n) - back
            if index < 0:
                break
            key = self.timeline.keyframe_pts[index]
            self._decoder.seek(int(key))
            landed = next(self._decoder, None)
            # Checked by what comes out: a container may seek to a later key frame than the one asked for.
            if landed is not None and landed[0] <= np.searchsorted(self.timeline.pts, key):
                self._keep(*landed)
                return landed[1] if landed[0] == n else self._decode_to(n)
        self._decoder.rewind()
        return self._decode_to(n)

    def _decode_to(self, n: int) -> Frame | None:
        """Decode on until frame `n`, keeping what passes; None if it does not come."""
        for at, frame in self._decoder:
            self._keep(at, frame)
            if at >= n:
                return frame if at == n else None
        self._position = None
        return None

    def _keep(self, n: int, frame: Frame) -> None:
        self._position = n
        self._cache.put(n, frame)


class _Decoder:
    """The frames of a file in order, as (index, decoded frame); iteration goes on after a seek."""

    def __init__(self, path: Path, timeline: Timeline, *, threads: _Threads) -> None:
        self._path = path
        self._threads = threads
        self._index: dict[int | None, int] = {int(pts): n for n, pts in enumerate(timeline.pts)}
        self._use(*open_video(path))

    def _use(self, container: Any, stream: Any) -> None:
        self._container, self._stream = container, stream
        stream.thread_type = self._threads
        stream.codec_context.thread_count = 0
        self._frames = self._decode()
        self.codec = str(stream.codec_context.name)

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
        """Go on at the first frame."""
        opened = open_video(self._path)  # before closing: when the file is gone, the next call fails the same way
        self.close()
        self._use(*opened)

    def close(self) -> None:
        self._frames.close()
        self._container.close()

    def _decode(self) -> Generator[tuple[int, Frame], None, None]:
        for frame in decoded(self._container, self._stream):
            n = self._index.get(timestamp(frame))
            if n is not None:
                yield n, frame


class _FrameCache:
    """The decoded frames used last, up to so many bytes. Kept as YUV, which takes half the room of RGB."""

    def __init__(self, n_bytes: int) -> None:
        self._room = n_bytes
        self._frames: OrderedDict[int, tuple[Frame, int]] = OrderedDict()

    def get(self, n: int) -> Frame | None:
        if n not in self._frames:
            return None
        self._frames.move_to_end(n)
        return self._frames[n][0]

    def put(self, n: int, frame: Frame) -> None:
        if n in self._frames:
            self._room += self._frames.pop(n)[1]
        n_bytes = sum(plane.buffer_size for plane in frame.planes)
        self._frames[n] = frame, n_bytes
        self._room -= n_bytes
        while self._room < 0 and len(self._frames) > 1:
            self._room += self._frames.popitem(last=False)[1][1]

    def clear(self) -> None:
        while self._frames:
            self._room += self._frames.popitem()[1][1]


class _Picture:
    """Turns decoded frames into RGB arrays as shown."""

    def __init__(self, stored_size: tuple[int, int], rotation: int) -> None:
        self.stored_size = stored_size
        self.size = stored_size if rotation % 180 == 0 else stored_size[::-1]
        self._filters = _FILTERS[rotation]
        self._graph: Any = None
        self._graph_input: tuple[Any, ...] = ()
        self._reformatter = VideoReformatter()

    def rgb(self, frame: Frame) -> NDArray[np.uint8]:
        width, height = self.size
        converted = self._reformatter.reformat(self._turned(frame), width=width, height=height, format="rgb24")
        return np.ascontiguousarray(converted.to_ndarray())

    def _turned(self, frame: Frame) -> Frame:
        """Turn a frame while it is YUV: FFmpeg does that in a twentieth of the time numpy takes for RGB."""
        if not self._filters:
            return frame
        given = frame.width, frame.height, frame.format.name, frame.colorspace, frame.color_range
        if given != self._graph_input:
            self._graph, self._graph_input = _graph(frame, self._filters), given
        self._graph.push(frame)
        return self._graph.pull()


def _graph(frame: Frame, filters: tuple[tuple[str, str], ...]) -> Any:
    """Return a chain of FFmpeg filters for frames like this one."""
    graph = av.filter.Graph()
    size = {"width": frame.width, "height": frame.height}
    ends = [graph.add_buffer(**size, format=frame.format, time_base=frame.time_base)]
    ends += [graph.add(name, arguments) for name, arguments in filters]
    graph.link_nodes(*ends, graph.add("buffersink")).configure()
    return graph
