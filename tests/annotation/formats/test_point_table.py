"""The plain table: what a spreadsheet sees."""

import csv
from pathlib import Path

from annotation.formats.export_tables import ExportChoice, Points
from annotation.formats.point_table import write_point_table
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
