"""HDF5 files of other tools, read with care: nothing outside the file, nothing pickled, nothing absurdly large.

HDF5 believes the lengths that stand in a file: for a damaged text it would ask for gigabytes before it finds out. So
they are looked at before.
"""

import math
import zlib
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
_MAX_TEXT_BYTES = 64_000_000
_REFERENCE = np.dtype([("length", "<u4"), ("address", "<u8"), ("index", "<u4")])
"""How a text of no fixed length stands in a dataset: the text itself lies in a heap elsewhere in the file."""


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
        if node.chunks is not None and math.prod(node.chunks) * node.dtype.itemsize > _MAX_ARRAY_BYTES:
            raise ValueError(f"{name} is stored in pieces that are too large")
        if node.dtype.hasobject:
            _check_texts(node, name)
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
        kind = node.attrs.get_id(key)
        if math.prod(kind.shape) > (1 if kind.dtype.hasobject else _MAX_TEXTS) or kind.dtype.itemsize > _MAX_TEXT:
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


def _check_texts(node: Any, name: str) -> None:
    lengths = (np.frombuffer(part[: len(part) // 16 * 16], _REFERENCE)["length"] for part in _references(node, name))
    if sum(int(part.sum(dtype=np.int64)) for part in lengths) > _MAX_TEXT_BYTES:
        raise ValueError(f"a text of {name} is too long")


def _references(node: Any, name: str) -> Iterator[bytes]:
    """Yield the bytes of an array as they stand in the file."""
    if node.chunks is None:
        offset = node.id.get_offset()
        if offset is None:
            raise ValueError(f"{name} is empty, or stored in a way that is not read")
        with Path(node.file.filename).open("rb") as file:
            file.seek(offset)
            yield file.read(node.size * _REFERENCE.itemsize)
        return
    if node.shuffle or node.scaleoffset is not None or node.compression not in (None, "gzip"):
        raise ValueError(f"{name} is packed in a way that is not read")
    for n in range(node.id.get_num_chunks()):
        unpacked, content = node.id.read_direct_chunk(node.id.get_chunk_info(n).chunk_offset)
        packed = node.compression is not None and not unpacked
        yield zlib.decompressobj().decompress(content, _MAX_TEXT_BYTES) if packed else content


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
        except (RuntimeError, MemoryError, zlib.error) as error:
            raise FormatError(f"{path.name} is damaged ({error}). Check that it is {what}.") from error
        except OSError as error:
            if error.errno:
                raise
            raise FormatError(f"{path.name} is damaged or not {what}. Check that it is the right file.") from error
