"""``betascope fit`` with what people know, with the baseline, and with what cannot be."""

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from annotation.edits import SetLabels
from annotation.fit_details import load_details
from annotation.labels import Label, RunKind
from annotation.project import Project
from annotation.store import Access
from app import settings
from app.cli import EXIT_FAILED, EXIT_OK, main
from tests.annotation.test_camera_tags import add_to_track, metadata


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.platformdirs, "user_config_path", lambda name: tmp_path / "config")
    monkeypatch.setattr(settings.platformdirs, "user_data_path", lambda name: tmp_path / "data")


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory, make_clip: object) -> Path:
    """A project whose clip shows nothing but in which a person labelled a body that stands."""
    folder = tmp_path_factory.mktemp("labelled")
    return _labelled(make_clip(folder / "wall.mp4", n_frames=12))  # type: ignore[operator]


def _labelled(clip: Path) -> Path:
    from app import operations

    with operations.open_for_video(clip) as project:
        track = next(iter(project.tracks.values()))
        body = _standing()
        labels = {(frame, joint): Label(tuple(map(float, body[joint]))) for frame in range(12) for joint in range(25)}
        project.push(SetLabels(track.id, labels))
        return project.folder


def _standing() -> np.ndarray:
    from annotation.body import builtin_body
    from annotation.poses import Camera

    body, pose = builtin_body(), np.zeros((1, 24, 3))
    pose[:, 0] = (0, 0, np.pi)
    keypoints = body.keypoints(body.keypoint_rig("climbalong25"), np.zeros(16), pose, transl=np.array([[0, 0, 5.5]]))
    return np.asarray(Camera.guess((200, 120)).project(keypoints)[0])


@pytest.fixture
def project(labelled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(labelled, tmp_path / labelled.name))


def answer(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = EXIT_OK) -> dict[str, object]:
    capsys.readouterr()
    assert main([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_a_known_height_is_the_bodys(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "fit", str(project), "--height", "186", "--arm-span", "190")
    assert float(str(found["height_m"])) == pytest.approx(1.86, abs=0.03)
    with Project.open(project, access=Access.READ) as opened:
        track = next(iter(opened.tracks.values()))
        details = load_details(opened.run_folder(track.active_runs[RunKind.BODY]))
    assert details is not None and len(details) == 12
    assert np.isfinite(details.residual_px).all()


def test_the_focal_length_comes_from_the_file_unless_it_is_given(
    project: Path, tmp_path: Path, make_clip, capsys: pytest.CaptureFixture[str]
) -> None:
    clip, diagonal_px = make_clip(tmp_path / "phone.mov", n_frames=12), np.hypot(200, 120)
    add_to_track(clip, metadata(b"26", 1))
    phone = _labelled(clip)
    found = answer(capsys, "fit", str(phone))
    assert found["focal_px"] == pytest.approx(diagonal_px * 26 / 43.27, abs=0.1)
    assert found["focal_from"] == "the file (26 mm on 35 mm film)"
    with Project.open(phone, access=Access.READ) as opened:
        mesh = opened.mesh(next(iter(opened.tracks)))
    assert mesh is not None and mesh.camera.focal_px == pytest.approx(diagonal_px * 26 / 43.27)
    given = answer(capsys, "fit", str(phone), "--focal-px", "300", "--refine-focal")
    assert given["focal_from"] == "what was given, refined"
    assert main(["fit", str(project)]) == EXIT_OK
    assert f"Focal length {diagonal_px:.0f} px, from the image diagonal." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (("--height", "30"), "30 cm"),
        (("--height", "300"), "300 cm"),
        (("--mass", "700"), "700 kg"),
        (("--wall-angle", "200"), "overhang"),
        (("--focal-px", "-5"), "focal length"),
        (("--facts", "nowhere.json"), "nowhere.json"),
    ],
)
def test_what_cannot_be_is_refused_with_what_would_do(
    project: Path, capsys: pytest.CaptureFixture[str], wish: tuple[str, str], said: str
) -> None:
    assert said in str(answer(capsys, "fit", str(project), *wish, code=EXIT_FAILED)["error"])


def test_facts_come_from_a_file(project: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    facts = {
        "walls": [[0, 0, -1, -6.0]],
        "contacts": [{"limb": "left_hand", "start": 2, "end": 8}],
        "depths": [{"frame": 5, "joint": "left_wrist", "depth": "farther"}],
    }
    (tmp_path / "facts.json").write_text(json.dumps(facts))
    assert answer(capsys, "fit", str(project), "--facts", str(tmp_path / "facts.json"))["contacts"] == 1
    facts["depths"][0]["joint"] = "left_tail"
    (tmp_path / "facts.json").write_text(json.dumps(facts))
    wrong = answer(capsys, "fit", str(project), "--facts", str(tmp_path / "facts.json"), code=EXIT_FAILED)
    assert "left_tail" in str(wrong["error"])


def test_the_baseline_is_there_and_refuses_a_file_that_is_no_prior(
    project: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = answer(capsys, "fit", str(project), "--method", "smplify")
    assert found["method"] == "smplify"
    assert float(str(found["median_reprojection_box_fraction"])) < 0.05
    other = answer(capsys, "fit", str(project), "--method", "smplify", "--spin-hips")
    assert other["mean_reprojection_loss"] != found["mean_reprojection_loss"], "the hips' part in the camera stage"
    (tmp_path / "trap.pkl").write_bytes(pickle.dumps({"means": Path}))
    wrong = answer(
        capsys, "fit", str(project), "--method", "smplify", "--prior", str(tmp_path / "trap.pkl"), code=EXIT_FAILED
    )
    assert "trap.pkl" in str(wrong["error"])
