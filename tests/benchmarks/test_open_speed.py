"""How long a person waits: from starting the program to the first frame of a project on screen."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from app import operations

PROGRAM = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from app.main_window import MainWindow
from app.settings import load_settings
from widgets.theme import Theme, apply_theme

application = QApplication([])
apply_theme(application, Theme.DARK)
window = MainWindow(load_settings(Path(sys.argv[2])), Path(sys.argv[2]))
window.resize(1366, 768)
window.show()

def shown(frame):
    window.layout_.video.viewport().repaint()
    print("shown", flush=True)
    QTimer.singleShot(0, application.quit)

window.frames.shown.connect(shown)
window.open(Path(sys.argv[1]))
application.exec()
loaded = {"torch", "mediapipe", "cv2"} & set(sys.modules)
assert not loaded, loaded
"""


@pytest.mark.benchmark
def test_from_start_to_first_frame(climb_clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = tmp_path / "climb.betascope"
    operations.open_for_video(climb_clip, folder=project).close()
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        command = [sys.executable, "-c", PROGRAM, str(project), str(tmp_path / "settings.json")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None and process.stdout.readline() == "shown\n"
            seconds.append(time.perf_counter() - start)
        assert process.returncode == 0
    with capsys.disabled():
        print(f"\nstart to first frame: median {sorted(seconds)[2]:.2f} s, worst {max(seconds):.2f} s (limit 2.5)")
    assert sorted(seconds)[2] < 2.5
