"""Files of ``torch.save`` with tensors in dictionaries, read with numpy alone: a zip of a pickle and bytes.

Nothing is run: the pickle may name the kinds of tensors and dictionaries only.
https://docs.pytorch.org/docs/stable/notes/serialization.html
"""

import io
import math
import pickle
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.formats.reading import FormatError, check_size, saying_what_is_wrong
from annotation.formats.result_pickle import RefusedError, ResultUnpickler

_DTYPES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}
_MAX_UNPACKED = 512 * 1024 * 1024
_MAX_PICKLE = 8 * 1024 * 1024


def read_torch(path: Path) -> Any:
    """Return what a file holds, tensors as arrays.

    Raises
    ------
    FormatError
        If it is none, damaged, or names anything else (nothing of it is run).
    """
    check_size(path)
    with saying_what_is_wrong(path, what="a file of torch.save"):
        try:
            with zipfile.ZipFile(path) as archive:
                return _read(archive)
        except RefusedError as error:
            raise FormatError(
                f"{path.name} was refused: it asks to load {error}, which no result needs. Nothing of it was run."
            ) from error
        except (zipfile.BadZipFile, zlib.error, pickle.UnpicklingError, EOFError, MemoryError) as error:
            raise ValueError(str(error) or type(error).__name__) from error
        except (AssertionError, NameError, NotImplementedError, RuntimeError, struct.error) as error:
            raise ValueError(f"damaged: {error}") from error


def _read(archive: zipfile.ZipFile) -> Any:
    entries = {entry.filename: entry for entry in archive.infolist()}
    if sum(entry.file_size for entry in entries.values()) > _MAX_UNPACKED:
        raise ValueError("it is too large when it is unpacked")
    name = [entry for entry in sorted(entries) if entry.rpartition("/")[2] == "data.pkl"][0]  # noqa: RUF015 no such: IndexError
    if entries[name].file_size > _MAX_PICKLE:
        raise ValueError("its pickle is too large")
    return _TorchUnpickler(archive, name.rpartition("/")[0]).load()


class _TorchUnpickler(ResultUnpickler):
    def __init__(self, archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(io.BytesIO(archive.read(f"{root}/data.pkl")))
        self._archive, self._root = archive, root
        self._stored: dict[str, NDArray[Any]] = {}

    def find_class(self, module: str, name: str, /) -> Any:
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        return super().find_class(module, name)

    def persistent_load(self, pid: Any) -> NDArray[Any]:
        kind, dtype, key = pid[:3]
        if kind != "storage" or dtype not in _DTYPES.values():
            raise ValueError("a tensor is damaged")
        if key not in self._stored:
            self._stored[key] = np.frombuffer(self._archive.read(f"{self._root}/data/{key}"), dtype)
        return self._stored[key]


def _tensor(storage: Any, offset: int, shape: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> NDArray[Any]:
    """Return a tensor as an array of its own."""
    sizes = [int(n) for n in shape]
    if not isinstance(storage, np.ndarray) or len(sizes) != len(stride) or min([offset, *sizes, *stride]) < 0:
        raise ValueError("a tensor is damaged")
    last = offset + sum((n - 1) * step for n, step in zip(sizes, stride, strict=True))
    count = math.prod(sizes)
    if count and (last >= len(storage) or count > len(storage)):
        raise ValueError("a tensor is longer than its numbers")
    if not count:
        return np.empty(sizes, storage.dtype)
    steps = [step * storage.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(storage[offset:], sizes, steps).copy()
