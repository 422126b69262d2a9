"""Exact frames of video files. Frame N is the N-th shown frame, found by its timestamp, never by N / fps.

Phones write variable rates, trimmed clips hide frames behind an edit list, and containers lie about seeking.
"""

from collections.abc import Generator
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from annotation.camera_tags import told_film_mm
from annotation.clip import Clip, Timeline
from annotation.errors import VideoError
from annotation.video_cache import Direction, FrameCache, default_cache_bytes
from annotation.video_decoder import Decoder, Picture
from annotation.video_file import Frame, Report, check_unchanged, fingerprint, no_report, scan_timeline

__all__ = ["Direction", "VideoReader", "default_cache_bytes", "scan_clip"]

_KEYS_BACK = (0, 1, 3, 8, 30)
"""How many key frames before the right one to try when the container seeks too far or key frames are damaged."""
_STEP = 4
"""Up to so many frames ahead, decoding on is cheaper than a seek even over a key frame."""
_AHEAD = 120
"""How many frames in front of the playhead are enough: a second of playback at four times the speed."""


def scan_clip(path: Path, *, clip_id: str, report: Report = no_report) -> Clip:
    """Read timing, size and rotation of a video file; ``report(done, total)`` hears how many bytes were scanned.

    Raises
    ------
    VideoError
        If the file is no video that can be shown; the message says what it is and what to do.
    """
    with VideoReader(path, scan_timeline(path, report=report)) as reader:
        return Clip(
            id=clip_id,
            path=path,
            fingerprint=fingerprint(path),
            timeline=reader.timeline,
            size=reader.size,
            rotation=reader.rotation,
            codec=reader.codec,
            film_mm=told_film_mm(path),
        )


class VideoReader:
    """Exact frames of one video file, for one thread (`cached` and the cache figures may be asked from any).

    Parameters
    ----------
    timeline : Timeline, optional
        Of an earlier scan of the same file; scanned again without.
    cache_bytes : int, optional
        How much decoded frames around the playhead may take, so that steps either way are quick; a quarter of the
        memory, at most 4 GB, without.

    Attributes
    ----------
    size : (int, int)
        Width and height in pixels as shown: pixels square, rotation applied.
    rotation : int
        Degrees counter-clockwise the stored picture is turned to be shown: 0, 90, 180 or 270.

    Raises
    ------
    VideoError
        If the file is no video that can be shown.
    """

    def __init__(self, path: Path, timeline: Timeline | None = None, *, cache_bytes: int | None = None) -> None:
        self.path = path
        self.timeline = scan_timeline(path) if timeline is None else timeline
        self._cache = FrameCache(default_cache_bytes() if cache_bytes is None else cache_bytes)
        self._decoder = Decoder(path, self.timeline, threads="SLICE")
        self._n_bytes = path.stat().st_size
        self._position: int | None = None
        self._asked: tuple[int, Direction] = (0, 1)
        self._damaged: set[int] = set()
        try:
            n, first = self._first_frame()
        except VideoError:
            self._decoder.close()
            raise
        self._keep(n, first)
        self.codec: str = self._decoder.codec
        self.rotation = round(first.rotation / 90) * 90 % 360
        self._stored_size = first.width, first.height
        self._picture = self._new_picture()
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

    @property
    def cache_bytes_used(self) -> int:
        """Return how many bytes the cached frames take."""
        return self._cache.used

    @property
    def cache_bytes_limit(self) -> int:
        """Return how many bytes the cached frames may take."""
        return self._cache.limit

    def cached(self, n: int) -> bool:
        """Say whether frame `n` can be had without decoding."""
        return n in self._cache

    def rgb(self, n: int) -> NDArray[np.uint8]:
        """Return frame `n` as an array (h, w, 3), C-contiguous, as shown.

        Raises
        ------
        IndexError
            If the clip has no frame `n`.
        VideoError
            If the file is damaged there, or gone; other frames, and this one later, can still be asked for.
        """
        return self._picture.rgb(self._asked_for(n))

    def bgrx(self, n: int, *, within: tuple[int, int] | None = None) -> NDArray[np.uint8]:
        """Return frame `n` as screens have it: an array (h, w, 4) of blue, green, red and nothing, C-contiguous.

        Parameters
        ----------
        within : (int, int), optional
            Width and height that suffice; the picture is made smaller to fit, never larger.

        Raises
        ------
        IndexError, VideoError
            As `rgb`.
        """
        return self._picture.bgrx(self._asked_for(n), within=within)

    def cached_bgrx(self, n: int, *, within: tuple[int, int] | None = None) -> NDArray[np.uint8] | None:
        """Return what `bgrx` does if that takes no decoding, else None; the playhead stays where it is."""
        frame = self._cache.get(n)
        return None if frame is None else self._picture.bgrx(frame, within=within)

    @property
    def damaged(self) -> frozenset[int]:
        """Return the frames that cannot be decoded, as far as is known: whole stretches, once met."""
        return frozenset(self._damaged)

    def read_ahead(self, n: int, *, direction: Direction) -> bool:
        """Decode about one more frame of those after (or before) frame `n` that are not cached yet.

        To be called between requests, as long as it says that there is more to do. Backwards, the frames from the
        key frame on are decoded first, so the wanted ones come last.

        Returns
        -------
        bool
            False when enough is cached, or the file cannot be read.
        """
        self._asked = n, direction
        self._cache.move(n, direction)
        wanted = self._next_wanted(n, direction)
        if wanted is None:
            return False
        try:
            landed = next(self._decoder, None) if self._leads_to(wanted) else self._seek_before(wanted)
        except VideoError:
            return False
        if landed is None:
            self._position = None
            return False
        self._keep(*landed)
        if landed[0] > wanted:
            self._note_damage(wanted, landed[0])
        return landed[0] != wanted or wanted in self._cache

    def frames(self) -> Generator[tuple[int, NDArray[np.uint8]], None, None]:
        """Decode the whole clip once, in order, as (frame, array (h, w, 3)); damaged frames are left out.

        Faster than `rgb` over a whole clip, and independent of it.
        """
        picture = self._new_picture()
        decoder = Decoder(self.path, self.timeline, threads="AUTO")
        try:
            for n, frame in decoder:
                yield n, picture.rgb(frame)
        finally:
            decoder.close()

    def _new_picture(self) -> Picture:
        return Picture(self._stored_size, self.rotation, pixel_aspect=self._decoder.pixel_aspect)

    def _first_frame(self) -> tuple[int, Frame]:
        for n, frame in self._decoder:
            return n, frame
        raise VideoError(f"No frame of {self.path} can be decoded. The file is damaged: copy it again from its source.")

    def _asked_for(self, n: int) -> Frame:
        if not 0 <= n < len(self):
            raise IndexError(f"Frame {n} of {len(self)}")
        if n != self._asked[0]:
            self._asked = n, 1 if n > self._asked[0] else -1
        self._cache.move(*self._asked)
        return self._frame(n)

    def _frame(self, n: int) -> Frame:
        frame = self._cache.get(n)
        if frame is None and self._leads_to(n):
            frame = self._decode_to(n)
        elif frame is None:
            landed = self._seek_before(n)
            if landed is not None:
                self._keep(*landed)
            if landed is not None and landed[0] < n:
                frame = self._decode_to(n)
            elif landed is not None and landed[0] == n:
                frame = landed[1]
        if frame is None:
            check_unchanged(self.path, self._n_bytes)
            raise VideoError(
                f"Frame {n} of {self.path} cannot be decoded. The file is damaged there: go on with other frames, "
                "or copy the video again from its source."
            )
        return frame

    def _next_wanted(self, n: int, direction: Direction) -> int | None:
        """Return the first frame to read ahead; backwards only when there is room and need for a longer stretch."""
        reach = min(_AHEAD, self._cache.capacity() * 2 // 3 - 1)
        if direction < 0:
            reach //= 2
        last = min(n + reach, len(self) - 1) if direction > 0 else max(n - reach, 0)
        for m in range(n, last + direction, direction):
            if m not in self._cache and m not in self._damaged:
                return m
        return None

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

    def _seek_before(self, n: int) -> tuple[int, Frame] | None:
        """Go to a key frame from which frame `n` can be decoded; return the first frame from there."""
        for back in _KEYS_BACK:
            index = self._last_key(n) - back
            if index < 0:
                break
            key = self.timeline.keyframe_pts[index]
            self._decoder.seek(int(key))
            landed = next(self._decoder, None)
            # Checked by what comes out: a container may seek to a later key frame than the one asked for.
            if landed is not None and landed[0] <= np.searchsorted(self.timeline.pts, key):
                return landed
        self._position = None
        self._decoder.rewind()
        return next(self._decoder, None)

    def _decode_to(self, n: int) -> Frame | None:
        """Decode on until frame `n`, keeping what passes; None if it does not come."""
        for at, frame in self._decoder:
            if self._position is not None:
                self._note_damage(self._position + 1, at)
            self._keep(at, frame)
            if at >= n:
                return frame if at == n else None
        self._position = None
        return None

    def _note_damage(self, first: int, end: int) -> None:
        """Remember frames that decoding in order has left out."""
        self._damaged.update(m for m in range(first, end) if m not in self._cache)

    def _keep(self, n: int, frame: Frame) -> None:
        self._position = n
        self._damaged.discard(n)
        self._cache.put(n, frame)
