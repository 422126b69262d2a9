"""Every widget alone with synthetic data: ``python -m widgets.gallery [--light]``."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, QTimer
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

from annotation.body import SMPL_JOINTS, SMPL_PARENTS, builtin_body
from annotation.labels import Event
from annotation.poses import Plane
from annotation.skeletons import joint_title, load_skeleton
from widgets.body_view import BodyView
from widgets.climber_list import ClimberEntry
from widgets.gallery_data import FPS, GROUPS, N_FRAMES, STRIDE, climber, confidence, joint_facts, lane, wall
from widgets.icons import IconName, icon_pixmap
from widgets.inspector import Inspector
from widgets.jobs_panel import JobsPanel, JobState
from widgets.next_step_bar import NextStepBar
from widgets.side_panel import Entry, SidePanel
from widgets.start_page import RecentProject, StartPage
from widgets.theme import Theme, apply_theme, colors_of
from widgets.timeline import Timeline
from widgets.timeline_data import MarkKind
from widgets.toast import Severity, ToastArea
from widgets.transport import Transport
from widgets.video_view import VideoView


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
        self.timeline.set_summary(lane("keyframes", keyframes))
        self.timeline.set_groups([lane(name, keyframes[start::2]) for start, name in enumerate(GROUPS)])
        self.timeline.set_events([Event(20, 90, "start"), Event(120, None, "foot slips"), Event(150, 250, "crux")])
        self.timeline.set_reviewed(np.arange(N_FRAMES) < 100)
        self.timeline.set_range((60, 95))
        doubts = {112: "jump", 130: "low confidence", 205: "sides swapped", 206: "sides swapped", 250: "limb length"}
        self.timeline.set_doubts([*doubts], [*doubts.values()])
        self.timeline.set_suggestions([230, 290])
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
        source, visibility, sure = joint_facts()
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


def body_page() -> QWidget:
    """The built-in body before a wall."""
    page, body = BodyView(), builtin_body()
    pose = np.zeros((1, 24, 3))
    pose[0, 0, 2] = np.pi  # SMPL stands with y up, the camera looks with y down
    vertices, joints = body.forward(np.zeros(body.n_betas), pose, transl=np.array([[0.0, 0.0, 4.0]]))
    page.set_mesh_topology(body.faces)
    page.set_joints(joints[0], parents=SMPL_PARENTS, names=SMPL_JOINTS)
    page.set_vertices(vertices[0])
    page.set_walls([Plane((0.0, 0.0, -1.0), -4.4)])
    return page


def start_page() -> QWidget:
    """The first screen with recent projects."""
    page, picture = StartPage(), wall()
    page.set_recent(
        [
            RecentProject(
                Path("/climbs/moonboard.betascope"), "moonboard", "today, 412 of 1,800 frames confirmed", picture
            ),
            RecentProject(Path("/climbs/lead.betascope"), "lead", "12 November 2026", picture[:, ::-1].copy()),
            RecentProject(Path("/gone/comp.betascope"), "comp", "not found", missing=True),
        ]
    )
    return page


def panels_page() -> QWidget:
    """The panels around the video: what there is, what is known, what runs, what to do next."""
    page, side, inspector, jobs, step = QWidget(), SidePanel(), Inspector(), JobsPanel(), NextStepBar()
    skeleton, (source, visibility, sure) = load_skeleton("climbalong25"), joint_facts()
    side.set_clips([Entry("a", "a.mp4", "00:15, 25 fps"), Entry("b", "b.mov", warning="The video is missing")])
    climbers = [ClimberEntry("ana", "Ana", "12 keyframes", color="#4dbd5b")]
    climbers.append(ClimberEntry("bo", "Bo", "not detected yet", color="#d255c9", locked=True, hidden=True))
    side.set_tracks(climbers)
    side.set_joints(skeleton)
    side.set_joint_states(source, visibility, confidence=sure)
    side.set_selected_joints([8], current=8)
    inspector.set_sections(
        [
            ("right wrist", [("Position", "212.4, 168.0 px"), ("Source", "labelled"), ("Confidence", "1.00")]),
            ("Frame 187", [("Time", "00:07.480"), ("Labelled", "7 of 25 joints")]),
        ]
    )
    jobs.add_job("fit", "Fit body")
    jobs.set_progress("fit", 63, total=100, message="Fitting frames 120 to 180")
    jobs.add_job("detect", "Detect climber")
    jobs.set_state("detect", JobState.FAILED, detail="The video cannot be decoded.")
    step.set_step("The climber is found in 361 of 377 frames.", button="Fit body", detail="about 2 minutes")
    columns = QHBoxLayout()
    for panel in (side, inspector, jobs):
        columns.addWidget(panel, 1)
    rows = QVBoxLayout(page)
    rows.addWidget(step)
    rows.addLayout(columns, 1)
    toasts = ToastArea(parent=page)
    toasts.show_message("Exported 377 frames to climb.json.", actions=[("Show", "show")])
    toasts.show_message("The body could not be fitted.", severity=Severity.ERROR, details="RuntimeError: ...")
    return page


PAGES: dict[str, Callable[[], QWidget]] = {
    "Video": VideoPage,
    "Body": body_page,
    "Start": start_page,
    "Panels": panels_page,
    "Icons": icons_page,
    "Controls": controls_page,
}


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
