"""Video clips for all tests: generated ones that carry the frame number in the picture, and real ones where present."""

import gc
import os
import struct
import zlib
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path

# As in the worker, before numpy is loaded: the matrices of a fit are small, and threads that wait for each other took
# several times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import av
import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

# The same examples on every machine, and no time limit for one of them: other processes may hold the cores.
settings.register_profile("betascope", derandomize=True, deadline=None)
settings.load_profile("betascope")

_FULL_COLLECTION_EVERY = 20


def pytest_configure() -> None:
    """Collect garbage between tests only, in this thread: see `app.collecting`."""
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Collect what the test left; all of it now and then, since that takes longer."""
    gc.collect(1 if zlib.crc32(item.nodeid.encode()) % _FULL_COLLECTION_EVERY else 2)


_PATIENCE_MS = 30_000
"""How long to wait for what comes in a moment: a busy machine takes its time, and only tests that fail wait so long."""


@pytest.fixture
def qtbot(qtbot: QtBot) -> QtBot:
    """Pytest-qt's robot, more patient than its five seconds unless a test says how long."""
    for name in ("waitUntil", "waitSignal", "waitSignals", "waitExposed", "waitActive", "waitCallback"):
        setattr(qtbot, name, partial(getattr(qtbot, name), timeout=_PATIENCE_MS))
    return qtbot


SIZE = (200, 120)
"""Width and height as shown; 200 is no multiple of 64, so converted pictures come with padded rows."""

_N_BITS = 12
_BLOCK = 16

MakeClip = Callable[..., Path]
ReadCode = Callable[[NDArray[np.uint8]], int]


def _coded_picture(n: int, *, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """Draw a picture (h, w, 3) with a moving texture and the frame number as 12 black or white blocks at the top."""
    width, height = size
    y, x = np.mgrid[:height, :width]
    wave = 128 + 60 * np.sin((x + 3 * n) / 9) * np.cos((y - 2 * n) / 7)
    picture = np.stack([wave, np.roll(wave, 5, axis=0), 255 - wave], axis=-1).astype(np.uint8)
    for bit in range(_N_BITS):
        picture[:_BLOCK, bit * _BLOCK : (bit + 1) * _BLOCK] = 255 if n >> bit & 1 else 0
    return picture


def _read_code(rgb: NDArray[np.uint8]) -> int:
    middles = np.arange(_N_BITS) * _BLOCK + _BLOCK // 2
    patches = [rgb[4:12, m - 4 : m + 4].mean() for m in middles]
    return sum(1 << bit for bit, value in enumerate(patches) if value > 128)


def _write_clip(
    path: Path,
    *,
    n_frames: int = 60,
    codec: str = "libx264",
    times_ms: Sequence[int] | None = None,
    rotation: int = 0,
    format: str | None = None,
    muxer: dict[str, str] | None = None,
    pix_fmt: str = "yuv420p",
    **options: object,
) -> Path:
    """Encode a coded clip; `rotation` turns the stored picture, and says so in the display matrix of an mp4.

    `times_ms` are the presentation times (25 fps without); `options` go to the encoder.
    """
    pictures = [np.rot90(_coded_picture(n), -rotation // 90) for n in range(n_frames)]
    with av.open(str(path), "w", format=format, options=muxer or {}) as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pix_fmt
        time_base = Fraction(1, 25 if times_ms is None else 1000)
        stream.codec_context.time_base = time_base
        stream.options = {name: str(value) for name, value in options.items()}
        for n, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts = n if times_ms is None else times_ms[n]
            frame.time_base = time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    if codec == "libsvtav1" and hasattr(os, "sched_setscheduler"):
        # run by an administrator, this encoder makes its caller a real-time thread, ahead of every window and worker
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    if rotation:
        _set_display_rotation(path, rotation)
    return path


def _set_display_rotation(path: Path, rotation: int) -> None:
    """Write the matrix of the mp4 track header; `rotation` is counter-clockwise."""
    one = 1 << 16
    turn = {90: (0, -one, one, 0), 180: (-one, 0, 0, -one), 270: (0, one, -one, 0)}[rotation]
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 44
    data[at : at + 36] = struct.pack(">9i", turn[0], turn[1], 0, turn[2], turn[3], 0, 0, 0, 1 << 30)
    path.write_bytes(data)


@pytest.fixture(scope="session")
def make_clip() -> MakeClip:
    """Write a coded clip: ``make_clip(path, n_frames=..., codec=..., times_ms=..., rotation=..., **options)``."""
    return _write_clip


@pytest.fixture(scope="session")
def turn_clip() -> Callable[[Path, int], None]:
    """Say in the display matrix of an mp4 that it is shown turned counter-clockwise: ``turn_clip(path, 90)``."""
    return _set_display_rotation


@pytest.fixture(scope="session")
def read_code() -> ReadCode:
    """Read the frame number from a picture (h, w, 3) of a coded clip."""
    return _read_code


@pytest.fixture(scope="session")
def coded_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of 60 frames, 200x120, 25 fps, one key frame and B-frames; the frame number is in the picture."""
    return _write_clip(tmp_path_factory.mktemp("clips") / "coded.mp4", g=250, bf=3)


_ENDLESS_TASK = """
import itertools, sys, threading, types

def run(context):
    (context.output / "half.txt").touch()
    for n in itertools.count(1):
        if context.stopped():
            return {"done": n}
        context.report(n, 1_000_000, "Climbing")
        threading.Event().wait(0.01)

task = types.ModuleType("inference.tasks.synthesise")
task.run = run
sys.modules[task.__name__] = task
"""


@pytest.fixture
def endless_task(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """In workers started by the test, let the task SYNTHESISE go on, and report, until it is stopped or cancelled."""
    folder = tmp_path_factory.mktemp("endless")
    (folder / "sitecustomize.py").write_text(_ENDLESS_TASK)  # Python imports it at every start
    places = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(places))


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of real data beside the checkout."""
    folder = Path(__file__).parents[1].parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"real data is not there: {folder}")
    return folder


@pytest.fixture(scope="session")
def climb_clip(shared_dir: Path) -> Path:
    """One climber from behind, fixed camera, 1080x1440, 377 frames."""
    return shared_dir / "data" / "climb" / "boulder-fixed.mp4"
