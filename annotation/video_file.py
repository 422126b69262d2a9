"""Video files as containers: opening them, saying what they are, and the timestamps of their frames.

Timestamps come from the packet headers, so a scan takes milliseconds.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import av
import av.error
import av.logging
import numpy as np

from annotation.clip import Fingerprint, Timeline
from annotation.errors import VideoError

Frame: TypeAlias = Any
"""A decoded ``av.VideoFrame``; PyAV is not type-checked."""

Report: TypeAlias = Callable[[int, int], None]
"""``report(done, total)`` in bytes of the file; total 0 means unknown."""

_UNDECODABLE = "undecodable"
_MEBIBYTE = 1 << 20
_REPORT_EVERY = 1000


def no_report(_done: int, _total: int) -> None:
    """Tell nobody."""


def fingerprint(path: Path) -> Fingerprint:
    """Return what tells a video file from others: its size and a digest of its first and last mebibyte.

    Raises
    ------
    VideoError
        If the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.sha256(file.read(_MEBIBYTE))
            n_bytes = file.seek(0, 2)
            file.seek(max(0, n_bytes - _MEBIBYTE))
            digest.update(file.read())
    except OSError as error:
        raise VideoError(_unreadable(path, error)) from error
    return Fingerprint(n_bytes, digest.hexdigest())


def open_video(path: Path) -> tuple[Any, Any]:
    """Open a file and return its container and its video stream, or say what the file is instead."""
    try:
        if path.is_dir():
            raise VideoError(f"{path} is a folder, not a video. Choose a video file in it.")
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise VideoError(_unreadable(path, error)) from error
    if not head:
        raise VideoError(f"{path} is empty (0 bytes). Copy the video again from its source.")
    try:
        container = av.open(str(path))
    except av.error.FFmpegError as error:
        raise VideoError(_unrecognised(path, head)) from error
    fault = _not_a_video(container)
    if fault:
        container.close()
        if fault == _UNDECODABLE:
            fault = f"is compressed{_codec_tag(path)} in a way that cannot be decoded here"
        raise VideoError(f"{path} {fault}. Choose a video file such as mp4, mov, mkv or webm.")
    return container, main_stream(container)


def main_stream(container: Any) -> Any:
    """Return the video stream that is shown: the one with the largest picture, among equals the first."""
    known = [stream for stream in _video_streams(container) if stream.codec_context is not None]
    return max(known, key=lambda stream: stream.codec_context.width * stream.codec_context.height)


def _video_streams(container: Any) -> list[Any]:
    """Return the video streams, without the covers of albums."""
    cover = av.stream.Disposition.attached_pic
    return [stream for stream in container.streams.video if not stream.disposition & cover]


def _not_a_video(container: Any) -> str:
    name = container.format.name
    if name.endswith("_pipe") or name == "image2":
        return "is a single picture, not a video"
    if name == "tty":  # FFmpeg would show any text file as a film of its letters
        return "is a text file, not a video"
    streams = _video_streams(container)
    if not streams:
        return "holds sound but no picture" if container.streams.audio else "holds no picture"
    if not any(stream.codec_context for stream in streams):
        return _UNDECODABLE
    return ""


def check_unchanged(path: Path, n_bytes: int) -> None:
    """Raise `VideoError` if a file is gone or has another size than when it was opened."""
    try:
        now = path.stat().st_size
    except OSError as error:
        raise VideoError(_unreadable(path, error)) from error
    if now != n_bytes:
        change = "shorter" if now < n_bytes else "longer"
        raise VideoError(
            f"{path} has become {change} since it was opened ({n_bytes} bytes then, {now} now). Put the whole video "
            "back and ask again."
        )


def _codec_tag(path: Path) -> str:
    """Return the name of an unknown codec in brackets, which FFmpeg tells nobody but its log; empty if not even it."""
    level = av.logging.get_level()
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture() as lines:
            av.open(str(path)).close()
    finally:
        av.logging.set_level(level)
    found = re.search(r"Video: (\w+)(?: \((\w+))?", " ".join(text for _, _, text in lines))
    names = [name for name in found.groups() if name not in (None, "none")] if found else []
    return f" ({', '.join(names)})" if names else ""


def _unreadable(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"There is no file {path}. It was moved, renamed or deleted: choose it again."
    if isinstance(error, PermissionError):
        return f"{path} may not be read by you. Change its permissions or copy it to a folder of yours."
    return f"{path} cannot be read ({error.strerror}). Check the drive it lies on."


def _unrecognised(path: Path, head: bytes) -> str:
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        return (
            f"{path} is an incomplete MP4 or MOV file: its table of frames is missing, as after an interrupted copy "
            "or recording. Copy it again from its source."
        )
    return f"{path} is not a video, or is damaged from its first bytes. Choose another file or copy it again."


def scan_timeline(path: Path, *, report: Report = no_report) -> Timeline:
    """Read the timestamps of all shown frames, from packet headers where they tell.

    Raises
    ------
    VideoError
        If the file is no video that can be shown.
    """
    container, stream = open_video(path)
    with container:
        base = stream.time_base.numerator, stream.time_base.denominator
        if (
            container.format.name == "avi"
            and stream.codec_context.name != "mpeg4"
            and stream.codec_context.has_b_frames
        ):
            raise VideoError(
                f"{path} is an AVI file with reordered frames, and AVI has no place for their times. "
                "Convert it to MP4 with a video converter and choose the new file."
            )
        found = _scan_packets(container, stream, report=report)
    if found is None:
        container, stream = open_video(path)
        with container:
            found = _scan_frames(container, stream)
    pts, keys = (np.unique(np.array(values, dtype=np.int64)) for values in found)
    if len(keys):
        pts = pts[pts >= keys[0]]  # what comes before the first key frame cannot be decoded
    if not len(pts):
        raise VideoError(f"{path} holds no frame that can be shown. It is damaged: copy it again from its source.")
    return Timeline(pts, base, keys)


def _scan_packets(container: Any, stream: Any, *, report: Report) -> tuple[list[int], list[int]] | None:
    """Return timestamps of the shown frames and of the key frames; None where only decoding can tell them."""
    if stream.codec_context.name == "vp8":  # has packets of their own for frames that are never shown
        return None
    pts, keys = [], []
    n_bytes = container.size
    for number, packet in enumerate(packets(container, stream)):
        if packet.size == 0:
            continue
        if number % _REPORT_EVERY == 0 and packet.pos is not None:
            report(packet.pos, n_bytes)
        if packet.pts is None:
            return None
        if packet.is_keyframe:
            keys.append(packet.pts)  # also one hidden by an edit list: decoding starts there
        if not packet.is_discard:
            pts.append(packet.pts)
    return pts, keys


def _scan_frames(container: Any, stream: Any) -> tuple[list[int], list[int]]:
    stream.thread_type = "AUTO"
    frames = [(timestamp(frame), frame.key_frame) for frame in decoded(container, stream)]
    return [t for t, _ in frames if t is not None], [t for t, key in frames if key and t is not None]


def packets(container: Any, stream: Any) -> Iterator[Any]:
    """Yield the packets of a stream up to the end, or to where the file breaks off."""
    try:
        yield from container.demux(stream)
    except av.error.FFmpegError:
        return


def decoded(container: Any, stream: Any) -> Iterator[Frame]:
    """Yield all frames that can be decoded; after a damaged packet the next ones are tried."""
    for packet in packets(container, stream):
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            continue
        yield from frames


def timestamp(frame: Frame) -> int | None:
    """Return when a frame is shown, in units of the stream; where the container does not say, when it was decoded."""
    stamp = frame.dts if frame.pts is None else frame.pts
    return None if stamp is None else int(stamp)
