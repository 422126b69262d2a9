"""Jobs and events as text: what is written comes back, and nothing else is taken for an event."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.errors import JobError
from inference.jobs import (
    JOB_FILE,
    Cancelled,
    Event,
    Failed,
    Finished,
    JobSpec,
    Log,
    Measured,
    Progress,
    TaskName,
    parse_event,
    read_job,
    to_json_line,
    write_job,
)

EVENTS = st.one_of(
    st.builds(Progress, st.integers(), st.integers(), st.text()),
    st.builds(Log, st.text()),
    st.builds(Measured, st.dictionaries(st.text(), st.floats(allow_nan=False)), st.integers(), st.text()),
    st.builds(Finished, st.just(Path("/somewhere/run")), st.dictionaries(st.text(), st.integers() | st.text())),
    st.builds(Failed, st.text(), st.text()),
    st.just(Cancelled()),
)


@given(EVENTS)
def test_events_come_back_from_one_line(event: Event) -> None:
    line = to_json_line(event)
    assert "\n" not in line
    assert parse_event(line + "\n") == event


def test_figures_may_be_numpy_values_and_a_loss_that_is_no_number() -> None:
    event = parse_event(to_json_line(Measured({"loss": np.float32(0.5), "worst": float("nan")}, 3, "conv3d")))
    assert isinstance(event, Measured)
    assert (event.values["loss"], event.step, event.of) == (0.5, 3, "conv3d")
    assert np.isnan(event.values["worst"])


@pytest.mark.parametrize(
    "line",
    [
        "",
        "INFO: Created TensorFlow Lite XNNPACK delegate for CPU.",
        "17",
        "[1, 2]",
        "null",
        '{"event": "dance"}',
        '{"event": ["progress"]}',
        '{"event": "progress", "done": 1}',
        '{"event": "progress", "done": "1", "total": 2, "message": ""}',
        '{"event": "finished", "output": 3, "summary": {}}',
        '{"event": "measured", "values": {"loss": "low"}, "step": 1, "of": ""}',
        '{"event": "measured", "values": [0.5], "step": 1, "of": ""}',
        '{"event": "measured", "values": {"loss": 0.5}, "of": ""}',
        '{"event": "cancelled", "why": "no"}',
        '{"event": "log", "message": "cut',
        "[" * 100_000,
    ],
)
def test_junk_is_no_event(line: str) -> None:
    assert parse_event(line) is None


@given(st.text())
def test_any_text_is_an_event_or_nothing(line: str) -> None:
    assert isinstance(parse_event(line), Event | None)


def test_summaries_may_hold_numpy_values_and_paths() -> None:
    summary = {"error_px": np.float32(0.5), "counts": np.arange(3), "where": Path("/a")}
    event = parse_event(to_json_line(Finished(Path("/run"), summary)))
    assert event == Finished(Path("/run"), {"error_px": 0.5, "counts": [0, 1, 2], "where": "/a"})


def test_a_job_comes_back_with_an_absolute_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_job(Path("job"), JobSpec(TaskName.FIT, {"weights": [1, 2.5], "name": "é"}, Path("run")))
    assert read_job(tmp_path / "job") == JobSpec(TaskName.FIT, {"weights": [1, 2.5], "name": "é"}, tmp_path / "run")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 99}, "version is 99"),
        ({"task": "dance"}, "'dance' is none of detect, fit"),
        ({"task": ["fit"]}, "is none of"),
        ({"parameters": []}, "parameters"),
        ({"output": "run"}, "no absolute path"),
    ],
)
def test_nonsense_is_named(tmp_path: Path, change: dict[str, object], said: str) -> None:
    write_job(tmp_path, JobSpec(TaskName.FIT, {}, tmp_path / "run"))
    path = tmp_path / JOB_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(JobError, match=said):
        read_job(tmp_path)


def test_a_folder_without_a_job_or_that_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="no readable job"):
        read_job(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(JobError, match="cannot be written"):
        write_job(tmp_path / "file" / "job", JobSpec(TaskName.FIT, {}, tmp_path))
