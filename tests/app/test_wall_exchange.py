"""The wall goes along in the files that have room for it, and comes back from those that are read."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh

from annotation.edits import SetLabels
from annotation.formats.coco_reader import read_coco
from annotation.formats.reading import FormatError
from annotation.label import Label
from annotation.poses import Plane
from annotation.project import Project
from annotation.runs import MESH_FILE
from annotation.store import Access
from annotation.track_edits import SetFacts
from app import operations
from app.cli import main
from app.stating import state_wall_angle
from tests.annotation.test_walls import VERTICAL, overhang
from tests.app.body_project import add_body, rising

WALLS = (VERTICAL, overhang())
FOUND = (Plane((0.0, 0.0, -1.0), -4.4),)


def made(video: Path, folder: Path, *, stated: tuple[Plane, ...] = (), fitted: tuple[Plane, ...] = ()) -> Path:
    """Return a project, with a label if there is a wall that is stated or a body before one."""
    with operations.open_for_video(video, folder=folder) as project:
        (track,) = project.tracks.values()
        if stated or fitted:
            project.push(SetLabels(track.id, {(0, 0): Label((20.0, 30.0))}))
        if stated:
            project.push(SetFacts(track.id, replace(track.facts, walls=stated)))
        if fitted:
            clip = project.clip(track.clip_id)
            add_body(project, mesh=replace(rising(clip.n_frames, clip.size), walls=fitted))
    return folder


def carried(key: str, source: Path, target: Path, *options: str) -> Path:
    out = target.with_suffix({"coco": ".json", "smpl": ".npz", "glb": ".glb"}[key])
    assert main(["export", key, str(source), "--out", str(out)]) == 0
    if key != "glb":
        assert main(["import", key, str(out), "--project", str(target), *options]) == 0
    return out


def stated_in(folder: Path) -> tuple[Plane, ...]:
    with Project.open(folder, access=Access.READ) as project:
        return next(iter(project.tracks.values())).facts.walls


def test_a_stated_wall_comes_back_with_labels_as_one_step(video: Path, tmp_path: Path) -> None:
    one, other = made(video, tmp_path / "one.betascope", stated=WALLS), made(video, tmp_path / "other.betascope")
    out = carried("coco", one, other)
    (told,) = json.loads(out.read_text())["info"]["betascope"]["walls"]
    assert [plane["name"] for plane in told["planes"]] == ["Vertical", "Overhang"] and told["stated"]
    assert told["camera"]["focal_px"] > 0
    assert told["planes"][1]["offset_m"] == pytest.approx(WALLS[1].offset_m)
    assert stated_in(other) == WALLS
    with Project.open(other, access=Access.WRITE) as project:
        project.undo()
        (track,) = project.tracks.values()
        assert not track.facts.walls and not track.labels


def test_another_wall_stays_unless_replacing_is_asked_for(
    video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = made(video, tmp_path / "one.betascope", stated=WALLS)
    other = tmp_path / "other.betascope"
    with operations.open_for_video(video, folder=other) as project:
        edit = state_wall_angle(next(iter(project.tracks.values())), 20.0)
        assert edit is not None
        project.push(edit)
    carried("coco", one, other)
    assert "takes the place of the stated one only where" in capsys.readouterr().out
    assert stated_in(other) == ()
    carried("coco", one, other, "--replace")
    assert stated_in(other) == WALLS


def test_a_wall_that_a_fit_found_is_told_but_not_stated(video: Path, tmp_path: Path) -> None:
    one = made(video, tmp_path / "one.betascope", fitted=FOUND)
    other = made(video, tmp_path / "other.betascope")
    out = carried("coco", one, other, "--replace")
    (told,) = json.loads(out.read_text())["info"]["betascope"]["walls"]
    assert not told["stated"] and told["planes"][0]["normal"] == [0, 0, -1]
    assert stated_in(other) == ()


@pytest.mark.parametrize("stated", [(), WALLS])
def test_a_body_takes_its_wall_along(stated: tuple[Plane, ...], video: Path, tmp_path: Path) -> None:
    one = made(video, tmp_path / "one.betascope", stated=stated, fitted=WALLS)
    other = made(video, tmp_path / "other.betascope")
    out = carried("smpl", one, other)
    with np.load(out, allow_pickle=False) as data:
        assert [plane["offset_m"] for plane in json.loads(str(data["walls"]))["planes"]] == [w.offset_m for w in WALLS]
    with Project.open(other, access=Access.READ) as project:
        (track,) = project.tracks.values()
        mesh = project.mesh(track.id)
        assert mesh is not None and mesh.walls == WALLS, "the wall it was fitted before is shown with it"
    assert stated_in(other) == stated, "it binds the next fit only if somebody stated it"


def test_the_wall_stands_behind_the_body_in_gltf(video: Path, tmp_path: Path) -> None:
    out = carried("glb", made(video, tmp_path / "one.betascope", fitted=WALLS), tmp_path / "out")
    scene = trimesh.load_scene(out, process=False)
    vertical, above = scene.geometry["Vertical"], scene.geometry["Overhang"]
    np.testing.assert_allclose(vertical.vertices[:, 2], -4.0, atol=1e-5)
    assert (vertical.face_normals[:, 2] > 0.99).all(), "it faces the viewer"
    corners = above.vertices * [1, -1, -1]
    np.testing.assert_allclose(WALLS[1].distance(corners), 0, atol=1e-5)


def test_labels_go_out_with_the_stated_wall_where_the_body_is_damaged(video: Path, tmp_path: Path) -> None:
    one = made(video, tmp_path / "one.betascope", stated=WALLS, fitted=FOUND)
    (mesh,) = one.glob(f"runs/*/{MESH_FILE}")
    mesh.write_bytes(b"half a file")
    out = tmp_path / "out.json"
    assert main(["export", "coco", str(one), "--out", str(out)]) == 0
    content = json.loads(out.read_text())
    assert content["annotations"] and len(content["info"]["betascope"]["walls"][0]["planes"]) == 2


@pytest.mark.parametrize(
    "planes",
    [
        [],
        "x",
        [{"normal": [0, 0, -2], "offset_m": 1}],
        [{"normal": [0, 0, -1], "offset_m": 1e30}],
        [{"normal": [0, 0, -1], "offset_m": 1, "hinge": {"on": "", "bend_deg": float("nan")}}],
        [None],
    ],
)
def test_a_wall_that_is_none_is_said(planes: object, video: Path, tmp_path: Path) -> None:
    one = made(video, tmp_path / "one.betascope", stated=WALLS)
    out = tmp_path / "out.json"
    assert main(["export", "coco", str(one), "--out", str(out)]) == 0
    content = json.loads(out.read_text())
    content["info"]["betascope"]["walls"][0]["planes"] = planes
    out.write_text(json.dumps(content))
    with pytest.raises(FormatError, match=r"out\.json"):
        read_coco(out)
