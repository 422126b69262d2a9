"""Memory that threads took goes back to the system."""

import subprocess
import sys

import pytest

PROGRAM = """
import threading
from pathlib import Path
from app.memory import give_back, share_one_pool

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

def take():
    pieces = [bytes(16_000) for _ in range(10_000)]
    print(resident_mb())

share_one_pool()
print(resident_mb())
thread = threading.Thread(target=take)
thread.start()
thread.join()
give_back()
print(resident_mb())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel of Linux")
def test_what_a_thread_took_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120, check=True)
    before, meanwhile, after = map(float, done.stdout.split())
    assert meanwhile > before + 150
    assert after < before + 20
