"""What is seen of a project from outside is what it holds."""

from pathlib import Path

import pytest

from annotation.edits import AddTrack, SetLabels
from annotation.errors import ProjectError
from annotation.glance import glance
from annotation.labels import ABSENT, Label, Track
from annotation.skeletons import DEFAULT_SKELETON
from app import operations
from tests.conftest import MakeClip


def test_labels_of_all_climbers_are_counted(make_clip: MakeClip, tmp_path: Path) -> None:
    video = make_clip(tmp_path / "climb.mp4", n_frames=50)
    with operations.open_for_video(video, folder=tmp_path / "two.betascope") as project:
        first = next(iter(project.tracks.values()))
        project.push(AddTrack(Track("other", first.clip_id, "Bo", DEFAULT_SKELETON)))
        project.push(SetLabels(first.id, {(0, 3): Label((1.0, 2.0)), (40, 5): ABSENT}))
        project.push(SetLabels("other", {(7, 1): Label((3.0, 4.0)), (7, 2): Label((5.0, 6.0))}))
        project.push(SetLabels("other", {(7, 2): None}))
        seen = glance(project.folder)
    assert seen.n_labels == 3
    assert seen.clip is not None
    assert seen.clip.path == video.resolve()


def test_a_folder_that_is_no_project_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no project"):
        glance(tmp_path / "gone.betascope")
