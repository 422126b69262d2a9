"""A project of 100,000 frames with five climbers, every joint labelled in every frame, in the real window.

Times are those of the processor as well as of the clock: on a shared machine the clock also counts what others do.
What is held against the limits is the processor time of the window's own thread, which is what a person waits for
(opening: of all threads), and the most memory there ever was, with 32 MB of it for pictures: how many are kept is a
setting and has nothing to do with labels. What is left when all that followed is over is printed beside it.
"""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
import pytest

from annotation.edits import AddTrack, SetLabels, UseRun
from annotation.labels import Keypoints2D, LabelPatch, Run, RunKind, Track
from annotation.project import Project
from annotation.runs import save_keypoints
from annotation.skeletons import DEFAULT_SKELETON, load_skeleton
from app import operations

N_FRAMES, N_CLIMBERS = 100_000, 5
LIMITS_MS = {"open": 3000, "edit": 30, "drag": 16}
LIMIT_MB = 600

PROGRAM = """
import json, statistics, sys, time
from pathlib import Path
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from app.actions import Act
from app.main_window import MainWindow
from app.memory import share_one_pool
from app.settings import Settings
from widgets.theme import Theme, apply_theme

ELBOW, FRAME = 5, 50_000
share_one_pool()
application = QApplication([])
apply_theme(application, Theme.DARK)
window = MainWindow(Settings(cache_mb=32, auto_proxy=False), Path(sys.argv[2]))
window.resize(1366, 768)
window.show()
QTest.qWaitForWindowExposed(window)
video = window.layout_.video
results = {}

def memory_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

def measure(name, work, count=1):
    clock, processor, thread = [], [], []
    for i in range(count):
        QTest.qWait(30)  # what was due before is over
        wall, cpu, own = time.perf_counter(), time.process_time(), time.thread_time()
        work(i)
        clock.append(1000 * (time.perf_counter() - wall))
        processor.append(1000 * (time.process_time() - cpu))
        thread.append(1000 * (time.thread_time() - own))
    times = {"clock": clock, "processor": processor, "thread": thread}
    results[name] = {kind: statistics.median(values) for kind, values in times.items()}

def open_project(i):
    window.open(Path(sys.argv[1]))
    while video.frame_size == (0, 0):
        QTest.qWait(5)
    video.viewport().repaint()

def mouse(kind, pos, button, buttons):
    viewport = video.viewport()
    place = QPointF(viewport.mapToGlobal(pos))
    no_key = Qt.KeyboardModifier.NoModifier
    application.sendEvent(viewport, QMouseEvent(kind, QPointF(pos), place, button, buttons, no_key))

results["memory without a project"] = memory_mb()
measure("open", open_project)
window.view.show_frame(FRAME)
QTest.qWait(300)
for name, act, count in (
    ("edit: joint occluded", Act.OCCLUDED, 12), ("edit: undo", Act.UNDO, 6), ("edit: redo", Act.REDO, 6),
    ("edit: remove keyframe", Act.REMOVE_KEYFRAME, 1), ("edit: accept a pose", Act.LABEL_ALL, 1),
    ("edit: swap sides", Act.SWAP_SIDES, 5), ("edit: interpolate", Act.INTERPOLATE, 4),
    ("edit: reviewed", Act.REVIEWED, 1),
):
    window.view.show_joint(ELBOW)
    measure(name, lambda i: window.actions_[act].trigger(), count)
measure("edit: stride", lambda i: window.layout_.transport.stride_changed.emit(5 + i), 4)
start = video.mapFromScene(QPointF(*window.poses.resolved.xy[FRAME, ELBOW].tolist()))
left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton

def drag(i):
    mouse(QEvent.Type.MouseMove, start + QPoint(i % 40 + 6, (7 * i) % 40), none, left)
    video.viewport().repaint()

before = window.document.project.undo_title()
mouse(QEvent.Type.MouseButtonPress, start, left, left)
measure("drag to paint", drag, 60)
measure("edit: let go", lambda i: mouse(QEvent.Type.MouseButtonRelease, start + QPoint(20, 20), left, none))
assert window.document.project.undo_title() != before, "the drag was an edit"
QTest.qWait(3000)  # what follows an edit in the background
results["memory"] = memory_mb()
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
results["most memory"] = int(peak.split()[1]) * 1024 / 1e6
print(json.dumps(results))
window.close()
"""


def write_video(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        stream.options = {"preset": "ultrafast", "g": "250"}
        pictures = [np.full((96, 160, 3), 8 * n, np.uint8) for n in range(30)]
        frames = [av.VideoFrame.from_ndarray(p, format="rgb24").reformat(format="yuv420p") for p in pictures]
        for n in range(N_FRAMES):
            frame = frames[n % len(frames)]
            frame.pts = n
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def label_everything(project: Project, track_id: str, number: int) -> None:
    """Give a track a run and a label half a pixel beside each of its points."""
    rng, k = np.random.default_rng(number), len(load_skeleton(DEFAULT_SKELETON))
    sway = np.cumsum(rng.normal(0, 0.05, (N_FRAMES, 1, 2)), axis=0) % 40
    xy = (rng.uniform(10, 50, (k, 2)) + sway + rng.normal(0, 0.3, (N_FRAMES, k, 2))).astype(np.float32)
    run = Run(f"run{number}", project.track(track_id).clip_id, RunKind.KEYPOINTS, "detect", "made up",
              datetime.now(UTC), DEFAULT_SKELETON)  # fmt: skip
    project.run_folder(run.id).mkdir(parents=True)
    save_keypoints(project.run_folder(run.id), Keypoints2D(xy, np.full(xy.shape[:2], 0.9, np.float32), run.skeleton))
    project.add_run(run)
    project.push(UseRun(track_id, RunKind.KEYPOINTS, run.id))
    frames, joints = (index.ravel() for index in np.indices((N_FRAMES, k)))
    codes, stamps = np.full(len(frames), 3, np.uint8), np.zeros(len(frames), np.int32)
    project.push(SetLabels(track_id, LabelPatch(frames, joints, (xy + 0.5).reshape(-1, 2), codes, stamps), "Accept"))


@pytest.fixture(scope="module")
def big_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("big")
    write_video(folder / "long.mp4")
    with operations.open_for_video(folder / "long.mp4") as project:
        first = next(iter(project.tracks.values()))
        for number in range(N_CLIMBERS):
            track_id = first.id
            if number:
                track_id = f"climber{number}"
                project.push(AddTrack(Track(track_id, first.clip_id, f"Climber {number + 1}", DEFAULT_SKELETON)))
            label_everything(project, track_id, number)
        return project.folder


@pytest.mark.benchmark
@pytest.mark.timeout(900)
def test_hundred_thousand_labelled_frames_of_five_climbers(
    big_project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [sys.executable, "-c", PROGRAM, str(big_project), str(tmp_path / "settings.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout.splitlines()[-1])
    times = {name: value for name, value in results.items() if isinstance(value, dict)}
    with capsys.disabled():
        print(f"\n{N_FRAMES:,} frames, {N_CLIMBERS} climbers, every joint labelled")
        for name, ms in times.items():
            of_all = f"of all threads {ms['processor']:7.1f} ms, by the clock {ms['clock']:7.1f} ms"
            print(f"  {name:24} {ms['thread']:7.1f} ms, {of_all} (limit {_limit_ms(name)})")
        without = results["memory without a project"]
        most = f"{results['most memory']:.0f} MB at most, without a project {without:.0f} MB"
        print(f"  {'memory':24} {results['memory']:7.0f} MB, {most} (limit {LIMIT_MB})")
    for name, ms in times.items():
        assert ms["processor" if name == "open" else "thread"] < _limit_ms(name), name
    assert results["most memory"] < LIMIT_MB


def _limit_ms(name: str) -> int:
    return LIMITS_MS[name.split(":")[0].split()[0]]
