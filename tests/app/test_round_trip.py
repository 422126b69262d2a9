"""A long climb with all there is, out of a project and into another: what is the same, and what is said not to be."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotation.clip import Clip, Fingerprint, Timeline
from annotation.edits import AddClip, AddTrack, SetLabels, SetSpans
from annotation.exporting import ExportOrder, carry_out, ordered_items
from annotation.formats.registry import find_format
from annotation.interpolation import Interpolation
from annotation.label_patch import LabelPatch
from annotation.labels import Event, Source, Span, Track, Visibility
from annotation.packing import pack, unpack
from annotation.project import Project
from annotation.store import Access
from annotation.track_edits import SetEvents, SetReviewed
from app.importing import Existing, import_edit, plan_import
from tests.app.conftest import add_detection

N_FRAMES, N_JOINTS, STRIDE = 10_000, 25, 5
GAP, SPAN, SMOOTH = (3000, 3400), (5000, 5100), (7000, 7100)
"""Labelled only at both ends: the prediction shows; a span covers it; a span with a curve covers it."""


def made(folder: Path) -> Project:
    """Return a project with one climber and a clip nobody has to decode."""
    timeline = Timeline(np.arange(N_FRAMES, dtype=np.int64), (1, 25), np.array([0], dtype=np.int64))
    clip = Clip("c1", folder.parent / "wall.mp4", Fingerprint(1, "d"), timeline, (1920, 1080), 0, "h264")
    project = Project.create(folder)
    project.push(AddClip(clip))
    project.push(AddTrack(Track("t1", "c1", "Climber 1", "climbalong25")))
    return project


def label(project: Project) -> None:
    """Every fifth frame labelled, one joint of a hundred occluded and one absent, and what is no label beside."""
    rng = np.random.default_rng(4)
    xy = (
        rng.uniform((200, 200), (1700, 900), (1, N_JOINTS, 2)) + np.cumsum(rng.normal(size=(N_FRAMES, 1, 2)), 0)
    ) % 1000
    add_detection(project, xy + 3)
    keys = [n for n in range(0, N_FRAMES, STRIDE) if not any(a < n < b for a, b in (GAP, SPAN, SMOOTH))]
    frames, joints = (part.ravel() for part in np.meshgrid(keys, np.arange(N_JOINTS), indexing="ij"))
    chance = rng.random(len(frames))
    codes = np.select([chance < 0.01, chance < 0.02], [Visibility.ABSENT, Visibility.OCCLUDED], Visibility.VISIBLE) + 1
    xy = np.where((codes == Visibility.ABSENT + 1)[:, None], 0, xy[frames, joints])
    stamps = (("Ana", 1_700_000_000.0), ("Bo", 1_700_000_100.0))
    patch = LabelPatch(
        frames.astype(np.intp), joints.astype(np.intp), xy.astype(np.float32), codes.astype(np.uint8),
        (frames % 2).astype(np.int32), stamps,
    )  # fmt: skip
    project.push(SetLabels("t1", patch))
    project.push(SetSpans("t1", (Span(*SPAN), Span(*SMOOTH, Interpolation.CUBIC))))
    project.push(SetReviewed("t1", tuple(range(100, 900))))
    project.push(SetEvents("t1", (Event(50, None, "start"), Event(9000, 9100, "crux"))))


@pytest.fixture(scope="module")
def climb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("long") / "wall.betascope"
    with made(folder) as project:
        label(project)
    return folder


def test_a_packed_project_is_the_same_in_everything(climb: Path, tmp_path: Path) -> None:
    pack(climb, tmp_path / "climb.betascope.zip")
    unpack(tmp_path / "climb.betascope.zip", tmp_path / "back.betascope")
    with (
        Project.open(climb, access=Access.READ) as one,
        Project.open(tmp_path / "back.betascope", access=Access.READ) as other,
    ):
        ours, theirs = one.track("t1"), other.track("t1")
        assert replace(theirs, labels={}) == replace(ours, labels={}), "spans, review, events, runs, looks, facts"
        assert len(theirs.labels) == len(ours.labels) > 45_000
        assert [*theirs.labels.items()] == [*ours.labels.items()]
        stamps = [[(item.author, item.time_s) for item in track.labels.values()] for track in (ours, theirs)]
        assert stamps[0] == stamps[1] and {author for author, _ in stamps[0]} == {"Ana", "Bo"}
        for name in ("xy", "confidence", "source", "visibility"):
            np.testing.assert_array_equal(getattr(other.resolved("t1"), name), getattr(one.resolved("t1"), name))
        found = {int(source) for source in np.unique(one.resolved("t1").source)}
        assert found == {Source.PREDICTED, Source.INTERPOLATED, Source.LABELLED}


@pytest.mark.parametrize(("key", "suffix"), [("coco", ".json"), ("cvat", ".xml")])
def test_labels_are_the_same_and_the_rest_is_said(key: str, suffix: str, climb: Path, tmp_path: Path) -> None:
    out, item = tmp_path / f"labels{suffix}", find_format(key)
    assert item.read is not None
    with Project.open(climb, access=Access.READ) as project:
        order = ExportOrder(key, out)
        exported = carry_out(ordered_items(project, order), order, report=lambda *_: None)
        before, resolved = project.track("t1"), project.resolved("t1")
    with made(tmp_path / "other.betascope") as project:
        project.push(import_edit(project, plan_import(item.read(out), project), existing=Existing.KEEP, title="In"))
        after, again = project.track("t1"), project.resolved("t1")

    assert exported.n_poses == N_FRAMES - 399 - 4, "all but the gap and the end, which nobody labelled"
    there = before.table.take(*_places(before))
    back = after.table.take(*_places(before))
    assert len(after.labels) == len(before.labels), "the same joints in the same frames: keyframes stay what they are"
    np.testing.assert_array_equal(back.codes, there.codes, "visible, occluded and absent")
    np.testing.assert_allclose(back.xy, there.xy, atol=1e-3)
    assert {(span.start, span.end) for span in after.spans} >= {SPAN, SMOOTH}
    straight = np.r_[0 : GAP[0], GAP[1] + 1 : SMOOTH[0], SMOOTH[1] + 1 : N_FRAMES - STRIDE]
    np.testing.assert_array_equal(again.source[straight], resolved.source[straight])
    np.testing.assert_allclose(again.xy[straight], resolved.xy[straight], atol=2e-3)

    said = " ".join(item.loses)
    losses = {
        "review state": bool(before.reviewed) and not after.reviewed,
        "who labelled and when": {label.author for label in after.labels.values()} != {"Ana", "Bo"},
        "interpolation kinds": {span.interpolation for span in after.spans} == {Interpolation.LINEAR},
        "events": bool(before.events) and not after.events,
    }
    assert all(losses.values()), "what a format carries after all need not be said to be lost"
    assert all(words in said for words in losses), f"{[words for words in losses if words not in said]} is not said"


def _places(track: Track) -> tuple[np.ndarray, np.ndarray]:
    frames, joints = np.nonzero(track.table.codes)
    return frames, joints
