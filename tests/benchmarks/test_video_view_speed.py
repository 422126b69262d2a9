"""How long the GUI thread needs for a new frame with its skeleton, against a bare pixmap."""

import statistics
import time
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from annotation.skeletons import load_skeleton
from widgets.video_view import VideoView

BUDGET_MS = 12.0
SIZE = (900, 800)
CLIMBER_PX = np.fromstring(
    """540 330 575 320 505 320 620 430 460 430 720 350 370 320 760 220 330 180 775 195 318 160 768 190 328 150
    750 200 340 165 590 740 490 740 720 850 400 900 680 1060 440 1130 660 1090 455 1160 720 1110 400 1180""",
    sep=" ",
).reshape(25, 2)
"""25 joints in the order of ``climbalong25``, a climber filling most of a 1080x1440 frame."""


class BarePicture(QWidget):
    """Converts and paints a frame and does nothing else."""

    def __init__(self, target: QRect) -> None:
        super().__init__()
        self.pixmap = QPixmap()
        self.target = target

    def set_frame(self, rgb: np.ndarray) -> None:
        height, width = rgb.shape[:2]
        self.pixmap = QPixmap.fromImage(QImage(rgb.data, width, height, width * 3, QImage.Format.Format_RGB888))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(self.target, self.pixmap)
        painter.end()


def median_ms(work: Callable[[int], None], *, repeats: int = 60) -> float:
    times = []
    for i in range(repeats):
        start = time.perf_counter()
        work(i)
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times[5:])


@pytest.mark.benchmark
def test_a_frame_with_its_skeleton_is_shown_within_the_budget(qtbot):
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 255, (1440, 1080, 3), dtype=np.uint8) for _ in range(4)]
    poses = [(CLIMBER_PX + rng.normal(0, 8, CLIMBER_PX.shape)).astype(np.float32) for _ in range(4)]
    confidence = rng.uniform(0, 1, 25).astype(np.float32)
    source = (np.arange(25) % 3 + 1).astype(np.uint8)
    visibility = np.full(25, 2, np.uint8)
    mesh = rng.integers(0, 255, (720, 540, 4), dtype=np.uint8)
    view, bare = VideoView(), BarePicture(QRect(150, 0, 600, 800))
    for widget in (view, bare):
        qtbot.addWidget(widget)
        widget.resize(*SIZE)
        with qtbot.waitExposed(widget):
            widget.show()
    view.set_skeleton(load_skeleton("climbalong25"))

    def show(i: int, *, with_mesh: bool = False) -> None:
        view.set_frame(frames[i % 4])
        view.set_pose(poses[i % 4], confidence, source=source, visibility=visibility)
        if with_mesh:
            view.set_mesh_overlay(mesh)
        view.viewport().repaint()

    def show_bare(i: int) -> None:
        bare.set_frame(frames[i % 4])
        bare.repaint()

    plain, full, with_mesh = median_ms(show_bare), median_ms(show), median_ms(lambda i: show(i, with_mesh=True))
    print(
        f"\nbare pixmap {plain:.2f} ms, frame + skeleton {full:.2f} ms ({full / plain:.2f}x), + mesh {with_mesh:.2f} ms"
    )
    assert full < BUDGET_MS
