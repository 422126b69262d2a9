"""Scrubbing: where one stops, the exact frame is on screen; a proxy answers first; bad files do no harm."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import av
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtWidgets import QApplication, QGraphicsPixmapItem
from pytestqt.qtbot import QtBot

from annotation.clip import Clip
from annotation.project import Project
from annotation.proxy import open_proxy, proxy_path
from annotation.store import Access
from annotation.video import scan_clip
from app import operations
from app.actions import Act
from app.frame_request import ShownFrame
from app.frame_source import FrameSource
from app.job_process import run_job
from app.main_window import MainWindow
from app.proxies import deliver_proxy, prepare_proxy

SIZE = (200, 120)


def code_of(image: QImage, read_code: Callable) -> int:
    """Read the frame number from a picture of a coded clip, whatever its size."""
    scaled = image.scaled(*SIZE, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
    scaled = scaled.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(scaled.constBits(), np.uint8).reshape(scaled.height(), scaled.bytesPerLine())
    return read_code(rows[:, : SIZE[0] * 3].reshape(SIZE[1], SIZE[0], 3).copy())


def image_of(answer: ShownFrame) -> QImage:
    assert answer.picture is not None
    height, width = answer.picture.shape[:2]
    return QImage(answer.picture.data, width, height, 4 * width, QImage.Format.Format_RGB32)


def on_screen(window: MainWindow, read_code: Callable) -> int:
    items = [item for item in window.layout_.video.scene().items() if isinstance(item, QGraphicsPixmapItem)]
    return code_of(max((item.pixmap() for item in items), key=lambda pixmap: pixmap.width()).toImage(), read_code)


def scrub(qtbot: QtBot, window: MainWindow, frames: list[int]) -> None:
    """Drag along the timeline without a pause."""
    timeline = window.layout_.timeline
    y = round(timeline._lanes.confidence.center().y())
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    places = [QPoint(round(timeline.x_of(frame)), y) for frame in frames]
    qtbot.mousePress(timeline, left, pos=places[0])
    for place in places[1:]:
        where = timeline.mapToGlobal(QPointF(place))
        move = QMouseEvent(QMouseEvent.Type.MouseMove, QPointF(place), where, Qt.MouseButton.NoButton, left, none)
        QApplication.sendEvent(timeline, move)
    qtbot.mouseRelease(timeline, left, pos=places[-1])


def test_where_scrubbing_ends_the_exact_frame_is_shown(qtbot: QtBot, open_window, video: Path, read_code) -> None:
    window = open_window(video)
    shown: list[tuple[int, int]] = []
    window.frames.shown.connect(lambda frame: shown.append((frame, on_screen(window, read_code))))
    generator = np.random.default_rng(1)
    for _ in range(10):
        scrub(qtbot, window, generator.integers(0, 60, 12).tolist())
        qtbot.waitUntil(lambda: window.source.exact, timeout=5000)
        assert on_screen(window, read_code) == window.view.frame
    assert all(frame == code for frame, code in shown), "also on the way there"


def test_the_points_on_screen_are_those_of_the_frame_on_screen(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    drawn: list[bool] = []
    window.frames.shown.connect(lambda frame: drawn.append(window.poses._shown == frame))
    scrub(qtbot, window, [3, 50, 20, 44, 9])
    qtbot.waitUntil(lambda: window.source.exact and len(drawn) > 0)
    assert all(drawn)


@pytest.fixture
def roomy() -> Iterator[FrameSource]:
    """A source whose cache holds the whole clip."""
    source = FrameSource()
    yield source
    source.close()


@pytest.mark.parametrize("step", [1, 3, -1])
def test_playing_prepares_the_frames_that_are_due_with_no_more_pixels_than_are_seen(
    qtbot: QtBot, video: Path, roomy: FrameSource, read_code, step: int
) -> None:
    source = roomy
    source.set_clip(scan_clip(video, clip_id="clip"))
    shown: list[ShownFrame] = []
    source.ready.connect(shown.append)
    source.set_playing(step, steady=True)
    at_once, prepared = 0, source._exact.prepared
    for frame in list(range(0, 60, abs(step)))[:: 1 if step > 0 else -1]:
        answers = len(shown)
        source.request(frame, overlay=False, within=(60, 60))
        at_once += len(shown) > answers
        qtbot.waitUntil(lambda: source.exact)
        assert shown[-1].frame == frame == code_of(image_of(shown[-1]), read_code)
        assert image_of(shown[-1]).width() == 60 and image_of(shown[-1]).height() == 36
        if 0 <= frame + step < 60:
            qtbot.waitUntil(partial(prepared.has, frame + step, look=source._look))
    assert at_once > 50 / abs(step), "frames that were prepared are there without a wait"
    source.set_playing(0)
    qtbot.waitUntil(lambda: source.exact)
    assert image_of(shown[-1]).width() == SIZE[0], "at rest every pixel is there"


def test_what_was_prepared_for_one_clip_is_not_shown_for_another(
    qtbot: QtBot, video: Path, roomy: FrameSource, make_clip, tmp_path: Path, read_code
) -> None:
    source = roomy
    source.set_clip(scan_clip(video, clip_id="clip"))
    source.set_playing(1)
    source.request(1, overlay=False)
    qtbot.waitUntil(lambda: source._exact.prepared.has(2, look=source._look))
    source.set_clip(scan_clip(make_clip(tmp_path / "other.mp4", n_frames=9), clip_id="other"))
    shown: list[ShownFrame] = []
    source.ready.connect(shown.append)
    source.request(2, overlay=False)
    assert not shown
    qtbot.waitUntil(lambda: len(shown) == 1)
    assert code_of(image_of(shown[0]), read_code) == 2


# --- thumbnails


def test_thumbnails_are_of_the_frames_they_name(qtbot: QtBot, open_window, video: Path, read_code) -> None:
    window = open_window(video)
    strip = window.layout_.timeline._strip
    window.layout_.timeline.setMinimumHeight(200)
    qtbot.waitUntil(lambda: len(strip.frames) > 3 and set(strip.frames) <= set(strip.pictures), timeout=10_000)
    for frame in strip.frames:
        assert code_of(strip.pictures[frame].toImage(), read_code) == frame
    window.document.project.note_film(window.view.clip.id, 26.0)  # of an earlier project, some time after it opens
    window.layout_.timeline.zoom_by(4.0)
    qtbot.waitUntil(lambda: set(strip.frames) <= set(strip.pictures), timeout=10_000)
    for frame in strip.frames:
        assert code_of(strip.pictures[frame].toImage(), read_code) == frame


def test_the_preview_is_of_the_frame_below_the_cursor(qtbot: QtBot, open_window, video: Path, read_code) -> None:
    window = open_window(video)
    timeline, preview = window.layout_.timeline, window.layout_.timeline._preview
    for frame in (41, 7):
        place = QPoint(round(timeline.x_of(frame)), round(timeline._lanes.confidence.center().y()))
        none, where = Qt.MouseButton.NoButton, timeline.mapToGlobal(QPointF(place))
        move = QMouseEvent(
            QMouseEvent.Type.MouseMove, QPointF(place), where, none, none, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(timeline, move)
        assert preview.frame == timeline.frame_at(place.x())
        qtbot.waitUntil(lambda: not preview.picture().isNull(), timeout=5000)
        assert code_of(preview.picture().toImage(), read_code) == preview.frame
    assert window.view.frame == 0, "hovering goes nowhere"


# --- proxies


@pytest.fixture
def with_proxy(video: Path) -> tuple[Clip, Path]:
    """A clip and its proxy."""
    with operations.open_for_video(video) as project:
        clip = next(iter(project.clips.values()))
        job = prepare_proxy(project, clip.id)
        return clip, deliver_proxy(project, job, finished=run_job(job.folder, on_event=lambda _event: None))


@pytest.fixture
def source(qtbot: QtBot) -> Iterator[FrameSource]:
    """A source whose cache holds only a few frames, so that far frames are never there."""
    source = FrameSource(cache_bytes=5 * 40_000)
    yield source
    source.close()


def test_the_proxy_answers_first_and_the_exact_frame_follows(
    qtbot: QtBot, with_proxy: tuple[Clip, Path], source: FrameSource, read_code
) -> None:
    clip, path = with_proxy
    source.set_clip(clip)
    with qtbot.waitSignal(source.proxy_opened) as opened:
        source.set_proxy(path)
    assert opened.args[0] == path.stat().st_size
    shown: list[ShownFrame] = []
    source.ready.connect(shown.append)
    coarse = 0
    for frame in (50, 3, 44, 12, 58, 20):
        source.request(frame, overlay=False)
        qtbot.waitUntil(lambda: source.exact)
        assert shown[-1].frame == frame and shown[-1].exact
        coarse += any(not answer.exact for answer in shown)
        for answer in shown:
            assert code_of(image_of(answer), read_code) == answer.frame
        shown.clear()
    assert coarse, "the exact frame, behind a whole group of pictures, cannot always have been first"


def test_a_slow_clip_gets_a_proxy_by_itself_which_can_be_deleted(
    qtbot: QtBot, open_window, make_clip, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "slow.mp4", n_frames=300, g=600)
    window = open_window(clip)
    window.actions_[Act.AUTO_PROXY].setChecked(False)
    window.actions_[Act.AUTO_PROXY].trigger()
    project = window.document.project
    assert project is not None and window.view.clip is not None
    path = proxy_path(project.folder, window.view.clip.id)
    qtbot.waitUntil(path.is_file, timeout=30_000)
    qtbot.waitUntil(lambda: "proxy" in window.layout_.video_status.text, timeout=5000)
    window.actions_[Act.DELETE_PROXY].trigger()
    assert not path.exists()
    qtbot.waitUntil(lambda: "proxy" not in window.layout_.video_status.text, timeout=5000)


def test_a_proxy_outlives_being_opened_again(qtbot: QtBot, open_window, with_proxy: tuple[Clip, Path]) -> None:
    _, path = with_proxy
    made = path.stat().st_mtime_ns
    window = open_window(path.parents[2])
    qtbot.waitUntil(lambda: "proxy" in window.layout_.video_status.text, timeout=5000)
    window.video.refresh_clip()
    window.source.set_clip(window.view.clip)
    with qtbot.waitSignal(window.source.proxy_opened, check_params_cb=lambda n_bytes: n_bytes is None):
        pass  # no proxy is in use before the first frame is on screen
    assert path.stat().st_mtime_ns == made


def test_a_proxy_of_another_video_is_not_used(with_proxy: tuple[Clip, Path], make_clip, tmp_path: Path) -> None:
    other = scan_clip(make_clip(tmp_path / "other.mp4", n_frames=33), clip_id="other")
    assert open_proxy(with_proxy[1], other.timeline) is None


# --- bad input


def test_a_file_that_breaks_off_says_so_and_its_other_frames_are_shown(
    qtbot: QtBot, open_window, make_clip, tmp_path: Path, read_code
) -> None:
    path = make_clip(tmp_path / "cut.mkv", n_frames=120, g=20, bf=0)
    with operations.open_for_video(path) as project:
        folder = project.folder
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    window = open_window(folder)
    window.layout_.video.zoom_by(2.0)
    zoom = window.layout_.video.zoom
    window.view.show_frame(110)
    qtbot.waitUntil(
        lambda: "cannot be decoded" in window.layout_.video._lines._labels["Message over the picture"].text()
    )
    assert "damaged" in window.layout_.timeline._data.marks
    assert window.layout_.video.zoom == zoom
    window.view.show_frame(10)
    qtbot.waitUntil(lambda: on_screen(window, read_code) == 10)
    assert "cannot be decoded" not in window.layout_.video._lines._labels["Message over the picture"].text()


def test_a_damaged_stretch_is_marked_whole_when_one_of_its_frames_is_met(
    qtbot: QtBot, open_window, make_clip, tmp_path: Path
) -> None:
    path = make_clip(tmp_path / "worn.mp4", n_frames=60, g=20, bf=0, sc_threshold=0)
    with av.open(str(path)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    position, size = places[27]
    data[position : position + size] = b"\xff" * size
    path.write_bytes(data)
    window = open_window(path)
    window.view.show_frame(35)
    qtbot.waitUntil(lambda: "damaged" in window.layout_.timeline._data.marks, timeout=20_000)
    assert list(window.layout_.timeline._data.marks["damaged"].frames) == list(range(27, 40))


def test_a_video_that_vanishes_while_open_is_said_and_edits_go_on(
    qtbot: QtBot, open_window, predicted: Path, video: Path
) -> None:
    window = open_window(predicted)
    video.unlink()
    window.frames.refresh_clip()
    message = window.layout_.video._lines._labels["Message over the picture"]
    qtbot.waitUntil(lambda: "not there any more" in message.text())
    window.view.show_frame(20)
    qtbot.waitUntil(lambda: window.poses._shown == 20)
    window.actions_[Act.LABEL_ALL].trigger()
    window.close()
    with Project.open(predicted, access=Access.READ) as project:
        assert next(iter(project.tracks.values())).keyframes() == [20]
