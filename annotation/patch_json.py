"""Labels as JSON: few of them to be read by people, many as compressed arrays."""

import base64
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.courtesy import give_way
from annotation.label_patch import LabelPatch
from annotation.labels import Label, Visibility

_MANY = 200
"""Labels from which they are written as arrays."""
_FRAME, _JOINT, _XY, _STAMP = np.dtype("<i4"), np.dtype("<u2"), np.dtype("<f4"), np.dtype("<i4")


def patch_to_json(patch: LabelPatch) -> list[list[Any]] | dict[str, Any]:
    """Write labels: ``[frame, joint, label]`` for each, or arrays by name."""
    if len(patch) < _MANY:
        return [[*key, _label_to_json(label)] for key, label in patch.items()]
    order = np.lexsort((patch.joints, patch.frames))
    return {
        "n": len(patch),
        "frames": _pack(np.diff(patch.frames[order], prepend=0).astype(_FRAME)),
        "joints": _pack(patch.joints[order].astype(_JOINT)),
        "codes": _pack(patch.codes[order]),
        "xy": _pack(np.where(patch.codes[order, None] > 0, patch.xy[order], 0).astype(_XY)),
        "stamp_ids": _pack(patch.stamp_ids[order].astype(_STAMP)),
        "stamps": patch.stamps,
    }


def patch_from_json(raw: list[list[Any]] | dict[str, Any]) -> LabelPatch:
    """Read what `patch_to_json` wrote."""
    if isinstance(raw, list):
        return LabelPatch.of({(frame, joint): _label_from_json(label) for frame, joint, label in raw})
    n = raw["n"]
    return LabelPatch(
        np.cumsum(_unpack(raw["frames"], _FRAME, shape=(n,)), dtype=np.intp),
        _unpack(raw["joints"], _JOINT, shape=(n,)).astype(np.intp),
        _unpack(raw["xy"], _XY, shape=(n, 2)).astype(np.float32),
        _unpack(raw["codes"], np.dtype("u1"), shape=(n,)),
        _unpack(raw["stamp_ids"], _STAMP, shape=(n,)).astype(np.int32),
        tuple((author, time_s) for author, time_s in raw["stamps"]),
    )


def _label_to_json(label: Label | None) -> list[Any] | None:
    """Write a label as ``[x, y, visibility, author, time]``, or None."""
    if label is None:
        return None
    stamp = [label.author, label.time_s] if label.author or label.time_s is not None else []
    return [*(label.xy or (None, None)), int(label.visibility), *stamp]


def _label_from_json(raw: list[Any] | None) -> Label | None:
    """Read what `_label_to_json` wrote; before the second form of projects it had no author and time."""
    if raw is None:
        return None
    x, y, visibility, *stamp = raw
    return Label(None if x is None else (float(x), float(y)), Visibility(visibility), *stamp)


def _pack(array: NDArray[Any]) -> str:
    """Compress an array as text, all first bytes first: neighbouring numbers differ in the last ones only."""
    give_way()
    planes = np.ascontiguousarray(array).view(np.uint8).reshape(-1, array.itemsize).T
    return base64.b64encode(zlib.compress(planes.tobytes(), 1)).decode("ascii")


def _unpack(text: str, dtype: np.dtype[Any], *, shape: tuple[int, ...]) -> NDArray[Any]:
    planes = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8).reshape(dtype.itemsize, -1)
    return np.ascontiguousarray(planes.T).view(dtype).reshape(shape)
