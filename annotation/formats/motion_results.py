"""Results of VIBE (and what writes the same: MEVA), WHAM and GVHMR in; VIBE's dictionary out.

All of them: rotation vectors ``pose`` (n, 72) in the CAMERA frame (x right, y down, z forward), metres.

- VIBE, ``vibe_output.pkl``: {climber: pose, betas (n, 10), orig_cam (n, 4), bboxes, frame_ids}. There is no depth, only
  a weak camera: ``x = s (X + t)`` in halves of the picture.
- WHAM, ``wham_output.pkl``: {climber: pose, trans (n, 3), betas, frame_ids} for a camera whose focal length is the
  picture's diagonal; pose_world and trans_world are left alone.
- GVHMR, ``hmr4d_results.pt``: smpl_params_incam with global_orient (n, 3), body_pose (n, 63), transl, betas of SMPL-X,
  and K_fullimg (n, 3, 3).

https://github.com/mkocabas/VIBE, https://github.com/yohanshin/WHAM, https://github.com/zju3dv/GVHMR
"""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.body import BUILTIN_BODY
from annotation.formats.files import whole_file
from annotation.formats.motion_table import SMPL_PELVIS, SMPLX_PELVIS, ImportedMotion, MotionItem, MotionTable
from annotation.formats.reading import FormatError, check_extent, saying_what_is_wrong
from annotation.formats.result_pickle import read_result_pickle
from annotation.formats.smpl_motion import frame_numbers, numbers, padded_pose
from annotation.formats.torch_file import read_torch
from annotation.poses import Camera

_MAX_PEOPLE = 1000
_WORLD = "the motion in the world was left out; the one of the camera lies on the pictures"


def read_vibe(path: Path) -> ImportedMotion:
    """Read VIBE's or WHAM's results, whichever it is.

    Raises
    ------
    FormatError
        If it is neither, or nobody is in it.
    """
    content = read_result_pickle(path)
    with saying_what_is_wrong(path, what="results of VIBE or WHAM"):
        if not isinstance(content, dict) or len(content) > _MAX_PEOPLE:
            raise ValueError("it is no dictionary of climbers")
        tables = tuple(_person(f"Climber {n}", entry, path=path) for n, entry in enumerate(content.values(), start=1))
        if not tables:
            raise FormatError(f"{path.name} has nobody in it. Nothing was imported.")
        world = any("trans_world" in entry for entry in content.values())
        return ImportedMotion(tables, (_WORLD,) if world else ())


def _person(name: str, entry: Any, *, path: Path) -> MotionTable:
    pose = numbers(np.asarray(entry["pose"]), width=72)
    check_extent(path, n_frames=len(pose), n_joints=24)
    if not len(pose):
        raise ValueError(f"{name} has no frames")
    frames = frame_numbers(np.asarray(entry["frame_ids"]).ravel(), len(pose))
    betas = np.median(numbers(np.atleast_2d(entry["betas"]), width=None), axis=0)
    weak, transl = None, np.zeros((len(pose), 3))
    if "trans" in entry:
        transl = numbers(np.asarray(entry["trans"]), width=3)
    else:
        weak = numbers(np.asarray(entry["orig_cam"]), width=4)
        if not (weak[:, :2] > 0).all():
            raise ValueError("a camera shows nothing")
    if len(pose) != len(transl if weak is None else weak):
        raise ValueError("pose and camera differ in length")
    return MotionTable(name, frames, padded_pose(pose), transl, betas, SMPL_PELVIS, weak_camera=weak)


def read_gvhmr(path: Path) -> ImportedMotion:
    """Read GVHMR's result of one climber.

    Raises
    ------
    FormatError
        If it is none.
    """
    content = read_torch(path)
    with saying_what_is_wrong(path, what="a result of GVHMR"):
        body = content["smpl_params_incam"]
        pose = np.hstack([numbers(body["global_orient"], width=3), numbers(body["body_pose"], width=63)])
        check_extent(path, n_frames=len(pose), n_joints=22)
        transl = numbers(body["transl"], width=3)
        intrinsics = numbers(np.asarray(content["K_fullimg"]).reshape(-1, 9), width=9)
        if not len(pose) or len(transl) != len(pose) or not len(intrinsics):
            raise ValueError("its arrays differ in length")
        focal, center = float(intrinsics[0, 0]), (float(intrinsics[0, 2]), float(intrinsics[0, 5]))
        if focal <= 0 or min(center) <= 0:
            raise ValueError("the camera has no focal length")
        camera = Camera(focal, center, (round(2 * center[0]), round(2 * center[1])))
        frames = np.arange(len(pose), dtype=np.int64)
        # the shape is SMPL-X's, of which neither SMPL nor the built-in body knows anything
        table = MotionTable("Climber 1", frames, padded_pose(pose), transl, np.zeros(0), SMPLX_PELVIS, camera=camera)
        return ImportedMotion((table,), ("SMPL-X's shape has no counterpart here", _WORLD))


def write_vibe(item: MotionItem, out: Path) -> int:
    """Write VIBE's dictionary as a pickle, which joblib reads too; return how many frames there are.

    ``verts`` and ``joints2d`` are None; ``joints3d`` are SMPL's 24 joints; ``betas`` are 0 for a body that is not SMPL.

    Raises
    ------
    ProjectError
        If the file cannot be written.
    """
    mesh, camera = item.mesh, item.mesh.camera
    frames = np.flatnonzero(mesh.valid)
    if not len(frames):
        return 0
    pose, transl = mesh.pose[frames], mesh.transl[frames].astype(np.float64)
    joints = item.body.joints(mesh.betas, pose, transl=transl)
    z = joints[:, 0, 2]
    size = np.array(camera.size_px, np.float64)
    weak = 2 * camera.focal_px / (size * z[:, None])
    at = transl[:, :2] + (np.array(camera.center_px) - size / 2) / (size / 2) / weak
    box = _boxes(camera.project(joints))
    scale = 2 * camera.focal_px / (z * box[:, 2])
    shift = at - (box[:, :2] - size / 2) / (size / 2) / weak
    betas = np.zeros(10) if mesh.body == BUILTIN_BODY else mesh.betas[:10]
    entry = {
        "pred_cam": np.column_stack([scale, shift]).astype(np.float32),
        "orig_cam": np.column_stack([weak, at]).astype(np.float32),
        "verts": None,
        "pose": pose.reshape(-1, 72),
        "betas": np.tile(betas, (len(frames), 1)).astype(np.float32),
        "joints3d": joints.astype(np.float32),
        "joints2d": None,
        "bboxes": box.astype(np.float32),
        "frame_ids": frames,
    }
    with whole_file(out) as file:
        pickle.dump({1: entry}, file, protocol=4)
    return len(frames)


def _boxes(xy: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return square boxes (n, 4) about points (n, K, 2): centre x, y, width, height, pixels."""
    low, high = np.nanmin(xy, axis=1), np.nanmax(xy, axis=1)
    side = 1.1 * np.maximum((high - low).max(axis=1), 1)
    return np.column_stack([(low + high) / 2, side, side]).astype(np.float64)
