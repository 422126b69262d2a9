"""Merging, splitting and swapping climbers: who has what afterwards, and that undo brings everything back."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotation.edits import AddTrack, SetLabels, SetSpans, UseRun
from annotation.errors import ProjectError
from annotation.labels import Event, Keypoints2D, Label, Run, RunKind, Span
from annotation.project import Project
from annotation.runs import save_keypoints
from annotation.splicing import FrameRange
from annotation.store import Access
from annotation.track_edits import DismissDoubts, SetEvents, SetReviewed
from app import climber_splicing, climbers, operations
from app.cli import EXIT_FAILED, EXIT_OK, main

N_FRAMES = 60


@pytest.fixture
def project(video: Path) -> Iterator[Project]:
    """Ana is detected in frames 0 to 29 at x = 100, Bo in frames 20 to 59 at x = 500; each with their own 3D guess."""
    with operations.open_for_video(video) as project:
        clip_id = next(iter(project.clips))
        project.push(climbers.rename(project, next(iter(project.tracks)), name="Ana"))
        project.push(AddTrack(climbers.new_climber(project, clip_id, name="Bo")))
        ana, bo = project.tracks
        detected(project, ana, x=100, frames=range(30))
        detected(project, bo, x=500, frames=range(20, 60))
        yield project


def detected(project: Project, track_id: str, *, x: float, frames: range) -> None:
    xy = np.full((N_FRAMES, 25, 2), np.nan, np.float32)
    confidence, world = np.zeros((N_FRAMES, 25), np.float32), np.full((N_FRAMES, 25, 3), np.nan, np.float32)
    xy[frames], confidence[frames], world[frames] = x, 0.5 + x / 1000, x
    run_id, track = f"run{x:.0f}", project.track(track_id)
    project.run_folder(run_id).mkdir(parents=True)
    save_keypoints(project.run_folder(run_id), Keypoints2D(xy, confidence, track.skeleton, world))
    now = datetime.now(UTC)
    project.add_run(Run(run_id, track.clip_id, RunKind.KEYPOINTS, "detect", f"eyes {x}", now, track.skeleton))
    project.push(UseRun(track_id, RunKind.KEYPOINTS, run_id))


def label(project: Project, track_id: str, *frames: int, x: float) -> None:
    project.push(SetLabels(track_id, {(frame, 5): Label((x, frame)) for frame in frames}))


def where(project: Project, track_id: str) -> list[float]:
    """x of a joint that nobody labels, per frame."""
    return np.nan_to_num(project.resolved(track_id).xy[:, 0, 0], nan=-1).tolist()


def everything(project: Project) -> dict[str, Any]:
    return {
        track.id: (
            track.name,
            track.color,
            dict(track.labels),
            [(label.author, label.time_s) for label in track.labels.values()],
            sorted((span.start, span.end) for span in track.spans),
            set(track.reviewed),
            track.events,
            set(track.dismissed),
            np.nan_to_num(project.resolved(track.id).xy, nan=-1).tolist(),
        )
        for track in project.tracks.values()
    }


def test_merged_climbers_are_one_with_the_first_before_the_second(project: Project) -> None:
    ana, bo = project.tracks
    label(project, ana, 10, 50, x=111)
    label(project, bo, 10, 25, 40, x=555)
    project.push(SetSpans(bo, (Span(25, 40),)))
    project.push(SetReviewed(bo, (25, 26)))
    project.push(SetEvents(bo, (Event(30, None, "dyno"),)))
    before = everything(project)
    project.push(climber_splicing.merge(project, ana, other_id=bo))
    assert list(project.tracks) == [ana]
    track = project.track(ana)
    assert {key: value.xy for key, value in track.labels.items()} == {
        (10, 5): (111, 10),
        (25, 5): (555, 25),
        (40, 5): (555, 40),
        (50, 5): (111, 50),
    }, "where both have a label that of the first stays"
    assert track.spans == (Span(25, 40),) and track.reviewed == {25, 26} and track.events[0].text == "dyno"
    expected = [100.0] * 25 + [500.0] + [100.0] * 4 + [500.0] * 20 + [-1.0] + [500.0] * 9
    assert where(project, ana) == expected, "who is labelled there, else who was found, Ana first"
    keypoints = project.keypoints(ana)
    assert keypoints is not None and keypoints.world is not None
    assert keypoints.world[[0, 59], 0, 0].tolist() == [100, 500], "with the 3D guess"
    project.undo()
    assert everything(project) == before
    project.redo()
    assert where(project, ana) == expected


def test_a_derived_run_says_where_it_comes_from(project: Project) -> None:
    ana, bo = project.tracks
    project.push(climber_splicing.swap(project, ana, bo, FrameRange(20, 29)))
    run = project.run(project.track(ana).active_runs[RunKind.KEYPOINTS])
    record = json.loads((project.run_folder(run.id) / "run.json").read_text())
    assert run.task == record["task"] == "splice"
    assert record["parameters"] == {"parents": ["run100", "run500"], "operation": "swap", "frames": [20, 29]}
    assert run.model == "eyes 100 + eyes 500"


def test_a_part_split_off_is_a_climber_of_its_own(project: Project) -> None:
    ana, bo = project.tracks
    label(project, bo, 22, 30, 45, x=555)
    project.push(SetSpans(bo, (Span(22, 45), Span(45, 50))))
    project.push(SetReviewed(bo, (22, 45)))
    before = everything(project)
    edit, new = climber_splicing.split(project, bo, FrameRange(40, 59), name="Cleo")
    project.push(edit)
    rest, part = project.track(bo), project.track(new)
    assert part.name == "Cleo" and [*part.labels] == [(45, 5)] and [*rest.labels] == [(22, 5), (30, 5)]
    assert where(project, bo) == [-1.0] * 20 + [500.0] * 20 + [-1.0] * 20
    assert where(project, new) == [-1.0] * 40 + [500.0] * 20
    assert rest.spans == (Span(22, 39),) and part.spans == (Span(40, 45), Span(45, 50))
    assert rest.reviewed == {22} and part.reviewed == {45}
    assert len({track.color for track in (project.track(ana), rest, part)}) == 3
    after = everything(project)
    project.undo()
    assert everything(project) == before
    project.redo()
    project.push(climber_splicing.merge(project, bo, other_id=new))
    assert everything(project)[bo][2] == before[bo][2], "the labels are together again"
    assert where(project, bo) == [-1.0] * 20 + [500.0] * 40
    project.undo()
    assert everything(project) == after


def test_swapped_climbers_change_places_in_the_range_only(project: Project) -> None:
    ana, bo = project.tracks
    label(project, ana, 5, 25, x=111)
    label(project, bo, 22, 25, 50, x=555)
    before = everything(project)
    project.push(climber_splicing.swap(project, ana, bo, FrameRange(20, 40)))
    assert where(project, ana) == [100.0] * 20 + [500.0] * 21 + [-1.0] * 19
    assert where(project, bo) == [-1.0] * 20 + [100.0] * 10 + [-1.0] * 11 + [500.0] * 19
    xs = {name: {key[0]: value.xy[0] for key, value in project.track(name).labels.items()} for name in (ana, bo)}
    assert xs == {ana: {5: 111, 22: 555, 25: 555}, bo: {25: 111, 50: 555}}
    project.push(climber_splicing.swap(project, ana, bo, FrameRange(20, 40)))
    assert everything(project) == before, "twice is as before"
    project.undo()
    project.undo()
    assert everything(project) == before


def test_undo_takes_any_series_back_and_redo_brings_it_again(project: Project) -> None:
    random = np.random.default_rng(4)
    for n in range(60):
        ids = list(project.tracks)
        a, b = (ids[i] for i in (random.permutation(len(ids))[:2] if len(ids) > 1 else (0, 0)))
        start, end = sorted(int(frame) for frame in random.integers(0, N_FRAMES, 2))
        frames = FrameRange(start, end)
        try:
            match int(random.integers(0, 7)):
                case 0 if len(ids) > 2:
                    project.push(climber_splicing.merge(project, a, other_id=b))
                case 1 if len(ids) < 5:
                    project.push(climber_splicing.split(project, a, frames, name=f"Climber {n}")[0])
                case 2:
                    project.push(climber_splicing.swap(project, a, b, frames))
                case 3:
                    project.push(SetSpans(a, (*project.track(a).spans, Span(start, end + 1))))
                case 4:
                    project.push(SetReviewed(a, tuple(range(start, end + 1))))
                case 5:
                    project.push(DismissDoubts(a, frozenset({("jump", start, 3)})))
                case _:
                    label(project, a, start, end, x=float(n))
        except ProjectError as error:
            assert "nothing of" in str(error) or "same one twice" in str(error)
    after, states = everything(project), 0
    while project.undo() is not None:
        states += 1
    assert states > 40
    assert len(project.tracks) == 1
    while project.redo() is not None:
        pass
    assert everything(project) == after


def test_nothing_happens_to_a_locked_climber(project: Project) -> None:
    ana, bo = project.tracks
    project.push(climbers.set_locked(project.track(bo), locked=True))
    before, runs = everything(project), len(project.runs)
    for wish in (
        lambda: climber_splicing.merge(project, ana, other_id=bo),
        lambda: climber_splicing.swap(project, bo, ana, FrameRange(0, 5)),
        lambda: climber_splicing.split(project, bo, FrameRange(30, 59), name="Cleo"),
        lambda: climbers.rename(project, bo, name="Cleo"),
    ):
        with pytest.raises(ProjectError, match=r"Bo is locked\. Unlock"):
            wish()
    assert everything(project) == before and len(project.runs) == runs


def test_what_makes_no_sense_is_said(project: Project) -> None:
    ana, bo = project.tracks
    with pytest.raises(ProjectError, match="same one twice"):
        climber_splicing.merge(project, ana, other_id=ana)
    with pytest.raises(ProjectError, match=r"nothing of Ana from frame 40 to 59"):
        climber_splicing.split(project, ana, FrameRange(40, 59), name="Cleo")
    with pytest.raises(ProjectError, match="a climber Bo in this video already"):
        climbers.rename(project, ana, name=" Bo ")
    with pytest.raises(ProjectError, match="needs a name"):
        climbers.rename(project, ana, name="  ")
    with pytest.raises(ProjectError, match="green, magenta"):
        climbers.set_color(project.track(bo), "colourful")


def test_all_of_it_from_the_command_line(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(project.folder)
    project.close()

    def tracks(*arguments: str, code: int = EXIT_OK) -> Any:
        capsys.readouterr()
        assert main(["tracks", folder, *arguments, "--json"]) == code
        return json.loads(capsys.readouterr().out)

    def names(answer: Any) -> list[str]:
        return [track["name"] for track in answer["tracks"]]

    first = tracks("list")
    assert names(first) == ["Ana", "Bo"]
    assert [track["predicted_frames"] for track in first["tracks"]] == [30, 40]
    assert names(tracks("rename", "Ana", "Anna")) == ["Anna", "Bo"]
    assert tracks("color", "Bo", "Teal")["tracks"][1]["color"] == "#23b5a7"
    assert tracks("lock", "Bo")["tracks"][1]["locked"] is True
    assert "locked" in tracks("remove", "Bo", code=EXIT_FAILED)["error"]
    tracks("unlock", "Bo")
    assert tracks("hide", "Anna")["tracks"][0]["hidden"] is True
    assert tracks("show", "Anna")["tracks"][0]["hidden"] is False
    swapped = tracks("swap", "Anna", "Bo", "--from", "20", "--to", "29")
    assert [track["predicted_frames"] for track in swapped["tracks"]] == [30, 40]
    parts = tracks("split", "Bo", "--from", "40")
    assert names(parts) == ["Anna", "Bo", "Climber 3"]
    assert [track["predicted_frames"] for track in parts["tracks"]] == [30, 20, 20]
    assert tracks("merge", "Anna", "Climber 3")["tracks"][0]["predicted_frames"] == 50
    assert tracks("undo")["done"] == "Undone: Merge Climber 3 into Anna"
    assert names(tracks("remove", "Climber 3")) == ["Anna", "Bo"]
    assert "60" in tracks("swap", "Anna", "Bo", "--from", "20", "--to", "60", code=EXIT_FAILED)["error"]
    assert "no climber 'Nobody'" in tracks("lock", "Nobody", code=EXIT_FAILED)["error"]
    assert main(["tracks", folder, "list"]) == EXIT_OK
    assert "Anna: 0 keyframes" in capsys.readouterr().out


def test_a_project_opened_again_has_its_derived_runs(project: Project) -> None:
    ana, bo = project.tracks
    project.push(climber_splicing.merge(project, ana, other_id=bo))
    expected = where(project, ana)
    project.close()
    with Project.open(project.folder, access=Access.WRITE) as again:
        assert where(again, ana) == expected
        again.undo()
        assert len(again.tracks) == 2
