"""Labels of other tools come into a project: where they go, what is kept, and back out again."""

from pathlib import Path

import numpy as np
import pytest

from annotation.edits import SetLabels, SetSpans
from annotation.errors import ProjectError
from annotation.formats.cvat import read_cvat
from annotation.formats.cvat_writer import cvat_document
from annotation.formats.export_tables import ExportChoice, Frames, Points, TrackLabels, export_table
from annotation.formats.matching import best_match, match_joints, plain_name
from annotation.formats.pose_table import ImportedPoses, PoseTable, VideoHint
from annotation.labels import ABSENT, Label, Source, Span, Visibility
from annotation.project import Project
from annotation.skeletons import load_skeleton
from app import operations
from app.importing import Existing, import_edit, plan_import
from tests.app.conftest import add_predictions

ALL = ExportChoice(Frames.ALL, Points.INTERPOLATED)


def labelled(project: Project) -> None:
    """Label some frames with all there is: occluded and absent joints, a long span, a gap."""
    track = next(iter(project.tracks.values()))
    labels: dict[tuple[int, int], Label | None] = {
        (frame, joint): Label((20.25 + 6 * joint + frame, 40.5 + 2 * joint))
        for frame in (0, 5, 10, 40, 45)
        for joint in range(25)
    }
    labels[5, 3] = Label((60, 50), Visibility.OCCLUDED)
    labels[10, 4] = labels[40, 7] = ABSENT
    project.push(SetLabels(track.id, labels))
    project.push(SetSpans(track.id, (Span(10, 40),)))


def table_of(project: Project, choice: ExportChoice = ALL, *, n: int = 0) -> PoseTable:
    track = list(project.tracks.values())[n]
    return export_table(TrackLabels(project.clip(track.clip_id), track, project.resolved(track.id), None), choice)


def test_cvat_and_back_into_an_empty_project_is_the_same(video: Path, tmp_path: Path) -> None:
    with operations.open_for_video(video) as project:
        labelled(project)
        before, track = table_of(project), next(iter(project.tracks.values()))
        path = tmp_path / "annotations.xml"
        path.write_text("".join(cvat_document([before], bones=load_skeleton("climbalong25").bones)))
        labels = dict(track.labels)
    with operations.open_for_video(video, folder=tmp_path / "other.betascope") as project:
        plan = plan_import(read_cvat(path), project)
        project.push(import_edit(project, plan, existing=Existing.KEEP, title="Import"))
        track = next(iter(project.tracks.values()))
        assert dict(track.labels) == labels
        assert track.spans == (Span(10, 40),)
        after = table_of(project)
        np.testing.assert_array_equal(after.source, before.source)
        np.testing.assert_allclose(after.xy, before.xy, atol=1e-3)
        project.undo()
        assert not len(next(iter(project.tracks.values())).labels), "one step"


def small_table(
    joints: tuple[str, ...], *, xy: float, source: Source = Source.LABELLED, video: VideoHint | None = None
) -> PoseTable:
    table = PoseTable.empty("Ana", joints, np.array([3, 4, 99]), video=video)
    table.xy[:], table.source[:], table.visibility[:], table.confidence[:] = xy, source, Visibility.VISIBLE, 0.7
    return table


def test_labels_that_are_there_are_kept_unless_asked(video: Path) -> None:
    with operations.open_for_video(video) as project:
        track = next(iter(project.tracks.values()))
        joint = load_skeleton(track.skeleton).index("left_knee")
        project.push(SetLabels(track.id, {(3, joint): Label((1, 1))}))
        imported = ImportedPoses((small_table(("LKnee",), xy=7),))
        plan = plan_import(imported, project, track_id=track.id)
        assert [(p.n_labels, p.n_conflicts) for p in plan.tracks] == [(2, 1)]
        assert any("beyond the end" in note for note in plan.tracks[0].notes)
        project.push(import_edit(project, plan, existing=Existing.KEEP, title="Import"))
        assert track.labels[3, joint] == Label((1, 1)) and track.labels[4, joint] == Label((7, 7))
        project.push(import_edit(project, plan, existing=Existing.REPLACE, title="Import"))
        assert project.track(track.id).labels[3, joint] == Label((7, 7))
        with pytest.raises(ProjectError, match="here already"):
            import_edit(project, plan, existing=Existing.REPLACE, title="Import")


def test_labels_of_somebody_else_become_another_climber(video: Path) -> None:
    with operations.open_for_video(video) as project:
        add_predictions(project)
        plan = plan_import(ImportedPoses((small_table(("left_knee", "tail"), xy=7),)), project)
        assert plan.tracks[0].track_id is None
        assert any("tail" in note for note in plan.tracks[0].notes)
        project.push(import_edit(project, plan, existing=Existing.KEEP, title="Import"))
        assert [track.name for track in project.tracks.values()] == ["Climber 1", "Ana"]


def test_predictions_become_a_run_and_undo_takes_it_back(video: Path) -> None:
    with operations.open_for_video(video) as project:
        track = next(iter(project.tracks.values()))
        plan = plan_import(ImportedPoses((small_table(("left_knee",), xy=7, source=Source.PREDICTED),)), project)
        project.push(import_edit(project, plan, existing=Existing.KEEP, title="Import"))
        joint = load_skeleton(track.skeleton).index("left_knee")
        resolved = project.resolved(track.id)
        assert resolved.source[3, joint] == Source.PREDICTED
        assert resolved.confidence[3, joint] == pytest.approx(0.7)
        project.undo()
        assert project.keypoints(track.id) is None


def test_a_file_about_smaller_pictures_is_scaled_and_one_of_another_shape_refused(video: Path) -> None:
    with operations.open_for_video(video) as project:
        track = next(iter(project.tracks.values()))
        half = ImportedPoses((small_table(("nose",), xy=7, video=VideoHint("", (100, 60))),))
        assert plan_import(half, project).tracks[0].table.xy[0, 0].tolist() == [14, 14]
        other = ImportedPoses((small_table(("nose",), xy=7, video=VideoHint("", (100, 100))),))
        with pytest.raises(ProjectError, match="another video"):
            plan_import(other, project, track_id=track.id)
        with pytest.raises(ProjectError, match="Nothing of this file fits"):
            plan_import(ImportedPoses((small_table(("tail",), xy=7),)), project)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("LWrist", "left_wrist"),
        ("wrist-left", "left_wrist"),
        ("L_Wrist", "left_wrist"),
        ("rightAnkle", "right_ankle"),
        ("RBigToe", "right_big_toe"),
        ("leftHip", "left_hip"),
        ("Nose", "nose"),
        ("left_hand", "left_hand"),
    ],
)
def test_other_spellings_are_understood(theirs: str, ours: str) -> None:
    assert plain_name(theirs) == ours


def test_the_smallest_skeleton_with_room_for_all_is_chosen() -> None:
    assert best_match(load_skeleton("coco17").joints).skeleton == "coco17"
    assert best_match(load_skeleton("climbalong25").joints).skeleton == "climbalong25"
    numbered = match_joints([f"joint_{n}" for n in range(17)], load_skeleton("coco17"))
    assert numbered.by_order and numbered.n_matched == 17


def test_a_person_has_the_last_word_on_joints() -> None:
    coco = load_skeleton("coco17")
    match = match_joints(["a", "nose"], coco, chosen={"a": "nose"})
    assert match.targets == (coco.index("nose"), None)
    with pytest.raises(KeyError, match="no joint 'b'"):
        match_joints(["a"], coco, chosen={"b": "nose"})
