"""The commands about video files: what is in one, and single frames of it as pictures."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from annotation.errors import VideoError
from annotation.formats.pictures import write_picture
from annotation.proxy import wants_proxy
from annotation.video import VideoReader

Result = tuple[dict[str, Any], str]


def video(options: argparse.Namespace) -> Result:
    """Say what is in a video file, or write frames of it."""
    return (
        info(options.file)
        if options.action == "info"
        else write_frames(options.file, options.frames, folder=options.out)
    )


def info(path: Path) -> Result:
    """Read timing, codec and size of a video.

    Raises
    ------
    VideoError
        If it is no video that can be shown.
    """
    with VideoReader(path) as reader:
        timeline = reader.timeline
        keys = np.flatnonzero(np.isin(timeline.pts, timeline.keyframe_pts))
        result = {
            "path": str(path),
            "frames": len(reader),
            "size": list(reader.size),
            "rotation": reader.rotation,
            "codec": reader.codec,
            "fps": timeline.fps,
            "variable": timeline.variable,
            "duration_s": timeline.duration_s,
            "time_base": list(timeline.time_base),
            "timestamps": timeline.pts.tolist(),
            "times_s": timeline.times_s.tolist(),
            "key_frames": keys.tolist(),
            "proxy_advised": wants_proxy(timeline),
        }
    rate = "variable rate, mean " if timeline.variable else ""
    width, height = reader.size
    text = (
        f"{path}: {len(reader)} frames in {result['duration_s']:.3f} s ({rate}{timeline.fps:.3f} frames/s), "
        f"{width} x {height} as shown, turned by {reader.rotation} degrees, {reader.codec}, {len(keys)} key frames"
    )
    return result, text


def write_frames(path: Path, numbers: list[int], *, folder: Path) -> Result:
    """Write frames as PNG files named by their number, such as ``000412.png``.

    Raises
    ------
    VideoError
        If a frame is not there, cannot be decoded or cannot be written; those before it have been written.
    """
    files = []
    with VideoReader(path) as reader:
        missing = [n for n in numbers if not 0 <= n < len(reader)]
        if missing:
            raise VideoError(f"{path} has no frame {missing[0]}: its frames are 0 to {len(reader) - 1}.")
        for n in numbers:
            target = folder / f"{n:06d}.png"
            write_picture(target, reader.rgb(n))
            files.append(str(target))
    return {"frames": numbers, "files": files}, f"Wrote {len(files)} frames to {folder}"
