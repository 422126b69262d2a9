"""Pickles of results: numbers, text, lists, dictionaries and numpy arrays, nothing else, and nothing is run.

joblib puts the bytes of an array into the file right after its description; this is read here too, without joblib.
Arrays of vertices, which nothing here needs, are passed over.
"""

import gzip
import io
import pickle
import struct
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from annotation.formats.reading import FormatError, check_size, saying_what_is_wrong

_MAX_UNPACKED = 512 * 1024 * 1024
_MAX_ROW = 1000
"""Numbers a frame; more are vertices."""


def read_result_pickle(path: Path) -> Any:
    """Return what a pickle holds.

    Raises
    ------
    FormatError
        If it is none, damaged, or names anything results do not need (nothing of it is run).
    """
    check_size(path)
    with saying_what_is_wrong(path, what="a pickle of results"):
        try:
            with path.open("rb") as file:
                return ResultUnpickler(_unpacked(file)).load()
        except RefusedError as error:
            raise FormatError(
                f"{path.name} was refused: it asks to load {error}, which no result needs. Nothing of it was run."
            ) from error
        except (pickle.UnpicklingError, EOFError, MemoryError, zlib.error, struct.error) as error:
            raise ValueError(str(error) or type(error).__name__) from error
        except (AssertionError, NameError, ImportError, SystemError) as error:
            raise ValueError(f"damaged: {error}") from error


class RefusedError(Exception):
    """A name that is not on the allow-list."""


class _Array:
    """What a pickle names as ``numpy.ndarray``; it can only be made empty and then filled."""


def empty_array(*_: Any) -> NDArray[Any]:
    """Stand in for ``numpy.core.multiarray._reconstruct``, which would make arrays of any size."""
    return np.empty(0, np.int8)


def _scalar(dtype: Any, data: Any = None) -> Any:
    if not isinstance(dtype, np.dtype) or dtype.hasobject or not isinstance(data, bytes | str):
        raise ValueError("a number is damaged")
    content = data.encode("latin1") if isinstance(data, str) else data
    if len(content) != dtype.itemsize:
        raise ValueError("a number is damaged")
    return np.frombuffer(content, dtype)[0].item()


def _from_buffer(buffer: Any, dtype: Any, shape: Any, order: Any) -> NDArray[Any]:
    """Stand in for numpy's own, which newer pickles name."""
    if not isinstance(dtype, np.dtype) or dtype.hasobject:
        raise ValueError("an array holds objects")
    return np.frombuffer(buffer, dtype).reshape(shape, order=order)


def _latin1(text: str, encoding: str) -> bytes:
    """Stand in for ``_codecs.encode``, with which older pickles write bytes."""
    return text.encode("latin1")


class _Joblib:
    """Stands in for ``joblib.numpy_pickle.NumpyArrayWrapper``: the description of an array that follows."""

    fields: dict[str, Any]

    def __setstate__(self, state: Any) -> None:
        self.fields = dict(state)

    def read(self, file: IO[bytes]) -> NDArray[Any] | None:
        """Return the array, or None for vertices."""
        dtype, shape = self.fields["dtype"], tuple(int(n) for n in self.fields["shape"])
        if not isinstance(dtype, np.dtype) or dtype.hasobject or any(n < 0 for n in shape):
            raise ValueError("an array is damaged or holds objects")
        count = 1
        for n in shape:
            count *= n
        n_bytes = count * dtype.itemsize
        if n_bytes > _MAX_UNPACKED:
            raise ValueError("an array is too large")
        if self.fields.get("numpy_array_alignment_bytes") is not None:
            file.read(file.read(1)[0])
        if len(shape) > 1 and count // max(shape[0], 1) > _MAX_ROW:
            file.seek(n_bytes, io.SEEK_CUR)
            return None
        content = file.read(n_bytes)
        return np.frombuffer(content, dtype).reshape(shape, order="F" if self.fields.get("order") == "F" else "C")


_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): empty_array,
    ("numpy._core.multiarray", "_reconstruct"): empty_array,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy._core.multiarray", "scalar"): _scalar,
    ("numpy.core.numeric", "_frombuffer"): _from_buffer,
    ("numpy._core.numeric", "_frombuffer"): _from_buffer,
    ("_codecs", "encode"): _latin1,
    ("collections", "OrderedDict"): dict,
    ("collections", "defaultdict"): lambda *_: {},
    ("__builtin__", "dict"): dict,
    ("builtins", "dict"): dict,
    ("__builtin__", "list"): list,
    ("builtins", "list"): list,
    ("joblib.numpy_pickle", "NumpyArrayWrapper"): _Joblib,
}

_PythonUnpickler: Any = pickle._Unpickler


class ResultUnpickler(_PythonUnpickler):  # type: ignore[misc]
    """Knows numpy arrays and nothing else; in Python, whose memory grows only with what is there."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, encoding="latin1")
        self._content = file

    def find_class(self, module: str, name: str, /) -> Any:
        """Return what stands for a name.

        Raises
        ------
        RefusedError
            If no result needs it.
        """
        if (module, name) in _ALLOWED:
            return _ALLOWED[module, name]
        raise RefusedError(f"{module}.{name}")

    def get_extension(self, code: int) -> Any:
        """Refuse the registry of extensions.

        Raises
        ------
        RefusedError
        """
        raise RefusedError(f"extension {code}")

    def _build(self) -> None:
        target = self.stack[-2]
        if isinstance(target, np.ndarray):
            state = self.stack[-1]
            if not isinstance(state, tuple) or len(state) != 5 or getattr(state[2], "hasobject", True):
                raise ValueError("an array is damaged or holds objects")
        elif isinstance(target, np.dtype):
            _check_kind(self.stack[-1])
        elif not isinstance(target, _Joblib):
            raise ValueError("it holds objects")
        _PythonUnpickler.load_build(self)
        if isinstance(self.stack[-1], _Joblib):
            self.stack[-1] = self.stack[-1].read(self._content)

    dispatch = {**_PythonUnpickler.dispatch, pickle.BUILD[0]: _build}  # noqa: RUF012 as in the class it extends


def _check_kind(state: Any) -> None:
    """Refuse what numpy would not survive, or make an array of objects or fields of."""
    if not isinstance(state, tuple) or len(state) != 8:
        raise ValueError("a kind of numbers is damaged")
    version, order, *parts, flags = state
    if version not in (3, 4) or order not in ("<", ">", "=", "|") or parts[:3] != [None] * 3 or flags != 0:
        raise ValueError("a kind of numbers is damaged")
    if not all(isinstance(part, int) and -1 <= part < _MAX_ROW for part in parts[3:]):
        raise ValueError("a kind of numbers is damaged")


def _unpacked(file: IO[bytes]) -> IO[bytes]:
    """Return the content, which joblib may have packed with zlib or gzip."""
    head = file.read(2)
    file.seek(0)
    if head == b"\x1f\x8b":
        content = gzip.GzipFile(fileobj=file).read(_MAX_UNPACKED + 1)
    elif head[:1] == b"\x78":
        content = zlib.decompressobj().decompress(file.read(), _MAX_UNPACKED + 1)
    else:
        return file
    if len(content) > _MAX_UNPACKED:
        raise ValueError("it is too large when it is unpacked")
    return io.BytesIO(content)
