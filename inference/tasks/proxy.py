"""The task that makes the proxy of a clip: a smaller copy, all key frames, checked against the clip."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from numpy.typing import NDArray

from annotation.errors import JobError, VideoError
from annotation.proxy import FRAME_MS, PROXY_FILE, TIMELINE_TAG, open_proxy, proxy_size, timeline_digest
from annotation.video import VideoReader
from inference.jobs import TaskContext

MAX_SIDE_PX = 960
_QUALITY = 3
"""MJPEG's scale from 2 (best) to 31."""
_SAMPLES = 12
_MAX_DIFFERENCE = 8.0
"""Mean difference in grey levels, 0 to 255, of a proxy frame to its original: compression alone stays below."""
_REPORT_EVERY = 10


def run(context: TaskContext) -> dict[str, Any]:
    """Write ``proxy.mkv`` into the output folder.

    Parameters of the job: ``video`` and, optional, ``max_side`` (px of the longer side). Damaged frames are left out.

    Returns
    -------
    dict
        File, frames, bytes, size in pixels, how many frames were compared and the largest mean difference.

    Raises
    ------
    BetascopeError
        If the video cannot be read, the proxy cannot be written, or it does not show the clip's frames.
    """
    parameters = context.parameters
    max_side = parameters.get("max_side", MAX_SIDE_PX)
    if not isinstance(max_side, int) or isinstance(max_side, bool) or not 64 <= max_side <= 8192:
        raise JobError(f"A proxy needs a max_side from 64 to 8192 pixels, not {max_side!r}.")
    path = context.output / PROXY_FILE
    with VideoReader(Path(str(parameters.get("video", "")))) as reader:
        size_px = proxy_size(reader.size, max_side)
        try:
            n_written = _write(context, reader, path, size_px=size_px)
        except (OSError, av.error.FFmpegError) as error:
            raise JobError(
                f"The proxy cannot be written to {context.output} ({error}). Free some space and start again."
            ) from error
        n_compared, difference = _check(path, reader)
    return {
        "file": PROXY_FILE,
        "frames": n_written,
        "bytes": path.stat().st_size,
        "size_px": list(size_px),
        "compared": n_compared,
        "largest_difference": difference,
    }


def _write(context: TaskContext, reader: VideoReader, path: Path, *, size_px: tuple[int, int]) -> int:
    """Write all frames that can be decoded and return how many there were."""
    written = 0
    shrink = _Shrink(size_px)
    time_base = Fraction(FRAME_MS, 1000)
    with av.open(str(path), "w") as container:
        container.metadata[TIMELINE_TAG] = timeline_digest(reader.timeline)
        stream = container.add_stream("mjpeg", rate=1 / time_base)
        stream.width, stream.height = size_px
        stream.pix_fmt = "yuvj420p"
        stream.codec_context.time_base = time_base
        stream.codec_context.qmin = stream.codec_context.qmax = _QUALITY
        for n, rgb in reader.frames():
            small = shrink(rgb, "yuvj420p")
            small.pts, small.time_base = n, time_base
            container.mux(stream.encode(small))
            written += 1
            if n % _REPORT_EVERY == 0 or n == len(reader) - 1:
                context.report(n + 1, len(reader), f"frame {n + 1} of {len(reader)}")
        container.mux(stream.encode(None))
    return written


class _Shrink:
    """Makes pictures of a certain size out of RGB arrays."""

    def __init__(self, size_px: tuple[int, int]) -> None:
        self._size_px = size_px
        self._reformatter = VideoReformatter()

    def __call__(self, rgb: NDArray[np.uint8], format: str) -> Any:
        width, height = self._size_px
        return self._reformatter.reformat(
            av.VideoFrame.from_ndarray(rgb, format="rgb24"),
            width=width,
            height=height,
            format=format,
            interpolation=Interpolation.BILINEAR,
            dst_color_range=ColorRange.JPEG,
        )


def _check(path: Path, reader: VideoReader) -> tuple[int, float]:
    """Compare frames of the proxy, found by number, with those of the clip, found by time.

    Returns
    -------
    (int, float)
        How many were compared, and the largest mean difference in grey levels.
    """
    proxy = open_proxy(path, reader.timeline)
    if proxy is None:
        raise JobError(f"The proxy in {path.parent} cannot be read back. Check the drive and make it again.")
    differences = []
    try:
        for n in np.linspace(0, len(reader) - 1, min(_SAMPLES, len(reader))).round().astype(int):
            try:
                original = reader.rgb(int(n))
            except VideoError:
                continue
            shown = proxy.rgb(int(n))
            expected = _Shrink((shown.shape[1], shown.shape[0]))(original, "rgb24").to_ndarray()
            differences.append(float(np.abs(shown.astype(np.int16) - expected).mean()))
    finally:
        proxy.close()
    largest = max(differences, default=0.0)
    if largest > _MAX_DIFFERENCE:
        raise JobError(
            "The proxy does not show the frames of the video, so it was thrown away; scrubbing goes on without. "
            "Convert the video to MP4 if it is slow."
        )
    return len(differences), largest
