"""The labels of a track in arrays: a mapping to those who look at one label, rows to those who look at thousands."""

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.courtesy import give_way
from annotation.label import Label, LabelKey, Visibility
from annotation.label_patch import NONE, UNSTAMPED, LabelPatch, Stamp, label_of

MAX_FRAME = 20_000_000
Indices = NDArray[np.intp]


class LabelTable(MutableMapping[LabelKey, Label]):
    """The labels of one track by frame and joint.

    Rows of frames nobody labelled cost no memory: the operating system gives it to a fresh array when it is written.

    Attributes
    ----------
    n_joints : int
    """

    def __init__(self, n_joints: int, labels: Mapping[LabelKey, Label] | None = None) -> None:
        self.n_joints = n_joints
        self._xy = np.zeros((0, n_joints, 2), np.float32)
        self._codes = np.zeros((n_joints, 0), np.uint8)  # joint by joint: who looks for neighbours reads one row
        self._stamp_ids: NDArray[np.unsignedinteger] = np.zeros((0, n_joints), np.uint8)  # wider when needed
        self._counts = np.zeros(0, np.int32)
        self._stamps: list[Stamp] = [UNSTAMPED]
        self._ids: dict[Stamp, int] = {UNSTAMPED: 0}
        self._total = 0
        self._keyframes: Indices | None = None
        if labels:
            self.apply(LabelPatch.of(labels))

    def copy(self) -> "LabelTable":
        """Return a table that says the same and may be changed."""
        result = LabelTable(self.n_joints)
        result._xy, result._codes, result._stamp_ids = self._xy.copy(), self._codes.copy(), self._stamp_ids.copy()
        result._counts, result._total = self._counts.copy(), self._total
        result._stamps, result._ids = self._stamps.copy(), self._ids.copy()
        return result

    # --- one label ---------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return self._total

    def __iter__(self) -> Iterator[LabelKey]:
        frames, joints = np.nonzero(self._codes.T)
        return zip(frames.tolist(), joints.tolist(), strict=True)

    def __getitem__(self, key: LabelKey) -> Label:
        frame, joint = key
        if not (0 <= frame < len(self._xy) and 0 <= joint < self.n_joints):
            raise KeyError(key)
        label = label_of(int(self._codes[joint, frame]), self._xy[key], stamp=self._stamps[self._stamp_ids[key]])
        if label is None:
            raise KeyError(key)
        return label

    def __setitem__(self, key: LabelKey, label: Label) -> None:
        self.apply(LabelPatch.of({key: label}))

    def __delitem__(self, key: LabelKey) -> None:
        self[key]
        self.apply(LabelPatch.of({key: None}))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LabelTable):
            return dict(self) == other
        n = min(len(self._xy), len(other._xy))
        return bool(
            self._total == other._total
            and self.n_joints == other.n_joints
            and np.array_equal(self._codes[:, :n], other._codes[:, :n])
            and np.array_equal(self._xy[:n], other._xy[:n])
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"LabelTable({dict(self)})" if self._total < 50 else f"LabelTable of {self._total} labels"

    # --- many labels -------------------------------------------------------------------------------------------

    @property
    def stamps(self) -> tuple[Stamp, ...]:
        """The stamps used so far, `UNSTAMPED` first."""
        return tuple(self._stamps)

    @property
    def codes(self) -> NDArray[np.uint8]:
        """Read-only view (F, K): `NONE`, or visibility plus one; F is beyond the last labelled frame."""
        return _read_only(self._codes.T)

    @property
    def xy(self) -> NDArray[np.float32]:
        """Read-only view (F, K, 2) of the positions in pixels; 0 where there is none."""
        return _read_only(self._xy)

    @property
    def stamp_ids(self) -> NDArray[np.unsignedinteger]:
        """Read-only view (F, K) of indices into `stamps`."""
        return _read_only(self._stamp_ids)

    @property
    def end(self) -> int:
        """The frame after the last labelled one."""
        labelled = np.flatnonzero(self._counts[::-1])
        return len(self._counts) - int(labelled[0]) if len(labelled) else 0

    def keyframes(self) -> Indices:
        """Return the frames with at least one label, ascending; not to be written to."""
        if self._keyframes is None:
            self._keyframes = _read_only(np.flatnonzero(self._counts))
        return self._keyframes

    def count(self, frame: int) -> int:
        """Return how many labels a frame has."""
        return int(self._counts[frame]) if 0 <= frame < len(self._counts) else 0

    def frames_of(self, joint: int) -> Indices:
        """Return the frames in which a joint has a label, ascending."""
        return np.flatnonzero(self._codes[joint])

    def is_full(self, joint: int) -> bool:
        """Return whether a joint has a label in every frame there is room for; much faster than to list them."""
        return bool(self._codes[joint].all())

    def frames_around(self, joint: int, *, start: int, stop: int, reach: int) -> Indices:
        """Return the labelled frames of a joint in ``start`` to ``stop - 1`` with the next `reach` on both sides."""
        row = self._codes[joint]
        first = self._widened(row[:start][::-1], reach=reach)
        last = self._widened(row[stop:], reach=reach)
        low = max(start - first, 0)
        return np.flatnonzero(row[low : stop + last]) + low

    @staticmethod
    def _widened(row: NDArray[np.uint8], *, reach: int) -> int:
        """Return how far one must go in a row of codes to meet `reach` labels, or its length."""
        width = 64
        while True:
            met = np.flatnonzero(row[:width])
            if len(met) >= reach:
                return int(met[reach - 1]) + 1
            if width >= len(row):
                return len(row)
            width *= 8

    def take(self, frames: Indices, joints: Indices) -> LabelPatch:
        """Return what some labels are now, None for those that are not there."""
        here = frames < len(self._xy)
        rows = np.where(here, frames, 0)
        if not len(self._xy):
            return _empty_patch(frames, joints)
        codes = np.where(here, self._codes[joints, rows], NONE).astype(np.uint8)
        there = codes != NONE
        give_way()
        xy = np.where(there[:, None], self._xy[rows, joints], 0).astype(np.float32)
        give_way()
        used, ids = np.unique(np.where(there, self._stamp_ids[rows, joints], 0), return_inverse=True)
        stamps = tuple(self._stamps[i] for i in used) or (UNSTAMPED,)
        return LabelPatch(frames, joints, xy, codes, ids.astype(np.int32), stamps)

    def patch(self, *, start: int = 0, stop: int | None = None) -> LabelPatch:
        """Return all labels of the frames ``start`` to ``stop - 1``."""
        frames, joints = np.nonzero(self._codes[:, start:stop].T)
        return self.take(frames + start, joints)

    def apply(self, patch: LabelPatch) -> None:
        """Set and remove labels."""
        if not len(patch):
            return
        frames, joints = patch.frames, patch.joints
        if frames.min() < 0 or frames.max() > MAX_FRAME or joints.min() < 0 or joints.max() >= self.n_joints:
            raise ValueError(f"There is no such frame or joint; joints are 0 to {self.n_joints - 1}.")
        self._grow(int(frames.max()) + 1)
        before = self._codes[joints, frames] != NONE
        after = patch.codes != NONE
        ids = np.array([self._id(stamp) for stamp in patch.stamps], np.int32)
        give_way()
        self._codes[joints, frames] = patch.codes
        give_way()
        self._xy[frames, joints] = np.where(patch.codes[:, None] > Visibility.ABSENT + 1, patch.xy, 0)
        give_way()
        self._stamp_ids[frames, joints] = np.where(after, ids[patch.stamp_ids], 0)
        labelled = self._counts[frames] > 0
        give_way()
        np.add.at(self._counts, frames, after.astype(np.int32) - before)
        if not np.array_equal(labelled, self._counts[frames] > 0):
            self._keyframes = None
        self._total += int(after.sum()) - int(before.sum())

    def expect(self, stamps: Sequence[Stamp]) -> None:
        """Give an empty table the stamps that `load` refers to, from number 1 on."""
        for stamp in stamps:
            self._id(stamp)

    def load(
        self,
        frames: Indices,
        *,
        codes: NDArray[np.uint8],
        xy: NDArray[np.float32],
        stamp_ids: NDArray[np.integer],
    ) -> None:
        """Put whole frames into a table that does not have them; the stamps by the numbers of `expect`."""
        if not len(frames):
            return
        if stamp_ids.min() < 0 or stamp_ids.max() >= len(self._stamps) or codes.max() > max(Visibility) + 1:
            raise ValueError("labels refer to what is not there")
        self._grow(int(frames.max()) + 1)
        self._codes[:, frames], self._xy[frames], self._stamp_ids[frames] = codes.T, xy, stamp_ids
        self._counts[frames] = np.count_nonzero(codes, axis=1)
        self._keyframes = None
        self._total += int(np.count_nonzero(codes))

    def _id(self, stamp: Stamp) -> int:
        if stamp not in self._ids:
            self._ids[stamp] = len(self._stamps)
            self._stamps.append(stamp)
            if len(self._stamps) > np.iinfo(self._stamp_ids.dtype).max:
                self._stamp_ids = self._stamp_ids.astype(np.min_scalar_type(2 * len(self._stamps)))
        return self._ids[stamp]

    def _grow(self, n: int) -> None:
        room = len(self._xy)
        if n <= room:
            return
        size = max(n, room + room // 2, 256)
        self._xy = _grown(self._xy, size)
        self._codes = np.ascontiguousarray(_grown(self._codes.T, size).T)
        self._stamp_ids = _grown(self._stamp_ids, size)
        self._counts = _grown(self._counts, size)


def _empty_patch(frames: Indices, joints: Indices) -> LabelPatch:
    n = len(frames)
    return LabelPatch(frames, joints, np.zeros((n, 2), np.float32), np.zeros(n, np.uint8), np.zeros(n, np.int32))


def _grown(array: NDArray[Any], size: int) -> NDArray[Any]:
    result = np.zeros((size, *array.shape[1:]), array.dtype)
    result[: len(array)] = array
    return result


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.flags.writeable = False
    return view
