"""Skeletons and bodies drawn onto frames; source is shape, side is colour."""

import cv2
import numpy as np
from numpy.typing import NDArray

from annotation.labels import ResolvedTrack, Source, Visibility
from annotation.poses import Camera
from annotation.raster import render_mesh, shade
from annotation.skeletons import Skeleton

Rgb = tuple[int, int, int]
Picture = NDArray[np.uint8]

LEFT: Rgb = (0x3B, 0x8E, 0xEA)
RIGHT: Rgb = (0xF2, 0x8C, 0x28)
MIDDLE: Rgb = (0xE6, 0xE8, 0xEB)
OUTLINE: Rgb = (0x14, 0x16, 0x1A)

_BODY_ALBEDO = (0.80, 0.84, 0.92)
_MESH_OPACITY = 0.72
_BONE_OPACITY = 0.85
_SUBPIXEL_BITS = 4


def marker_size_px(size_px: tuple[int, int]) -> float:
    """Return the radius of a labelled point that suits a picture (width, height)."""
    return max(3.0, 0.0042 * float(np.hypot(*size_px)))


def joint_color(name: str) -> Rgb:
    """Return the colour of a joint: by its side."""
    return LEFT if name.startswith("left_") else RIGHT if name.startswith("right_") else MIDDLE


def draw_skeleton(picture: Picture, track: ResolvedTrack, *, frame: int) -> None:
    """Draw the points of one frame and the bones between them onto a picture (h, w, 3), in place."""
    radius = marker_size_px((picture.shape[1], picture.shape[0]))
    xy = track.xy[frame]
    shown = np.isfinite(xy).all(-1) & (track.source[frame] != Source.MISSING)
    _draw_bones(picture, track.skeleton, xy=xy, shown=shown, width_px=0.55 * radius)
    for joint in np.flatnonzero(shown):
        _draw_point(
            picture,
            xy[joint],
            radius=radius,
            color=joint_color(track.skeleton.joints[joint]),
            source=Source(int(track.source[frame, joint])),
            confidence=float(track.confidence[frame, joint]),
            is_occluded=int(track.visibility[frame, joint]) == Visibility.OCCLUDED,
        )


def draw_mesh(picture: Picture, vertices: NDArray[np.floating], *, faces: NDArray[np.integer], camera: Camera) -> None:
    """Lay a body, vertices (V, 3) in metres in the CAMERA frame, translucently over a picture (h, w, 3), in place."""
    colors = shade(vertices, faces, albedo=np.array(_BODY_ALBEDO))
    scale = picture.shape[1] / camera.size_px[0]
    raster = render_mesh(vertices, faces, camera=camera, colors=colors, scale=scale)
    height, width = (min(a, b) for a, b in zip(picture.shape, raster.depth.shape, strict=False))
    covered = raster.covered[:height, :width]
    under = picture[:height, :width][covered].astype(np.float32)
    over = raster.rgb[:height, :width][covered]
    picture[:height, :width][covered] = (under + (over - under) * _MESH_OPACITY).astype(np.uint8)


def _draw_bones(
    picture: Picture,
    skeleton: Skeleton,
    *,
    xy: NDArray[np.floating],
    shown: NDArray[np.bool_],
    width_px: float,
) -> None:
    bones = [(a, b) for a, b in skeleton.bones if shown[a] and shown[b]]
    if not bones:
        return
    drawn = picture.copy()
    for extra, is_outline in ((2, True), (0, False)):
        thickness = max(1, round(width_px)) + extra
        for a, b in bones:
            color = OUTLINE if is_outline else bone_color(skeleton.joints[a], skeleton.joints[b])
            start, end = _fixed_point(xy[a]), _fixed_point(xy[b])
            cv2.line(drawn, start, end, color, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)
    cv2.addWeighted(drawn, _BONE_OPACITY, picture, 1 - _BONE_OPACITY, 0, dst=picture)


def bone_color(a: str, b: str) -> Rgb:
    """Return the colour of a bone: that of its ends if both are of one side."""
    first, second = joint_color(a), joint_color(b)
    return first if first == second else MIDDLE


def _fixed_point(xy: NDArray[np.floating]) -> tuple[int, int]:
    """Return a position for OpenCV, for which the centre of the first pixel is at 0, 0."""
    x, y = np.clip((xy - 0.5) * 2**_SUBPIXEL_BITS, -(2**20), 2**20)
    return round(float(x)), round(float(y))


def _draw_point(
    picture: Picture,
    xy: NDArray[np.floating],
    *,
    radius: float,
    color: Rgb,
    source: Source,
    confidence: float,
    is_occluded: bool,
) -> None:
    """Draw a labelled point as a disc with a ring, an interpolated one as a ring, a predicted one as a faint dot."""
    patch, distance, angle = _around(picture, xy, reach_px=1.6 * radius + 2)
    if patch.size == 0:
        return
    ring_px = max(1.2, 0.3 * radius)
    dashes = (angle * 8 / np.pi) % 2 < 1.2 if is_occluded else np.ones(angle.shape, bool)
    if source is Source.PREDICTED:
        opacity = 0.25 + 0.75 * min(max(confidence, 0.0), 1.0)
        _cover(patch, _disc(distance, 0.7 * radius + 1.5), color=OUTLINE, opacity=0.8 * opacity)
        _cover(patch, _disc(distance, 0.7 * radius), color=color, opacity=opacity)
    if source is Source.LABELLED:
        _cover(patch, _disc(distance, 0.72 * radius), color=color, opacity=1)
    if source is not Source.PREDICTED or is_occluded:
        around = 1.35 * radius
        _cover(patch, _ring(distance, around, width=ring_px + 2) * dashes, color=OUTLINE, opacity=0.9)
        bright = MIDDLE if source is Source.LABELLED else color
        _cover(patch, _ring(distance, around, width=ring_px) * dashes, color=bright, opacity=1)


def _around(
    picture: Picture, xy: NDArray[np.floating], *, reach_px: float
) -> tuple[Picture, NDArray[np.float64], NDArray[np.float64]]:
    """Return the part of the picture around a point, with the distance and direction of its pixels from it."""
    height, width = picture.shape[:2]
    low = np.clip(np.floor(xy - reach_px), 0, (width, height)).astype(int)
    high = np.clip(np.ceil(xy + reach_px), 0, (width, height)).astype(int)
    x = np.arange(low[0], high[0]) + 0.5 - xy[0]
    y = (np.arange(low[1], high[1]) + 0.5 - xy[1])[:, None]
    return picture[low[1] : high[1], low[0] : high[0]], np.hypot(x, y), np.arctan2(y, x)


def _disc(distance: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    return np.clip(radius + 0.5 - distance, 0, 1)


def _ring(distance: NDArray[np.float64], radius: float, *, width: float) -> NDArray[np.float64]:
    return np.clip(width / 2 + 0.5 - np.abs(distance - radius), 0, 1)


def _cover(patch: Picture, mask: NDArray[np.float64], *, color: Rgb, opacity: float) -> None:
    share = (mask * opacity)[..., None]
    patch[...] = np.round(patch + (np.array(color) - patch) * share).astype(np.uint8)
