"""What a person states beside the points: kept, undone, and read by the fit."""

from pathlib import Path

import pytest

from annotation.edits import Edit
from annotation.errors import BetascopeError
from annotation.known_facts import Climber, Contact, DepthStatement, Limb, Order
from annotation.known_facts_json import facts_from_json
from annotation.labels import Track
from annotation.project import Access, Project
from app import job_preparation, stating
from inference.jobs import read_job


@pytest.fixture
def project(predicted: Path):
    with Project.open(predicted, access=Access.WRITE) as project:
        yield project


def only(project: Project) -> Track:
    return next(iter(project.tracks.values()))


def push(project: Project, edit: Edit | None) -> None:
    assert edit is not None
    project.push(edit)


def test_statements_last_and_are_undone(project: Project, predicted: Path) -> None:
    push(project, stating.state_depth(only(project), 7, "left_wrist", Order.NEARER))
    push(project, stating.state_depth(only(project), 7, "left_wrist", 0.25))
    push(project, stating.state_depth(only(project), 3, "right_knee", Order.FARTHER))
    said = (DepthStatement(3, "right_knee", Order.FARTHER), DepthStatement(7, "left_wrist", 0.25))
    project.close()
    with Project.open(predicted, access=Access.WRITE) as again:
        assert only(again).facts.depths == said
        assert again.undo_title() == "State depth of right knee"
        again.undo()
        again.undo()
        assert only(again).facts.depths == (DepthStatement(7, "left_wrist", Order.NEARER),)
        again.redo()
        assert only(again).facts.depths == said[1:]


def test_what_is_said_already_or_cannot_be_is_no_edit(project: Project) -> None:
    push(project, stating.state_depth(only(project), 7, "left_wrist", Order.NEARER))
    assert stating.state_depth(only(project), 7, "left_wrist", Order.NEARER) is None
    assert stating.state_depth(only(project), 8, "left_wrist", None) is None
    with pytest.raises(BetascopeError, match="hangs on no other joint"):
        stating.state_depth(only(project), 7, "left_ear", Order.NEARER)
    with pytest.raises(BetascopeError, match="cannot overhang"):
        stating.state_wall_angle(only(project), 200.0)


def test_statements_are_words(project: Project) -> None:
    track = only(project)
    assert stating.depth_words(track, DepthStatement(1, "left_wrist", Order.NEARER)) == (
        "left wrist nearer than left elbow"
    )
    assert stating.depth_words(track, DepthStatement(1, "left_wrist", -0.12)) == (
        "left wrist 12 cm nearer than left elbow"
    )


def test_a_contact_is_added_lengthened_and_cut(project: Project) -> None:
    found = (Contact(Limb.LEFT_HAND, 2, 5), Contact(Limb.RIGHT_FOOT, 0, 9))
    push(project, stating.toggle_contact(only(project), Limb.LEFT_HAND, 6, 8, found=found))
    assert only(project).facts.contacts == (found[1], Contact(Limb.LEFT_HAND, 2, 8))
    push(project, stating.toggle_contact(only(project), Limb.LEFT_HAND, 4, 4))
    assert only(project).facts.contacts == (found[1], Contact(Limb.LEFT_HAND, 2, 3), Contact(Limb.LEFT_HAND, 5, 8))
    project.undo()
    project.undo()
    assert only(project).facts.contacts is None, "what a fit finds counts again"


def test_the_first_contact_stated_takes_over_what_was_found(project: Project) -> None:
    found = (Contact(Limb.LEFT_HAND, 2, 5), Contact(Limb.RIGHT_FOOT, 0, 9))
    track = only(project)
    assert stating.state_contact(track, Limb.LEFT_FOOT, 2, 5, holds=False, found=found) is None
    push(project, stating.state_contact(track, Limb.LEFT_HAND, 2, 5, holds=True, found=found))
    assert track.facts.contacts == (found[1], found[0])
    assert stating.state_contact(track, Limb.LEFT_HAND, 3, 4, holds=True) is None


def test_the_fit_is_told_everything(project: Project, tmp_path: Path) -> None:
    push(project, stating.state_climber(only(project), Climber(height_m=1.8, span_m=1.85)))
    push(project, stating.state_wall_angle(only(project), 20.0))
    push(project, stating.state_depth(only(project), 7, "left_wrist", Order.NEARER))
    job = job_preparation.prepare_fit(project, only(project).id, body="betascope", bodies_dir=tmp_path)
    assert facts_from_json(read_job(job.folder).parameters["facts"]) == only(project).facts


def test_a_version_and_a_removed_climber_bring_the_facts_back(project: Project) -> None:
    push(project, stating.state_wall_angle(only(project), 20.0))
    version = project.save_version("with wall")
    push(project, stating.state_wall_angle(only(project), None))
    project.restore_version(version.id)
    assert only(project).facts.wall_angle_deg == 20.0
