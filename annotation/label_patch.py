"""Changes of many labels at once, in arrays."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from annotation.label import Label, LabelKey, Visibility

NONE = 0
"""Code of a joint without label; that of a label is its visibility plus one."""
Stamp = tuple[str, float | None]
"""Who stated a label and when: name, and seconds since 1970 or None."""
UNSTAMPED: Stamp = ("", None)
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class LabelPatch(Mapping[LabelKey, Label | None]):
    """What several labels become, in arrays; a value, never changed. N entries, each (frame, joint) once.

    Attributes
    ----------
    frames, joints : (N,) intp arrays
    xy : (N, 2) float32 array
        Pixels; 0 where there is no position.
    codes : (N,) uint8 array
        `NONE` removes the label, else its visibility plus one.
    stamp_ids : (N,) int32 array
        Index into `stamps`.
    stamps : tuple of (str, float or None)
    """

    frames: Indices
    joints: Indices
    xy: NDArray[np.float32]
    codes: NDArray[np.uint8]
    stamp_ids: NDArray[np.int32]
    stamps: tuple[Stamp, ...] = (UNSTAMPED,)

    @classmethod
    def of(cls, labels: Mapping[LabelKey, Label | None]) -> "LabelPatch":
        """Return the same content in arrays."""
        if isinstance(labels, LabelPatch):
            return labels
        n = len(labels)
        keys = np.array([*labels], dtype=np.intp).reshape(n, 2)
        stamp_ids: dict[Stamp, int] = {UNSTAMPED: 0}
        xy, codes, ids = np.zeros((n, 2), np.float32), np.zeros(n, np.uint8), np.zeros(n, np.int32)
        for i, label in enumerate(labels.values()):
            if label is not None:
                codes[i] = label.visibility + 1
                ids[i] = stamp_ids.setdefault((label.author, label.time_s), len(stamp_ids))
                if label.xy is not None:
                    xy[i] = label.xy
        return cls(keys[:, 0], keys[:, 1], xy, codes, ids, tuple(stamp_ids))

    def __len__(self) -> int:
        return len(self.frames)

    def __iter__(self) -> Iterator[LabelKey]:
        return zip(self.frames.tolist(), self.joints.tolist(), strict=True)

    def __getitem__(self, key: LabelKey) -> Label | None:
        i = self._places[key]
        return label_of(int(self.codes[i]), self.xy[i], stamp=self.stamps[self.stamp_ids[i]])

    def __repr__(self) -> str:
        return f"LabelPatch({dict(self)})" if len(self) < 50 else f"LabelPatch of {len(self)} labels"

    @cached_property
    def _places(self) -> dict[LabelKey, int]:
        return {key: i for i, key in enumerate(self)}

    def stamped(self, stamp: Stamp) -> "LabelPatch":
        """Return the same with a stamp on each label that has no time yet."""
        who, when = stamp
        stamps = tuple((author or who, when) if time_s is None else (author, time_s) for author, time_s in self.stamps)
        return LabelPatch(self.frames, self.joints, self.xy, self.codes, self.stamp_ids, stamps)

    def only(self, wanted: NDArray[np.bool_]) -> "LabelPatch":
        """Return some of the entries, wanted (N,)."""
        return LabelPatch(
            self.frames[wanted],
            self.joints[wanted],
            self.xy[wanted],
            self.codes[wanted],
            self.stamp_ids[wanted],
            self.stamps,
        )

    def removing(self) -> "LabelPatch":
        """Return the patch that removes these labels."""
        return replace(self, xy=np.zeros_like(self.xy), codes=np.full(len(self), NONE, np.uint8))

    def with_frames(self, frames: Indices) -> "LabelPatch":
        """Return the same labels in other frames (N,)."""
        return replace(self, frames=frames)

    def with_joints(self, joints: Indices) -> "LabelPatch":
        """Return the same labels for other joints (N,)."""
        return replace(self, joints=joints)

    def then(self, later: "LabelPatch") -> "LabelPatch":
        """Return both as one; where both speak of the same joint and frame, the later counts."""
        width = 1 + int(max(self.joints.max(initial=0), later.joints.max(initial=0)))
        ours, theirs = (patch.frames * width + patch.joints for patch in (self, later))
        first = self.only(~np.isin(ours, theirs))
        return LabelPatch(
            np.concatenate([first.frames, later.frames]),
            np.concatenate([first.joints, later.joints]),
            np.concatenate([first.xy, later.xy]),
            np.concatenate([first.codes, later.codes]),
            np.concatenate([first.stamp_ids, later.stamp_ids + len(first.stamps)]).astype(np.int32),
            (*first.stamps, *later.stamps),
        )


def label_of(code: int, xy: NDArray[np.float32], *, stamp: Stamp) -> Label | None:
    """Return the label that a code, a position (2,) and a stamp stand for."""
    if code == NONE:
        return None
    visibility = Visibility(code - 1)
    position = None if visibility is Visibility.ABSENT else (float(xy[0]), float(xy[1]))
    return Label(position, visibility, *stamp)
