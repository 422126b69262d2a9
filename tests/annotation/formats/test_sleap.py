"""SLEAP: projects and analysis files in the documented layout, ours there and back, and files that are wrong."""

import csv
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from annotation.errors import ProjectError
from annotation.formats.export_tables import ExportChoice, TrackLabels
from annotation.formats.reading import FormatError
from annotation.formats.sleap import read_slp
from annotation.formats.sleap_analysis import read_sleap_analysis, write_sleap_analysis, write_sleap_csv
from annotation.labels import Label, Source, Track, Visibility
from annotation.resolving import resolve
from tests.annotation.formats.test_yolo import labelled

NODES = ("nose", "left_wrist")
FRAME = [
    ("frame_id", "u8"),
    ("video", "u4"),
    ("frame_idx", "u8"),
    ("instance_id_start", "u8"),
    ("instance_id_end", "u8"),
]
INSTANCE = [
    *(("instance_id", "i8"), ("instance_type", "u1"), ("frame_id", "u8"), ("skeleton", "u4"), ("track", "i4")),
    *(("from_predicted", "i8"), ("score", "f4"), ("point_id_start", "u8"), ("point_id_end", "u8")),
]
POINT = [("x", "f8"), ("y", "f8"), ("visible", "?"), ("complete", "?")]
METADATA = {
    "nodes": [{"name": "left_wrist", "weight": 1.0}, {"name": "nose", "weight": 1.0}],
    "skeletons": [{"nodes": [{"id": 1}, {"id": 0}], "links": []}],
}


def write_slp(path: Path, *, format_id: float = 1.2, metadata: Any = METADATA) -> Path:
    """Frame 3 with a person's instance made from a prediction; frame 7 with a prediction and one without a track."""
    backend = {"type": "MediaVideo", "filename": "C:\\films\\climb.mp4", "shape": [100, 480, 640, 3]}
    with h5py.File(path, "w") as file:
        group = file.create_group("metadata")
        group.attrs["format_id"] = format_id
        group.attrs["json"] = np.bytes_(json.dumps(metadata))
        file["videos_json"] = [json.dumps({"backend": backend}).encode()]
        file["tracks_json"] = [json.dumps([0, "Ana"]).encode()]
        file["frames"] = np.array([(0, 0, 3, 0, 2), (1, 0, 7, 2, 4)], FRAME)
        file["instances"] = np.array(
            [
                (0, 1, 0, 0, 0, -1, 0.9, 0, 2),
                (1, 0, 0, 0, 0, 0, np.nan, 0, 2),
                (2, 1, 1, 0, 0, -1, 0.8, 2, 4),
                (3, 1, 1, 0, -1, -1, 0.7, 4, 6),
            ],
            INSTANCE,
        )
        file["points"] = np.array([(10, 20, True, True), (30, 40, False, True)], POINT)
        predicted = [(11, 21, True, True, 0.5), (np.nan, np.nan, False, False, 0), (12, 22, True, True, 0.25)]
        file["pred_points"] = np.array([*predicted, *predicted], [*POINT, ("score", "f8")])
    return path


def test_a_project_of_people_and_models(tmp_path: Path) -> None:
    imported = read_slp(write_slp(tmp_path / "a.slp"))
    ana, other = imported.tables
    assert (ana.track, ana.joints, ana.frames.tolist()) == ("Ana", NODES, [3, 7])
    assert (ana.video.name, ana.video.size, ana.video.n_frames) == ("climb.mp4", (640, 480), 100)
    assert ana.xy[0].tolist() == [[10.5, 20.5], [30.5, 40.5]], "the middle of the first pixel is at 0, 0 there"
    assert (ana.source[0] == Source.LABELLED).all(), "what a person placed, not the prediction it began with"
    assert ana.visibility[0].tolist() == [Visibility.VISIBLE, Visibility.OCCLUDED]
    assert ana.source[1].tolist() == [Source.PREDICTED] * 2 and ana.confidence[1].tolist() == [0.25, 0.5]
    assert other.frames.tolist() == [7] and any("without a track" in note for note in imported.notes)


def test_old_projects_count_from_the_corner_as_we_do(tmp_path: Path) -> None:
    imported = read_slp(write_slp(tmp_path / "a.slp", format_id=1.0))
    assert imported.tables[0].xy[0, 0].tolist() == [10, 20]


@pytest.mark.parametrize(
    ("metadata", "words"),
    [({}, "nodes"), ({**METADATA, "skeletons": [{"nodes": [{"id": 9}]}]}, "IndexError"), ([], "not a SLEAP")],
)
def test_what_is_wrong_is_said(metadata: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=words):
        read_slp(write_slp(tmp_path / "a.slp", metadata=metadata))


def test_no_other_file_is_opened(tmp_path: Path) -> None:
    write_slp(tmp_path / "other.slp")
    with h5py.File(write_slp(tmp_path / "a.slp"), "a") as file:
        del file["frames"]
        file["frames"] = h5py.ExternalLink(str(tmp_path / "other.slp"), "/frames")
    with pytest.raises(FormatError, match="no frames"):
        read_slp(tmp_path / "a.slp")


@pytest.mark.parametrize("content", [b"", b"not HDF5", b"\x89HDF\r\n\x1a\n" + bytes(200)])
def test_no_hdf5(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.slp").write_bytes(content)
    with pytest.raises(FormatError, match="damaged or not a SLEAP"):
        read_slp(tmp_path / "a.slp")


def test_analysis_there_and_back(tmp_path: Path) -> None:
    items = [labelled(), labelled("Bo", shift=30)]
    assert write_sleap_analysis(items, ExportChoice(), tmp_path / "a.h5") == 30
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["tracks"].shape == (2, 2, 17, 18)
        assert file["tracks"][0, 0, 4, 3] == 10, "10.5 from the corner is 10 from the middle of the first pixel"
        assert file["track_occupancy"].shape == (18, 2)
    imported = read_sleap_analysis(tmp_path / "a.h5")
    for table, item in zip(imported.tables, items, strict=True):
        assert table.track == item.track.name
        np.testing.assert_allclose(table.xy, item.resolved.xy[table.frames], atol=1e-4)
        assert (table.source[table.known] == Source.PREDICTED).all()
    assert imported.notes


def test_analysis_with_named_axes(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["node_names"], file["track_names"] = [b"nose"], [b"Ana"]
        file["tracks"] = np.arange(10, dtype=float).reshape(5, 1, 1, 2)
        file["tracks"].attrs["dims"] = json.dumps(["frame", "track", "node", "xy"])
    (table,) = read_sleap_analysis(tmp_path / "a.h5").tables
    assert table.xy[2].tolist() == [[4.5, 5.5]]


def test_rows_of_instances(tmp_path: Path) -> None:
    assert write_sleap_csv([labelled()], ExportChoice(), tmp_path / "a.csv") == 15
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["frame_idx"] == "3" and rows[0]["track"] == "Ana"
    assert rows[0]["right_ear.x"] == "10.0" and rows[0]["left_shoulder.x"] == ""


def test_one_skeleton_a_file(tmp_path: Path) -> None:
    track = Track("Bo", "c1", "Bo", "halpe26", labels={(3, 0): Label((5.0, 5.0))})
    other = TrackLabels(labelled().clip, track, resolve(track, None, n_frames=30), None)
    with pytest.raises(ProjectError, match="one skeleton"):
        write_sleap_csv([labelled(), other], ExportChoice(), tmp_path / "a.csv")
    assert not list(tmp_path.iterdir())
