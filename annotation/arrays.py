"""Arrays in ``.npz`` files that may be missing, damaged or somebody else's."""

import zipfile
import zlib
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DAMAGED = (EOFError, KeyError, TypeError, MemoryError, RuntimeError, TokenError, zipfile.BadZipFile, zlib.error)
"""What numpy and zipfile raise, beside errors of the system and of values, for files that are not whole."""


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read all arrays of a ``.npz`` file; pickled objects are refused.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is damaged or no such file.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            if not isinstance(data, np.lib.npyio.NpzFile):
                raise ValueError("a single array, not an archive of arrays")
            return {name: data[name] for name in data.files}
    except _DAMAGED as error:
        raise ValueError(str(error) or "it is damaged") from error
