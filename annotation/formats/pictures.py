"""Frames as picture files beside labels, under the names the labels give them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from annotation.clip import Clip
from annotation.errors import VideoError
from annotation.formats import coco, yolo
from annotation.formats.export_tables import (
    ExportChoice,
    TrackLabels,
    chosen_frames,
    clip_names,
    export_table,
    parts_of,
)
from annotation.formats.splitting import Part
from annotation.video import VideoReader

SUFFIXES = ("jpg", "png")
_QUALITY = 2
"""JPEG's scale from 2 (best) to 31."""
_CACHE_BYTES = 64 << 20
Report = Callable[[int, int, str], None]
"""Hears how many of how many are done, and what is done; raises to cancel."""


@dataclass(frozen=True)
class Images:
    """Which frames become pictures: those of the labels, and every n-th of the clip (0: no others)."""

    suffix: str = "jpg"
    every: int = 0


@dataclass(frozen=True)
class ClipImages:
    """Pictures of one clip: frame -> path below the folder the labels are written to."""

    clip: Clip
    files: Mapping[int, str]


def images_folder(out: Path) -> str:
    """Return the name of the folder of images beside the labels."""
    return f"{out.stem}-images"


def planned_images(
    format_key: str, tracks: Sequence[TrackLabels], *, choice: ExportChoice, images: Images, out: Path
) -> list[ClipImages]:
    """Say which pictures belong to labels that are written to `out`.

    Raises
    ------
    ProjectError
        If there are too few videos for the split.
    """
    tables = [export_table(item, choice) for item in tracks]
    chosen, names = chosen_frames(tracks, tables), clip_names(tracks)
    parts = parts_of(tracks, tables, split=choice.split) if choice.split is not None and any(map(len, tables)) else {}
    plans = []
    for clip in {item.clip.id: item.clip for item in tracks}.values():
        labelled = set(chosen[clip.id].tolist())
        every = range(0, clip.n_frames, images.every) if images.every else ()
        files = {}
        for frame in sorted(labelled.union(every)):
            if format_key == "yolo":
                part = parts.get((clip.id, frame), Part.TRAIN) if frame in labelled else None
                files[frame] = f"{out.name}/{yolo.image_path(names[clip.id], frame, images.suffix, part=part)}"
            else:
                files[frame] = f"{images_folder(out)}/{coco.image_path(names[clip.id], frame, images.suffix)}"
        plans.append(ClipImages(clip, files))
    return plans


def write_images(plans: Sequence[ClipImages], folder: Path, *, report: Report) -> tuple[int, int]:
    """Write pictures below a folder; return how many there are, and how many frames cannot be decoded.

    Raises
    ------
    VideoError
        If a video cannot be read, or a picture not be written.
    """
    total, done, damaged = sum(len(plan.files) for plan in plans), 0, 0
    for plan in plans:
        if not plan.files:
            continue
        with VideoReader(plan.clip.path, plan.clip.timeline, cache_bytes=_CACHE_BYTES) as reader:
            for frame, name in plan.files.items():
                report(done, total, f"image {done + 1} of {total}")
                done += 1
                try:
                    picture = reader.rgb(frame)
                except VideoError:
                    if not plan.clip.path.is_file():
                        raise
                    damaged += 1
                    continue
                write_picture(folder / name, picture)
    report(total, total, f"{total} images")
    return done - damaged, damaged


def write_picture(path: Path, rgb: NDArray[np.uint8]) -> None:
    """Write a picture (h, w, 3) as PNG or JPEG, by the suffix; its folder is made if need be.

    Raises
    ------
    VideoError
        If it cannot be written.
    """
    height, width = rgb.shape[:2]
    is_png = path.suffix == ".png"
    encoder = av.CodecContext.create("png" if is_png else "mjpeg", "w")
    encoder.width, encoder.height, encoder.time_base = width, height, Fraction(1, 25)
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
    if is_png:
        encoder.pix_fmt = "rgb24"
    else:
        encoder.pix_fmt = "yuvj420p"
        encoder.qmin = encoder.qmax = _QUALITY
        frame = frame.reformat(format="yuvj420p", dst_color_range=ColorRange.JPEG)
    try:
        packets = [*encoder.encode(frame), *encoder.encode(None)]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(bytes(packet) for packet in packets))
    except (OSError, av.error.FFmpegError) as error:
        raise VideoError(f"{path} cannot be written ({error}). Free some space or choose another folder.") from error
