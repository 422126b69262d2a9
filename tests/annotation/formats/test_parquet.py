"""The table of points as Parquet: with the package, and without it."""

import importlib.util
from pathlib import Path

import pytest

from annotation.errors import ProjectError
from annotation.formats.export_tables import ExportChoice, Points
from annotation.formats.parquet_table import write_parquet
from tests.annotation.formats.test_yolo import labelled


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    if importlib.util.find_spec("pyarrow") is not None:
        pytest.skip("pyarrow is installed")
    with pytest.raises(ProjectError, match="pip install pyarrow"):
        write_parquet([labelled()], ExportChoice(), tmp_path / "points.parquet")
    assert not list(tmp_path.iterdir())


def test_the_columns_have_kinds(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow, an optional package, is not installed")
    path = tmp_path / "points.parquet"
    assert write_parquet([labelled()], ExportChoice(points=Points.LABELS), path) == 2
    rows = parquet.read_table(path).to_pylist()
    assert len(rows) == 2 * 17
    ear = next(row for row in rows if (row["frame"], row["joint"]) == (3, "right_ear"))
    assert (ear["x_px"], ear["y_px"], ear["visibility"], ear["reviewed"]) == (10.5, 20.25, "occluded", False)
    assert any(row["x_px"] is None and row["visibility"] == "absent" for row in rows)
