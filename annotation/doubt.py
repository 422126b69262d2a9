"""Doubt: stretches of frames that deserve a look, each with its reason. Pure and quick enough to follow every edit."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from annotation import doubt_measures as measures
from annotation.courtesy import by_turns
from annotation.doubt_measures import Flagged, Flags, Floats, Points, flagged
from annotation.labels import Keypoints2D, ResolvedTrack, Source
from annotation.side_swaps import SidedPoints, find_swaps, side_groups
from annotation.skeletons import Skeleton

DoubtKey = tuple[str, int, int]
"""What remembers a doubt that was dismissed: kind, frame, joint (-1 for any)."""

_JOIN_S = 0.12
_JOIN_JUMP_S = 0.5
_JOIN_SLOW_S = 0.4
"""Doubts of one kind about one part of the body, less than this apart, are one: a jump away and back, above all."""

_LEAST_SAVED = 0.8
"""A swap is reported where exchanging left and right makes the ways into and out of it this much shorter, in torsos."""

_BELIEVED = 0.5
"""A prediction below this confidence is no evidence against what people say."""

_PARTS = {
    "head": ("nose", "eye", "ear", "head", "neck"),
    "arm": ("shoulder", "elbow", "wrist", "pinky", "index", "thumb", "hand"),
    "leg": ("hip", "knee", "ankle", "heel", "big_toe", "small_toe", "foot"),
}


class DoubtKind(Enum):
    """Why a stretch deserves a look."""

    SWAP = "left/right swap"
    JUMP = "jump"
    ACCELERATION = "twitch"
    LIMB_LENGTH = "limb length"
    INTERPOLATION = "interpolation"
    NEW_RUN = "new run"
    LOW_CONFIDENCE = "low confidence"
    OUTSIDE = "outside"
    FIT_SWAP = "swap the fit repaired"
    FLIP = "front/back flip"
    OUT_OF_REACH = "label out of reach"


@dataclass(frozen=True)
class Doubt:
    """One stretch that deserves a look.

    Attributes
    ----------
    start, end : int
        Frames, inclusive.
    frame : int
        Where it is worst.
    joints : tuple of int
        The worst first.
    severity : float
        1 where doubt begins; the larger, the surer.
    text : str
        For people: "left knee jumps 84 px".
    """

    kind: DoubtKind
    start: int
    end: int
    frame: int
    joints: tuple[int, ...]
    severity: float
    text: str

    @property
    def key(self) -> DoubtKey:
        """What to remember when it is dismissed."""
        return (self.kind.value, self.frame, self.joints[0] if self.joints else -1)

    def matches(self, keys: Collection[DoubtKey]) -> bool:
        """Tell whether one of some dismissed doubts is this one, if its frames or worst joint changed a little."""
        return any(
            kind == self.kind.value and self.start - 1 <= frame <= self.end + 1 and (joint in (-1, *self.joints))
            for kind, frame, joint in keys
        )


@dataclass(frozen=True)
class _Episode:
    start: int
    end: int
    frame: int
    columns: tuple[int, ...]
    peak: float
    size: float


def find_doubts(
    resolved: ResolvedTrack,
    *,
    times_s: NDArray[np.float64],
    size_px: tuple[int, int],
    predictions: Keypoints2D | None = None,
    outdated: Flags | None = None,
) -> list[Doubt]:
    """Return what deserves a look, in the order of time.

    Parameters
    ----------
    resolved : ResolvedTrack
        What the track amounts to.
    times_s : (T,) array
        When each frame is shown.
    size_px : (int, int)
        Width and height of the picture.
    predictions : Keypoints2D, optional
        The run beneath the labels, as evidence about labels and interpolation.
    outdated : (T, K) bool array, optional
        Labels that were made before this run was there; only these are compared with it. A label that corrects the
        run differs from it on purpose.
    """
    if len(resolved) == 0:
        return []
    times_s = np.asarray(times_s, np.float64)
    points = Points(
        resolved.skeleton,
        resolved.xy,
        resolved.confidence,
        resolved.source == Source.LABELLED,
        resolved.source == Source.INTERPOLATED,
        times_s,
        size_px,
        measures.torso_near(resolved.xy, resolved.skeleton, times_s=times_s),
    )
    swaps = _swaps(points)
    motion = list(_motion(points, swaps))
    limbs = [doubt for doubt in _limbs(points) if not _explained(doubt, (*swaps, *motion))]
    doubts = [*swaps, *motion, *limbs, *_visible(points)]
    if predictions is not None:
        doubts += _against(points, predictions.converted(resolved.skeleton.name), outdated=outdated)
    return sorted(doubts, key=lambda doubt: (doubt.start, doubt.frame))


def undismissed(doubts: Sequence[Doubt], dismissed: Collection[DoubtKey]) -> list[Doubt]:
    """Return the doubts that nobody has put aside."""
    if not dismissed:
        return list(doubts)
    by_kind: dict[str, list[DoubtKey]] = {}
    for key in sorted(dismissed):
        by_kind.setdefault(key[0], []).append(key)
    result = []
    for doubt in doubts:
        keys = by_kind.get(doubt.kind.value, [])
        first = bisect_left(keys, doubt.start - 1, key=itemgetter(1))
        last = bisect_right(keys, doubt.end + 1, key=itemgetter(1))
        if not doubt.matches(keys[first:last]):
            result.append(doubt)
    return result


def next_doubt(doubts: Collection[Doubt], frame: int, *, direction: int, current: Doubt | None = None) -> Doubt | None:
    """Return the next doubt before (-1) or after (1) a frame by their worst frames.

    Several in one frame follow each other, the surest first, if `current` says which of them was there last.
    """
    here = (frame, direction * float("inf"))
    if current is not None and current.frame == frame:
        here = _place(current)
    ahead = [doubt for doubt in doubts if (_place(doubt) > here if direction > 0 else _place(doubt) < here)]
    return (min if direction > 0 else max)(ahead, key=_place, default=None)


def _place(doubt: Doubt) -> tuple[int, float]:
    return doubt.frame, -doubt.severity


# --- one kind after the other ----------------------------------------------------------------------------------------


def _swaps(points: Points) -> list[Doubt]:
    """Return stretches in which left and right changed places; arms and legs together where both did."""
    xy, lost = points.xy, (points.confidence <= 0) & np.isfinite(points.xy[..., 0])
    if lost.any():
        xy = np.where(lost[..., None], np.float32(np.nan), xy)
    sided = SidedPoints(
        points.skeleton, xy, points.labelled | points.interpolated, float(np.median(points.torso_px)), None
    )
    found: dict[tuple[int, int], list[tuple[str, NDArray[np.intp], float]]] = {}
    for name, group in zip(("arms", "legs"), side_groups(points.skeleton), strict=True):
        sides = find_swaps(sided, group)
        edges = np.diff(np.pad(sides.swapped.astype(np.int8), 1))
        starts, ends = np.flatnonzero(edges == 1).tolist(), (np.flatnonzero(edges == -1) - 1).tolist()
        for start, end in zip(starts, ends, strict=True):
            saved = float(sides.saved[start] + (sides.saved[end + 1] if end + 1 < len(xy) else 0))
            if saved >= _LEAST_SAVED:
                found.setdefault((start, end), []).append((name, group, saved))
    doubts = []
    for (start, end), groups in found.items():
        what = "left and right" if len(groups) == 2 else f"left and right of the {groups[0][0]}"
        joints = tuple(int(joint) for _, group, _ in groups for joint in group)
        severity = 2 + sum(saved for _, _, saved in groups)
        doubts.append(Doubt(DoubtKind.SWAP, start, end, start, joints, severity, f"{what} look swapped"))
    return doubts


def _motion(points: Points, swaps: Sequence[Doubt]) -> Iterator[Doubt]:
    """Yield jumps, and twitches that are no jumps; where a swap begins or ends, both are explained by it."""
    explained = _borders(swaps, n_joints=points.xy.shape[1])
    names = _Names(points.skeleton)
    for kind, measure, verb, join in (
        (DoubtKind.JUMP, measures.jumps, ("jumps", "jump"), _JOIN_JUMP_S),
        (DoubtKind.ACCELERATION, _mere_twitches, ("twitches", "twitch"), _JOIN_S),
    ):
        found = flagged(points, measure)
        found = found.only(~np.isin(found.frames * points.xy.shape[1] + found.columns, explained))
        for episode in _episodes(found, names.parts, join=_frames(points, join)):
            yield _doubt(kind, episode, f"{names.of(episode.columns, verb)} {episode.size:.0f} px")


def _mere_twitches(points: Points) -> tuple[Floats, Floats]:
    """Return twitches (T, K) that are not beside a jump, and pixels."""
    jumping = np.pad(measures.jumps(points)[0] >= 1, ((1, 1), (0, 0)))
    twitch, pixels = measures.twitches(points)
    twitch[jumping[:-2] | jumping[1:-1] | jumping[2:]] = 0
    return twitch, pixels


def _borders(swaps: Sequence[Doubt], *, n_joints: int) -> NDArray[np.intp]:
    """Return the points at which swaps begin and end, with a frame on both sides, as ``frame * n_joints + joint``."""
    near = [
        (frame * n_joints + joint)
        for swap in swaps
        for border in (swap.start, swap.end + 1)
        for frame in range(border - 1, border + 2)
        for joint in swap.joints
    ]
    return np.array(near, np.intp)


def _explained(doubt: Doubt, others: Sequence[Doubt]) -> bool:
    """Tell whether a doubt is about the same frames and joints as one that says more."""
    return any(
        other.start - 1 <= doubt.start and doubt.end <= other.end + 1 and not set(doubt.joints).isdisjoint(other.joints)
        for other in others
    )


def _limbs(points: Points) -> Iterator[Doubt]:
    names, bones = _Names(points.skeleton), points.skeleton.bones
    parts = np.array([names.parts[b] for _, b in bones])
    for episode in _episodes(measures.long_limbs(points), parts, join=_frames(points, _JOIN_S)):
        bone = episode.columns[0]
        a, b = (points.skeleton.joints[joint].replace("_", " ") for joint in bones[bone])
        text = f"{a} to {b} is {episode.size:.1f} times as long as usual"
        joints = tuple(dict.fromkeys(joint for column in episode.columns for joint in bones[column][::-1]))
        yield Doubt(DoubtKind.LIMB_LENGTH, episode.start, episode.end, episode.frame, joints, float(episode.peak), text)


def _visible(points: Points) -> Iterator[Doubt]:
    names = _Names(points.skeleton)
    join = _frames(points, _JOIN_SLOW_S)
    for episode in _episodes(flagged(points, measures.low_confidence), names.parts, join=join):
        text = f"{names.of(episode.columns, ('is', 'are'))} a guess ({100 * episode.size:.0f} %)"
        yield _doubt(DoubtKind.LOW_CONFIDENCE, episode, text)
    for episode in _episodes(flagged(points, measures.outside), names.parts, join=join):
        yield _doubt(DoubtKind.OUTSIDE, episode, f"{names.of(episode.columns, ('is', 'are'))} outside the picture")


def _against(points: Points, predictions: Keypoints2D, *, outdated: Flags | None) -> Iterator[Doubt]:
    """Yield where labels differ from a newer run, and interpolation from the course of the prediction."""
    names, join = _Names(points.skeleton), _frames(points, _JOIN_S)
    if outdated is not None and outdated.any():
        for episode in _episodes(_apart(points, predictions, where=outdated & points.labelled), names.parts, join=join):
            text = f"the new run has {names.of(episode.columns)} {episode.size:.0f} px away"
            yield _doubt(DoubtKind.NEW_RUN, episode, text)
    if points.interpolated.any():
        found = _apart(points, predictions, where=points.interpolated, bent=True)
        for episode in _episodes(found, names.parts, join=join):
            text = f"between the labels the prediction has {names.of(episode.columns)} {episode.size:.0f} px away"
            yield _doubt(DoubtKind.INTERPOLATION, episode, text)


def _apart(points: Points, predictions: Keypoints2D, *, where: Flags, bent: bool = False) -> Flagged:
    """Return where some points (T, K) are far from a prediction that is believed, or from its course."""
    n, parts = min(len(points.xy), len(predictions.xy)), []
    for joints in measures.some_columns(points.xy.shape[1], n_frames=len(points.xy)):
        some = points.of(joints)
        guide, believed = np.full_like(some.xy, np.nan), where[:, joints]
        guide[:n] = predictions.xy[:n, joints]
        believed[:n] &= predictions.confidence[:n, joints] >= _BELIEVED
        believed[n:] = False
        score, pixels = measures.apart(some.xy, _bent(some, guide) if bent else guide, some)
        parts.append(Flagged.of(np.where(believed, score, 0), pixels, joints))
    return Flagged.together(parts)


def _bent(points: Points, guide: Floats) -> Floats:
    """Return the prediction moved by what it is off by at the labels, interpolated: its shape, not its place."""
    bent = guide.copy()
    compared = points.labelled & np.isfinite(guide[..., 0] + points.xy[..., 0])
    off = points.xy - guide
    for joint in np.flatnonzero(points.interpolated.any(axis=0)):
        frames, known = np.flatnonzero(points.interpolated[:, joint]), np.flatnonzero(compared[:, joint])
        if len(known):
            for axis in (0, 1):
                bent[frames, joint, axis] += np.interp(frames, known, off[known, joint, axis])
    return bent


# --- what they share -------------------------------------------------------------------------------------------------


def _frames(points: Points, duration_s: float) -> int:
    """Return how many frames a duration is, at least 2: a stretch is not torn apart by one good frame."""
    return max(2, round(duration_s / float(np.median(points.step_s)))) if len(points.step_s) else 2


def _episodes(found: Flagged, parts: NDArray[np.intp], *, join: int) -> Iterator[_Episode]:
    """Yield stretches in which columns (C,) of one part of the body are worth a look."""
    if len(found.frames) == 0:
        return
    order = np.lexsort((found.columns, found.frames, parts[found.columns]))
    frame, column, value, size = (a[order] for a in (found.frames, found.columns, found.score, found.size))
    cuts = np.flatnonzero((np.diff(parts[column]) != 0) | (np.diff(frame) > join)) + 1
    for first, last in by_turns(zip([0, *cuts.tolist()], [*cuts.tolist(), len(frame)], strict=True)):
        worst_first = first + np.argsort(-value[first:last], kind="stable")
        columns = tuple(dict.fromkeys(column[worst_first].tolist()))
        at = worst_first[0]
        extent = int(frame[first]), int(frame[last - 1]), int(frame[at])
        yield _Episode(*extent, columns, float(value[at]), float(size[at]))


def _doubt(kind: DoubtKind, episode: _Episode, text: str) -> Doubt:
    return Doubt(kind, episode.start, episode.end, episode.frame, episode.columns, episode.peak, text)


class _Names:
    """Words for the joints of a skeleton, and which part of the body each belongs to."""

    def __init__(self, skeleton: Skeleton) -> None:
        self._skeleton = skeleton
        kinds: Mapping[str, int] = {}
        parts = [_part(joint) for joint in skeleton.joints]
        kinds = {name: n for n, name in enumerate(dict.fromkeys(parts))}
        self.parts = np.array([kinds[part] for part in parts], dtype=np.intp)

    def of(self, joints: Sequence[int], verb: tuple[str, str] | None = None) -> str:
        """Return "left wrist", "left wrist and left thumb", "left wrist and 3 more", with the verb in its number."""
        words = [self._skeleton.joints[joint].replace("_", " ") for joint in joints[:2]]
        what = " and ".join(words) if len(joints) <= 2 else f"{words[0]} and {len(joints) - 1} more"
        return what if verb is None else f"{what} {verb[0] if len(joints) == 1 else verb[1]}"


def _part(joint: str) -> str:
    side, _, rest = joint.partition("_")
    if side not in ("left", "right"):
        side, rest = "", joint
    kind = next((part for part, names in _PARTS.items() if rest in names), rest)
    return kind if kind == "head" else f"{side} {kind}"
