"""The arrays of a run on disk: one folder, written once by a worker, read by everyone."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.arrays import read_arrays
from annotation.errors import ProjectError
from annotation.known_facts_json import wall_from_json, wall_to_json
from annotation.labels import Keypoints2D
from annotation.poses import Camera, MeshSequence, Plane

KEYPOINTS_FILE = "keypoints.npz"
MESH_FILE = "mesh.npz"


def save_keypoints(folder: Path, keypoints: Keypoints2D) -> None:
    """Write a detector's statement into a run folder."""
    world: dict[str, Any] = {} if keypoints.world is None else {"world": keypoints.world}
    np.savez_compressed(
        folder / KEYPOINTS_FILE,
        xy=keypoints.xy,
        confidence=keypoints.confidence,
        skeleton=np.array(keypoints.skeleton),
        **world,
    )


def load_keypoints(folder: Path) -> Keypoints2D:
    """Read a detector's statement from a run folder.

    Raises
    ------
    ProjectError
        If the file is missing or damaged.
    """
    with _saying_what_to_do(folder / KEYPOINTS_FILE) as data:
        return Keypoints2D(data["xy"], data["confidence"], str(data["skeleton"]), data.get("world"))


def save_mesh(folder: Path, mesh: MeshSequence) -> None:
    """Write a fitted body into a run folder."""
    walls: dict[str, Any] = {} if mesh.wall is None else {"wall": np.array([*mesh.wall.normal, mesh.wall.offset_m])}
    if any(plane.name or plane.outline for plane in mesh.walls):
        walls["walls"] = np.array(json.dumps([wall_to_json(plane) for plane in mesh.walls]))
    turns: dict[str, Any] = {} if mesh.view_turns is None else {"view_turns": mesh.view_turns}
    np.savez_compressed(
        folder / MESH_FILE,
        body=np.array(mesh.body),
        body_digest=np.array(mesh.body_digest),
        betas=mesh.betas,
        global_orient=mesh.global_orient,
        body_pose=mesh.body_pose,
        transl=mesh.transl,
        valid=mesh.valid,
        camera=np.array([mesh.camera.focal_px, *mesh.camera.center_px, *mesh.camera.size_px]),
        **walls,
        **turns,
    )


def load_mesh(folder: Path) -> MeshSequence:
    """Read a fitted body from a run folder.

    Raises
    ------
    ProjectError
        If the file is missing or damaged.
    """
    with _saying_what_to_do(folder / MESH_FILE) as data:
        focal, cx, cy, width, height = (float(value) for value in data["camera"])
        return MeshSequence(
            body=str(data["body"]),
            betas=data["betas"],
            global_orient=data["global_orient"],
            body_pose=data["body_pose"],
            transl=data["transl"],
            valid=data["valid"],
            camera=Camera(focal, (cx, cy), (int(width), int(height))),
            walls=_walls(data),
            view_turns=data.get("view_turns"),
            body_digest=str(data.get("body_digest", "")),
        )


def _walls(data: dict[str, NDArray[Any]]) -> tuple[Plane, ...]:
    """Return the planes of the wall; what older runs hold is one without name and ends."""
    if "walls" in data:
        return tuple(wall_from_json(entry) for entry in json.loads(str(data["walls"])))
    return (wall_from_json(data["wall"].tolist()),) if "wall" in data else ()


@contextmanager
def _saying_what_to_do(path: Path) -> Iterator[dict[str, NDArray[Any]]]:
    try:
        yield read_arrays(path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProjectError(f"The run file {path} cannot be read ({error}). Run the job again to replace it.") from error
