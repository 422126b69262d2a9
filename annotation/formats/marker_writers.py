"""TRC and C3D: the 24 joints of a fitted body as markers, y up, x right, z towards the viewer.

TRC in metres (OpenSim, Pose2Sim); C3D in millimetres, as its readers expect, with 4-byte numbers of Intel's order.
Frames without a fit are gaps. https://www.c3d.org/HTML
"""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation.body import SMPL_JOINTS
from annotation.errors import ProjectError
from annotation.formats.files import whole_file
from annotation.formats.motion_table import Y_UP, MotionItem, upright

_TRC_KEYS = (
    *("DataRate", "CameraRate", "NumFrames", "NumMarkers"),
    *("Units", "OrigDataRate", "OrigDataStartFrame", "OrigNumFrames"),
)
_BLOCK = 512
_MAX_FRAMES = 65_535


def joint_markers(item: MotionItem) -> NDArray[np.float64]:
    """Return the joints (T, 24, 3) of an item's frames, metres, y up; NaN without a fit."""
    mesh = upright(item, Y_UP).mesh
    joints = item.body.joints(mesh.betas, mesh.pose, transl=mesh.transl)
    joints[~mesh.valid] = np.nan
    return joints


def write_trc(item: MotionItem, out: Path) -> int:
    """Write a TRC file; return how many frames there are.

    Raises
    ------
    ProjectError
        If it cannot be written.
    """
    frames = item.frames
    if not len(frames):
        return 0
    joints = joint_markers(item)
    rate = f"{item.fps:.6g}"
    values = [rate, rate, len(frames), len(SMPL_JOINTS), "m", rate, 1, len(frames)]
    axes = "\t".join(f"{axis}{k}" for k in range(1, len(SMPL_JOINTS) + 1) for axis in "XYZ")
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{out.name}",
        "\t".join(_TRC_KEYS),
        "\t".join(map(str, values)),
        "Frame#\tTime\t" + "\t\t\t".join(SMPL_JOINTS) + "\t\t",
        "\t\t" + axes,
    ]
    for row, (frame, points) in enumerate(zip(frames.tolist(), joints.reshape(len(frames), -1), strict=True)):
        cells = ["" if np.isnan(value) else f"{value:.6f}" for value in points.tolist()]
        lines.append("\t".join([str(row + 1), f"{frame / item.fps:.6f}", *cells]))
    with whole_file(out) as file:
        file.write("\n".join(lines).encode() + b"\n")
    return len(frames)


def write_c3d(item: MotionItem, out: Path) -> int:
    """Write a C3D file; return how many frames there are.

    Raises
    ------
    ProjectError
        If there are more frames than its header can count, or it cannot be written.
    """
    n = len(item.frames)
    if not n:
        return 0
    if n > _MAX_FRAMES:
        raise ProjectError(f"C3D counts at most {_MAX_FRAMES} frames, the climb has {n}. Export another format.")
    joints = joint_markers(item) * 1000
    lost = np.isnan(joints[..., 0])
    points = np.dstack([np.nan_to_num(joints), np.where(lost, -1.0, 0.0)]).astype("<f4")
    parameters = _parameters(n, item.fps)
    start = 2 + len(parameters) // _BLOCK
    header = struct.pack("<BBHHHHHfHHf", 2, 0x50, len(SMPL_JOINTS), 0, 1, n, 10, -1.0, start, 0, item.fps)
    with whole_file(out) as file:
        file.write(header.ljust(_BLOCK, b"\0") + parameters + points.tobytes())
        file.write(bytes(-points.nbytes % _BLOCK))
    return n


def _parameters(n_frames: int, fps: float) -> bytes:
    """Return the section of parameters: group POINT, whole blocks."""
    width = max(map(len, SMPL_JOINTS))
    labels = "".join(name.ljust(width) for name in SMPL_JOINTS).encode()
    entries: list[tuple[str, int, tuple[int, ...], bytes]] = [
        ("USED", 2, (), struct.pack("<H", len(SMPL_JOINTS))),
        ("SCALE", 4, (), struct.pack("<f", -1.0)),
        ("RATE", 4, (), struct.pack("<f", fps)),
        ("FRAMES", 2, (), struct.pack("<H", n_frames)),
        ("UNITS", -1, (2,), b"mm"),
        ("LABELS", -1, (width, len(SMPL_JOINTS)), labels),
        ("X_SCREEN", -1, (2,), b"+X"),
        ("Y_SCREEN", -1, (2,), b"+Y"),
    ]
    # DATA_START depends on the length of what it stands in, which its value does not change
    length = len(_section([*entries, ("DATA_START", 2, (), bytes(2))]))
    start = 2 + length // _BLOCK
    return _section([*entries, ("DATA_START", 2, (), struct.pack("<H", start))])


def _section(entries: list[tuple[str, int, tuple[int, ...], bytes]]) -> bytes:
    group = b"POINT"
    content = struct.pack("<bb", len(group), -1) + group + struct.pack("<HB", 3, 0)
    for name, kind, dimensions, data in entries:
        body = struct.pack("<bB", kind, len(dimensions)) + bytes(dimensions) + data + b"\0"
        content += struct.pack("<bb", len(name), 1) + name.encode() + struct.pack("<H", 2 + len(body)) + body
    content += bytes(2)
    blocks = -(-(4 + len(content)) // _BLOCK)
    return (struct.pack("<BBBB", 1, 0x50, blocks, 84) + content).ljust(blocks * _BLOCK, b"\0")
