"""Trainings side by side."""

import subprocess
import sys

_WAITING = """
import time
from inference.smoothing.training.processes import Line, processes
with processes(1, Line()) as pool:
    pool.submit(print, "at work", flush=True).result()
    pool.submit(time.sleep, 600).result()
"""


def test_they_end_with_the_process_that_was_killed() -> None:
    process = subprocess.Popen([sys.executable, "-c", _WAITING], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "at work\n"
    process.kill()
    rest, _ = process.communicate(timeout=30)  # ends when nobody is left who could write
    assert rest == ""
