"""A plain table of points as CSV: one row for each joint in each frame, for spreadsheets and data frames.

Beside each point stands where a fitted body has the joint (metres; x right, y down, z forward from the camera), how far
that is from the point in the picture, and how fast both are (central differences over the frames beside). The centre of
mass has a row of its own in each frame with a body; its source is "body".
"""

import itertools
from collections.abc import Iterator, Sequence
from math import isnan
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation.formats.body_points import speed
from annotation.formats.export_tables import ExportChoice, TrackLabels, export_table
from annotation.formats.one_video import write_rows
from annotation.formats.pose_table import PoseTable
from annotation.labels import Source, Visibility
from annotation.skeletons import convert, load_skeleton

COLUMNS = (
    *("video", "climber", "frame", "time_s", "joint", "x_px", "y_px"),
    *("confidence", "visibility", "source", "reviewed", "author"),
    *("x_m", "y_m", "z_m", "reprojection_px", "speed_px_s", "speed_m_s"),
)
CENTRE, BODY = "centre_of_mass", "body"
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
        write_rows(itertools.chain([COLUMNS], *(table_rows(item, table) for item, table in tables)), out)
    return count


def table_rows(item: TrackLabels, table: PoseTable) -> Iterator[tuple[object, ...]]:
    """Yield a table's rows, as `COLUMNS` names them; an empty text where there is nothing."""
    times_s, there = item.clip.timeline.times_s, table.known.tolist()
    track, own = item.track, item.resolved.skeleton
    authors = [own.find(joint) for joint in table.joints]
    measures, centres = _measures(item, table), _centres(item, table)
    for row, frame in enumerate(table.frames.tolist()):
        head = (item.clip.path.name, track.name, frame, round(float(times_s[frame]), 6))
        reviewed = int(frame in track.reviewed)
        for joint, name in enumerate(table.joints):
            source = int(table.source[row, joint])
            if source == Source.MISSING:
                continue
            x, y = _cells(table.xy[row, joint]) if there[row][joint] else ("", "")
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
                *_cells(measures[row, joint]),
            )
        if centres is not None and not np.isnan(centres[row, :5]).any():
            x, y, *rest = _cells(centres[row])
            yield (*head, CENTRE, x, y, "", "", BODY, reviewed, "", *rest[:3], "", "", rest[3])


def _cells(values: NDArray[np.float64]) -> list[object]:
    return ["" if isnan(value) else round(value, 3) for value in values.tolist()]


def _measures(item: TrackLabels, table: PoseTable) -> NDArray[np.float64]:
    """Return x, y, z in metres, how far they are from the point in the picture, and both speeds (N, K, 6)."""
    times_s, target = item.clip.timeline.times_s, load_skeleton(table.skeleton)
    measures = np.full((*table.source.shape, 6), np.nan)
    measures[..., 4] = speed(convert(item.resolved.xy, item.resolved.skeleton, target), times_s)[table.frames]
    if item.body is not None:
        xyz = convert(item.body.xyz, item.resolved.skeleton, target)
        measures[..., :3] = xyz[table.frames]
        measures[..., 3] = np.linalg.norm(item.body.camera.project(xyz[table.frames]) - table.xy, axis=-1)
        measures[..., 5] = item.body.speed_m_s(xyz, times_s)[table.frames]
    measures[~table.known, 4] = np.nan
    return measures


def _centres(item: TrackLabels, table: PoseTable) -> NDArray[np.float64] | None:
    """Return of the centre of mass x, y in the picture, x, y, z in metres and the speed (N, 6), if there is a body."""
    if item.body is None:
        return None
    centre = item.body.centre
    fast = item.body.speed_m_s(centre, item.clip.timeline.times_s)
    return np.column_stack([item.body.camera.project(centre), centre, fast])[table.frames]
