"""Writes CVAT for video 1.1; see `annotation.formats.cvat` for what the format means.

CVAT takes keyframes only and puts its own interpolation between them, so every joint has a keyframe where it begins
and where it ends, also one that was interpolated from a label outside the frames that are exported. The first frame
has keyframes of all joints: CVAT refuses joints that have none at all.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray

from annotation.errors import ProjectError
from annotation.formats.cvat import GAP
from annotation.formats.export_tables import ExportChoice, TrackLabels, export_table
from annotation.formats.files import whole_file
from annotation.formats.pose_table import PoseTable
from annotation.labels import Source, Visibility
from annotation.skeletons import load_skeleton


def cvat_document(tables: Sequence[PoseTable], *, bones: Sequence[tuple[int, int]]) -> Iterator[str]:
    """Yield the text of a CVAT document with the tables, all of one video and with the same joints.

    Predicted points become keyframes: CVAT would move what is none.

    Parameters
    ----------
    tables : sequence of PoseTable
    bones : sequence of (int, int)
        Pairs of joint indices, for the drawing of the skeleton.
    """
    yield '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n'
    yield ET.tostring(_meta(tables, bones), encoding="unicode") + "\n"
    for number, table in enumerate(tables):
        yield f'  <track id="{number}" label="climber" source="manual">\n'
        yield from _poses(table)
        yield "  </track>\n"
    yield "</annotations>\n"


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
    with whole_file(out) as file:
        for text in cvat_document(tables, bones=load_skeleton(tables[0].skeleton).bones):
            file.write(text.encode())
    return sum(map(len, tables))


def _meta(tables: Sequence[PoseTable], bones: Sequence[tuple[int, int]]) -> ET.Element:
    video = tables[0].video
    meta = ET.Element("meta")
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
    ET.indent(meta)
    return meta


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


def _poses(table: PoseTable) -> Iterator[str]:
    """Yield every frame, and after each stretch the element that ends it."""
    names = [quoteattr(joint) for joint in table.joints]
    known, last, keyframes = table.known, _last_known(table), _keyframes(table).astype(int).tolist()
    gaps = (~known & (table.source == Source.MISSING)).astype(int).tolist()
    occluded = (table.visibility == Visibility.OCCLUDED).astype(int).tolist()
    outside = (~known).astype(int).tolist()
    frames = table.frames.tolist()
    for row, frame in enumerate(frames):
        points, keys = last[row].tolist(), keyframes[row]
        yield f'    <skeleton frame="{frame}" keyframe="{max(keys)}" outside="0" occluded="0" z_order="0">\n'
        for columns in zip(names, points, outside[row], occluded[row], keys, gaps[row], strict=True):
            yield _point(*columns)
        yield "    </skeleton>\n"
        ends = row + 1 == len(frames) or frames[row + 1] != frame + 1
        if ends and (table.video.n_frames is None or frame + 1 < table.video.n_frames):
            yield f'    <skeleton frame="{frame + 1}" keyframe="1" outside="1" occluded="0" z_order="0">\n'
            for name, point in zip(names, points, strict=True):
                yield _point(name, point, 1, 0, 1, 1)
            yield "    </skeleton>\n"


def _point(name: str, xy: list[float], outside: int, occluded: int, keyframe: int, gap: int) -> str:
    head = f'      <points label={name} outside="{outside}" occluded="{occluded}" keyframe="{keyframe}"'
    at = f'points="{xy[0]:.4f},{xy[1]:.4f}"'
    if not keyframe:
        return f"{head} {at}/>\n"
    return f'{head} {at}><attribute name="{GAP}">{"true" if gap else "false"}</attribute></points>\n'


def _last_known(table: PoseTable) -> NDArray[np.float64]:
    """Return where each joint was known last (N, K, 2); 0, 0 before that."""
    rows = np.where(table.known, np.arange(len(table))[:, None], -1)
    rows = np.maximum.accumulate(rows, axis=0)
    found = table.xy[rows, np.arange(len(table.joints))]
    return np.where(rows[..., None] >= 0, found, 0.0)


def _keyframes(table: PoseTable) -> NDArray[np.bool_]:
    """Return which points (N, K) CVAT has to take as they are."""
    known, source = table.known, table.source
    nothing = np.zeros((1, len(table.joints)), bool)
    connected = (np.diff(table.frames) == 1)[:, None]
    before = np.concatenate([nothing, known[:-1] & connected])
    goes_on = known | (source == Source.LABELLED)  # until a joint is called absent, it stays where it was
    after = np.concatenate([goes_on[1:] & connected, nothing])
    keyframes: NDArray[np.bool_] = (source == Source.LABELLED) | (source == Source.PREDICTED)
    keyframes |= before & (source == Source.MISSING)  # nothing is said about them any more
    keyframes |= known & ~(before & after)
    keyframes[0] = True
    return keyframes


def _text(tag: str, text: str) -> ET.Element:
    element = ET.Element(tag)
    element.text = text
    return element


def _found(element: ET.Element, tag: str) -> ET.Element:
    child = element.find(tag)
    assert child is not None
    return child
