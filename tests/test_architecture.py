"""What the import contracts promise, seen in running interpreters; and the size of files and functions."""

import ast
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("app", "widgets", "inference", "annotation", "resources")
MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 60


def modules(*packages: str) -> list[str]:
    """All modules of packages except those that are programs."""
    found = pkgutil.walk_packages([str(ROOT)])
    names = [info.name for info in found if info.name.split(".")[0] in packages]
    return [name for name in names if not name.endswith("__main__")]


def loaded_by(names: list[str]) -> set[str]:
    """Import modules in a fresh interpreter; return the top-level names of everything it has loaded then."""
    program = f"""
import importlib, sys
for name in {names!r}:
    importlib.import_module(name)
print(*sorted({{name.split(".")[0] for name in sys.modules}}))
"""
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_windows_process_loads_no_torch_mediapipe_or_opencv() -> None:
    loaded = loaded_by(modules("app", "widgets"))
    assert loaded.isdisjoint({"torch", "mediapipe", "cv2", "smplx"})
    assert {"PySide6", "annotation"} <= loaded


def test_what_we_know_needs_neither_qt_nor_torch() -> None:
    loaded = loaded_by(modules("annotation", "resources"))
    assert loaded.isdisjoint({"PySide6", "pyqtgraph", "vispy", "torch", "mediapipe", "cv2", "smplx"})
    assert loaded.isdisjoint({"app", "widgets", "inference"})


def test_the_command_line_starts_without_qt_torch_or_opencv() -> None:
    assert loaded_by(["app.cli"]).isdisjoint({"PySide6", "torch", "mediapipe", "cv2", "smplx"})


def test_the_vocabulary_of_jobs_computes_nothing() -> None:
    assert loaded_by(["inference.jobs"]).isdisjoint({"torch", "mediapipe", "cv2", "smplx", "PySide6"})


def test_smoothing_with_a_filter_starts_without_torch() -> None:
    assert loaded_by(["inference.tasks.smooth"]).isdisjoint({"torch", "mediapipe", "cv2", "smplx", "PySide6"})


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_states_its_contract(package: str) -> None:
    text = (ROOT / package / "__init__.py").read_text(encoding="utf-8")
    assert "import" in (ast.get_docstring(ast.parse(text)) or "")


def test_files_and_functions_stay_small() -> None:
    too_long = {}
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        text, name = path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()
        if (n_lines := text.count("\n")) > MAX_FILE_LINES:
            too_long[name] = n_lines
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno is not None:
                n_lines = node.end_lineno - node.lineno + 1
                if n_lines > MAX_FUNCTION_LINES:
                    too_long[f"{name}: {node.name}"] = n_lines
    assert too_long == {}
