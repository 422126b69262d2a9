"""Proxies: a smaller copy of a clip in which every frame stands for itself, so that any one is there at once.

Matroska rounds times to a millisecond, so a proxy says the number of a frame, not its time: frame N is shown at
``N * FRAME_MS``. Its timestamps are those of the clip's timeline, whose digest is written into the file.
"""

import hashlib
from pathlib import Path
from typing import Any, Literal

import av
import av.error
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from annotation.clip import Timeline
from annotation.errors import VideoError
from annotation.video_decoder import converted

PROXY_FILE = "proxy.mkv"
TIMELINE_TAG = "BETASCOPE_TIMELINE"
FRAME_MS = 10

_FAR_APART = 60
"""Seeking in longer groups of pictures than this many frames is felt."""


def wants_proxy(timeline: Timeline) -> bool:
    """Say whether key frames lie so far apart that seeking is slow."""
    keys = np.searchsorted(timeline.pts, timeline.keyframe_pts)
    bounds = np.concatenate([[0], keys, [len(timeline)]])
    return bool(np.diff(bounds).max() > _FAR_APART)


def proxy_path(project_folder: Path, clip_id: str) -> Path:
    """Return where the proxy of a clip lies; its folder is the output of the job and holds nothing else of worth."""
    return project_folder / "proxies" / clip_id / PROXY_FILE


def timeline_digest(timeline: Timeline) -> str:
    """Return what tells the timeline of one clip from another's."""
    digest = hashlib.sha256(np.ascontiguousarray(timeline.pts, np.dtype("<i8")).tobytes())
    digest.update(repr(tuple(timeline.time_base)).encode())
    return digest.hexdigest()


def open_proxy(path: Path, timeline: Timeline) -> "ProxyReader | None":
    """Open the proxy of a clip; None if there is none, it is damaged, or it is that of another timeline."""
    try:
        reader = ProxyReader(path, len(timeline))
    except VideoError:
        return None
    if reader.timeline_digest == timeline_digest(timeline) and reader.complete():
        return reader
    reader.close()
    return None


class ProxyReader:
    """Frames of a proxy by number, for one thread.

    Attributes
    ----------
    n_bytes : int
        Size of the file.
    timeline_digest : str
        Of the clip that it stands for; empty if it does not say.

    Raises
    ------
    VideoError
        If the file cannot be opened.
    """

    def __init__(self, path: Path, n_frames: int) -> None:
        self._path = path
        self._n_frames = n_frames
        try:
            self.n_bytes = path.stat().st_size
            self._container: Any = av.open(str(path))
        except (OSError, av.error.FFmpegError) as error:
            raise VideoError(f"The proxy {path} cannot be opened ({error}). Delete it and make it again.") from error
        if not self._container.streams.video:
            self._container.close()
            raise VideoError(f"The proxy {path} holds no picture. Delete it and make it again.")
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "NONE"  # a frame at once, not some packets later
        self._reformatter = VideoReformatter()
        self.timeline_digest = str(self._container.metadata.get(TIMELINE_TAG, ""))

    def __len__(self) -> int:
        return self._n_frames

    def rgb(self, n: int) -> NDArray[np.uint8]:
        """Return frame `n` as an array (h, w, 3), smaller than the clip's and as shown.

        Raises
        ------
        IndexError
            If the clip has no frame `n`.
        VideoError
            If the proxy lacks the frame, as one that is damaged in the clip.
        """
        return self._converted(n, "rgb24")

    def bgrx(self, n: int) -> NDArray[np.uint8]:
        """Return frame `n` as `rgb` does, but (h, w, 4) as screens have it: blue, green, red and nothing."""
        return self._converted(n, "bgra")

    def complete(self) -> bool:
        """Say whether the file goes on to its end: its header tells the duration, and is written last."""
        last = round((self._container.duration or 0) / (1000 * FRAME_MS)) - 1
        return last >= 0 and self._frame(last) is not None

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def _converted(self, n: int, pixels: Literal["rgb24", "bgra"]) -> NDArray[np.uint8]:
        if not 0 <= n < len(self):
            raise IndexError(f"Frame {n} of {len(self)}")
        frame = self._frame(n)
        if frame is None:
            raise VideoError(f"The proxy {self._path} has no frame {n}. Where the clip is sound, make the proxy again.")
        return converted(frame, pixels, size=(frame.width, frame.height), by=self._reformatter)

    def _number(self, stamp: int) -> int:
        number: int = round(stamp * self._stream.time_base * 1000 / FRAME_MS)
        return number

    def _frame(self, n: int) -> Any | None:
        stamp = round(n * FRAME_MS / (1000 * self._stream.time_base))
        try:
            self._container.seek(stamp, stream=self._stream, backward=True, any_frame=False)
            for frame in self._container.decode(self._stream):
                at = self._number(frame.pts)
                if at >= n:
                    return frame if at == n else None
        except av.error.FFmpegError:
            return None
        return None


def proxy_size(size: tuple[int, int], max_side: int) -> tuple[int, int]:
    """Return the even width and height of the proxy of frames of `size`, at most `max_side` px, never larger."""
    scale = min(1.0, max_side / max(size))
    width, height = (max(2, 2 * round(side * scale / 2)) for side in size)
    return width, height
