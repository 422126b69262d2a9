"""CVAT for video 1.1: a file of another tool, our own round trip, and files that are wrong."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotation.formats.cvat import read_cvat
from annotation.formats.cvat_writer import cvat_document
from annotation.formats.pose_table import PoseTable
from annotation.formats.reading import FormatError
from annotation.labels import Source, Visibility
from annotation.skeletons import load_skeleton
from tests.annotation.formats.conftest import MakeTable, assert_same_statements

DATUMARO = Path(__file__).parents[4] / "shared/data/interop/cvat/for_video/annotations.xml"
BONES = load_skeleton("coco17").bones

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version>'


def written(path: Path, *tables: PoseTable) -> Path:
    path.write_text("".join(cvat_document(tables, bones=BONES)))
    return path


def test_round_trip_keeps_every_statement(make_table: MakeTable, tmp_path: Path) -> None:
    tables = [make_table(), make_table(seed=8, track="Bo")]
    imported = read_cvat(written(tmp_path / "annotations.xml", *tables))
    assert len(imported.tables) == 2
    for got, expected in zip(imported.tables, tables, strict=True):
        assert_same_statements(got, expected)
        assert got.video.name == "climb.mp4"
        assert got.video.size == (640, 480)


def test_predictions_become_keyframes(make_table: MakeTable, tmp_path: Path) -> None:
    table = make_table(predicted=True)
    (got,) = read_cvat(written(tmp_path / "a.xml", table)).tables
    joint = got.joints.index(table.joints[9])
    assert (got.source[:, joint] == Source.LABELLED).all()


def test_a_track_ends_outside_on_the_frame_after_its_last(make_table: MakeTable) -> None:
    root = ET.fromstring("".join(cvat_document([make_table()], bones=BONES)))
    track = root.find("track")
    assert track is not None
    ends = [s.get("frame") for s in track if all(p.get("outside") == "1" for p in s.findall("points"))]
    assert ends == ["12", "40"]
    assert all(s.get("keyframe") == "1" for s in track if s.get("frame") in ends)


def as_cvat_shows(document: str, joints: tuple[str, ...], *, n_frames: int) -> np.ndarray:
    """Return what CVAT makes of a skeleton track (T, K, 2), NaN where it shows nothing.

    By the rules of its own reader: of skeletons and their points only keyframes are taken, with every attribute; a
    joint goes from one keyframe straight to the next, unless the first of them is outside, and stays after the last.
    """
    shown = np.full((n_frames, len(joints), 2), np.nan)
    skeletons = [element for element in ET.fromstring(document).iter("skeleton") if element.attrib["keyframe"] == "1"]
    assert skeletons, "CVAT fails for a track without a keyframe"
    for joint, name in enumerate(joints):
        keys = [
            (int(skeleton.attrib["frame"]), point.attrib["outside"] == "1", point.attrib["points"].split(","))
            for skeleton in skeletons
            for point in skeleton.iter("points")
            if point.attrib["label"] == name and point.attrib["keyframe"] == "1" and point.attrib["occluded"]
        ]
        assert keys, "CVAT fails for a joint without a keyframe"
        assert [frame for frame, _, _ in keys] == sorted({frame for frame, _, _ in keys})
        for (start, outside, at), (end, _, then) in zip(keys, [*keys[1:], (n_frames, True, keys[-1][2])], strict=True):
            if not outside:
                shares = np.arange(end - start)[:, None] / (end - start)
                shown[start:end, joint] = (1 - shares) * np.array(at, float) + shares * np.array(then, float)
    return shown


@pytest.mark.parametrize("rows", [slice(None), slice(3, 9), slice(6, 8), slice(3, None)])
def test_cvat_shows_what_was_exported(rows: slice, make_table: MakeTable) -> None:
    """Also where frames are cut out between keyframes, and where the last frame is the video's."""
    whole = make_table()
    table = whole.taken(np.arange(len(whole))[rows])
    for n_frames in (int(table.frames[-1]) + 1, 60):
        cut = replace(table, video=replace(table.video, n_frames=n_frames))
        shown = as_cvat_shows("".join(cvat_document([cut], bones=BONES)), cut.joints, n_frames=n_frames)
        expected = np.full_like(shown, np.nan)
        expected[cut.frames] = cut.xy
        np.testing.assert_allclose(shown, expected, atol=1e-3)


def test_what_is_cut_out_between_keyframes_begins_and_ends_with_keyframes(
    make_table: MakeTable, tmp_path: Path
) -> None:
    table = make_table().taken(np.arange(6, 10))
    (got,) = read_cvat(written(tmp_path / "a.xml", table)).tables
    assert got.source[:, 0].tolist() == [Source.LABELLED, *[Source.INTERPOLATED] * 2, Source.LABELLED]
    np.testing.assert_allclose(got.xy[:, got.joints.index("nose")], table.xy[:, 0], atol=1e-3)


@pytest.mark.skipif(not DATUMARO.exists(), reason="needs the shared reference data")
def test_reads_the_points_of_a_file_datumaro_wrote() -> None:
    imported = read_cvat(DATUMARO)
    (table,) = imported.tables
    assert table.joints == ("klhg_1", "klhg_2", "klhg_3")
    assert table.frames.tolist() == [10], "numbers follow the original video; outside in 13 ends the track"
    np.testing.assert_allclose(table.xy[0], [[21.95, 8.0], [2.55, 15.09], [2.23, 3.16]])
    assert (table.source == Source.LABELLED).all()
    assert any("box" in note for note in imported.notes)


def test_one_point_tracks_are_the_joints_of_one_climber(tmp_path: Path) -> None:
    point = '<points frame="{}" outside="{}" occluded="{}" keyframe="1" points="{},5.5"/>'
    tracks = "".join(
        f'<track id="{n}" label="{label}">{point.format(0, 0, 0, n)}{point.format(4, 0, 1, n + 4)}'
        f"{point.format(9, 1, 0, n)}</track>"
        for n, label in enumerate(["left_wrist", "right_wrist"])
    )
    path = tmp_path / "points.xml"
    path.write_text(f"{HEAD}{tracks}</annotations>")
    (table,) = read_cvat(path).tables
    assert table.joints == ("left_wrist", "right_wrist")
    assert table.frames.tolist() == [0, 4]
    assert table.xy[1].tolist() == [[4, 5.5], [5, 5.5]]
    assert (table.visibility[1] == Visibility.OCCLUDED).all()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a CVAT"),
        ("<html></html>", "begins with <html>"),
        (f"{HEAD}</annotations>", "no skeletons or points"),
        (f"{HEAD}<image id='0' name='a.jpg'></image></annotations>", "CVAT for images"),
        (f'{HEAD}<track label="a"><points frame="-1" points="1,2"/></track></annotations>', "no frame number"),
        (f'{HEAD}<track label="a"><points frame="1" points="1,nan"/></track></annotations>', "lies at infinity"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><annotations>&b;</annotations>', "declares XML entities"),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.xml"
    path.write_text(text)
    with pytest.raises(FormatError, match=words):
        read_cvat(path)
