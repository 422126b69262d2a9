"""Ten thousand damaged files for every reader, each reader in a process of its own (minutes; ``make fuzz``)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.annotation.formats.damaged_files import VALID

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", VALID)
def test_ten_thousand_damaged_files(name: str, tmp_path: Path) -> None:
    """The process ends by itself, neither killed nor crashed, and has kept to time and memory for every file."""
    command = [sys.executable, "-m", "tests.annotation.formats.damaged_files", name, str(tmp_path), "10000"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=3500, check=False)
    assert done.returncode == 0, f"{name} ended with {done.returncode}: {done.stderr[-2000:]}"
    result = json.loads(done.stdout)
    assert result["files"] == 10_000
    assert 0 < result["read"] < 10_000, "neither is every file refused nor none damaged"
    print(f"\n{name}: {result['read']} of 10000 read, the others refused; {result['megabytes']} MB more than one file")
