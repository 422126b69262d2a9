"""SMPL motion as ``.npz`` with AMASS' names, in and out.

``poses`` (T, 72 or 156) rotation vectors, ``trans`` (T, 3) metres added after posing, ``betas``, ``gender``,
``mocap_framerate`` (newer files: ``mocap_frame_rate``); z is up, x right, y forward. Ours add what AMASS has no name
for: ``frame_ids`` (of the video), ``camera`` (focal length, centre, size, pixels), of another body than SMPL's ``body``
and ``body_betas``, and ``walls``: the planes of the wall as JSON text, see `annotation.formats.known_wall`. These are
in the CAMERA frame, of which (x, z, -y) are the axes of ``trans``.
https://amass.is.tue.mpg.de
"""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.arrays import read_arrays
from annotation.body import BUILTIN_BODY
from annotation.formats.files import whole_file
from annotation.formats.known_wall import known_wall_from_json, known_wall_to_json
from annotation.formats.motion_table import SMPL_PELVIS, Z_UP, ImportedMotion, MotionItem, MotionTable, turned, upright
from annotation.formats.reading import FormatError, check_extent, check_size, saying_what_is_wrong
from annotation.poses import Camera

_WHAT = "an SMPL motion (.npz with poses and trans)"
_MAX_BYTES = 512 * 1024 * 1024
_SMPL_WIDTH = 72


def read_smpl_npz(path: Path) -> ImportedMotion:
    """Read one climber's motion.

    Raises
    ------
    FormatError
        If it is none.
    """
    check_size(path)
    with saying_what_is_wrong(path, what=_WHAT):
        _check_unpacked(path)
        data = read_arrays(path)
        poses = numbers(data["poses"], width=None)
        trans = numbers(data["trans"], width=3)
        check_extent(path, n_frames=len(poses), n_joints=poses.shape[1])
        if poses.shape[1] < 66 or len(poses) != len(trans) or not len(poses):
            raise ValueError(f"poses are {poses.shape}, trans {trans.shape}")
        pose = padded_pose(poses)
        camera = _camera(data)
        body = str(data["body"]) if "body" in data else ""
        betas = numbers(np.atleast_2d(data["body_betas" if body else "betas"]), width=None)[0]
        frames = np.arange(len(poses))
        if "frame_ids" in data:
            frames = frame_numbers(data["frame_ids"], len(poses))
        rate = next((float(data[key]) for key in ("mocap_framerate", "mocap_frame_rate") if key in data), None)
        if rate is not None and not 0 < rate < 10_000:
            raise ValueError(f"{rate} frames per second")
        # SMPL turns about the pelvis; of its own body the place is known to millimetres only, of ours it is in the file
        pelvis = numbers(np.atleast_2d(data["pelvis"]), width=3)[0] if "pelvis" in data else SMPL_PELVIS
        pose, transl = turned(Z_UP.T, pose, trans, pelvis=pelvis)
        notes = () if poses.shape[1] == _SMPL_WIDTH or not poses[:, 66:].any() else ("hands have no counterpart here",)
        wall = known_wall_from_json(json.loads(str(data["walls"]))) if "walls" in data else None
    in_video = None if "frame_ids" in data else rate
    there = camera is not None
    table = MotionTable(
        "Climber 1", frames, pose, transl, betas, pelvis, body, in_video, camera, in_front=there, wall=wall
    )
    return ImportedMotion((table,), notes)


def padded_pose(poses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N, 24, 3) of rows of at least 22 joints; hands of models that have fingers are left straight."""
    result = np.zeros((len(poses), 24, 3))
    n = 24 if poses.shape[1] == _SMPL_WIDTH else 22
    result[:, :n] = poses[:, : 3 * n].reshape(len(poses), n, 3)
    return result


def numbers(values: NDArray[Any], *, width: int | None) -> NDArray[np.float64]:
    """Return rows of finite numbers.

    Raises
    ------
    ValueError
        If they are not.
    """
    rows = np.asarray(values)
    if rows.ndim != 2 or rows.dtype.kind not in "fiu" or (width is not None and rows.shape[1] != width):
        raise ValueError(f"an array is {rows.dtype} {rows.shape}")
    with np.errstate(invalid="ignore"):
        rows = rows.astype(np.float64)
    if not np.isfinite(rows).all() or np.abs(rows).max(initial=0) > 1e9:
        raise ValueError("a value is no number")
    return rows


def frame_numbers(values: Any, n: int) -> NDArray[np.int64]:
    """Return N ascending frame numbers.

    Raises
    ------
    ValueError
        If they are not.
    """
    frames = np.asarray(values)
    if frames.shape != (n,) or frames.dtype.kind not in "iu":
        raise ValueError(f"frame numbers are {frames.dtype} {frames.shape}, not {n} whole numbers")
    frames = frames.astype(np.int64)
    if len(frames) and (frames[0] < 0 or (np.diff(frames) <= 0).any() or frames[-1] > 5_000_000):
        raise ValueError("frame numbers do not ascend")
    return frames


def _check_unpacked(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_BYTES:
                raise FormatError(f"{path.name} is too large when it is unpacked. Check that it is the right file.")
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise ValueError(str(error) or "damaged") from error


def _camera(data: dict[str, NDArray[Any]]) -> Camera | None:
    if "camera" not in data:
        return None
    focal, cx, cy, width, height = numbers(np.atleast_2d(data["camera"]), width=5)[0].tolist()
    if not focal > 0 or not width > 0 or not height > 0:
        raise ValueError("the camera has no focal length or size")
    return Camera(focal, (cx, cy), (int(width), int(height)))


def write_smpl_npz(item: MotionItem, out: Path) -> int:
    """Write an item's motion; return how many frames there are.

    Raises
    ------
    ProjectError
        If the file cannot be written.
    """
    level = upright(item, Z_UP)
    mesh, camera = level.mesh, item.mesh.camera
    builtin = mesh.body == BUILTIN_BODY
    arrays: dict[str, Any] = {
        "poses": mesh.pose.reshape(-1, _SMPL_WIDTH),
        "trans": mesh.transl,
        "betas": np.zeros(10, np.float32) if builtin else mesh.betas,
        "gender": np.array("neutral"),
        "mocap_framerate": np.array(item.fps),
        "frame_ids": item.frames,
        "camera": np.array([camera.focal_px, *camera.center_px, *camera.size_px]),
        "pelvis": item.body.rest_joints(mesh.betas)[0],
        "body": np.array(mesh.body),
        "body_betas": mesh.betas,
    }
    if item.wall is not None:
        arrays["walls"] = np.array(json.dumps(known_wall_to_json(item.wall)))
    if len(mesh):
        with whole_file(out) as file:
            np.savez_compressed(file, **arrays)
    return len(mesh)
