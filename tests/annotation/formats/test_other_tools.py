"""What other tools themselves make of our files, and we of theirs.

The tools are the extra ``test-formats``: large, and of no use to who annotates. ``make formats`` gives them an
environment of their own and runs this file there; without a tool its test is skipped.
"""

import contextlib
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotation.formats.coco import write_coco, write_coco_results
from annotation.formats.deeplabcut import read_deeplabcut, write_deeplabcut
from annotation.formats.export_tables import ExportChoice, Frames, Points, TrackLabels
from annotation.formats.motion_results import read_vibe, write_vibe
from annotation.formats.parquet_table import write_parquet
from annotation.formats.point_table import COLUMNS, write_point_table
from annotation.formats.sleap import read_slp
from annotation.formats.sleap_analysis import read_sleap_analysis, write_sleap_analysis
from annotation.labels import Keypoints2D, Source
from tests.annotation.formats.conftest import make_motion
from tests.annotation.formats.test_yolo import labelled

LABELS = ExportChoice(points=Points.LABELS)


def tool(name: str) -> Any:
    return pytest.importorskip(name, reason=f"{name} is not here: make formats", exc_type=ImportError)


def predicted(*, shift: float = 0.0) -> TrackLabels:
    """A climber with labels, and predictions beside them."""
    item = labelled()
    xy = (item.resolved.xy + shift).astype(np.float32)
    confidence = np.where(np.isnan(xy[..., 0]), 0, 0.75).astype(np.float32)
    return replace(item, predictions=Keypoints2D(xy, confidence, "coco17"))


def test_faster_coco_eval_scores_our_predictions_against_our_labels(tmp_path: Path) -> None:
    faster = tool("faster_coco_eval")
    choice = replace(LABELS, skeleton="coco17")
    write_coco([predicted()], choice, tmp_path / "truth.json")
    with contextlib.redirect_stdout(io.StringIO()):
        truth = faster.COCO(str(tmp_path / "truth.json"))
        for shift, least, most in ((0.0, 0.99, 1.01), (200.0, -1.0, 0.1)):
            write_coco_results([predicted(shift=shift)], choice, tmp_path / "results.json")
            results = json.loads((tmp_path / "results.json").read_text())
            ids = {image["id"] for image in json.loads((tmp_path / "truth.json").read_text())["images"]}
            (tmp_path / "results.json").write_text(json.dumps([one for one in results if one["image_id"] in ids]))
            evaluation = faster.COCOeval_faster(truth, truth.loadRes(str(tmp_path / "results.json")), "keypoints")
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
            assert least < evaluation.stats[0] < most


def test_datumaro_reads_our_keypoints(tmp_path: Path) -> None:
    datumaro = tool("datumaro")
    item = labelled()
    for name in ("annotations", "images"):
        (tmp_path / name).mkdir()
    write_coco([item], replace(LABELS, skeleton="coco17"), tmp_path / "annotations" / "person_keypoints_climb.json")
    found = {one.id: one for one in datumaro.Dataset.import_from(str(tmp_path), "coco_person_keypoints")}
    assert sorted(found) == ["wall/000003", "wall/000017"]
    points = next(one for one in found["wall/000003"].annotations if "points" in type(one).__name__.lower())
    xy = np.array(points.points).reshape(-1, 2)
    visibility = np.array([int(value.value if hasattr(value, "value") else value) for value in points.visibility])
    expected = item.resolved.xy[3]
    known = ~np.isnan(expected[:, 0])
    np.testing.assert_allclose(xy[known], expected[known], atol=0.01)
    assert visibility[4] == 1 and visibility[5] == 0 and (visibility[:4] == 2).all(), "occluded, absent, visible"


def test_sleap_io_reads_our_analysis_and_we_its_project(tmp_path: Path) -> None:
    sio = tool("sleap_io")
    item = labelled()
    write_sleap_analysis([item], ExportChoice(), tmp_path / "a.h5")
    labels = sio.load_file(str(tmp_path / "a.h5"))
    assert [node.name for node in labels.skeletons[0].nodes] == list(item.resolved.skeleton.joints)
    frame = next(one for one in labels if one.frame_idx == 3)
    xy = frame.instances[0].numpy()
    known = ~np.isnan(xy[:, 0])
    np.testing.assert_allclose(xy[known] + 0.5, item.resolved.xy[3][known], atol=1e-3)
    labels.save(str(tmp_path / "b.slp"), embed=False)
    (table,) = read_slp(tmp_path / "b.slp").tables
    row = table.frames.tolist().index(3)
    np.testing.assert_allclose(table.xy[row][known], item.resolved.xy[3][known], atol=1e-3)
    assert (table.source[row][known] == Source.PREDICTED).all()
    labels.save(str(tmp_path / "c.analysis.h5"))
    (again,) = read_sleap_analysis(tmp_path / "c.analysis.h5").tables
    np.testing.assert_allclose(again.xy[again.frames.tolist().index(3)][known], item.resolved.xy[3][known], atol=1e-3)


def test_pandas_reads_our_tables(tmp_path: Path) -> None:
    pandas = tool("pandas")
    write_point_table([labelled()], ExportChoice(), tmp_path / "a.csv")
    table = pandas.read_csv(tmp_path / "a.csv")
    assert tuple(table.columns) == COLUMNS and len(table) == 15 * 17
    assert table.x_px.dtype.kind == "f" and table.x_px.isna().any()
    write_deeplabcut([labelled()], LABELS, tmp_path / "labels.csv")
    labels = pandas.read_csv(tmp_path / "labels.csv", header=[0, 1, 2], index_col=[0, 1, 2])
    assert labels[("betascope", "right_ear", "x")].iloc[0] == 10
    write_deeplabcut([labelled()], ExportChoice(Frames.ALL, Points.PREDICTED), tmp_path / "results.csv")
    results = pandas.read_csv(tmp_path / "results.csv", header=[0, 1, 2], index_col=0)
    assert results.index.tolist() == list(range(3, 18))


def test_we_read_the_table_that_pandas_writes_as_deeplabcut_does(tmp_path: Path) -> None:
    pandas = tool("pandas")
    columns = pandas.MultiIndex.from_product(
        [["me"], ["nose", "left_wrist"], ["x", "y"]], names=["scorer", "bodyparts", "coords"]
    )
    rows = pandas.MultiIndex.from_tuples([("labeled-data", "climb", f"img{n:03d}.png") for n in (3, 9)])
    frame = pandas.DataFrame([[1.0, 2, 3, 4], [5, 6, np.nan, np.nan]], index=rows, columns=columns)
    frame.to_csv(tmp_path / "CollectedData_me.csv")
    (table,) = read_deeplabcut(tmp_path / "CollectedData_me.csv").tables
    assert table.xy[0].tolist() == [[1.5, 2.5], [3.5, 4.5]] and table.frames.tolist() == [3, 9]
    tool("tables")
    frame.to_hdf(tmp_path / "CollectedData_me.h5", key="df_with_missing", mode="w")
    (stored,) = read_deeplabcut(tmp_path / "CollectedData_me.h5").tables
    np.testing.assert_array_equal(stored.xy, table.xy)


def test_pandas_reads_our_parquet(tmp_path: Path) -> None:
    pandas, _ = tool("pandas"), tool("pyarrow")
    write_parquet([labelled()], ExportChoice(), tmp_path / "a.parquet")
    table = pandas.read_parquet(tmp_path / "a.parquet")
    assert tuple(table.columns) == COLUMNS and table.reviewed.dtype == bool and len(table) == 15 * 17


def test_joblib_reads_our_motion_and_we_its(tmp_path: Path) -> None:
    joblib = tool("joblib")
    item = make_motion()
    write_vibe(item, tmp_path / "a.pkl")
    person = joblib.load(tmp_path / "a.pkl")[1]
    np.testing.assert_array_equal(person["pose"], item.mesh.pose.reshape(-1, 72))
    for compress in (0, 3):
        joblib.dump({1: person}, tmp_path / "b.pkl", compress=compress)
        (table,) = read_vibe(tmp_path / "b.pkl").tables
        np.testing.assert_allclose(table.pose.reshape(-1, 72)[:, :66], person["pose"][:, :66])
