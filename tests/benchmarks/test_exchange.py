"""A long climb out to COCO and in from CVAT: seconds of the processor, and the ratio to plain writing and parsing."""

import json
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from annotation.clip import Clip, Fingerprint, Timeline
from annotation.formats.coco import write_coco
from annotation.formats.coco_reader import read_coco
from annotation.formats.cvat import read_cvat
from annotation.formats.cvat_writer import write_cvat
from annotation.formats.export_tables import ExportChoice, TrackLabels, export_table
from annotation.labels import ABSENT, Label, Track, Visibility
from annotation.resolving import resolve
from annotation.skeletons import load_skeleton

pytestmark = pytest.mark.benchmark
N_FRAMES, SKELETON = 10_000, "climbalong25"


def long_climb() -> TrackLabels:
    """Every fifth frame labelled and the others interpolated, a joint occluded and one absent now and then."""
    rng = np.random.default_rng(2)
    n_joints = len(load_skeleton(SKELETON))
    timeline = Timeline(np.arange(N_FRAMES, dtype=np.int64), (1, 25), np.array([0], dtype=np.int64))
    clip = Clip("c1", Path("wall.mp4"), Fingerprint(1, "d"), timeline, (1920, 1080), 0, "h264")
    xy = rng.uniform((100, 100), (1800, 900), (N_FRAMES, n_joints, 2)).round(2)
    keyed = [(frame, joint) for frame in range(0, N_FRAMES, 5) for joint in range(n_joints)]
    labels = {key: Label((float(xy[key][0]), float(xy[key][1]))) for key in keyed}
    for frame in range(0, N_FRAMES, 50):
        labels[frame, 3] = Label((float(xy[frame, 3, 0]), float(xy[frame, 3, 1])), Visibility.OCCLUDED)
        labels[frame, 4] = ABSENT
    track = Track("t", "c1", "Ana", SKELETON, labels=labels)
    return TrackLabels(clip, track, resolve(track, None, n_frames=N_FRAMES), None)


def test_ten_thousand_frames_out_and_in(tmp_path: Path) -> None:
    item = long_climb()
    choice = ExportChoice()
    expected = export_table(item, choice)
    coco, cvat = tmp_path / "a.json", tmp_path / "a.xml"
    started = time.process_time()
    assert write_coco([item], choice, coco) >= N_FRAMES - 5
    coco_s = time.process_time() - started
    content = json.loads(coco.read_text())
    started = time.process_time()
    (tmp_path / "plain.json").write_text(json.dumps(content))
    dump_s = time.process_time() - started
    write_cvat([item], choice, cvat)
    started = time.process_time()
    (table,) = read_cvat(cvat).tables
    cvat_s = time.process_time() - started
    started = time.process_time()
    for _, element in ET.iterparse(cvat):
        element.clear()
    parse_s = time.process_time() - started
    print(f"\nCOCO out, {N_FRAMES} x {len(expected.joints)}: {coco_s:.2f} s, {coco_s / dump_s:.1f} of json.dump alone")
    print(f"CVAT in, {N_FRAMES} frames: {cvat_s:.2f} s, {cvat_s / parse_s:.1f} of parsing alone")
    (back,) = read_coco(coco).tables
    for got in (table, back):
        order = [got.joints.index(joint) for joint in expected.joints]
        rows = np.searchsorted(expected.frames, got.frames)
        np.testing.assert_array_equal(expected.frames[rows], got.frames)
        known = expected.known[rows]
        np.testing.assert_array_equal(got.known[:, order], known)
        np.testing.assert_allclose(got.xy[:, order][known], expected.xy[rows][known], atol=6e-3)
        np.testing.assert_array_equal(got.visibility[:, order][known], expected.visibility[rows][known])
        np.testing.assert_array_equal(got.source[:, order][known], expected.source[rows][known])
    assert coco_s < 5 * dump_s and cvat_s < 8 * parse_s
