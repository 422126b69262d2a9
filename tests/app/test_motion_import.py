"""Another tool's 3D motion as the body of a climber: previewed, brought in, undone, and out again."""

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotation.errors import ProjectError
from annotation.exporting_motion import motion_item
from annotation.formats.guessing import read_guessed
from annotation.formats.motion_results import read_vibe
from annotation.formats.reading import FormatError
from annotation.formats.smpl_motion import read_smpl_npz, write_smpl_npz
from annotation.labels import RunKind
from app import operations
from app.actions import Act
from app.export_presenter import any_format
from app.guide import next_step
from app.motion_import import plan_motion, prepare_motion
from tests.annotation.formats.conftest import N_FRAMES, make_motion

WEAK_CAMERA = (0.5, 0.5 * 200 / 120, 0.1, -0.2)
"""Of a picture of 200 x 120: pixels are square."""


def write_results(path: Path, *, n_people: int = 1, first: int = 0) -> Path:
    entry = {
        "pose": np.tile(np.array([np.pi, *[0.1] * 71]), (5, 1)),
        "betas": np.ones((5, 10)),
        "orig_cam": np.tile(WEAK_CAMERA, (5, 1)),
        "frame_ids": np.arange(first, first + 5),
    }
    with path.open("wb") as file:
        pickle.dump(dict.fromkeys(range(1, n_people + 1), entry), file)
    return path


def test_the_body_comes_in_and_goes_as_one_step(video: Path, tmp_path: Path) -> None:
    with operations.open_for_video(video) as project:
        (track,) = project.tracks.values()
        plans = plan_motion(read_vibe(write_results(tmp_path / "a.pkl")), project, bodies_dir=tmp_path)
        assert [plan.n_frames for plan in plans] == [5] and plans[0].track_id == track.id
        assert any("depth" in note for note in plans[0].notes)
        assert any("shape" in note for note in plans[0].notes)
        project.push(prepare_motion(project, plans, file="a.pkl").registered(project))
        mesh = project.mesh(track.id)
        assert mesh is not None and mesh.valid.sum() == 5
        assert project.run(track.active_runs[RunKind.BODY]).model == "imported (a.pkl)"
        assert operations.body_is_imported(project, track.id)
        clip = project.clip(track.clip_id)
        pelvis = motion_item(project, track, bodies_dir=tmp_path).body.joints(
            mesh.betas, mesh.pose, transl=mesh.transl
        )[0, 0]
        xy = mesh.camera.project(pelvis)
        half = np.array(clip.size) / 2
        smpl_pelvis = np.array([-0.0018, -0.2233])
        np.testing.assert_allclose(xy, WEAK_CAMERA[:2] * (smpl_pelvis + WEAK_CAMERA[2:]) * half + half, atol=0.5)
        project.undo()
        assert project.mesh(track.id) is None


def test_several_climbers_become_new_ones(video: Path, tmp_path: Path) -> None:
    with operations.open_for_video(video) as project:
        imported = read_vibe(write_results(tmp_path / "a.pkl", n_people=2))
        (track,) = project.tracks.values()
        with pytest.raises(ProjectError, match="several climbers"):
            plan_motion(imported, project, bodies_dir=tmp_path, track_id=track.id)
        plans = plan_motion(imported, project, bodies_dir=tmp_path)
        project.push(prepare_motion(project, plans, file="a.pkl").registered(project))
        assert len(project.tracks) == 3 and len({other.name for other in project.tracks.values()}) == 3


def test_another_video_is_noticed(video: Path, tmp_path: Path) -> None:
    with operations.open_for_video(video) as project:
        imported = read_vibe(write_results(tmp_path / "a.pkl", first=100_000))
        with pytest.raises(ProjectError, match="No frame"):
            plan_motion(imported, project, bodies_dir=tmp_path)


def test_our_own_file_comes_back_exactly(video: Path, tmp_path: Path) -> None:
    item = make_motion(size=(200, 120))
    write_smpl_npz(item, tmp_path / "a.npz")
    with operations.open_for_video(video) as project:
        (plan,) = plan_motion(read_smpl_npz(tmp_path / "a.npz"), project, bodies_dir=tmp_path)
        n = min(N_FRAMES, len(plan.mesh))
        np.testing.assert_allclose(plan.mesh.transl[:n], item.mesh.transl[:n], atol=1e-5)
        np.testing.assert_allclose(plan.mesh.betas, item.mesh.betas)


def test_another_frame_rate_goes_by_moments(video: Path, tmp_path: Path) -> None:
    poses = np.zeros((40, 72))
    poses[:, 5] = np.arange(40) * 0.01
    with operations.open_for_video(video) as project:
        (clip,) = project.clips.values()
        rate = 2 * clip.timeline.fps
        np.savez(tmp_path / "a.npz", poses=poses, trans=np.zeros((40, 3)), betas=np.zeros(10), mocap_framerate=rate)
        (plan,) = plan_motion(read_smpl_npz(tmp_path / "a.npz"), project, bodies_dir=tmp_path)
        assert plan.mesh.body_pose[3, 0, 2] == pytest.approx(0.06)
        assert (plan.mesh.transl[plan.mesh.valid, 2] > 1).all(), "before the camera"


def test_in_and_out_on_the_command_line(video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from app.cli import main

    with operations.open_for_video(video) as project:
        folder = project.folder
    results = write_results(tmp_path / "a.pkl")
    assert main(["import", "vibe", str(results), "--project", str(tmp_path / "new.betascope")]) != 0
    assert "--video" in capsys.readouterr().err, "it is said how the project is made"
    assert main(["export", "bvh", str(folder), "--out", str(tmp_path / "a.bvh")]) != 0
    assert "no body yet" in capsys.readouterr().err
    assert main(["import", "vibe", str(results), "--project", str(folder), "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["climbers"][0]["frames"] == 5
    assert main(["import", "vibe", str(results), "--project", str(folder)]) == 0
    for key in ("smpl", "vibe", "bvh", "glb", "trc", "c3d"):
        out = tmp_path / f"out{any_format(key).suffix}"
        assert main(["export", key, str(folder), "--out", str(out)]) == 0
        assert out.stat().st_size > 1000
    assert "5 frames" in capsys.readouterr().out


def test_what_can_only_be_written_is_no_unknown_kind(tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text("HIERARCHY")
    with pytest.raises(FormatError, match="can only be written"):
        read_guessed(tmp_path / "a.bvh")


def test_the_next_step_does_not_say_that_points_changed_under_an_imported_body(video: Path, tmp_path: Path) -> None:
    with operations.open_for_video(video) as project:
        plans = plan_motion(read_vibe(write_results(tmp_path / "a.pkl")), project, bodies_dir=tmp_path)
        project.push(prepare_motion(project, plans, file="a.pkl").registered(project))
        (track,) = project.tracks.values()
        predicted = replace(track, active_runs={**track.active_runs, RunKind.KEYPOINTS: "any"})
        step = next_step(project, predicted, project.resolved(track.id), running=False, present=True)
        assert step.act is Act.FIT and "imported" in step.text
