"""How long it takes from a corrected joint to the body that obeys it on screen: the real window, the real worker."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, Signal
from pytestqt.qtbot import QtBot

from annotation.body import SMPL_JOINTS, builtin_body
from annotation.edits import SetLabels
from annotation.labels import Label, Visibility
from annotation.poses import Camera, MeshSequence, Plane
from annotation.project import Project
from annotation.skeletons import load_skeleton
from app import operations
from app.body_following import Following
from app.main_window import MainWindow
from app.settings import Settings
from inference.jobs import RUN_FILE
from inference.refit_messages import Refitted
from tests.app.body_project import add_body
from tests.app.conftest import add_detection
from tests.benchmarks.heartbeat import queued_ms

pytestmark = pytest.mark.benchmark

SKELETON = load_skeleton("climbalong25")
N_EDITS = int(os.environ.get("BETASCOPE_EDITS", "40"))
STATIONS = ("edit made", "frame on screen refitted", "body on screen")


def climbing(n_frames: int, size_px: tuple[int, int]) -> MeshSequence:
    """Somebody who hangs and pedals in front of a wall."""
    body = builtin_body()
    phase = np.arange(n_frames) / 12
    pose = np.zeros((n_frames, 24, 3), np.float32)
    pose[:, 0, 2] = np.pi
    for side, sign in (("left", 1.0), ("right", -1.0)):
        pose[:, SMPL_JOINTS.index(f"{side}_hip"), 0] = -0.8 - 0.4 * np.sin(phase + sign)
        pose[:, SMPL_JOINTS.index(f"{side}_knee"), 0] = 1.0 + 0.5 * np.cos(phase + sign)
        pose[:, SMPL_JOINTS.index(f"{side}_shoulder"), 2] = sign * (0.8 + 0.3 * np.sin(phase))
    transl = np.stack([0.2 * np.sin(phase / 5), 0.3 * np.cos(phase / 7), np.full(n_frames, 4.5)], axis=-1)
    valid = np.ones(n_frames, bool)
    wall = Plane((0.0, 0.0, -1.0), -5.0)
    betas = np.zeros(body.n_betas, np.float32)
    camera = Camera.guess(size_px)
    return MeshSequence(body.name, betas, pose[:, 0], pose[:, 1:], transl.astype(np.float32), valid, camera, (wall,))


def add_fit(project: Project) -> None:
    """Let the only climber show noisy points of a body, and that body."""
    clip = next(iter(project.clips.values()))
    mesh, body = climbing(clip.n_frames, clip.size), builtin_body()
    points = body.keypoints(body.keypoint_rig(SKELETON.name), mesh.betas, mesh.pose, transl=mesh.transl)
    noise = np.random.default_rng(0).normal(size=(*points.shape[:2], 2)) * 4
    add_detection(project, mesh.camera.project(points) + noise)
    add_body(project, mesh=mesh)
    digest = project.live(next(iter(project.tracks))).digest()
    (project.run_folder("body") / RUN_FILE).write_text(f'{{"parameters": {{"inputs_digest": "{digest}"}}}}')


@pytest.fixture
def window(qtbot: QtBot, climb_clip: Path, tmp_path: Path) -> Iterator[MainWindow]:
    """The window on the project of a real clip of 377 frames, its worker warm."""
    video = tmp_path / "climb.mp4"
    video.symlink_to(climb_clip)
    with operations.open_for_video(video, folder=tmp_path / "climb.betascope") as project:
        add_fit(project)
    window = MainWindow(Settings(auto_proxy=False), tmp_path / "settings.json")
    window.resize(1366, 768)
    with qtbot.waitExposed(window):
        window.show()
    window.open(tmp_path / "climb.betascope")
    qtbot.waitUntil(lambda: window.layout_.body.vertices is not None, timeout=30_000)
    window.view.show_joint(SKELETON.index("left_wrist"))
    qtbot.waitUntil(lambda: window.presenters.body_following.is_warm, timeout=60_000)
    yield window
    window.close()
    window.deleteLater()


class Watch(QObject):
    """Notes when a correction passes its stations, less what other programs made it wait for a processor."""

    painted = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._body = window, window.layout_.body
        self._before: object = None
        self._worker = f"{window.presenters.body_following.worker_id}"
        self._noted: list[tuple[float, float, float]] = []
        self.solver_ms: list[float] = []
        self.rest_ms: list[float] = []
        self.passed: list[list[float]] = []
        self.by_the_clock: list[float] = []
        window.presenters.body_following.refitted.connect(self._refitted)
        self._body.installEventFilter(self)
        for child in self._body.findChildren(QObject):
            child.installEventFilter(self)

    def correct(self, qtbot: QtBot, frame: int, joint: int, place: tuple[float, float]) -> None:
        """Label a joint and wait until the body that follows is painted."""
        track = self._window.view.track
        assert track is not None
        self._before, self._noted = self._body.vertices, []
        self._note()
        with qtbot.waitSignal(self.painted, timeout=30_000):
            label = Label(place, Visibility.VISIBLE)
            assert self._window.document.push(SetLabels(track.id, {(frame, joint): label}))
            self._note()
        self.passed.append(self._times())
        self.by_the_clock.append(self._noted[-1][0] - self._noted[0][0])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and len(self._noted) == 3 and self._body.vertices is not self._before:
            self._note()
            self.painted.emit()
        return False

    def _refitted(self, answer: Refitted) -> None:
        if len(self._noted) == 2:
            self.solver_ms.append(answer.milliseconds)
            self._note()
        else:
            self.rest_ms.append(answer.milliseconds)

    def _note(self) -> None:
        """Note the clock, how long this thread has waited for a processor, and the worker."""
        waits = (queued_ms(), queued_ms(f"{self._worker}/task/{self._worker}"))
        self._noted.append((1000 * time.perf_counter(), *waits))

    def _times(self) -> list[float]:
        """Return the milliseconds from the edit to every station, without the waiting of whoever was at work."""
        steps = np.diff(np.array(self._noted), axis=0)
        waited = [steps[0, 1], steps[1, 2], steps[2, 1]]
        return np.cumsum(steps[:, 0] - waited).tolist()


def test_a_corrected_joint_and_the_body_on_screen(
    window: MainWindow, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    watch, rng = Watch(window), np.random.default_rng(1)
    track = window.view.track
    project = window.document.project
    assert track is not None and project is not None
    follows = window.presenters.body_following
    for _ in range(N_EDITS):
        frame, joint = int(rng.integers(30, 340)), int(rng.integers(3, 24))
        window.view.show_frame(frame)
        qtbot.waitUntil(lambda: window.source.exact, timeout=20_000)
        qtbot.wait(300)  # what a hand takes at least, too
        x, y = (project.resolved(track.id).xy[frame, joint] + rng.normal(size=2) * 20).tolist()
        watch.correct(qtbot, frame, joint, (x, y))
        qtbot.waitUntil(lambda: follows.state is Following.FOLLOWS, timeout=20_000)
    with capsys.disabled():
        print(f"\none corrected joint; the solver {_words(watch.solver_ms)} for the frame on screen,")
        print(f"then {_words(watch.rest_ms)} for 61 frames, by the clock; since the edit:")
        for name, times in zip(STATIONS, np.array(watch.passed).T, strict=True):
            print(f"  {name}: {_words(times)}")
        print(f"  and by the clock, with all that other programs and threads took: {_words(watch.by_the_clock)}")


def _words(times_ms: list[float] | np.ndarray) -> str:
    return f"{np.median(times_ms):.0f} ms (95th percentile {np.percentile(times_ms, 95):.0f})"
