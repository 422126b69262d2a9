"""How long smoothing is said to take: by the work of the windows, and by what earlier clips took on this machine."""

import json
from pathlib import Path

import numpy as np
import pytest

import resources
from annotation.model_cards import ModelCard, read_card
from annotation.project import Project
from annotation.store import Access
from app import settings, smoother_times
from app.smoother_times import note, note_run, seconds_for, takes, work_s
from tests.app.smoothed_project import lay_smoothed

MODELS = ("conv3d", "convlstm-s", "convlstm-c", "deciwatch", "smoothnet")


def shipped(key: str) -> ModelCard:
    return read_card(resources.resource_path() / "models" / f"{key}.safetensors")


def times_of(n_frames: int, *, fps: float = 30.0) -> np.ndarray:
    return np.arange(n_frames) / fps


@pytest.fixture(autouse=True)
def two_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of two cores that knows bfloat16 and has smoothed nothing yet."""
    monkeypatch.setattr(settings.platformdirs, "user_data_path", lambda name: tmp_path / "data")
    monkeypatch.setattr(smoother_times.os, "cpu_count", lambda: 2)
    (tmp_path / "cpuinfo").write_text("flags : fpu avx512_bf16\n")
    monkeypatch.setattr(smoother_times, "_PROCESSOR", tmp_path / "cpuinfo")
    return tmp_path


@pytest.mark.parametrize(
    ("key", "measured_s"),
    [("conv3d", 4.5), ("convlstm-s", 26.0), ("convlstm-c", 30.0), ("deciwatch", 4.2), ("smoothnet", 4.1)],
)
def test_the_first_estimate_is_near_what_was_measured(key: str, measured_s: float) -> None:
    said = seconds_for(shipped(key), times_of(377))
    assert measured_s / 1.5 < said < measured_s * 1.5


@pytest.mark.parametrize("key", MODELS)
def test_what_earlier_clips_took_counts(key: str) -> None:
    card, long, longer = shipped(key), times_of(300_000), times_of(18_000)
    usual, start = work_s(card, longer), seconds_for(card, longer) - work_s(card, longer)
    for slower in (3.0, 40.0, 3.2):
        note(card, long, seconds=slower * work_s(card, long))
    assert seconds_for(card, longer) == pytest.approx(start + 3.2 * usual), "one odd time does not count"
    for _ in range(2):
        note(card, long, seconds=0.1 * work_s(card, long))
    assert seconds_for(card, longer) < start + usual, "a machine may become faster"
    others = [shipped(other) for other in MODELS if other != key]
    assert all(seconds_for(other, longer) == pytest.approx(start + work_s(other, longer)) for other in others)


def test_what_took_no_time_tells_nothing() -> None:
    card, before = shipped("smoothnet"), seconds_for(shipped("smoothnet"), times_of(18_000))
    note(card, times_of(90), seconds=0.4)
    assert seconds_for(card, times_of(18_000)) == before


@pytest.mark.parametrize(
    "text",
    ["", "[1]", '{"convlstm-c": [0]}', '{"convlstm-c": [Infinity]}', '{"convlstm-c": "soon"}', '{"convlstm-c": []}'],
)
def test_times_that_cannot_be_read_do_not_count(two_cores: Path, text: str) -> None:
    card, before = shipped("convlstm-c"), seconds_for(shipped("convlstm-c"), times_of(377))
    file = two_cores / "data" / "smoothing-times.json"
    file.parent.mkdir()
    file.write_text(text)
    assert seconds_for(card, times_of(377)) == before
    note(card, times_of(377), seconds=2 * work_s(card, times_of(377)))
    assert json.loads(file.read_text()) == {"convlstm-c": [pytest.approx(2)]}


def test_maps_take_longer_where_the_processor_knows_no_bfloat16(two_cores: Path) -> None:
    before = {key: work_s(shipped(key), times_of(377)) for key in MODELS}
    (two_cores / "cpuinfo").write_text("flags : fpu avx2\n")
    slower = {key: work_s(shipped(key), times_of(377)) / before[key] for key in MODELS}
    assert all(slower[key] > 2 for key in ("conv3d", "convlstm-s", "convlstm-c"))
    assert slower["deciwatch"] == slower["smoothnet"] == 1


def test_short_times_are_told_exactly() -> None:
    told = [
        takes(seconds).removeprefix("Takes about ").partition(" for")[0] for seconds in (4.2, 9.4, 33, 96, 100, 400)
    ]
    assert told == ["4 s", "9 s", "35 s", "95 s", "2 min", "7 min"]


@pytest.mark.parametrize(("device", "noted"), [(None, True), ("auto", True), ("cuda", False)])
def test_a_run_is_noted_unless_it_was_told_what_to_compute_on(
    predicted: Path, two_cores: Path, *, device: str | None, noted: bool
) -> None:
    lay_smoothed(predicted)
    weights = resources.resource_path() / "models" / "convlstm-c.safetensors"
    parameters = {"weights": str(weights), **({} if device is None else {"device": device})}
    record = {"task": "smooth", "parameters": parameters, "summary": {"seconds": 90.0, "alone_s": 30.0}}
    (predicted / "runs" / "smooth" / "run.json").write_text(json.dumps(record))
    with Project.open(predicted, access=Access.READ) as project:
        note_run(project, "smooth")
    assert (two_cores / "data" / "smoothing-times.json").exists() == noted
