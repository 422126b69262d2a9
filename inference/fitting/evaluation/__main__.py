"""``python -m inference.fitting.evaluation --data DIR``: measure the fit and print the table."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path


def main() -> None:
    """Measure what is asked for; figures appear as they are found."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # numpy reads them when it is imported
        os.environ.setdefault(name, "1")
    from inference.fitting.evaluation.table import Table, as_json, as_text

    parser = argparse.ArgumentParser(prog="python -m inference.fitting.evaluation", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with pose2sim and mocap")
    default = Path(tempfile.gettempdir()) / "betascope-evaluation"
    parser.add_argument("--cache", type=Path, default=default, help="where detections and filmed climbs are kept")
    parser.add_argument("--only", default="pose2sim,cmu,climbs,filmed,faulty", help="groups, with commas between")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    table, rows = Table(options.data, options.cache), []
    for group in options.only.split(","):
        for row in table.groups[group]():
            rows.append(row)
            print(f"{row.what}: {row.measured} (asked: {row.asked})", file=sys.stderr, flush=True)
    rows += table.human()
    print(json.dumps(as_json(rows), indent=1) if options.json else as_text(rows))


if __name__ == "__main__":
    main()
