"""The plain table: what a spreadsheet sees."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotation.body import builtin_body
from annotation.formats.body_points import BodyPoints
from annotation.formats.export_tables import ExportChoice, Points
from annotation.formats.point_table import write_point_table
from annotation.poses import Camera, MeshSequence
from tests.annotation.formats.test_yolo import labelled


def test_one_row_for_every_joint_that_is_known(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    assert write_point_table([labelled()], ExportChoice(points=Points.LABELS), path) == 2
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 17, "two labelled frames, absent joints among them"
    by_key = {(row["frame"], row["joint"]): row for row in rows}
    ear = by_key["3", "right_ear"]
    assert (ear["x_px"], ear["y_px"], ear["visibility"], ear["source"]) == ("10.5", "20.25", "occluded", "labelled")
    assert float(ear["time_s"]) == 3 / 25
    assert by_key["3", "left_shoulder"]["x_px"] == "" and by_key["3", "left_shoulder"]["visibility"] == "absent"
    assert ear["video"] == "wall.mp4" and ear["climber"] == "Ana" and ear["reviewed"] == "0"


def test_a_fitted_body_stands_beside_the_points(tmp_path: Path) -> None:
    """The body moves 2 m/s to the right at 4 m; every point is 3 px right of where the body has the joint."""
    item, n = labelled(), 30
    body, camera = builtin_body(), Camera.guess(item.clip.size)
    transl = np.column_stack([np.arange(n) * 2 / 25, np.zeros(n), np.full(n, 4.0)])
    pose = np.zeros((n, 24, 3), np.float32)
    pose[:, 0, 0] = np.pi
    valid = np.arange(n) != 10
    mesh = MeshSequence(body.name, np.zeros(16, np.float32), pose[:, 0], pose[:, 1:], transl, valid, camera)
    points = BodyPoints.of(mesh, body, item.resolved.skeleton.name)
    resolved = replace(item.resolved, xy=(camera.project(points.xyz) + (3, 0)).astype(np.float32))
    path = tmp_path / "points.csv"
    assert write_point_table([replace(item, body=points, resolved=resolved)], ExportChoice(), path)
    frame = by_frame_and_joint(path)
    knee = frame["5", "left_knee"]
    assert float(knee["z_m"]) == pytest.approx(4, abs=0.3) and float(knee["speed_m_s"]) == pytest.approx(2, abs=1e-3)
    assert float(knee["reprojection_px"]) == pytest.approx(3, abs=1e-3)
    assert float(knee["speed_px_s"]) == pytest.approx(2 * camera.focal_px / float(knee["z_m"]), rel=1e-3)
    centre = frame["5", "centre_of_mass"]
    assert centre["source"] == "body" and float(centre["speed_m_s"]) == pytest.approx(2, abs=1e-3)
    assert abs(float(centre["x_px"]) - float(knee["x_px"])) < 100
    assert ("10", "centre_of_mass") not in frame and frame["10", "left_knee"]["x_m"] == "", "no body in this frame"


def test_without_a_body_its_columns_are_empty(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    write_point_table([labelled()], ExportChoice(), path)
    frame = by_frame_and_joint(path)
    assert frame["5", "nose"]["x_m"] == frame["5", "nose"]["speed_m_s"] == ""
    assert float(frame["5", "nose"]["speed_px_s"]) == 0, "the points do not move"


def by_frame_and_joint(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["frame"], row["joint"]): row for row in csv.DictReader(file)}
