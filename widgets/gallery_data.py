"""Synthetic data for the gallery: a wall, a drawn climber, a confidence."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from annotation.joint_groups import JointGroup
from annotation.labels import Visibility
from annotation.skeletons import load_skeleton
from widgets.timeline_data import GAPS, Fill, Lane

N_FRAMES = 377
FPS = 25.0
FRAME_SIZE = (720, 960)
STRIDE = 5
GROUPS = tuple(group.value for group in JointGroup)


def climber(frame: int) -> NDArray[np.float32]:
    """Return the joints (25, 2) of ``climbalong25`` of a drawn climber who reaches upwards, frame pixels."""
    phase = 2 * np.pi * frame / 120
    reach, lift = 30 * np.sin(phase), 22 * np.sin(phase + 1)
    points = {
        "nose": (360, 300), "ear": (22, 292), "shoulder": (62, 350), "elbow": (118, 290 - reach),
        "wrist": (140, 205 - 2 * reach), "pinky": (150, 188 - 2 * reach), "index": (140, 180 - 2 * reach),
        "thumb": (130, 190 - 2 * reach), "hip": (44, 530), "knee": (110, 600 - lift), "ankle": (84, 720 - 2 * lift),
        "heel": (76, 738 - 2 * lift), "big_toe": (112, 742 - 2 * lift),
    }  # fmt: skip
    result = []
    for joint in load_skeleton("climbalong25").joints:
        side, _, part = joint.partition("_")
        x, y = points.get(part, points["nose"])
        if side == "left":
            x, y = 360 + x, y
        elif side == "right":
            x, y = 360 - x, y + 0.8 * (reach if part in ("elbow", "wrist", "pinky", "index", "thumb") else lift)
        result.append((x + 8 * np.sin(phase / 2), y))
    return np.array(result, np.float32)


def wall() -> NDArray[np.uint8]:
    """Return a picture (h, w, 3) of a grey wall with holds."""
    width, height = FRAME_SIZE
    image = QImage(width, height, QImage.Format.Format_RGB888)
    image.fill(QColor("#8d8f90"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    rng = np.random.default_rng(4)
    painter.setPen(QPen(QColor("#7c7e80"), 2))
    for x in range(0, width, 240):
        painter.drawLine(x, 0, x, height)
    for y in range(0, height, 320):
        painter.drawLine(0, y, width, y)
    painter.setPen(Qt.PenStyle.NoPen)
    holds = ("#d64545", "#f0c419", "#3aa757", "#2f6fd0", "#222222", "#e8e8e8")
    for i in range(70):
        x, y, a, b = rng.uniform((0, 0, 8, 6), (width, height, 30, 20))
        painter.setBrush(QColor(holds[i % len(holds)]))
        painter.drawEllipse(QPointF(x, y), a, b)
    painter.end()
    return (
        np.array(image.constBits(), np.uint8)
        .reshape(height, image.bytesPerLine())[:, : 3 * width]
        .reshape(height, width, 3)
    )


def confidence() -> NDArray[np.float32]:
    """Return a mean confidence per frame (T,) with dips and a gap."""
    rng = np.random.default_rng(1)
    t = np.arange(N_FRAMES)
    values = 0.93 - 0.35 * np.exp(-(((t - 120) / 9) ** 2)) - 0.5 * np.exp(-(((t - 250) / 6) ** 2))
    values = values + rng.normal(0, 0.015, N_FRAMES)
    values[300:318] = np.nan
    return np.clip(values, 0, 1).astype(np.float32)


def joint_facts() -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32]]:
    """Return source, visibility and confidence (25,) with one of everything."""
    source = np.array([1, 1, 1, 3, 3, 2, 2, 3, 3, 1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 2, 2, 1, 1, 1, 1], np.uint8)
    visibility = np.full(25, Visibility.VISIBLE, np.uint8)
    visibility[[6, 18]] = Visibility.OCCLUDED
    return source, visibility, np.linspace(0.35, 0.98, 25).astype(np.float32)


def lane(name: str, keyframes: list[int]) -> Lane:
    """Return a lane of keyframes: interpolated in the first third in all ways there are, predicted after it."""
    fill = np.full(N_FRAMES, Fill.PREDICTED, np.uint8)
    fill[:126] = np.repeat(GAPS, 32)[:126]
    fill[keyframes] = Fill.LABELLED
    fill[300:318] = Fill.NOTHING
    frames = np.asarray(keyframes, np.intp)
    return Lane(name, frames, frames % 2 == 0, fill)
