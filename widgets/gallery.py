"""Every widget alone with synthetic data: ``python -m widgets.gallery [--light]``."""

import argparse
import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QSlider,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from annotation.labels import Source, Visibility
from annotation.skeletons import load_skeleton
from widgets.icons import IconName, icon_pixmap
from widgets.markers import joint_title
from widgets.theme import Theme, apply_theme, colors_of
from widgets.timeline import Timeline
from widgets.timeline_lanes import MarkKind
from widgets.transport import Transport
from widgets.video_view import VideoView

N_FRAMES = 377
FPS = 25.0
FRAME_SIZE = (720, 960)
STRIDE = 5


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


class VideoPage(QWidget):
    """The video with its transport and timeline, wired to each other as an application would."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.video, self.transport, self.timeline = VideoView(), Transport(), Timeline()
        self._frame = 0
        self._wall = wall()
        self._clock = QTimer(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.video, 1)
        column.addWidget(self.transport)
        column.addWidget(self.timeline)
        self._fill()
        self._connect()
        self.show_frame(0)

    def _fill(self) -> None:
        keyframes = [*range(0, 130, STRIDE), 190, 203, 350]
        self.video.set_skeleton(load_skeleton("climbalong25"))
        self.video.set_frame(self._wall)
        self.transport.set_clip(N_FRAMES, FPS, variable_fps=False)
        self.timeline.set_length(N_FRAMES, fps=FPS)
        self.timeline.set_confidence(confidence())
        self.timeline.set_keyframes(keyframes)
        sources = np.full(N_FRAMES, Source.PREDICTED, np.uint8)
        sources[:126] = Source.INTERPOLATED
        sources[keyframes] = Source.LABELLED
        sources[300:318] = Source.MISSING
        self.timeline.set_sources(sources)
        self.timeline.set_range((60, 95))
        self.timeline.set_marks("doubt", [*range(112, 129), *range(244, 257)])
        self.timeline.set_marks("swapped", [205, 206, 207])
        self.timeline.set_marks("left hand", [*range(70), *range(96, 290)], kind=MarkKind.STATE)

    def _connect(self) -> None:
        t = self.transport
        t.frame_requested.connect(self.show_frame)
        t.step_requested.connect(lambda sign: self.show_frame(self._frame + sign))
        t.stride_requested.connect(lambda sign: self.show_frame(self._frame + STRIDE * sign))
        t.play_toggled.connect(self._toggle)
        self.timeline.frame_requested.connect(self.show_frame)
        self.timeline.range_selected.connect(lambda first, last: self.timeline.set_range((first, last)))
        self._clock.timeout.connect(lambda: self.show_frame((self._frame + 1) % N_FRAMES))

    def _toggle(self) -> None:
        playing = not self._clock.isActive()
        self.transport.set_playing(playing=playing)
        if playing:
            self._clock.start(round(1000 / FPS))
        else:
            self._clock.stop()

    def show_frame(self, frame: int) -> None:
        """Show a frame everywhere."""
        self._frame = frame = min(max(frame, 0), N_FRAMES - 1)
        source = np.array([1, 1, 1, 3, 3, 2, 2, 3, 3, 1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 2, 2, 1, 1, 1, 1], np.uint8)
        visibility = np.full(25, Visibility.VISIBLE, np.uint8)
        visibility[[6, 18]] = Visibility.OCCLUDED
        sure = np.linspace(0.35, 0.98, 25).astype(np.float32)
        self.video.set_pose(climber(frame), sure, source=source, visibility=visibility)
        self.transport.set_frame(frame)
        self.timeline.set_frame(frame)


def icons_page() -> QWidget:
    """All icons with their names."""
    page = QWidget()
    grid = QGridLayout(page)
    color = colors_of(QApplication.activeWindow() or page).text
    for i, name in enumerate(IconName):
        picture, words = QLabel(), QLabel(name.value)
        picture.setPixmap(icon_pixmap(name, color, size_px=32, device_pixel_ratio=page.devicePixelRatioF()))
        for row, label in enumerate((picture, words)):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            grid.addWidget(label, i // 8 * 2 + row, i % 8)
    return page


def controls_page() -> QWidget:
    """The standard controls in the style of the theme."""
    page = QWidget()
    form = QFormLayout(page)
    primary, plain, disabled = QPushButton("Detect climber"), QPushButton("Cancel"), QPushButton("Fit body")
    primary.setProperty("primary", "true")
    disabled.setEnabled(False)
    checked, choice, number = QCheckBox("Show mesh"), QComboBox(), QSpinBox()
    checked.setChecked(True)
    choice.addItems(["ClimbAlong, 25 joints", "COCO, 17 joints"])
    slider, progress, joints = QSlider(Qt.Orientation.Horizontal), QProgressBar(), QListWidget()
    slider.setValue(40)
    progress.setValue(63)
    joints.addItems([joint_title(joint) for joint in load_skeleton("coco17").joints])
    joints.setCurrentRow(2)
    one = QRadioButton("Labelled only")
    one.setChecked(True)
    rows = {
        "Buttons": (primary, plain, disabled),
        "Choices": (checked, QCheckBox("Show skeleton"), one, QRadioButton("All")),
        "Fields": (QLineEdit("left wrist"), number, choice),
        "Values": (slider, progress),
        "Lists": (joints, QPlainTextEdit("frame 187: left wrist moved 12 px")),
    }
    for title, controls in rows.items():
        row = QHBoxLayout()
        for control in controls:
            row.addWidget(control)
        form.addRow(title, row)
    return page


PAGES: dict[str, Callable[[], QWidget]] = {"Video": VideoPage, "Icons": icons_page, "Controls": controls_page}


def gallery() -> QTabWidget:
    """Return a window with one page per widget."""
    window = QTabWidget()
    window.setWindowTitle("Betascope widgets")
    window.setDocumentMode(True)
    for title, page in PAGES.items():
        window.addTab(page(), title)
    window.resize(1200, 960)
    return window


def main(argv: list[str] | None = None) -> int:
    """Show the gallery until it is closed."""
    parser = argparse.ArgumentParser(prog="python -m widgets.gallery", description=__doc__)
    parser.add_argument("--light", action="store_true", help="the light theme")
    options = parser.parse_args(argv)
    app = QApplication(sys.argv[:1])
    apply_theme(app, Theme.LIGHT if options.light else Theme.DARK)
    window = gallery()
    window.show()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
