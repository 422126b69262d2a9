"""H.264 videos with the timestamps one asks for."""

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import av.error
import numpy as np
from av.video.frame import PictureType
from numpy.typing import NDArray

from annotation.errors import JobError

_KEY_FRAME_EVERY = 30


class VideoWriter:
    """Writes an mp4 (H.264, yuv420p) frame by frame; a context manager.

    Parameters
    ----------
    path : Path
    size_px : (int, int)
        Width and height of the frames; an odd side grows by one pixel, as the codec needs even ones.
    time_base : Fraction
        Seconds per unit of the timestamps.
    fps : Fraction or float
        The nominal rate, for players; the timestamps rule.
    crf : int
        Quality, 0 (lossless) to 51.

    Raises
    ------
    JobError
        If the file cannot be written; the message says what to do. Also raised by `add` and at the end.
    """

    def __init__(
        self, path: Path, *, size_px: tuple[int, int], time_base: Fraction, fps: Fraction | float, crf: int = 20
    ) -> None:
        self._path = path
        self._time_base = time_base
        self._padding = [(0, side % 2) for side in size_px[::-1]]
        try:
            self._container: Any = av.open(str(path), "w", options={"movflags": "+faststart"})
        except (OSError, av.error.FFmpegError) as error:
            raise self._failure(error) from error
        options = {"crf": str(crf), "preset": "veryfast"}
        rate = Fraction(fps).limit_denominator(1001)
        self._stream: Any = self._container.add_stream("libx264", rate=rate, options=options)
        self._stream.width, self._stream.height = (side + side % 2 for side in size_px)
        self._stream.pix_fmt = "yuv420p"
        self._stream.gop_size = _KEY_FRAME_EVERY
        self._stream.time_base = time_base
        self._stream.codec_context.time_base = time_base

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._container.mux(self._stream.encode(None))
            self._container.close()
        except (OSError, av.error.FFmpegError) as failure:
            if kind is None:
                raise self._failure(failure) from failure

    def add(self, rgb: NDArray[np.uint8], *, pts: int) -> None:
        """Write the next frame (h, w, 3), shown from `pts` (in units of the time base) on."""
        if any(after for _, after in self._padding):
            rgb = np.pad(rgb, [*self._padding, (0, 0)], mode="edge")
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        frame.pts = pts
        frame.time_base = self._time_base
        frame.pict_type = PictureType.NONE
        try:
            self._container.mux(self._stream.encode(frame))
        except (OSError, av.error.FFmpegError) as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> JobError:
        reason = getattr(error, "strerror", None) or str(error)
        return JobError(
            f"The video {self._path.name} cannot be written to {self._path.parent} ({reason}). "
            "Free some space or choose another folder, then start again."
        )
