"""A real window on a project made from a generated clip whose frame number is in the picture."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from annotation.edits import UseRun
from annotation.labels import Keypoints2D, Run, RunKind
from annotation.project import Access, Project
from annotation.runs import save_keypoints
from app import operations
from app.actions import Act
from app.main_window import MainWindow
from app.settings import Settings
from tests.app.body_project import add_body

OpenWindow = Callable[..., MainWindow]


def add_predictions(project: Project, *, run_id: str = "first", shift: float = 0.0) -> Keypoints2D:
    """Let the only track show a made-up detection: joint k stands at (20 + 6 k + shift, 40 + 2 k) all the time."""
    track = next(iter(project.tracks.values()))
    n_frames = project.clip(track.clip_id).n_frames
    k = np.arange(25)
    xy = np.tile(np.stack([20 + 6 * k + shift, 40 + 2 * k], axis=1).astype(np.float32), (n_frames, 1, 1))
    return add_detection(project, xy, run_id=run_id)


def add_detection(
    project: Project, xy: np.ndarray, *, run_id: str = "first", created: datetime | None = None
) -> Keypoints2D:
    """Let the only track show a detection of 25 joints at given places (T, 25, 2), all with confidence 0.9."""
    track = next(iter(project.tracks.values()))
    keypoints = Keypoints2D(xy.astype(np.float32), np.full(xy.shape[:2], 0.9, np.float32), "climbalong25")
    folder = project.run_folder(run_id)
    folder.mkdir(parents=True)
    save_keypoints(folder, keypoints)
    created = created or datetime.now(UTC)
    project.add_run(Run(run_id, track.clip_id, RunKind.KEYPOINTS, "detect", "made up", created, "climbalong25"))
    project.push(UseRun(track.id, RunKind.KEYPOINTS, run_id))
    return keypoints


@pytest.fixture
def video(coded_clip: Path, tmp_path: Path) -> Path:
    """A copy of the coded clip in a folder of its own."""
    return Path(shutil.copy(coded_clip, tmp_path / "climb.mp4"))


@pytest.fixture
def open_window(qtbot: QtBot, tmp_path: Path) -> Iterator[OpenWindow]:
    """Open a window on a path and wait for its first frame; all windows are closed at the end."""
    windows: list[MainWindow] = []

    def open_on(path: Path | None, *, wait: bool = True) -> MainWindow:
        window = MainWindow(Settings(auto_proxy=False), tmp_path / "settings.json")
        windows.append(window)
        window.resize(1366, 768)
        with qtbot.waitExposed(window):
            window.show()
        if path is not None:
            window.open(path)
            if wait:
                qtbot.waitUntil(lambda: window.layout_.video.frame_size != (0, 0), timeout=10_000)
                qtbot.waitUntil(lambda: not window.layout_.timeline.visibleRegion().isEmpty())
        return window

    yield open_on
    for window in windows:
        if not window.close():
            window.close()
        window.deleteLater()


@pytest.fixture
def predicted(video: Path) -> Path:
    """A project of the coded clip with predictions; its folder."""
    with operations.open_for_video(video) as project:
        add_predictions(project)
        return project.folder


@pytest.fixture
def bodied_window(qtbot: QtBot, open_window: OpenWindow, predicted: Path) -> MainWindow:
    """A window on a project with a body that does not follow corrections."""
    with Project.open(predicted, access=Access.WRITE) as project:
        add_body(project)
    window = open_window(predicted)
    window.actions_[Act.BODY_FOLLOWS].setChecked(False)
    qtbot.waitUntil(lambda: window.frames.mesh is not None)
    return window
