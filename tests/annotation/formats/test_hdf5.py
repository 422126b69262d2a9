"""HDF5 files that say what is not so: refused before anything large is made of it."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from annotation.formats.hdf5 import opened
from annotation.formats.reading import FormatError
from tests.annotation.formats.damaged_files import peak_bytes


def read(path: Path, name: str) -> list[str]:
    with opened(path, what="a table") as file:
        return file.texts(name)


@pytest.mark.parametrize("options", [{}, {"maxshape": (None,)}, {"compression": "gzip"}])
def test_texts_of_any_length_are_read(options: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("names", data=["nose", "right wrist", "x" * 3000], **options)
    assert read(path, "names") == ["nose", "right wrist", "x" * 3000]


def test_a_text_longer_than_its_file_is_refused_before_there_is_room_made_for_it(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["names"] = ["nose", "wrist"]
        at = file["names"].id.get_offset()
    content = bytearray(path.read_bytes())
    content[at : at + 4] = np.uint32(3_000_000_000).tobytes()
    path.write_bytes(content)
    before = peak_bytes()
    with pytest.raises(FormatError, match="too long"):
        read(path, "names")
    assert peak_bytes() < before + 200_000_000


def test_pieces_of_absurd_size_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("values", shape=(10,), maxshape=(None,), chunks=(200_000_000,), dtype="f8")
    with pytest.raises(FormatError, match="pieces"), opened(path, what="a table") as file:
        file.array("values")
