"""Writes CVAT for video 1.1; see `annotation.formats.cvat` for what the format means."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation.errors import ProjectError
from annotation.formats.cvat import GAP
from annotation.formats.export_tables import ExportChoice, TrackLabels, export_table
from annotation.formats.files import whole_file
from annotation.formats.pose_table import PoseTable
from annotation.labels import Source, Visibility
from annotation.skeletons import load_skeleton


def cvat_document(tables: Sequence[PoseTable], *, bones: Sequence[tuple[int, int]]) -> ET.Element:
    """Return the tables, all of one video and with the same joints, as the root of a CVAT document.

    Predicted points become keyframes: CVAT would move what is none.

    Parameters
    ----------
    tables : sequence of PoseTable
    bones : sequence of (int, int)
        Pairs of joint indices, for the drawing of the skeleton.
    """
    root = ET.Element("annotations")
    ET.SubElement(root, "version").text = "1.1"
    _write_meta(ET.SubElement(root, "meta"), tables, bones)
    for number, table in enumerate(tables):
        track = ET.SubElement(root, "track", id=str(number), label="climber", source="manual")
        _write_track(track, table)
    ET.indent(root)
    return root


def write_cvat(tracks: Sequence[TrackLabels], choice: ExportChoice, out: Path) -> int:
    """Write the tracks of one video to a file; return how many poses are in it.

    Raises
    ------
    ProjectError
        If they are of several videos, or the file cannot be written.
    """
    if len({item.clip.id for item in tracks}) > 1:
        raise ProjectError("A CVAT file is about one video. Say which one, or export one climber.")
    tables = [table for table in (export_table(item, choice) for item in tracks) if len(table)]
    if not tables:
        return 0
    if len({table.skeleton for table in tables}) > 1:
        raise ProjectError("The climbers have different skeletons. Choose one for all of them.")
    root = cvat_document(tables, bones=load_skeleton(tables[0].skeleton).bones)
    with whole_file(out) as file:
        ET.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)
    return sum(map(len, tables))


def _write_meta(meta: ET.Element, tables: Sequence[PoseTable], bones: Sequence[tuple[int, int]]) -> None:
    video = tables[0].video
    task = ET.SubElement(meta, "task")
    n_frames = video.n_frames or int(max(table.frames.max(initial=0) for table in tables)) + 1
    for tag, text in (("name", video.name), ("size", n_frames), ("mode", "interpolation"), ("overlap", 0)):
        ET.SubElement(task, tag).text = str(text)
    for tag, text in (("start_frame", 0), ("stop_frame", n_frames - 1), ("frame_filter", "")):
        ET.SubElement(task, tag).text = str(text)
    labels = ET.SubElement(task, "labels")
    joints = tables[0].joints
    _write_label(labels, "climber", kind="skeleton").append(_text("svg", _drawing(joints, bones)))
    for joint in joints:
        label = _write_label(labels, joint, kind="points")
        attribute = ET.SubElement(_found(label, "attributes"), "attribute")
        for tag, text in (("name", GAP), ("mutable", "True"), ("input_type", "checkbox"), ("default_value", "false")):
            ET.SubElement(attribute, tag).text = text
        ET.SubElement(attribute, "values").text = "false"
        ET.SubElement(label, "parent").text = "climber"
    if video.size is not None:
        size = ET.SubElement(task, "original_size")
        for tag, value in zip(("width", "height"), video.size, strict=True):
            ET.SubElement(size, tag).text = str(value)
    ET.SubElement(meta, "source").text = video.name


def _write_label(labels: ET.Element, name: str, *, kind: str) -> ET.Element:
    label = ET.SubElement(labels, "label")
    ET.SubElement(label, "name").text = name
    ET.SubElement(label, "type").text = kind
    ET.SubElement(label, "attributes")
    return label


def _drawing(joints: Sequence[str], bones: Iterable[tuple[int, int]]) -> str:
    """Return the skeleton as CVAT's editor draws it: joints on a circle, node ids from 1."""
    angles = 2 * np.pi * np.arange(len(joints)) / len(joints)
    x, y = 50 + 45 * np.sin(angles), 50 - 45 * np.cos(angles)
    lines = [
        f'<line x1="{x[a]:.1f}" y1="{y[a]:.1f}" x2="{x[b]:.1f}" y2="{y[b]:.1f}" stroke="black" data-type="edge" '
        f'data-node-from="{a + 1}" stroke-width="0.5" data-node-to="{b + 1}"></line>'
        for a, b in bones
    ]
    circles = [
        f'<circle r="1.5" stroke="black" fill="#b3b3b3" cx="{x[n]:.1f}" cy="{y[n]:.1f}" stroke-width="0.1" '
        f'data-type="element node" data-element-id="{n + 1}" data-node-id="{n + 1}" data-label-name="{joint}"></circle>'
        for n, joint in enumerate(joints)
    ]
    return "\n".join([*lines, *circles])


def _write_track(track: ET.Element, table: PoseTable) -> None:
    """Write every frame, and after each stretch the element that ends it."""
    last = np.zeros((len(table.joints), 2))
    on = np.zeros(len(table.joints), bool)
    frames, there = table.frames.tolist(), table.known
    for row, frame in enumerate(frames):
        gaps = on & (table.source[row] == Source.MISSING)  # were shown, and nothing is said about them any more
        known = there[row]
        last[known] = table.xy[row, known]
        on = known
        _write_pose(track, frame, table, row, last=last, known=known, gaps=gaps)
        ends = row + 1 == len(frames) or frames[row + 1] != frame + 1
        if ends and (table.video.n_frames is None or frame + 1 < table.video.n_frames):
            _write_end(track, frame + 1, table.joints, last)
            on = np.zeros(len(table.joints), bool)


def _write_pose(
    track: ET.Element,
    frame: int,
    table: PoseTable,
    row: int,
    *,
    last: NDArray[np.float64],
    known: NDArray[np.bool_],
    gaps: NDArray[np.bool_],
) -> None:
    stated = (table.source[row] == Source.LABELLED) | (table.source[row] == Source.PREDICTED) | gaps
    skeleton = ET.SubElement(
        track, "skeleton", frame=str(frame), keyframe=str(int(stated.any())), outside="0", occluded="0", z_order="0"
    )
    for joint, name in enumerate(table.joints):
        outside = not known[joint]
        missing = table.source[row, joint] == Source.MISSING
        point = ET.SubElement(
            skeleton,
            "points",
            label=name,
            outside=str(int(outside)),
            occluded=str(int(table.visibility[row, joint] == Visibility.OCCLUDED)),
            keyframe=str(int(stated[joint])),
            points=f"{last[joint, 0]:.4f},{last[joint, 1]:.4f}",
        )
        ET.SubElement(point, "attribute", name=GAP).text = "true" if outside and missing else "false"


def _write_end(track: ET.Element, frame: int, joints: Sequence[str], last: NDArray[np.float64]) -> None:
    skeleton = ET.SubElement(track, "skeleton", frame=str(frame), keyframe="1", outside="1", occluded="0", z_order="0")
    for name, (x, y) in zip(joints, last.tolist(), strict=True):
        point = ET.SubElement(
            skeleton, "points", label=name, outside="1", occluded="0", keyframe="1", points=f"{x:.4f},{y:.4f}"
        )
        ET.SubElement(point, "attribute", name=GAP).text = "true"


def _text(tag: str, text: str) -> ET.Element:
    element = ET.Element(tag)
    element.text = text
    return element


def _found(element: ET.Element, tag: str) -> ET.Element:
    child = element.find(tag)
    assert child is not None
    return child
