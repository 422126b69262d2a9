"""Progress of commands: a bar on a screen, a few lines in a log file, nothing where a machine reads."""

import fcntl
import os
import struct
import subprocess
import sys
import termios

import pytest

from app.progress import progress

_MANY = """
from app.progress import progress
with progress("Detect climber", quiet=False) as tell:
    for frame in range(2001):
        tell(frame, 2000, "detecting")
"""


def test_a_log_file_gets_a_few_lines_and_the_end() -> None:
    done = subprocess.run([sys.executable, "-c", _MANY], capture_output=True, text=True, check=True)
    lines = done.stderr.splitlines()
    assert 1 <= len(lines) <= 5 and "\r" not in done.stderr
    assert lines[-1] == "Detect climber: 100 %, detecting"


def test_a_screen_gets_a_bar() -> None:
    screen, end = os.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    subprocess.run([sys.executable, "-c", _MANY.replace("2001", "3")], stderr=end, check=True)
    os.close(end)
    shown = os.read(screen, 1 << 20).decode()
    os.close(screen)
    assert "\r" in shown and "Detect climber" in shown and "|" in shown


def test_a_machine_gets_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Detect climber", quiet=True) as tell:
        tell(1, 1, "detecting")
    assert capsys.readouterr().err == ""
