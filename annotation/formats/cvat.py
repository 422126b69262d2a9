"""CVAT for video 1.1: skeleton tracks and points tracks.

Frames are 0-based and follow the original video, also where the task has a frame filter. All frames between keyframes
are written out, and only ``keyframe="1"`` is a person's statement. A track ends with an element that is outside, on
the frame after the last one shown. https://docs.cvat.ai/docs/manual/advanced/formats/format-cvat/

CVAT interpolates from one keyframe of a joint to the next, however far. Where we do not, a joint is written as outside
with the attribute `GAP`, which tells it from one that a person called absent.
"""

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntFlag
from pathlib import Path
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

import numpy as np
from numpy.typing import NDArray

from annotation.courtesy import give_way
from annotation.formats.pose_table import ImportedPoses, PoseTable, VideoHint
from annotation.formats.reading import FormatError, check_extent, frame_number, read_xml, saying_what_is_wrong
from annotation.labels import Source, Visibility

GAP = "gap"
_WHAT = "a CVAT for video 1.1 file"
_META = ("source", "width", "height")
_OTHER_SHAPES = ("box", "polygon", "polyline", "cuboid", "ellipse", "mask", "tag")


class _Flag(IntFlag):
    """What the file says of a joint in a frame."""

    OUTSIDE = 1
    OCCLUDED = 2
    KEYFRAME = 4
    GAP = 8


@dataclass
class _Track:
    """A track of the file; the arrays have an entry for each joint in each frame, in the order of the file.

    Attributes
    ----------
    ends : set of int
        Frames in which it is outside as a whole.
    loose : bool
        Whether it is a points track: its points have numbers instead of names.
    """

    label: str
    number: int
    joints: dict[str, int] = field(default_factory=dict)
    frames: "array[int]" = field(default_factory=lambda: array("q"))
    columns: "array[int]" = field(default_factory=lambda: array("q"))
    xy: "array[float]" = field(default_factory=lambda: array("d"))
    flags: "array[int]" = field(default_factory=lambda: array("B"))
    ends: set[int] = field(default_factory=set)
    loose: bool = False

    def add(self, frame: int, joint: str, xy: Sequence[float], flags: int) -> None:
        self.frames.append(frame)
        self.columns.append(self.joints.setdefault(joint, len(self.joints)))
        self.xy.extend(xy)
        self.flags.append(flags)


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
        document = _Document(path.name)
        read_xml(path, document)
        notes = [f"{n} {shape} track(s): only skeletons and points are read" for shape, n in document.skipped.items()]
        single = [track for track in document.tracks if track.loose and len(track.joints) == 1]
        whole = [track for track in document.tracks if not (track.loose and len(track.joints) == 1)]
        tables = [_table(track, document.video, path=path) for track in (*whole, *_gathered(single))]
    if not tables:
        raise FormatError(f"{path.name} holds no skeletons or points. Export the task as “CVAT for video 1.1”.")
    return ImportedPoses(tuple(tables), tuple(notes))


class _Document(ContentHandler):
    """Gathers the tracks of a file while it is read.

    Attributes
    ----------
    tracks : list of _Track
        Those with points.
    skipped : Counter of str
        How many tracks there are of shapes that have no place here.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.tracks: list[_Track] = []
        self.skipped: Counter[str] = Counter()
        self._name = name
        self._meta: dict[str, str] = {}
        self._above: list[str] = []
        self._text: list[str] = []
        self._track = _Track("", 0)
        self._frame = 0
        self._other = ""
        self._may_end = self._is_gap = False
        self._skeleton_at = self._points_at = 0

    @property
    def video(self) -> VideoHint:
        """What the file says about its video."""
        width, height = self._meta.get("width"), self._meta.get("height")
        size = (int(width), int(height)) if width is not None and height is not None else None
        return VideoHint(self._meta.get("source", ""), size)

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        """Take in what an element says about itself."""
        above = self._above[-1] if self._above else ""
        if name == "points" and above in ("skeleton", "track"):
            self._points_at = len(self._track.frames)
            if above == "skeleton":
                self._add_joint(attrs)
            else:
                self._add_loose(attrs)
        elif name == "attribute" and above == "points":
            self._is_gap = attrs.get("name") == GAP
        elif above == "track":
            self._begin_shape(name, attrs)
        elif name == "track":
            self._track = _Track(attrs.get("label", ""), len(self.tracks))
            self._other = ""
        elif not above and name != "annotations":
            raise FormatError(f"{self._name} is not {_WHAT}: it begins with <{name}>. Check the file.")
        elif name == "image" and self._above == ["annotations"]:
            raise FormatError(f"{self._name} is a CVAT for images file. Export the task as “CVAT for video 1.1”.")
        self._above.append(name)
        self._text.clear()

    def endElement(self, name: str) -> None:
        """Take in what an element held."""
        self._above.pop()
        above = self._above[-1] if self._above else ""
        if name == "attribute" and above == "points":
            if self._is_gap and "".join(self._text) == "true":
                for at in range(self._points_at, len(self._track.flags)):
                    self._track.flags[at] |= _Flag.GAP
        elif name == "skeleton" and above == "track":
            flags = self._track.flags[self._skeleton_at :]
            if self._may_end and flags and all(flag & _Flag.OUTSIDE for flag in flags):
                self._track.ends.add(self._frame)
        elif name == "track":
            if self._track.frames:
                self.tracks.append(self._track)
            elif self._other:
                self.skipped[self._other] += 1
        elif name in _META and "meta" in self._above:
            self._meta.setdefault(name, "".join(self._text).strip())

    def characters(self, content: str) -> None:
        """Take in a piece of text."""
        self._text.append(content)

    def _begin_shape(self, name: str, attrs: AttributesImpl) -> None:
        if name == "skeleton":
            self._frame = frame_number(attrs.get("frame"))
            self._skeleton_at = len(self._track.frames)
            self._may_end = attrs.get("outside") != "0"
        elif name in _OTHER_SHAPES:
            self._other = name

    def _add_joint(self, attrs: AttributesImpl) -> None:
        self._track.add(self._frame, attrs.get("label", ""), _positions(attrs)[0], _flags(attrs))

    def _add_loose(self, attrs: AttributesImpl) -> None:
        track, frame, flags = self._track, frame_number(attrs.get("frame")), _flags(attrs)
        track.loose = True
        if flags & _Flag.OUTSIDE:
            track.ends.add(frame)
        positions = _positions(attrs)
        for number, position in enumerate(positions, start=1):
            track.add(frame, track.label if len(positions) == 1 else f"{track.label}_{number}", position, flags)


def _flags(attrs: AttributesImpl) -> int:
    flags = 1 if attrs.get("outside") == "1" else 0  # plain numbers: flags of an enum take ten times as long
    flags |= 2 if attrs.get("occluded") == "1" else 0
    return flags | (4 if attrs.get("keyframe") == "1" else 0)


def _positions(attrs: AttributesImpl) -> list[tuple[float, float]]:
    positions = []
    for pair in attrs["points"].split(";"):
        x, y = pair.split(",")
        positions.append((float(x), float(y)))
    return positions


def _gathered(tracks: Sequence[_Track]) -> list[_Track]:
    """Return one-point tracks as climbers: a label that comes again begins another one."""
    climbers: list[_Track] = []
    for track in tracks:
        home = next((climber for climber in climbers if track.label not in climber.joints), None)
        if home is None:
            home = _Track("", len(climbers))
            climbers.append(home)
        for at, (frame, flags) in enumerate(zip(track.frames, track.flags, strict=True)):
            gap = _Flag.GAP if flags & _Flag.OUTSIDE and frame in track.ends else 0
            home.add(frame, track.label, track.xy[2 * at : 2 * at + 2], flags | gap)
    return climbers


def _table(track: _Track, video: VideoHint, *, path: Path) -> PoseTable:
    """A joint outside is absent where a person said so; where the whole track ends, nothing is said."""
    frames, rows = np.unique(np.array(track.frames, np.int64), return_inverse=True)
    check_extent(path, n_frames=len(frames), n_joints=len(track.joints))
    xy = np.array(track.xy).reshape(-1, 2)
    give_way()
    if not np.isfinite(xy).all():
        raise ValueError("a point lies at infinity, or nowhere")
    name = f"{track.label} {track.number + 1}".strip()
    table = PoseTable.empty(name, tuple(track.joints), frames, video=video)
    columns = np.array(track.columns, np.intp)
    give_way()
    at = _last_said(rows * len(track.joints) + columns)
    give_way()
    rows, columns, xy, flags = rows[at], columns[at], xy[at], np.array(track.flags, np.uint8)[at]
    outside, keyframe = flags & _Flag.OUTSIDE > 0, flags & _Flag.KEYFRAME > 0
    ends = np.isin(frames, list(track.ends))[rows]
    said = ~outside | (keyframe & ~ends & (flags & _Flag.GAP == 0))
    give_way()
    table.source[rows, columns] = np.where(said, np.where(keyframe, Source.LABELLED, Source.INTERPOLATED), 0)
    table.confidence[rows, columns] = said
    rows, columns, occluded = rows[~outside], columns[~outside], flags[~outside] & _Flag.OCCLUDED > 0
    give_way()
    table.xy[rows, columns] = xy[~outside]
    table.visibility[rows, columns] = np.where(occluded, Visibility.OCCLUDED, Visibility.VISIBLE)
    return table.taken(np.flatnonzero((table.source > Source.MISSING).any(axis=1)))


def _last_said(cells: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return where each cell is named for the last time."""
    _, last = np.unique(cells[::-1], return_index=True)
    return len(cells) - 1 - last
