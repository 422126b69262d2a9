"""What a track amounts to, kept up to date while it is edited: only what an edit reaches is computed again."""

import hashlib
from collections.abc import Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from annotation.labels import Keypoints2D, LabelPatch, ResolvedTrack, Span, Track
from annotation.resolving import carries, lay, resolve, stretch_around

BLOCK_DIGEST = "blocks:"
"""What `LiveTrack.digest` begins with, to tell it from digests that were made otherwise."""
DIGEST_BLOCK = 2048
"""Frames with a digest of their own."""
_SLACK = 64
"""Two stretches of a joint that are closer are computed as one."""


class LiveTrack:
    """A track laid over the predictions it shows, and what is derived from that for every frame.

    Whoever changes the track says so with ``touch_*``; the work is done when someone looks. The arrays stay the same
    objects and are written in place: who needs them as they were copies them.

    Parameters
    ----------
    track : Track
    predictions : Keypoints2D or None
    n_frames : int
        Of the clip.
    """

    def __init__(self, track: Track, predictions: Keypoints2D | None, *, n_frames: int) -> None:
        self._track = track
        self._predictions = None if predictions is None else predictions.converted(track.skeleton)
        self._resolved = resolve(track, self._predictions, n_frames=n_frames)
        self._carried = carries(track)
        self._dirty: dict[int, list[tuple[int, int]]] = {}
        self._confidence = np.empty(n_frames, np.float32)
        self._source = np.empty(n_frames, np.uint8)
        self._digests: dict[int, bytes] = {}
        self._summarise(0, n_frames)

    # --- looking ---------------------------------------------------------------------------------------------

    @property
    def resolved(self) -> ResolvedTrack:
        """What the track amounts to now."""
        self._update()
        return self._resolved

    @property
    def frame_confidence(self) -> NDArray[np.float32]:
        """Mean confidence (T,) of the points found in each frame, NaN where there are none."""
        self._update()
        return self._confidence

    @property
    def frame_source(self) -> NDArray[np.uint8]:
        """The best `Source` (T,) of each frame."""
        self._update()
        return self._source

    def digest(self) -> str:
        """Return a digest of the points; equal points, equal digest, whichever way they came about."""
        self._update()
        return digest_of([self._block_digest(start) for start in range(0, len(self._resolved), DIGEST_BLOCK)])

    def _block_digest(self, start: int) -> bytes:
        if start not in self._digests:
            self._digests[start] = block_digest(self._resolved, start)
        return self._digests[start]

    # --- what changed ----------------------------------------------------------------------------------------

    def touch_labels(self, patch: LabelPatch) -> None:
        """Note that labels were set or removed."""
        n = len(self._resolved)
        for joint in np.unique(patch.joints).tolist():
            frames = np.sort(patch.frames[patch.joints == joint])
            for first, last in _runs(frames[frames < n]):
                self._note(joint, *stretch_around(self._track, joint, first=first, last=last))

    def touch_spans(self, before: tuple[Span, ...], after: tuple[Span, ...]) -> None:
        """Note that spans came or went; where their order matters, all of them are looked at again."""
        changed = set(before) ^ set(after)
        common = [[span for span in spans if span not in changed] for spans in (before, after)]
        for span in changed if common[0] == common[1] else {*before, *after}:
            self._note_all(span.start, span.end + 1)

    def touch_gaps(self, *, longer_than: int = 1, up_to: int | None = None) -> None:
        """Note that gaps of some lengths in frames are filled in another way; with carried corrections, much more."""
        carried, self._carried = self._carried, carries(self._track)
        if carried or self._carried:
            self._note_all(0, len(self._resolved))
            return
        up_to = len(self._resolved) if up_to is None else up_to
        for joint in range(len(self._resolved.skeleton)):
            if self._track.table.is_full(joint):
                continue
            frames = self._track.table.frames_of(joint)
            length = np.diff(frames)
            gaps = np.flatnonzero((length > max(longer_than, 1)) & (length <= up_to))
            if len(gaps):
                self._note(joint, int(frames[gaps[0]]), int(frames[gaps[-1] + 1]) + 1)

    def _note(self, joint: int, start: int, stop: int) -> None:
        start, stop = max(start, 0), min(stop, len(self._resolved))
        if start < stop:
            self._dirty.setdefault(joint, []).append((start, stop))

    def _note_all(self, start: int, stop: int) -> None:
        for joint in range(len(self._resolved.skeleton)):
            self._note(joint, start, stop)

    def _update(self) -> None:
        by_stretch: dict[tuple[int, int], list[int]] = {}
        for joint, stretches in self._dirty.items():
            for stretch in _united(stretches):
                by_stretch.setdefault(stretch, []).append(joint)
        self._dirty.clear()
        for (start, stop), joints in by_stretch.items():
            lay(self._resolved, self._track, self._predictions, joints=sorted(joints), start=start, stop=stop)
        for start, stop in _united(by_stretch):
            self._summarise(start, stop)

    def _summarise(self, start: int, stop: int) -> None:
        part = slice(start, stop)
        self._confidence[part] = mean_confidence(self._resolved, part)
        self._source[part] = self._resolved.source[part].max(axis=1)
        for block in range(start - start % DIGEST_BLOCK, stop, DIGEST_BLOCK):
            self._digests.pop(block, None)


def mean_confidence(resolved: ResolvedTrack, part: slice) -> NDArray[np.float32]:
    """Return the mean confidence of the points found in each frame of a part, NaN where there are none."""
    found = ~np.isnan(resolved.xy[part, :, 0])
    count = found.sum(axis=1)
    total = np.where(found, resolved.confidence[part], 0).sum(axis=1)
    result: NDArray[np.float32] = np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
    return result


class Points(Protocol):
    """Points with where they come from, as those of a `ResolvedTrack`."""

    @property
    def xy(self) -> NDArray[np.float32]:
        """Places (T, K, 2), pixels, NaN where missing."""

    @property
    def confidence(self) -> NDArray[np.float32]:
        """Confidences (T, K)."""

    @property
    def source(self) -> NDArray[np.uint8]:
        """`Source` values (T, K)."""


def points_digest(points: Points) -> str:
    """Return the digest that `LiveTrack.digest` has for the same points."""
    return digest_of([block_digest(points, start) for start in range(0, len(points.source), DIGEST_BLOCK)])


def block_digest(points: Points, start: int) -> bytes:
    """Return the digest of the `DIGEST_BLOCK` frames from `start` on."""
    content = hashlib.sha1(usedforsecurity=False)
    part = slice(start, start + DIGEST_BLOCK)
    for array in (points.xy, points.confidence, points.source):
        content.update(np.ascontiguousarray(array[part]).tobytes())
    return content.digest()


def digest_of(blocks: Iterable[bytes]) -> str:
    """Return the digest of all points from those of their blocks."""
    return f"{BLOCK_DIGEST}{hashlib.sha1(b''.join(blocks), usedforsecurity=False).hexdigest()}"


def _runs(frames: NDArray[np.intp]) -> list[tuple[int, int]]:
    """Return first and last of the stretches of ascending frames without large holes."""
    if not len(frames):
        return []
    breaks = np.flatnonzero(np.diff(frames) > _SLACK)
    firsts, lasts = frames[np.concatenate([[0], breaks + 1])], frames[np.concatenate([breaks, [len(frames) - 1]])]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def _united(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the same frames as few stretches that do not touch."""
    result: list[tuple[int, int]] = []
    for start, stop in sorted(stretches):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(stop, result[-1][1]))
        else:
            result.append((start, stop))
    return result
