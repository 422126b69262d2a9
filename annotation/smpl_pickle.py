"""Reads the original SMPL pickles without running anything they name.

The files were written with Python 2, chumpy arrays and an old scipy; an allow-list of classes, with stand-ins for
chumpy and scipy, is both the way to read them without those packages and the safe one.
"""

import collections
import copyreg
import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy._core import multiarray
from numpy.typing import NDArray

from annotation.errors import BodyFileError


def read_smpl_pickle(path: Path) -> dict[str, Any]:
    """Return the entries of an SMPL pickle, its arrays as plain numpy arrays.

    Raises
    ------
    BodyFileError
        If the file is not a pickle of a model, or names anything a model does not need (nothing of it is run).
    """
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pickles of old numpy versions
            content = _ModelUnpickler(file, encoding="latin1").load()
            if not isinstance(content, dict):
                raise ValueError(f"it holds a {type(content).__name__}")
            return {str(key): _plain(value) for key, value in content.items()}
    except _RefusedError as error:
        raise BodyFileError(
            f"{path.name} was refused: it asks to load {error}, which no SMPL model needs. "
            "Nothing of it was run. Download the file again from its original site."
        ) from error
    except OSError as error:
        raise BodyFileError(f"{path} cannot be read: {error.strerror}. Check the file and its permissions.") from error
    except _DAMAGE as error:
        raise BodyFileError(f"{path.name} is not a readable SMPL pickle ({error}). Download it again.") from error


class _RefusedError(Exception):
    """A name that is not on the allow-list."""


_DAMAGE = (
    *(pickle.UnpicklingError, ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError, ImportError),
    *(OverflowError, RecursionError, MemoryError),
)
"""What `pickle` and numpy raise on a broken file."""


class _Stored:
    """An object of which only the stored fields are kept."""

    def __setstate__(self, state: Any) -> None:
        fields = state if isinstance(state, dict) else state[0]
        self.fields: dict[str, Any] = dict(fields or {})


class _ChumpyArray(_Stored):
    """Stands in for ``chumpy.ch.Ch`` (an array) and ``chumpy.reordering.Select`` (a selection from one)."""

    def array(self) -> NDArray[Any]:
        if "x" in self.fields:
            return np.asarray(_plain(self.fields["x"]))
        selected = np.asarray(_plain(self.fields["a"])).ravel()[np.asarray(_plain(self.fields["idxs"]))]
        shape = self.fields.get("preferred_shape")
        return np.asarray(selected if shape is None else selected.reshape(shape))


class _ColumnMatrix(_Stored):
    """Stands in for ``scipy.sparse.csc_matrix`` of any version."""

    def array(self) -> NDArray[Any]:
        data, rows, starts = (np.asarray(self.fields[key]) for key in ("data", "indices", "indptr"))
        shape = self.fields["_shape"] if "_shape" in self.fields else self.fields["shape"]
        dense = np.zeros(shape)
        np.add.at(dense, (rows, np.repeat(np.arange(shape[1]), np.diff(starts))), data)
        return dense


def _plain(value: Any) -> Any:
    return value.array() if isinstance(value, _ChumpyArray | _ColumnMatrix) else value


def _latin1(text: str, encoding: str) -> bytes:
    """Stand in for ``_codecs.encode``, with which Python 3 pickles bytes for Python 2."""
    return text.encode("latin1")


_reconstruct_array: Any = multiarray._reconstruct
_numpy_scalar: Any = multiarray.scalar
_reconstruct_object: Any = copyreg._reconstructor  # type: ignore[attr-defined]

_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct_array,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct_array,
    ("numpy.core.multiarray", "scalar"): _numpy_scalar,
    ("numpy._core.multiarray", "scalar"): _numpy_scalar,
    ("_codecs", "encode"): _latin1,
    ("__builtin__", "set"): set,
    ("builtins", "set"): set,
    ("__builtin__", "object"): object,
    ("builtins", "object"): object,
    ("copy_reg", "_reconstructor"): _reconstruct_object,
    ("copyreg", "_reconstructor"): _reconstruct_object,
    ("collections", "OrderedDict"): collections.OrderedDict,
}


class _ModelUnpickler(pickle.Unpickler):
    """Knows the classes of SMPL models and nothing else."""

    def find_class(self, module: str, name: str, /) -> Any:
        if (module, name) in _ALLOWED:
            return _ALLOWED[module, name]
        if module.split(".")[0] == "chumpy":
            return _ChumpyArray
        if module.startswith("scipy.sparse") and name == "csc_matrix":
            return _ColumnMatrix
        raise _RefusedError(f"{module}.{name}")
