"""The table of what the fit reaches."""

import json
from pathlib import Path

from inference.fitting.evaluation import climbs
from inference.fitting.evaluation.table import Table, as_json, as_text
from inference.fitting.evaluation.views import measure


def test_measured_figures_are_written_for_people_and_machines(tmp_path: Path) -> None:
    table = Table(tmp_path, tmp_path)
    table.outcomes = [measure(climbs.perfect(101)[0])]
    rows = list(table.human())
    written = json.loads(json.dumps(as_json(rows)))
    assert [row["what"] for row in written] == [row.what for row in rows]
    assert all(row["reached"] is True for row in written)
    assert as_text(rows).count("| reached |") == len(rows)
