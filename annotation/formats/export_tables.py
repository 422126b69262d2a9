"""What of a track is exported: which frames, whose points, and in which skeleton."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from annotation.clip import Clip
from annotation.formats.body_points import BodyPoints
from annotation.formats.known_wall import KnownWall
from annotation.formats.pose_table import PoseTable, VideoHint
from annotation.formats.splitting import Part, Parts, Split, split_frames
from annotation.labels import Keypoints2D, ResolvedTrack, Source, Track, Visibility
from annotation.skeletons import convert, load_skeleton


@dataclass(frozen=True)
class TrackLabels:
    """What is exported of one track: its labels laid over its predictions, and these predictions.

    `predictions` is None where no model has run. `clip_name` is the clip's name in files, empty for that of the video.
    `body` is where the fitted body has the joints of the track's skeleton, for the formats that carry it, and `wall`
    what is known of the wall.
    """

    clip: Clip
    track: Track
    resolved: ResolvedTrack
    predictions: Keypoints2D | None
    clip_name: str = ""
    body: BodyPoints | None = None
    wall: KnownWall | None = None

    def copied(self) -> "TrackLabels":
        """Return the same as it is now, for a thread to write while the track is edited."""
        return replace(self, track=self.track.copied(), resolved=self.resolved.copied())


class Frames(Enum):
    """Which frames are exported."""

    LABELLED = "labelled"
    """Those in which a person said something, and what was interpolated between, if that is exported."""
    REVIEWED = "reviewed"
    """Those a person confirmed."""
    ALL = "all"
    """Every frame of the range in which anything is known."""


class Points(Enum):
    """Whose points are exported; each includes the ones before."""

    LABELS = "labels"
    INTERPOLATED = "interpolated"
    PREDICTED = "predicted"


@dataclass(frozen=True)
class ExportChoice:
    """What to export.

    Attributes
    ----------
    skeleton : str
        Key of the skeleton to convert to; empty for the track's own.
    range : (int, int) or None
        First and last frame.
    least_confidence : float
        Of predicted points.
    split : Split or None
        How to part training from test, in the formats that can.
    image_suffix : str
        Of the images the labels name: ``jpg`` or ``png``.
    """

    frames: Frames = Frames.LABELLED
    points: Points = Points.INTERPOLATED
    skeleton: str = ""
    range: tuple[int, int] | None = None
    least_confidence: float = 0.0
    split: Split | None = None
    image_suffix: str = "jpg"


_LEAST_SOURCE = {
    Points.LABELS: Source.LABELLED,
    Points.INTERPOLATED: Source.INTERPOLATED,
    Points.PREDICTED: Source.PREDICTED,
}


def export_table(item: TrackLabels, choice: ExportChoice) -> PoseTable:
    """Return what a choice leaves of a track; frames in which nothing is left are not in it."""
    clip, track, resolved = item.clip, item.track, item.resolved
    target = load_skeleton(choice.skeleton or track.skeleton)
    source = _codes(resolved.source, resolved, target=target.name)
    visibility = _codes(resolved.visibility, resolved, target=target.name)
    xy = convert(resolved.xy, resolved.skeleton, target).astype(np.float64)
    confidence = convert(resolved.confidence[..., None], resolved.skeleton, target, fill=0.0)[..., 0]
    gone: NDArray[np.bool_] = source < _LEAST_SOURCE[choice.points]
    gone |= (source == Source.PREDICTED) & (confidence < choice.least_confidence)
    source[gone], visibility[gone], xy[gone] = Source.MISSING, Visibility.ABSENT, np.nan
    confidence = np.where(gone, 0, confidence).astype(np.float32)
    wanted: NDArray[np.bool_] = np.any(source > Source.MISSING, axis=1)
    if choice.frames is Frames.LABELLED:
        wanted &= np.any(source >= Source.INTERPOLATED, axis=1)
    elif choice.frames is Frames.REVIEWED:
        reviewed = np.zeros(len(wanted), bool)
        reviewed[[frame for frame in track.reviewed if frame < len(wanted)]] = True
        wanted &= reviewed
    if choice.range is not None:
        wanted[: choice.range[0]] = False
        wanted[choice.range[1] + 1 :] = False
    rows = np.flatnonzero(wanted)
    video = VideoHint(clip.path.name, clip.size, clip.n_frames, clip.timeline.fps)
    return PoseTable(
        track.name,
        target.joints,
        rows.astype(np.int64),
        xy[rows],
        visibility[rows],
        source[rows],
        confidence[rows],
        video,
        target.name,
    )


def clip_names(tracks: Sequence[TrackLabels]) -> dict[str, str]:
    """Return clip id -> name in files, in order."""
    given = {item.clip.id: item.clip_name for item in tracks if item.clip_name}
    return unique_names([item.clip for item in tracks if item.clip.id not in given]) | given


def unique_names(clips: Iterable[Clip]) -> dict[str, str]:
    """Return clip id -> a name no other has; a clip added later never renames an earlier one."""
    names: dict[str, str] = {}
    for clip in clips:
        if clip.id not in names:
            stem, number = clip.path.stem, 1
            while (name := stem if number == 1 else f"{stem}-{number}") in names.values():
                number += 1
            names[clip.id] = name
    return names


def chosen_frames(tracks: Sequence[TrackLabels], tables: Sequence[PoseTable]) -> dict[str, NDArray[np.int64]]:
    """Return clip id -> frames of the tables, ascending, in the order of the tracks."""
    found: dict[str, list[NDArray[np.int64]]] = {}
    for item, table in zip(tracks, tables, strict=True):
        found.setdefault(item.clip.id, []).append(table.frames)
    return {clip_id: np.unique(np.concatenate(frames)) for clip_id, frames in found.items()}


def parts_of(tracks: Sequence[TrackLabels], tables: Sequence[PoseTable], *, split: Split) -> Parts:
    """Say for each frame of the tables whether it is for training, validation or test.

    Raises
    ------
    ProjectError
        If there are too few videos for the rule.
    """
    n_frames = {item.clip.id: item.clip.n_frames for item in tracks}
    return split_frames(chosen_frames(tracks, tables), n_frames, split=split)


def of_part(item: TrackLabels, table: PoseTable, *, parts: Parts, part: Part) -> PoseTable:
    """Return the frames of a table that are for one purpose."""
    rows = [row for row, frame in enumerate(table.frames.tolist()) if parts[item.clip.id, frame] is part]
    return table.taken(np.array(rows, np.intp))


def _codes(codes: NDArray[np.uint8], resolved: ResolvedTrack, *, target: str) -> NDArray[np.uint8]:
    values = convert(codes[..., None].astype(np.float32), resolved.skeleton, load_skeleton(target), fill=0.0)
    return values[..., 0].astype(np.uint8)
