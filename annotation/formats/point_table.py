"""A plain table of points as CSV: one row for each joint in each frame, for spreadsheets and data frames."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from annotation.formats.export_tables import ExportChoice, TrackLabels, export_table
from annotation.formats.files import whole_file
from annotation.formats.pose_table import PoseTable
from annotation.labels import Source, Visibility

COLUMNS = (
    *("video", "climber", "frame", "time_s", "joint", "x_px", "y_px"),
    *("confidence", "visibility", "source", "reviewed", "author"),
)
_SOURCES = {int(source): source.name.lower() for source in Source}
_VISIBILITIES = {int(visibility): visibility.name.lower() for visibility in Visibility}


def write_point_table(tracks: Sequence[TrackLabels], choice: ExportChoice, out: Path) -> int:
    """Write the points as CSV; return how many frames of climbers are in it.

    Raises
    ------
    ProjectError
        If the file cannot be written.
    """
    tables = [(item, export_table(item, choice)) for item in tracks]
    count = sum(len(table) for _, table in tables)
    if count:
        with whole_file(out) as file:
            text = io.TextIOWrapper(file, encoding="utf-8", newline="")
            writer = csv.writer(text)
            writer.writerow(COLUMNS)
            for item, table in tables:
                writer.writerows(table_rows(item, table))
            text.detach()  # written out, and the file stays open
    return count


def table_rows(item: TrackLabels, table: PoseTable) -> Iterator[tuple[object, ...]]:
    """Yield a table's rows, as `COLUMNS` names them; an empty text where there is nothing."""
    times_s, there = item.clip.timeline.times_s, table.known
    track, own = item.track, item.resolved.skeleton
    authors = [own.find(joint) for joint in table.joints]
    for row, frame in enumerate(table.frames.tolist()):
        head = (item.clip.path.name, track.name, frame, round(float(times_s[frame]), 6))
        reviewed = int(frame in track.reviewed)
        for joint, name in enumerate(table.joints):
            source = int(table.source[row, joint])
            if source == Source.MISSING:
                continue
            known = bool(there[row, joint])
            x, y = (round(float(value), 3) if known else "" for value in table.xy[row, joint])
            at = authors[joint]
            label = track.labels.get((frame, at)) if source == Source.LABELLED and at is not None else None
            yield (
                *head,
                name,
                x,
                y,
                round(float(table.confidence[row, joint]), 4),
                _VISIBILITIES[int(table.visibility[row, joint])],
                _SOURCES[source],
                reviewed,
                label.author if label is not None else "",
            )
