"""BVH of a fitted body: bones of its shape in centimetres, y up, x right, z towards the viewer; root and joints Z X Y.

The root's position is that of the pelvis, so the figure stands where it was fitted; the frame time is the video's.
https://research.cs.wisc.edu/graphics/Courses/cs-838-1999/Jeff/BVH.html
"""

from pathlib import Path

import numpy as np

from annotation.body import SMPL_JOINTS, SMPL_PARENTS, rotation_matrices
from annotation.formats.files import whole_file
from annotation.formats.motion_table import Y_UP, MotionItem, upright

_CM = 100.0
_END_CM = 8.0


def write_bvh(item: MotionItem, out: Path) -> int:
    """Write the motion; return how many frames there are.

    Raises
    ------
    ProjectError
        If the file cannot be written.
    """
    level = upright(item, Y_UP)
    mesh = level.mesh
    if not len(mesh):
        return 0
    rest = item.body.rest_joints(mesh.betas)
    order = _depth_first()
    from scipy.spatial.transform import Rotation  # scipy takes longer to import than the window to open

    angles = Rotation.from_matrix(rotation_matrices(mesh.pose).reshape(-1, 3, 3)).as_euler("ZXY", degrees=True)
    by_joint = angles.reshape(len(mesh), 24, 3)[:, order]
    pelvis = (rest[0] + mesh.transl) * _CM
    values = np.hstack([pelvis, by_joint.reshape(len(mesh), -1)])
    offsets = rest - rest[[max(parent, 0) for parent in SMPL_PARENTS]]
    lines = ["HIERARCHY", *_joint_lines(0, offsets * _CM, depth=0)]
    lines += ["MOTION", f"Frames: {len(mesh)}", f"Frame Time: {1 / item.fps:.8f}"]
    with whole_file(out) as file:
        file.write("\n".join(lines).encode() + b"\n")
        np.savetxt(file, values, fmt="%.6f")
    return len(mesh)


def _children(joint: int) -> list[int]:
    return [k for k, parent in enumerate(SMPL_PARENTS) if parent == joint]


def _depth_first(joint: int = 0) -> list[int]:
    return [joint, *(k for child in _children(joint) for k in _depth_first(child))]


def _joint_lines(joint: int, offsets: np.ndarray[tuple[int, ...], np.dtype[np.float64]], *, depth: int) -> list[str]:
    pad, inner = "\t" * depth, "\t" * (depth + 1)
    turns = "Zrotation Xrotation Yrotation"
    channels = f"3 {turns}" if depth else f"6 Xposition Yposition Zposition {turns}"
    lines = [f"{pad}{'JOINT' if depth else 'ROOT'} {SMPL_JOINTS[joint]}", f"{pad}{{"]
    lines += [f"{inner}OFFSET {_triple(offsets[joint])}", f"{inner}CHANNELS {channels}"]
    children = _children(joint)
    for child in children:
        lines += _joint_lines(child, offsets, depth=depth + 1)
    if not children:
        end = offsets[joint] / np.linalg.norm(offsets[joint]) * _END_CM
        lines += [f"{inner}End Site", f"{inner}{{", f"{inner}\tOFFSET {_triple(end)}", f"{inner}}}"]
    return [*lines, f"{pad}}}"]


def _triple(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> str:
    return " ".join(f"{value:.6f}" for value in values)
