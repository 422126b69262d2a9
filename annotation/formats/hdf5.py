"""HDF5 files of other tools, read with care: nothing outside the file, nothing pickled, nothing absurdly large."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.formats.reading import FormatError, check_size, saying_what_is_wrong

_MAX_ARRAY_BYTES = 400_000_000
_MAX_TEXT = 4_000_000
_MAX_TEXTS = 100_000


class Hdf5:
    """An open file."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __contains__(self, name: str) -> bool:
        return self._node(name) is not None

    def array(self, name: str) -> NDArray[Any]:
        """Return an array; structured ones as such, text as objects.

        Raises
        ------
        ValueError
            If there is none of that name in this file, or it is too large.
        """
        import h5py  # not needed to open the window

        node = self._node(name)
        if not isinstance(node, h5py.Dataset):
            raise ValueError(f"it has no {name}")
        if node.external or node.is_virtual:
            raise ValueError(f"{name} lies in another file")
        text = h5py.check_string_dtype(node.dtype) is not None
        if node.dtype.hasobject and not text:
            raise ValueError(f"{name} holds objects")
        if node.size is None or (text and node.size > _MAX_TEXTS) or node.size * node.dtype.itemsize > _MAX_ARRAY_BYTES:
            raise ValueError(f"{name} is empty or too large")
        return np.asarray(node[()])

    def texts(self, name: str) -> list[str]:
        """Return text.

        Raises
        ------
        ValueError
            If there is none of that name, or it is none.
        """
        return [as_text(value) for value in self.array(name).ravel().tolist()]

    def text(self, name: str) -> str:
        """Return a single text, empty if there is none of that name."""
        return (self.texts(name) or [""])[0] if name in self else ""

    def attribute(self, name: str, key: str) -> Any:
        """Return an attribute of a group or array, or None.

        Raises
        ------
        ValueError
            If it is no number, text or small array.
        """
        node = self._node(name)
        if node is None or key not in node.attrs:
            return None
        shape = node.attrs.get_id(key).shape
        if int(np.prod(shape, dtype=np.float64)) > _MAX_TEXTS:
            raise ValueError(f"{key} of {name} is too large")
        value = node.attrs[key]
        return value.item() if isinstance(value, np.generic) else value

    def _node(self, name: str) -> Any:
        """Return what lies at a path of this very file: links to others are not followed."""
        import h5py  # not needed to open the window

        node = self._file
        for part in filter(None, name.split("/")):
            if not isinstance(node, h5py.Group) or not isinstance(node.get(part, getlink=True), h5py.HardLink):
                return None
            node = node[part]
        return node


def as_text(value: object) -> str:
    """Return text that may be stored as bytes.

    Raises
    ------
    ValueError
        If it is none, or far too long.
    """
    text = value.decode() if isinstance(value, bytes) else value
    if not isinstance(text, str) or len(text) > _MAX_TEXT:
        raise ValueError("a name is no text")
    return text.rstrip("\0")


@contextmanager
def opened(path: Path, *, what: str) -> Iterator[Hdf5]:
    """Open a file; what is wrong with it is said as `saying_what_is_wrong` does.

    Raises
    ------
    FormatError
    """
    import h5py  # not needed to open the window

    check_size(path)
    with saying_what_is_wrong(path, what=what):
        try:
            with h5py.File(path, "r") as file:
                yield Hdf5(file)
        except (RuntimeError, MemoryError) as error:
            raise FormatError(f"{path.name} is damaged ({error}). Check that it is {what}.") from error
        except OSError as error:
            if error.errno:
                raise
            raise FormatError(f"{path.name} is damaged or not {what}. Check that it is the right file.") from error
