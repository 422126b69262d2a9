"""The real window: opening, stepping, correcting, undoing; nothing is ever lost."""

import itertools
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QGraphicsPixmapItem, QLabel, QWidget
from pytestqt.qtbot import QtBot

from annotation.labels import ABSENT, Source, Visibility
from annotation.project import Project
from annotation.store import Access
from app.actions import Act
from app.main_window import MainWindow
from widgets.toast import ToastArea

LEFT_ELBOW = 5


def shown_frame(window: MainWindow, read_code) -> int:
    """Read the frame number from the picture that is on screen."""
    items = window.layout_.video.scene().items()
    pictures = [item.pixmap() for item in items if isinstance(item, QGraphicsPixmapItem)]
    picture = max(pictures, key=lambda pixmap: pixmap.width())
    image = picture.toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return read_code(rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy())


def point_on_screen(window: MainWindow, x: float, y: float) -> QPoint:
    video = window.layout_.video
    return video.mapFromScene(QPointF(x, y))


def drag(qtbot: QtBot, window: MainWindow, start: tuple[float, float], end: tuple[float, float]) -> None:
    viewport = window.layout_.video.viewport()
    a, b = point_on_screen(window, *start), point_on_screen(window, *end)
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=a)
    qtbot.mouseMove(viewport, (a + b) / 2)
    qtbot.mouseMove(viewport, b)
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=b)


def press(qtbot: QtBot, window: MainWindow, act: Act) -> None:
    """Trigger an action as its menu entry would."""
    window.actions_[act].trigger()


def messages(window: MainWindow) -> str:
    area = window.findChild(ToastArea)
    assert area is not None
    return " ".join(toast.text for toast in area._toasts)


def track_of(window: MainWindow):
    track = window.view.track
    assert track is not None
    return track


def test_opening_a_video_makes_a_project_beside_it_and_shows_the_first_frame(
    open_window, video: Path, read_code
) -> None:
    window = open_window(video)
    assert video.with_suffix(".betascope").is_dir()
    assert shown_frame(window, read_code) == 0
    assert window.guide._act is Act.DETECT


def test_the_picture_on_screen_is_the_frame_the_transport_names(
    qtbot: QtBot, open_window, video: Path, read_code
) -> None:
    window = open_window(video)
    for act, expected in [
        (Act.STEP_FORWARD, 1),
        (Act.STRIDE_FORWARD, 5),
        (Act.STRIDE_FORWARD, 10),
        (Act.STEP_BACK, 9),
        (Act.STRIDE_BACK, 5),
        (Act.LAST, 59),
        (Act.FIRST, 0),
    ]:
        press(qtbot, window, act)
        assert window.view.frame == expected
        qtbot.waitUntil(lambda expected=expected: shown_frame(window, read_code) == expected)


def test_playing_shows_frames_in_order_and_stops_at_the_end(qtbot: QtBot, open_window, video: Path, read_code) -> None:
    window = open_window(video)
    seen: list[int] = []
    window.frames.shown.connect(seen.append)
    window.view.show_frame(40)
    press(qtbot, window, Act.PLAY)
    qtbot.waitUntil(lambda: not window.playback.playing, timeout=10_000)
    assert seen == sorted(seen)
    assert window.view.frame == 59
    qtbot.waitUntil(lambda: shown_frame(window, read_code) == 59)


def test_dragging_a_joint_labels_it_and_undo_goes_back_to_it(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    window.view.show_frame(10)
    qtbot.waitUntil(lambda: window.poses._shown == 10)
    drag(qtbot, window, (50, 50), (80, 90))
    label = track_of(window).labels[10, LEFT_ELBOW]
    assert label.xy == pytest.approx((80, 90), abs=1.5)
    resolved = window.poses.resolved
    assert resolved is not None and resolved.source[10, LEFT_ELBOW] == Source.LABELLED
    qtbot.waitUntil(lambda: "1 label" in window.guide._counts.text())

    window.view.show_frame(30)
    press(qtbot, window, Act.UNDO)
    assert (10, LEFT_ELBOW) not in track_of(window).labels
    assert window.view.frame == 10, "undo shows what it changed"
    press(qtbot, window, Act.REDO)
    assert track_of(window).labels[10, LEFT_ELBOW] == label


def test_two_corrections_interpolate_between(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    for frame, target in ((10, (80, 90)), (15, (100, 90))):
        window.view.show_frame(frame)
        qtbot.waitUntil(lambda frame=frame: window.poses._shown == frame)
        drag(qtbot, window, (50, 50), target)
    resolved = window.poses.resolved
    assert resolved is not None
    assert resolved.source[12, LEFT_ELBOW] == Source.INTERPOLATED
    assert resolved.xy[12, LEFT_ELBOW] == pytest.approx((88, 90), abs=2)


def test_keys_mark_a_joint_occluded_and_absent(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    window.view.show_joint(LEFT_ELBOW)
    press(qtbot, window, Act.OCCLUDED)
    assert track_of(window).labels[0, LEFT_ELBOW].visibility is Visibility.OCCLUDED
    press(qtbot, window, Act.ABSENT)
    assert track_of(window).labels[0, LEFT_ELBOW] == ABSENT
    press(qtbot, window, Act.REMOVE_LABEL)
    assert not track_of(window).labels


def test_a_keyframe_accepts_the_pose_and_can_be_reached_and_removed(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    window.view.show_frame(20)
    qtbot.waitUntil(lambda: window.poses._shown == 20)
    press(qtbot, window, Act.LABEL_ALL)
    assert track_of(window).keyframes() == [20] and len(track_of(window).labels) == 25
    window.view.show_frame(3)
    press(qtbot, window, Act.NEXT_KEYFRAME)
    assert window.view.frame == 20
    qtbot.waitUntil(lambda: window.poses._shown == 20)
    press(qtbot, window, Act.REMOVE_KEYFRAME)
    assert track_of(window).keyframes() == []


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.write_text("not a video at all, just text"), "video"),
        (lambda path: path.mkdir(), "folder"),
    ],
)
def test_what_is_no_video_gets_a_message(qtbot: QtBot, open_window, tmp_path: Path, make, words: str) -> None:
    path = tmp_path / "bad.mp4"
    make(path)
    window = open_window(path, wait=False)
    qtbot.waitUntil(lambda: words in messages(window), timeout=5000)
    assert not path.with_suffix(".betascope").exists()


def test_a_moved_video_is_said_and_can_be_relinked(
    qtbot: QtBot, open_window, predicted: Path, video: Path, make_clip
) -> None:
    moved = video.parent / "elsewhere" / "renamed.mp4"
    moved.parent.mkdir()
    video.rename(moved)
    window = open_window(predicted, wait=False)
    qtbot.waitUntil(lambda: window.document.project is not None)
    qtbot.waitUntil(lambda: window.guide._act is Act.RELINK)
    other = make_clip(video.parent / "other.mp4", n_frames=12)
    window.projects.relink_to(other)
    qtbot.waitUntil(lambda: "not the video" in messages(window))
    window.projects.relink_to(moved)
    qtbot.waitUntil(lambda: window.layout_.video.frame_size == (200, 120), timeout=5000)


def test_another_video_in_the_place_of_the_labelled_one_is_said(
    qtbot: QtBot, open_window, predicted: Path, video: Path, make_clip
) -> None:
    video.unlink()
    make_clip(video, n_frames=60, codec="mpeg4")
    window = open_window(predicted, wait=False)
    qtbot.waitUntil(lambda: window.document.project is not None)
    words = lambda: " ".join(label.text() for label in window.layout_.video.findChildren(QLabel))  # noqa: E731
    qtbot.waitUntil(lambda: "another video" in words(), timeout=5000)
    press(qtbot, window, Act.DETECT)
    qtbot.waitUntil(lambda: "another video" in messages(window), timeout=10_000)


def test_edits_go_to_the_clip_that_is_chosen_even_before_its_first_frame(
    qtbot: QtBot, open_window, predicted: Path, video: Path, make_clip
) -> None:
    window = open_window(predicted)
    window.view.show_frame(40)
    qtbot.waitUntil(lambda: window.poses._shown == 40)
    short = make_clip(video.with_name("short.mp4"), n_frames=12)
    window.projects.add_video(short)
    project = window.document.project
    assert project is not None
    qtbot.waitUntil(lambda: len(project.clips) == 2, timeout=5000)
    window.view.show_joint(LEFT_ELBOW)
    press(qtbot, window, Act.ABSENT)
    assert list(track_of(window).labels) == [(0, LEFT_ELBOW)]


def test_a_range_is_played_again_and_again(qtbot: QtBot, open_window, video: Path) -> None:
    window = open_window(video)
    window.view.select_range(20, 26)
    window.actions_[Act.LOOP].trigger()
    seen: list[int] = []
    window.frames.shown.connect(seen.append)
    press(qtbot, window, Act.PLAY)
    qtbot.waitUntil(lambda: len(seen) > 12, timeout=10_000)
    press(qtbot, window, Act.PLAY)
    assert set(seen) <= set(range(20, 27))
    assert any(b < a for a, b in itertools.pairwise(seen)), "it began again"


def test_a_missing_run_is_said_and_the_window_goes_on(qtbot: QtBot, open_window, predicted: Path) -> None:
    shutil.rmtree(predicted / "runs")
    window = open_window(predicted)
    qtbot.waitUntil(lambda: "Run the job again" in messages(window), timeout=5000)
    press(qtbot, window, Act.STEP_FORWARD)
    assert window.view.frame == 1


def test_undoing_too_often_never_removes_the_video(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    for _ in range(5):
        press(qtbot, window, Act.UNDO)
    assert window.view.clip is not None and window.view.track is not None
    assert not window.actions_[Act.UNDO].isEnabled()


def test_light_and_dark_differ_and_both_draw(qtbot: QtBot, open_window, video: Path) -> None:
    window = open_window(video)

    def brightness(widget: QWidget) -> float:
        image = widget.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
        return float(np.frombuffer(image.constBits(), np.uint8).mean()) / 255

    dark = brightness(window.layout_.side)
    window.actions_[Act.LIGHT_THEME].trigger()
    light = brightness(window.layout_.side)
    window.actions_[Act.LIGHT_THEME].trigger()
    assert light > dark + 0.3
    assert brightness(window.layout_.side) == pytest.approx(dark, abs=0.05)


EDITING = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from PySide6.QtTest import QTest
from app.main_window import MainWindow
from app.settings import Settings
from widgets.pose_drag import Grip

application = QApplication([])
window = MainWindow(Settings(), Path(sys.argv[2]))
window.show()
window.open(Path(sys.argv[1]))
while window.poses.resolved is None:
    QTest.qWait(5)
n = 0
while True:
    n += 1
    window.view.show_frame(n % 50)
    QTest.qWait(1)
    window.layout_.video.joints_moved.emit({n % 25: (float(n), 1.0)}, Grip.JOINTS)
    print(n, flush=True)
"""


def test_kill_9_of_the_window_loses_no_finished_edit(predicted: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", EDITING, str(predicted), str(tmp_path / "s.json")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    for _ in range(40):
        done = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    rest = process.stdout.read().split("\n")[:-1]
    process.stdout.close()
    process.wait()
    done = int(rest[-1]) if rest else done
    with Project.open(predicted, access=Access.WRITE) as project:
        track = next(iter(project.tracks.values()))
        assert max(label.xy[0] for label in track.labels.values() if label.xy) >= done


def test_copying_a_project_with_its_video_works(
    open_window, predicted: Path, video: Path, tmp_path: Path, read_code
) -> None:
    other = tmp_path / "copy"
    other.mkdir()
    shutil.copy(video, other / video.name)
    shutil.copytree(predicted, other / predicted.name, ignore=shutil.ignore_patterns("*.lock"))
    window = open_window(other / predicted.name)
    assert shown_frame(window, read_code) == 0
    clip = window.view.clip
    assert clip is not None and clip.path == (other / video.name).resolve()
