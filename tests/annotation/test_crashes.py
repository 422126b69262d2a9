"""Nothing that was finished is lost: not to kill -9 at any moment, not to a full disk."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotation.clip import Clip, Fingerprint, Timeline
from annotation.edits import AddClip, AddTrack
from annotation.labels import Track
from annotation.project import Project
from annotation.store import Access

N_FRAMES = 2000

SERIES = """
import hashlib, json
import numpy as np
from annotation.edits import AddTrack, RemoveTrack, RenameTrack, SetLabels, SetSpans, SetStride, Several
from annotation.interpolation import Interpolation
from annotation.labels import ABSENT, Event, Label, LabelPatch, Span, Track
from annotation.track_edits import SetEvents, SetInterpolation, SetReviewed, SetTrackLook

N_FRAMES = 2000

def label(rng):
    kind = rng.integers(6)
    return None if kind == 0 else ABSENT if kind == 1 else Label((float(rng.integers(999)), float(rng.integers(999))))

def some_labels(rng, most):
    return {(int(rng.integers(N_FRAMES)), int(rng.integers(25))): label(rng) for _ in range(rng.integers(1, most))}

def many_labels(rng):
    frames, joints = (index.ravel() for index in np.indices((500, 25)))
    xy = rng.integers(0, 999, (len(frames), 2)).astype(np.float32)
    return LabelPatch(frames, joints, xy, np.full(len(frames), 3, np.uint8), np.zeros(len(frames), np.int32))

def random_step(project, rng):
    \"\"\"Do one thing of all that can be done to a project; the same for the same state and random numbers.\"\"\"
    kind, start, number = int(rng.integers(14)), int(rng.integers(900)), int(rng.integers(1, 99))
    others = [id_ for id_ in project.tracks if id_ != "track"]
    if kind < 4:
        project.push(SetLabels("track", some_labels(rng, 40)))
    elif kind == 4:
        project.push(SetLabels("track", many_labels(rng)))
    elif kind == 5:
        project.push(SetLabels("track", {(3, 4): Label((number, 0))}), merge_key="nudge")
    elif kind == 6:
        project.undo()
    elif kind == 7:
        project.redo()
    elif kind == 8:
        how = list(Interpolation)[number % 4]
        spans = SetSpans("track", (Span(start, start + number, how),))
        project.push(Several((spans, SetStride("track", number)), "Two"))
    elif kind == 9:
        project.push(SetReviewed("track", tuple(range(start, start + number))))
    elif kind == 10:
        project.push(SetEvents("track", (Event(start, None, f"event {number}"),)))
    elif kind == 11:
        project.push(SetTrackLook("track", f"#{number:06d}", locked=False, hidden=bool(number % 2)))
    elif kind == 12:
        track = Track(f"track{number}", "clip", f"Climber {number}", "coco17", labels={(number, 1): Label((1, 1))})
        project.push(RemoveTrack(others[0]) if others else AddTrack(track))
    else:
        entries = project.history()
        project.undo_to(entries[int(rng.integers(len(entries)))].id if entries else 0)

def state(project):
    \"\"\"Return a digest of all that people put in, and of what undo and redo would do.\"\"\"
    content = hashlib.sha1()
    for id_, track in sorted(project.tracks.items()):
        patch = track.table.patch()
        for array in (patch.frames, patch.joints, patch.codes, patch.xy):
            content.update(np.ascontiguousarray(array).tobytes())
        said = (id_, track.name, track.stride, track.spans, track.interpolation, sorted(track.reviewed), track.events)
        content.update(repr((*said, track.color, track.hidden)).encode())
    content.update(json.dumps([(entry.title, entry.undone) for entry in project.history()]).encode())
    return content.hexdigest()
"""

WRITER = (
    SERIES
    + """
import sys
from pathlib import Path
from annotation.project import Project
from annotation.store import Access

project = Project.open(Path(sys.argv[1]), access=Access.WRITE)
rng = np.random.default_rng(int(sys.argv[2]))
for number in range(10**6):
    random_step(project, rng)
    print(number, flush=True)
"""
)


def series() -> dict[str, Any]:
    """The functions of the random series, as the writer has them."""
    names: dict[str, Any] = {}
    exec(compile(SERIES, "series", "exec"), names)
    return names


def new_project(folder: Path) -> Project:
    timeline = Timeline(np.arange(N_FRAMES) * 512, (1, 12800), np.array([0]))
    project = Project.create(folder)
    clip = Clip("clip", folder.parent / "a.mp4", Fingerprint(1, "a"), timeline, (99, 99), 0, "h264")
    project.push(AddClip(clip), undoable=False)
    project.push(AddTrack(Track("track", "clip", "Ana", "climbalong25")), undoable=False)
    return project


def killed_after(folder: Path, *, seed: int, lines: int) -> int:
    """Let a writer make random edits, kill it while it works on the next; return how many it had finished."""
    command = [sys.executable, "-c", WRITER, str(folder), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(lines):
            assert process.stdout.readline(), "the writer ended by itself"
        os.kill(process.pid, signal.SIGKILL)
        return lines + process.stdout.read().count("\n")


def assert_survives(tmp_path: Path, *, kills: int) -> None:
    """Kill a writer again and again; what is found is what it had finished, or one edit more that it had not told."""
    names, rng = series(), np.random.default_rng(2026)
    folder, twin = tmp_path / "killed.betascope", tmp_path / "twin.betascope"
    new_project(folder).close()
    with new_project(twin) as expected:
        for seed in range(kills):
            done = killed_after(folder, seed=seed, lines=int(rng.integers(1, 25)))
            numbers = np.random.default_rng(seed)
            expected.close()
            expected = Project.open(twin, access=Access.WRITE)  # as the writer was: a new session
            for _ in range(done):
                names["random_step"](expected, numbers)
            with Project.open(folder, access=Access.WRITE) as found:
                if names["state"](found) != names["state"](expected):
                    names["random_step"](expected, numbers)
                    assert names["state"](found) == names["state"](expected), f"after kill {seed}: {done} edits"
        expected.close()


def test_kill_9_in_a_random_series_of_edits_loses_nothing(tmp_path: Path) -> None:
    assert_survives(tmp_path, kills=4)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_kill_9_fifty_times_loses_nothing(tmp_path: Path) -> None:
    assert_survives(tmp_path, kills=50)


FULL_DISK = (
    SERIES
    + """
import sys
from pathlib import Path
from annotation.errors import ProjectError
from annotation.project import Project
from annotation.store import Access

folder, filler = Path(sys.argv[1]), Path(sys.argv[1]).parent / "filler"
project = Project.open(folder, access=Access.WRITE)
rng = np.random.default_rng(3)
for _ in range(20):
    random_step(project, rng)
with filler.open("wb", buffering=0) as file:
    try:
        while True:
            file.write(bytes(4096))
    except OSError:
        pass
refused = 0
while refused < 3:
    before = state(project)
    try:
        project.push(SetLabels("track", many_labels(rng)))
    except ProjectError as error:
        refused += 1
        print(error, flush=True)
        assert state(project) == before, "what was refused left something behind"
try:
    project.save_version("no room")
except ProjectError as error:
    print(error, flush=True)
assert project.versions() == []
assert state(project) == before
filler.unlink()
for _ in range(20):
    random_step(project, rng)
project.save_version("room again")
after = state(project)
project.close()
with Project.open(folder, access=Access.WRITE) as project:
    assert state(project) == after
    project.undo()
    assert len(project.versions()) == 1
print("whole", flush=True)
"""
)


def test_a_full_disk_is_said_loses_nothing_and_work_goes_on_when_there_is_room(tmp_path: Path) -> None:
    """On a small file system of its own, as a user may have one."""
    mounted = tmp_path / "small"
    mounted.mkdir()
    new_project(tmp_path / "p.betascope").close()
    mount = f'mount -t tmpfs -o size=6m tmpfs "{mounted}"'
    namespace = ["unshare", "-Urm", "sh", "-c"]
    if shutil.which("unshare") is None or subprocess.run([*namespace, mount], check=False).returncode:
        pytest.skip("no file systems of one's own on this machine")
    script = f'{mount} && cp -r "{tmp_path}/p.betascope" "{mounted}" && exec "$0" -c "$1" "{mounted}/p.betascope"'
    done = subprocess.run(
        [*namespace, script, sys.executable, FULL_DISK],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    *messages, last = done.stdout.splitlines()
    assert last == "whole" and len(messages) == 4
    assert all("full" in message and "Free some space" in message for message in messages), messages
