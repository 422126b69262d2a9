"""Where joints really were in the picture: of a synthetic climb, of a COCO file, or as a person labelled them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation.climb_truth import SKELETON, load_truth
from annotation.clip import Clip
from annotation.errors import BetascopeError
from annotation.formats.coco_reader import read_coco
from annotation.formats.matching import match_joints
from annotation.formats.pose_table import PoseTable
from annotation.labels import ResolvedTrack, Source
from annotation.skeletons import Skeleton, convert, load_skeleton

Floats = NDArray[np.float64]

LABELS = "labels"
"""The name of the truth a person labelled."""
_SAME_SHAPE = 0.02


@dataclass(frozen=True, eq=False)
class Truth2d:
    """What predictions of T frames are held against.

    Attributes
    ----------
    name : str
        Where it comes from, for people.
    skeleton : Skeleton
        Of K joints.
    xy : (T, K, 2) float64 array
        Pixels, NaN where nothing is known: those points are not scored.
    extent : (T, K, 2) float64 array
        All that is known of where the person is, for the size of the body; with labels of few joints more than `xy`.
    stated : (T, K) bool array
        Whether a person, or the maker of a synthetic climb, said so; else it was put between two such statements.
    """

    name: str
    skeleton: Skeleton
    xy: Floats
    extent: Floats
    stated: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.xy)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which points (T, K) are scored."""
        return np.asarray(np.isfinite(self.xy).all(axis=-1))


def read_truth2d(path: Path, clip: Clip, *, skeleton: str, climber: str = "") -> Truth2d:
    """Read 2D truth: the ``truth.npz`` of a synthetic climb, or a COCO keypoint file.

    Parameters
    ----------
    clip : Clip
        What the file is about.
    skeleton : str
        The one to give the points in.
    climber : str
        Whose points, where the file holds several people.

    Raises
    ------
    BetascopeError
        If the file is neither, or is about another video or another person.
    """
    if path.suffix.lower() == ".npz":
        return _of_climb(path, clip, skeleton=load_skeleton(skeleton))
    if path.suffix.lower() == ".json":
        table = _table_of(read_coco(path).tables, clip, climber=climber, path=path)
        return _of_table(table, clip, skeleton=load_skeleton(skeleton), path=path)
    raise BetascopeError(
        f"{path.name} is no 2D truth. Give the truth.npz of a synthetic climb or a COCO keypoint file."
    )


def truth_of_labels(resolved: ResolvedTrack, *, interpolated: bool = False) -> Truth2d:
    """Return what a person labelled; with `interpolated`, what was put between their labels counts as well."""
    least = Source.INTERPOLATED if interpolated else Source.LABELLED
    everything: Floats = np.array(resolved.xy, np.float64)
    xy: Floats = np.where((resolved.source >= least)[..., None], everything, np.nan)
    stated = (resolved.source == Source.LABELLED) & np.isfinite(everything[..., 0])
    return Truth2d(LABELS, resolved.skeleton, xy, everything, np.asarray(stated))


def _of_climb(path: Path, clip: Clip, *, skeleton: Skeleton) -> Truth2d:
    climb = load_truth(path)
    if climb.camera.size_px != clip.size:
        given, wanted = ("x".join(map(str, size)) for size in (climb.camera.size_px, clip.size))
        raise BetascopeError(f"{path.name} is about a video of {given}, {clip.path.name} has {wanted}. Give its own.")
    times_s = clip.timeline.times_s - clip.timeline.times_s[0]
    rows = np.round(times_s * climb.fps).astype(np.intp)
    beyond = rows >= len(climb)
    if beyond.all():
        raise BetascopeError(f"{path.name} ends before {clip.path.name} begins. Give the truth of this video.")
    rows = np.minimum(rows, len(climb) - 1)
    xy: Floats = convert(climb.xy[rows], load_skeleton(SKELETON), skeleton).astype(np.float64)
    xy[beyond] = np.nan
    return Truth2d(path.name, skeleton, xy, xy, np.asarray(np.isfinite(xy).all(axis=-1)))


def _table_of(tables: Sequence[PoseTable], clip: Clip, *, climber: str, path: Path) -> PoseTable:
    """Return the table of a climber in a clip.

    Raises
    ------
    BetascopeError
        If it is not clear which one that is.
    """
    video = {clip.path.name.lower(), clip.path.stem.lower()}
    here = [table for table in tables if table.video.name.lower() in video] or list(tables)
    found = here if len(here) == 1 else [table for table in here if table.track == climber]
    if len(found) == 1:
        return found[0]
    names = ", ".join(sorted({table.track for table in here}))
    raise BetascopeError(
        f"{path.name} holds several people ({names}), and none of them or several are {climber or 'the climber'}. "
        "Give the climber the name of the one that is meant."
    )


def _of_table(table: PoseTable, clip: Clip, *, skeleton: Skeleton, path: Path) -> Truth2d:
    match = match_joints(table.joints, skeleton)
    xy = np.full((clip.n_frames, len(skeleton), 2), np.nan)
    stated = np.zeros(xy.shape[:2], bool)
    inside = np.flatnonzero(table.frames < clip.n_frames)
    usable = table.source != Source.PREDICTED
    for joint, target in enumerate(match.targets):
        if target is not None:
            rows = inside[usable[inside, joint]]
            xy[table.frames[rows], target] = table.xy[rows, joint] * _scale(table, clip, path=path)
            stated[table.frames[rows], target] = table.source[rows, joint] == Source.LABELLED
    if not np.isfinite(xy).any():
        raise BetascopeError(
            f"{path.name} says nothing of the frames and joints of {clip.path.name}. Give a file that belongs to it."
        )
    return Truth2d(path.name, skeleton, xy, xy, stated & np.isfinite(xy[..., 0]))


def _scale(table: PoseTable, clip: Clip, *, path: Path) -> Floats:
    """Return by what to multiply the coordinates of a table to have pixels of the clip."""
    scale = np.ones(2) if table.video.size is None else np.array(clip.size) / np.array(table.video.size)
    if abs(scale[0] / scale[1] - 1) > _SAME_SHAPE:
        given, wanted = ("x".join(map(str, size)) for size in (table.video.size or (), clip.size))
        raise BetascopeError(f"{path.name} is about pictures of {given}, {clip.path.name} has {wanted}: another video?")
    return np.asarray(scale, np.float64)
