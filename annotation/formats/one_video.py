"""What the formats have in common that are about one video and one skeleton, and are often rows of text."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from annotation.errors import ProjectError
from annotation.formats.export_tables import ExportChoice, TrackLabels, export_table
from annotation.formats.files import whole_file
from annotation.formats.pose_table import PoseTable


def write_of_one_video(
    tracks: Sequence[TrackLabels], choice: ExportChoice, *, write: Callable[[list[PoseTable]], None]
) -> int:
    """Let `write` have the tables of tracks, without frames in which nothing has a position.

    Return how many poses there are; if there are none, nothing is written.

    Raises
    ------
    ProjectError
        If they are of several videos or skeletons, or `write` raises it.
    """
    if len({item.clip.id for item in tracks}) > 1:
        raise ProjectError("This format is about one video. Export one climber.")
    tables = [export_table(item, choice) for item in tracks]
    if len({table.skeleton for table in tables}) > 1:
        raise ProjectError("This format has one skeleton. Export one climber, or choose a skeleton to convert to.")
    tables = [table.taken(np.flatnonzero(table.known.any(axis=1))) for table in tables]
    count = sum(map(len, tables))
    if count:
        write(tables)
    return count


def write_rows(rows: Iterable[Sequence[object]], out: Path) -> None:
    """Write rows as CSV.

    Raises
    ------
    ProjectError
        If the file cannot be written.
    """
    with whole_file(out) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        csv.writer(text).writerows(rows)
        text.detach()  # written out, and the file stays open
