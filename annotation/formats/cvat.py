"""CVAT for video 1.1: skeleton tracks and points tracks.

Frames are 0-based and follow the original video, also where the task has a frame filter. All frames between keyframes
are written out, and only ``keyframe="1"`` is a person's statement. A track ends with an element that is outside, on
the frame after the last one shown. https://docs.cvat.ai/docs/manual/advanced/formats/format-cvat/

CVAT interpolates from one keyframe of a joint to the next, however far. Where we do not, a joint is written as outside
with the attribute `GAP`, which tells it from one that a person called absent.
"""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from annotation.formats.pose_table import ImportedPoses, PoseTable, VideoHint
from annotation.formats.reading import FormatError, check_extent, frame_number, saying_what_is_wrong, xml_elements
from annotation.labels import Source, Visibility

GAP = "gap"
_WHAT = "a CVAT for video 1.1 file"
_OTHER_SHAPES = ("box", "polygon", "polyline", "cuboid", "ellipse", "mask", "tag")


@dataclass(slots=True)
class _Cell:
    """One joint in one frame as the file has it."""

    xy: tuple[float, float]
    outside: bool
    occluded: bool
    keyframe: bool
    gap: bool


@dataclass
class _Track:
    """A track of the file, read element by element."""

    label: str
    number: int
    joints: dict[str, int] = field(default_factory=dict)
    cells: dict[int, dict[int, _Cell]] = field(default_factory=dict)
    ends: set[int] = field(default_factory=set)
    loose: bool = False
    """Whether it is a points track: its points have numbers instead of names."""

    def add(self, frame: int, name: str, cell: _Cell) -> None:
        joint = self.joints.setdefault(name, len(self.joints))
        self.cells.setdefault(frame, {})[joint] = cell


def read_cvat(path: Path) -> ImportedPoses:
    """Read skeleton and points tracks.

    One-point tracks whose labels differ are the joints of one climber. Joints of a points track with several points
    are called after their label and number, since the format does not name them.

    Raises
    ------
    FormatError
        If the file is no CVAT for video file, or holds neither skeletons nor points.
    """
    with saying_what_is_wrong(path, what=_WHAT):
        tracks, video, skipped = _read_tracks(path)
        notes = [f"{count} {shape} track(s): only skeletons and points are read" for shape, count in skipped.items()]
        whole = [track for track in tracks if not (track.loose and len(track.joints) == 1)]
        single = [track for track in tracks if track.loose and len(track.joints) == 1]
        tables = [_table(track, video, path) for track in whole]
        tables += [_table(track, video, path) for track in _gathered(single)]
    if not tables:
        raise FormatError(f"{path.name} holds no skeletons or points. Export the task as “CVAT for video 1.1”.")
    return ImportedPoses(tuple(tables), tuple(notes))


def _read_tracks(path: Path) -> tuple[list[_Track], VideoHint, dict[str, int]]:
    tracks: list[_Track] = []
    skipped: dict[str, int] = {}
    meta: dict[str, str] = {}
    above: list[str] = []
    track: _Track | None = None
    for event, element in xml_elements(path):
        if event == "start":
            if not above and element.tag != "annotations":
                raise FormatError(f"{path.name} is not {_WHAT}: it begins with <{element.tag}>. Check the file.")
            if element.tag == "track":
                track = _Track(element.get("label", ""), len(tracks))
            above.append(element.tag)
            continue
        above.pop()
        if element.tag == "track":
            assert track is not None
            if track.cells:
                tracks.append(track)
            track = None
            element.clear()
        elif track is not None and above[-1] == "track":
            if element.tag in ("skeleton", "points"):
                (_add_skeleton if element.tag == "skeleton" else _add_points)(track, element)
            elif element.tag in _OTHER_SHAPES and not track.cells and element.get("keyframe") == "1":
                skipped.setdefault(element.tag, 0)
                skipped[element.tag] += 1
            element.clear()
        elif element.tag in ("source", "width", "height", "size") and "meta" in above:
            meta.setdefault(element.tag, (element.text or "").strip())
        elif element.tag == "image" and above == ["annotations"]:
            raise FormatError(f"{path.name} is a CVAT for images file. Export the task as “CVAT for video 1.1”.")
    size = (int(meta["width"]), int(meta["height"])) if {"width", "height"} <= meta.keys() else None
    return tracks, VideoHint(meta.get("source", ""), size), skipped


def _add_skeleton(track: _Track, element: ET.Element) -> None:
    frame = frame_number(element.get("frame"))
    points = element.findall("points")
    for point in points:
        track.add(frame, point.get("label", ""), _cell(point, _positions(point)[0]))
    if element.get("outside") != "0" and points and all(point.get("outside") == "1" for point in points):
        track.ends.add(frame)


def _add_points(track: _Track, element: ET.Element) -> None:
    frame = frame_number(element.get("frame"))
    track.loose = True
    positions = _positions(element)
    if element.get("outside") == "1":
        track.ends.add(frame)
    for number, position in enumerate(positions, start=1):
        name = track.label if len(positions) == 1 else f"{track.label}_{number}"
        track.add(frame, name, _cell(element, position))


def _cell(element: ET.Element, xy: tuple[float, float]) -> _Cell:
    gap = any(item.get("name") == GAP and item.text == "true" for item in element.findall("attribute"))
    outside, occluded, keyframe = (element.get(name) == "1" for name in ("outside", "occluded", "keyframe"))
    return _Cell(xy, outside, occluded, keyframe, gap)


def _positions(element: ET.Element) -> list[tuple[float, float]]:
    pairs = [pair.split(",") for pair in element.attrib["points"].split(";")]
    positions = [(float(x), float(y)) for x, y in pairs]
    if not np.isfinite(positions).all():
        raise ValueError(f"a point lies at {element.get('points')}")
    return positions


def _gathered(tracks: Sequence[_Track]) -> list[_Track]:
    """Return one-point tracks as climbers: a label that comes again begins another one."""
    climbers: list[_Track] = []
    for track in tracks:
        home = next((climber for climber in climbers if track.label not in climber.joints), None)
        if home is None:
            home = _Track("", len(climbers))
            climbers.append(home)
        for frame, cells in track.cells.items():
            for cell in cells.values():
                gap = cell.outside and frame in track.ends
                home.add(
                    frame, track.label, _Cell(cell.xy, cell.outside, cell.occluded, cell.keyframe, cell.gap or gap)
                )
    return climbers


def _table(track: _Track, video: VideoHint, path: Path) -> PoseTable:
    """A joint outside is absent where a person said so; where the whole track ends, nothing is said."""
    check_extent(path, n_frames=len(track.cells), n_joints=len(track.joints))
    frames = np.array(sorted(track.cells), np.int64)
    name = f"{track.label} {track.number + 1}".strip()
    table = PoseTable.empty(name, tuple(track.joints), frames, video=video)
    for row, frame in enumerate(frames.tolist()):
        ends = frame in track.ends
        for joint, cell in track.cells[frame].items():
            if cell.outside and (ends or cell.gap or not cell.keyframe):
                continue
            table.source[row, joint] = Source.LABELLED if cell.keyframe else Source.INTERPOLATED
            table.confidence[row, joint] = 1
            if not cell.outside:
                table.xy[row, joint] = cell.xy
                table.visibility[row, joint] = Visibility.OCCLUDED if cell.occluded else Visibility.VISIBLE
    return table.taken(np.flatnonzero((table.source > Source.MISSING).any(axis=1)))
