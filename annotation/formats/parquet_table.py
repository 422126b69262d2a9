"""The plain table of points as Parquet, for data frames; the columns and rows of the CSV, with kinds of their own."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from annotation.errors import ProjectError
from annotation.formats.export_tables import ExportChoice, TrackLabels, export_table
from annotation.formats.files import whole_file
from annotation.formats.point_table import COLUMNS, table_rows

_FLOATS = (
    *("time_s", "x_px", "y_px", "confidence"),
    *("x_m", "y_m", "z_m", "reprojection_px", "speed_px_s", "speed_m_s"),
)
_WHOLE, _TRUTHS = ("frame",), ("reviewed",)


def write_parquet(tracks: Sequence[TrackLabels], choice: ExportChoice, out: Path) -> int:
    """Write the points as Parquet; return how many frames of climbers are in it.

    Raises
    ------
    ProjectError
        If the package pyarrow is missing, or the file cannot be written.
    """
    if importlib.util.find_spec("pyarrow") is None:
        raise ProjectError(
            "Parquet needs the package pyarrow, which is not installed. Install it with: pip install pyarrow, or "
            "export csv, which has the same columns."
        )
    import pyarrow
    from pyarrow import parquet

    tables = [(item, export_table(item, choice)) for item in tracks]
    count = sum(len(table) for _, table in tables)
    if count:
        columns: dict[str, list[object]] = {name: [] for name in COLUMNS}
        for item, table in tables:
            for row in table_rows(item, table):
                for name, value in zip(COLUMNS, row, strict=True):
                    columns[name].append(None if value == "" and name in _FLOATS else value)
        kinds = {
            **dict.fromkeys(COLUMNS, pyarrow.string()),
            **dict.fromkeys(_FLOATS, pyarrow.float64()),
            **dict.fromkeys(_WHOLE, pyarrow.int64()),
            **dict.fromkeys(_TRUTHS, pyarrow.bool_()),
        }
        columns["reviewed"] = [bool(value) for value in columns["reviewed"]]
        arrays = {name: pyarrow.array(values, kinds[name]) for name, values in columns.items()}
        with whole_file(out) as file:
            parquet.write_table(pyarrow.table(arrays), file)
    return count
