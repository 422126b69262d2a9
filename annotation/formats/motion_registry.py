"""Every 3D format, in one table; what is read becomes the body of a climber, what is written is the fitted one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from annotation.formats.bvh_writer import write_bvh
from annotation.formats.glb_writer import write_glb
from annotation.formats.marker_writers import write_c3d, write_trc
from annotation.formats.motion_results import read_gvhmr, read_vibe, write_vibe
from annotation.formats.motion_table import ImportedMotion, MotionItem
from annotation.formats.smpl_motion import read_smpl_npz, write_smpl_npz

MotionReader = Callable[[Path], ImportedMotion]
MotionWriter = Callable[[MotionItem, Path], int]
"""Writes one climber's motion; returns how many frames, 0 if there were none and no file is."""


@dataclass(frozen=True)
class MotionFormat:
    """One format.

    Attributes
    ----------
    loses : tuple of str
        What a fitted body has and the format cannot carry; also in which axes and units it is.
    """

    key: str
    title: str
    suffix: str
    read: MotionReader | None
    write: MotionWriter | None
    loses: tuple[str, ...] = ()


_SHAPE = "the shape of a body that is not SMPL (its betas are 0)"
_TILT = "the camera's tilt (up is up in the picture)"

MOTION_FORMATS = (
    MotionFormat(
        "smpl",
        "SMPL motion (.npz, AMASS names; metres, z up)",
        ".npz",
        read_smpl_npz,
        write_smpl_npz,
        ("frames without a fit (they hold the pose before)", _TILT),
    ),
    MotionFormat(
        "vibe",
        "VIBE results (.pkl; reads WHAM's too; camera axes)",
        ".pkl",
        read_vibe,
        write_vibe,
        ("depth (a weak camera stands for it)", "vertices", _SHAPE, "the wall"),
    ),
    MotionFormat("gvhmr", "GVHMR results (.pt; camera axes, metres)", ".pt", read_gvhmr, None, ("SMPL-X's shape",)),
    MotionFormat(
        "bvh",
        "BVH motion (centimetres, y up)",
        ".bvh",
        None,
        write_bvh,
        ("the mesh", "the wall", "the first frame's number", "frames without a fit (they hold the pose before)", _TILT),
    ),
    MotionFormat(
        "glb",
        "glTF binary: the animated body (metres, y up)",
        ".glb",
        None,
        write_glb,
        ("more than four weights a vertex", "pose blend shapes", "the first frame's number", _TILT),
    ),
    MotionFormat(
        "trc",
        "TRC: joints as markers (metres, y up)",
        ".trc",
        None,
        write_trc,
        ("turns", "the mesh", "the wall", _TILT),
    ),
    MotionFormat(
        "c3d",
        "C3D: joints as markers (millimetres, y up)",
        ".c3d",
        None,
        write_c3d,
        ("turns", "the mesh", "the wall", "the first frame's number", _TILT),
    ),
)


def find_motion_format(key: str) -> MotionFormat | None:
    """Return a 3D format by key, or None."""
    return next((item for item in MOTION_FORMATS if item.key == key), None)
