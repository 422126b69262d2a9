"""The memory of a process that computes."""

import subprocess
import sys

import pytest

_ASKED = """
import resource, numpy as np
from inference.memory import keep_memory
keep_memory()
def fresh_pages():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(50):
        np.ones(1_000_000)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
fresh_pages()
print(fresh_pages())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the system library of Linux")
def test_arrays_take_the_place_of_those_before() -> None:
    command = [sys.executable, "-c", _ASKED]
    fresh = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert fresh < 5 * 1_000_000 * 8 / 4096  # of fifty arrays, fewer than five had to be cleared
