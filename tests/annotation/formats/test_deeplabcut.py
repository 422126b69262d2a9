"""DeepLabCut: labelled pictures and results, one climber and several, there and back, and tables that are wrong."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from annotation.formats.deeplabcut import read_deeplabcut, write_deeplabcut
from annotation.formats.export_tables import ExportChoice, Frames, Points
from annotation.formats.reading import FormatError
from annotation.labels import Source
from tests.annotation.formats.test_yolo import labelled

LABELLED_TABLE = """scorer,,,me,me,me,me
bodyparts,,,nose,nose,left_wrist,left_wrist
coords,,,x,y,x,y
labeled-data,climb,img0003.png,1.5,2,3,4
labeled-data,other,img0009.png,5,6,,
"""
RESULT = """scorer,net,net,net,net,net,net
individuals,a,a,a,b,b,b
bodyparts,nose,nose,nose,nose,nose,nose
coords,x,y,likelihood,x,y,likelihood
0,1,2,0.5,,,
7,3,4,0.75,5,6,1.0
"""


def test_labelled_pictures_of_two_videos(tmp_path: Path) -> None:
    (tmp_path / "CollectedData_me.csv").write_text(LABELLED_TABLE)
    climb, other = read_deeplabcut(tmp_path / "CollectedData_me.csv").tables
    assert (climb.video.name, climb.frames.tolist()) == ("climb", [3])
    assert (other.video.name, other.frames.tolist()) == ("other", [9])
    assert climb.joints == ("nose", "left_wrist") and climb.xy[0].tolist() == [[2, 2.5], [3.5, 4.5]]
    assert climb.source[0].tolist() == [Source.LABELLED] * 2
    assert other.source[0].tolist() == [Source.LABELLED, Source.MISSING]


def test_the_picture_may_be_in_one_cell(tmp_path: Path) -> None:
    text = LABELLED_TABLE.replace("labeled-data,climb,", "labeled-data/climb/").replace(",other,", "\\other\\")
    text = text.replace("scorer,,", "scorer").replace("bodyparts,,", "bodyparts").replace("coords,,", "coords")
    (tmp_path / "a.csv").write_text(text)
    climb, other = read_deeplabcut(tmp_path / "a.csv").tables
    assert (climb.video.name, other.video.name) == ("climb", "other")
    assert (climb.frames.tolist(), other.frames.tolist()) == ([3], [9])


def test_results_of_several_climbers(tmp_path: Path) -> None:
    (tmp_path / "climbDLC_resnet50_wallSep1shuffle1_100000_el.csv").write_text(RESULT)
    a, b = read_deeplabcut(tmp_path / "climbDLC_resnet50_wallSep1shuffle1_100000_el.csv").tables
    assert a.video.name == "climb"
    assert (a.track, a.frames.tolist(), a.confidence[:, 0].tolist()) == ("a", [0, 7], [0.5, 0.75])
    assert (b.track, b.frames.tolist(), b.xy[0].tolist()) == ("b", [7], [[5.5, 6.5]])
    assert (a.source == Source.PREDICTED).all()


def write_pandas(path: Path, *, table: bool = False) -> Path:
    """Labelled pictures in pandas' fixed layout, or the beginning of its table layout."""
    with h5py.File(path, "w") as file:
        group = file.create_group("df_with_missing")
        group.attrs["pandas_type"] = np.bytes_("frame_table" if table else "frame")
        if table:
            group["table"] = np.zeros(2, [("index", "i8"), ("values_block_0", "f8", (4,))])
            return path
        for axis in ("axis0", "block0_items"):
            for level, (names, codes) in enumerate(
                [([b"me"], [0, 0, 0, 0]), ([b"left_wrist", b"nose"], [1, 1, 0, 0]), ([b"x", b"y"], [0, 1, 0, 1])]
            ):
                group[f"{axis}_level{level}"], group[f"{axis}_label{level}"] = names, np.array(codes, "i1")
        for level, names in enumerate([[b"labeled-data"], [b"climb"], [b"img0003.png", b"img0009.png"]]):
            group[f"axis1_level{level}"] = names
            group[f"axis1_label{level}"] = np.array([0, len(names) - 1], "i1")
        group["block0_values"] = np.array([[1.0, 2, 3, 4], [5, 6, np.nan, np.nan]])
    return path


def test_hdf5_of_labelled_pictures(tmp_path: Path) -> None:
    (table,) = read_deeplabcut(write_pandas(tmp_path / "a.h5")).tables
    assert (table.video.name, table.frames.tolist(), table.joints) == ("climb", [3, 9], ("nose", "left_wrist"))
    assert table.xy[0].tolist() == [[1.5, 2.5], [3.5, 4.5]] and np.isnan(table.xy[1, 1]).all()


def test_pickled_names_are_not_read(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="Import the CSV"):
        read_deeplabcut(write_pandas(tmp_path / "a.h5", table=True))


def test_labels_there_and_back(tmp_path: Path) -> None:
    item = labelled()
    choice = ExportChoice(points=Points.LABELS)
    assert write_deeplabcut([item], choice, tmp_path / "a.csv") == 2
    (table,) = read_deeplabcut(tmp_path / "a.csv").tables
    assert table.video.name == "wall" and table.frames.tolist() == [3, 17]
    np.testing.assert_allclose(table.xy, item.resolved.xy[[3, 17]], atol=1e-4)
    assert (table.source[table.known] == Source.LABELLED).all()


def test_results_there_and_back(tmp_path: Path) -> None:
    items = [labelled(), labelled("Bo", shift=30)]
    choice = ExportChoice(Frames.ALL, Points.PREDICTED)
    assert write_deeplabcut(items, choice, tmp_path / "wallDLC_net.csv") == 30
    tables = read_deeplabcut(tmp_path / "wallDLC_net.csv").tables
    assert [table.track for table in tables] == ["Ana", "Bo"] and tables[0].video.name == "wall"
    np.testing.assert_allclose(tables[1].xy, items[1].resolved.xy[3:18], atol=1e-4)
    assert (tables[0].source[tables[0].known] == Source.PREDICTED).all()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no rows bodyparts"),
        ("a,b\n1,2\n", "no rows bodyparts"),
        (RESULT + "8,1\n", "differ in length"),
        (RESULT.replace("7,3", "seven,3"), "names no frame"),
        (RESULT.replace("7,3", "7,drei"), "could not convert"),
        (RESULT.replace("coords,x,y", "coords,x,z"), "KeyError"),
        ("scorer,n,n\nbodyparts,nose,nose\ncoords,x,y\n", "nobody in it"),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(FormatError, match=words):
        read_deeplabcut(tmp_path / "a.csv")
