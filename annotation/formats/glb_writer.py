"""glTF 2.0 as one ``.glb``: the skinned body with its animation, metres, y up, x right, z towards the viewer.

Each vertex keeps its four largest weights, which is what every viewer reads; pose blend shapes are left out. The planes
of the wall stand beside the body, each a mesh of its name; the extras of the scene hold their numbers in the CAMERA
frame (see `annotation.formats.known_wall`), of which (x, -y, -z) are the axes of the file.
https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html
"""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.body import SMPL_JOINTS, SMPL_PARENTS
from annotation.formats.files import whole_file
from annotation.formats.known_wall import KnownWall, known_wall_to_json
from annotation.formats.motion_table import Y_UP, MotionItem, upright
from annotation.walls import WallShape

_FLOAT, _UBYTE, _UINT = 5126, 5121, 5125
_KINDS = {_FLOAT: np.float32, _UBYTE: np.uint8, _UINT: np.uint32}
_SHAPES = {(): "SCALAR", (3,): "VEC3", (4,): "VEC4", (16,): "MAT4"}
_VERTICES, _INDICES = 34962, 34963
_SKIN = {"pbrMetallicRoughness": {"baseColorFactor": [0.72, 0.6, 0.5, 1], "metallicFactor": 0, "roughnessFactor": 0.8}}

_WALL = {"pbrMetallicRoughness": {"baseColorFactor": [0.5, 0.5, 0.52, 1], "metallicFactor": 0}, "doubleSided": True}
_WALL_REACH_M = 2.5


class _Buffer:
    """The numbers of the file, and what describes them."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []

    def add(self, values: NDArray[Any], kind: int, *, target: int | None = None, bounds: bool = False) -> int:
        """Append an array (N, ...) and return the number of its accessor."""
        array = np.ascontiguousarray(values, _KINDS[kind])
        self.content += bytes(-len(self.content) % 4)
        view: dict[str, Any] = {"buffer": 0, "byteOffset": len(self.content), "byteLength": array.nbytes}
        self.views.append(view if target is None else {**view, "target": target})
        self.content += array.tobytes()
        accessor: dict[str, Any] = {
            "bufferView": len(self.views) - 1,
            "componentType": kind,
            "count": len(array),
            "type": _SHAPES[array.shape[1:]],
        }
        if bounds:
            rows = array.reshape(len(array), -1)
            accessor |= {"min": rows.min(axis=0).tolist(), "max": rows.max(axis=0).tolist()}
        self.accessors.append(accessor)
        return len(self.accessors) - 1


def write_glb(item: MotionItem, out: Path) -> int:
    """Write the animated body; return how many frames there are.

    Raises
    ------
    ProjectError
        If the file cannot be written.
    """
    level = upright(item, Y_UP)
    if not len(level.mesh):
        return 0
    buffer = _Buffer()
    rest = item.body.rest_joints(level.mesh.betas)
    primitive = _primitive(buffer, level)
    walls = _wall_meshes(buffer, item.wall, around=Y_UP.T @ np.median(level.mesh.transl + rest[0], axis=0))
    extras = {} if item.wall is None else {"extras": {"walls": known_wall_to_json(item.wall)}}
    bind = np.tile(np.eye(4), (24, 1, 1))
    bind[:, :3, 3] = -rest
    matrices = buffer.add(bind.transpose(0, 2, 1).reshape(24, 16), _FLOAT)  # column by column
    content = {
        "asset": {"version": "2.0", "generator": "betascope"},
        "scene": 0,
        "scenes": [{"nodes": [0, 24, *range(25, 25 + len(walls))], **extras}],
        "nodes": [
            *_joint_nodes(rest),
            {"name": item.track, "mesh": 0, "skin": 0},
            *({"name": wall["name"], "mesh": number} for number, wall in enumerate(walls, start=1)),
        ],
        "meshes": [{"name": item.track, "primitives": [primitive]}, *walls],
        "materials": [_SKIN, _WALL] if walls else [_SKIN],
        "skins": [{"joints": list(range(24)), "skeleton": 0, "inverseBindMatrices": matrices}],
        "animations": [_animation(buffer, level, rest=rest)],
        "accessors": buffer.accessors,
        "bufferViews": buffer.views,
        "buffers": [{"byteLength": len(buffer.content) + -len(buffer.content) % 4}],
    }
    text = json.dumps(content, allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    binary = bytes(buffer.content) + bytes(-len(buffer.content) % 4)
    with whole_file(out) as file:
        file.write(struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(text) + 8 + len(binary)))
        file.write(struct.pack("<I4s", len(text), b"JSON") + text)
        file.write(struct.pack("<I4s", len(binary), b"BIN\0") + binary)
    return len(level.mesh)


def _primitive(buffer: _Buffer, item: MotionItem) -> dict[str, Any]:
    vertices, faces = item.body.rest_vertices(item.mesh.betas), item.body.faces
    order = np.argsort(-item.body.weights, axis=1, kind="stable")[:, :4]
    weights = np.take_along_axis(item.body.weights, order, axis=1)
    weights = weights / weights.sum(axis=1, keepdims=True)
    order = np.where(weights > 0, order, 0)
    return {
        "attributes": {
            "POSITION": buffer.add(vertices, _FLOAT, target=_VERTICES, bounds=True),
            "NORMAL": buffer.add(_normals(vertices, faces), _FLOAT, target=_VERTICES),
            "JOINTS_0": buffer.add(order, _UBYTE, target=_VERTICES),
            "WEIGHTS_0": buffer.add(weights, _FLOAT, target=_VERTICES),
        },
        "indices": buffer.add(faces.reshape(-1), _UINT, target=_INDICES),
        "material": 0,
    }


def _wall_meshes(buffer: _Buffer, wall: KnownWall | None, *, around: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Return a mesh for each plane of a wall that reaches near a point (3,) of the CAMERA frame."""
    meshes: list[dict[str, Any]] = []
    shape = WallShape(() if wall is None else wall.planes)
    for index, plane in enumerate(shape.planes):
        corners = shape.polygon(index, around=around, reach_m=_WALL_REACH_M) @ Y_UP.T
        if len(corners) < 3:
            continue
        out = Y_UP @ np.array(plane.normal)
        if np.cross(corners[1] - corners[0], corners[2] - corners[0]) @ out < 0:
            corners = corners[::-1]
        order = np.arange(1, len(corners) - 1)
        faces = np.stack([np.zeros(len(order), int), order, order + 1], axis=1)
        primitive = {
            "attributes": {
                "POSITION": buffer.add(corners, _FLOAT, target=_VERTICES, bounds=True),
                "NORMAL": buffer.add(np.tile(out, (len(corners), 1)), _FLOAT, target=_VERTICES),
            },
            "indices": buffer.add(faces.reshape(-1), _UINT, target=_INDICES),
            "material": 1,
        }
        meshes.append({"name": plane.name or "Wall", "primitives": [primitive]})
    return meshes


def _normals(vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> NDArray[np.float64]:
    a, b, c = np.moveaxis(vertices.astype(np.float64)[faces], 1, 0)
    normals = np.zeros(vertices.shape)
    np.add.at(normals, faces.reshape(-1), np.repeat(np.cross(b - a, c - a), 3, axis=0))
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.where(length > 0, normals / np.maximum(length, 1e-12), [0, 1, 0])


def _joint_nodes(rest: NDArray[np.float64]) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = []
    for joint, parent in enumerate(SMPL_PARENTS):
        offset = rest[joint] - (rest[parent] if parent >= 0 else 0)
        node: dict[str, Any] = {"name": SMPL_JOINTS[joint], "translation": offset.tolist()}
        children = [k for k, other in enumerate(SMPL_PARENTS) if other == joint]
        nodes.append({**node, "children": children} if children else node)
    return nodes


def _animation(buffer: _Buffer, item: MotionItem, *, rest: NDArray[np.float64]) -> dict[str, Any]:
    mesh = item.mesh
    from scipy.spatial.transform import Rotation  # scipy takes longer to import than the window to open

    turns = Rotation.from_rotvec(mesh.pose.reshape(-1, 3).astype(np.float64)).as_quat().reshape(len(mesh), 24, 4)
    # the short way between frames: neighbours on the same side
    flips = np.where((turns[1:] * turns[:-1]).sum(axis=2) < 0, -1.0, 1.0)
    turns[1:] *= np.cumprod(flips, axis=0)[..., None]
    time = buffer.add(np.arange(len(mesh)) / item.fps, _FLOAT, bounds=True)
    outputs = [(0, "translation", buffer.add(rest[0] + mesh.transl, _FLOAT))]
    outputs += [(joint, "rotation", buffer.add(turns[:, joint], _FLOAT)) for joint in range(24)]
    return {
        "name": item.track,
        "samplers": [{"input": time, "output": output, "interpolation": "LINEAR"} for _, _, output in outputs],
        "channels": [
            {"sampler": number, "target": {"node": joint, "path": path}}
            for number, (joint, path, _) in enumerate(outputs)
        ],
    }
