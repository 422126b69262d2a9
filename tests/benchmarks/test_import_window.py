"""A long CVAT file brought into the real window: it is never held up, neither while it is read nor when it comes in."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from annotation.formats.cvat_writer import write_cvat
from annotation.formats.export_tables import ExportChoice
from app import operations
from app.main_window import MainWindow
from app.threads import let_the_window_through
from tests.app.conftest import open_window  # noqa: F401 the same window
from tests.benchmarks.heartbeat import Heartbeat, longest_gap_at_rest
from tests.benchmarks.test_exchange import N_FRAMES, long_climb

pytestmark = pytest.mark.benchmark


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of a video of as many frames as the file has."""
    video = tmp_path / "wall.mp4"
    picture = av.VideoFrame.from_ndarray(np.full((108, 192, 3), 90, np.uint8), format="rgb24").reformat(
        format="yuv420p"
    )
    with av.open(str(video), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 192, 108, "yuv420p"
        stream.options = {"preset": "ultrafast", "g": "250"}
        for n in range(N_FRAMES):
            picture.pts = n
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    with operations.open_for_video(video) as project:
        return project.folder


def test_importing_never_holds_the_window_up(
    folder: Path,
    open_window: Callable[..., MainWindow],  # noqa: F811
    qtbot: QtBot,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    let_the_window_through()
    write_cvat([long_climb()], ExportChoice(), tmp_path / "climb.xml")
    window = open_window(folder)
    panel = window.layout_.imports
    button = next(one for one in panel.findChildren(QPushButton) if one.text() == "Import")
    idle_ms = longest_gap_at_rest(qtbot)
    reading = Heartbeat()
    window.presenters.imports.open(tmp_path / "climb.xml")
    qtbot.waitUntil(button.isEnabled, timeout=120_000)
    reading.stop()
    importing = Heartbeat()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any("is imported" in label.text() for label in panel.findChildren(QLabel)), timeout=60_000)
    qtbot.wait(1500)
    importing.stop()
    assert len(window.view.track.labels) > 40_000
    with capsys.disabled():
        print(f"\nreading {N_FRAMES} frames of CVAT: {reading.words(idle_ms)}")
        print(f"bringing them in: {importing.words(idle_ms)}")
    reading.check(idle_ms)
    importing.check(idle_ms)
