"""A posable body in SMPL's parameterisation and its forward pass in numpy.

Model: Loper et al., "SMPL: A Skinned Multi-Person Linear Model", 2015. Rest pose is a T-pose, y up, facing +z, the
body's left towards +x, metres.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import resources
from annotation.arrays import read_arrays
from annotation.errors import BodyFileError
from annotation.skeletons import load_skeleton

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BUILTIN_BODY = "betascope"
DENSITY_KG_PER_M3 = 1000.0

SMPL_JOINTS: tuple[str, ...] = (
    *("pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle"),
    *("spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder"),
    *("right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hand", "right_hand"),
)
"""SMPL's 24 joints in SMPL's order."""

SMPL_PARENTS: tuple[int, ...] = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21)
"""Parent of each joint; -1 for the pelvis."""

Floats = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class KeypointRig:
    """The keypoints of a 2D skeleton as virtual vertices skinned to the 24 joints, so that a fit needs no mesh.

    Attributes
    ----------
    skeleton : str
    rest : (K, 3) float64 array
        Positions in the rest pose at zero shape, metres; NaN for keypoints the body cannot give.
    shape_directions : (K, 3, B) float64 array
        Metres per shape coefficient; 0 where `rest` is NaN.
    weights : (K, 24) float64 array
        Skinning weights; rows sum to 1.
    """

    skeleton: str
    rest: NDArray[np.float64]
    shape_directions: NDArray[np.float64]
    weights: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NamedPoints:
    """Points on or in the body by name, as weighted means of vertices.

    Attributes
    ----------
    names : tuple of str
        N names as in the 2D skeletons (``left_heel``).
    regressor : (N, V) sparse matrix
        Rows sum to 1.
    weights : (N, 24) float64 array
        Skinning weights the points move with; rows sum to 1.
    """

    names: tuple[str, ...]
    regressor: "csr_matrix"
    weights: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Body:
    """A body model: template, blend shapes, joint regressor and skinning weights.

    Attributes
    ----------
    name : str
        ``"betascope"`` for the built-in body, otherwise the name of the user's file.
    template : (V, 3) float32 array
        Rest pose at zero shape, metres.
    faces : (F, 3) int32 array
        Triangles, counter-clockwise seen from outside.
    shape_directions : (V, 3, B) float32 array
        Metres per shape coefficient.
    shape_names : tuple of str
        B keys (``"arm_length"``).
    shape_meanings : tuple of str
        What +1 of each coefficient does, for people.
    joint_regressor : (24, V) sparse float64 matrix
        Joints from the shaped rest vertices.
    weights : (V, 24) float32 array
        Skinning weights; rows sum to 1.
    points : NamedPoints
        Where keypoints sit.
    pose_directions : (V, 3, 207) float32 array or None
        Pose blend shapes, metres per element of ``R_1 - I, ..., R_23 - I``; None means zero.
    """

    name: str
    template: NDArray[np.float32]
    faces: NDArray[np.int32]
    shape_directions: NDArray[np.float32]
    shape_names: tuple[str, ...]
    shape_meanings: tuple[str, ...]
    joint_regressor: "csr_matrix"
    weights: NDArray[np.float32]
    points: NamedPoints
    pose_directions: NDArray[np.float32] | None = field(default=None, repr=False)

    @property
    def n_betas(self) -> int:
        """Number of shape coefficients B."""
        return int(self.shape_directions.shape[2])

    @cached_property
    def joint_template(self) -> NDArray[np.float64]:
        """Rest joints at zero shape (24, 3), metres."""
        return np.asarray(self.joint_regressor @ self.template.astype(np.float64))

    @cached_property
    def joint_directions(self) -> NDArray[np.float64]:
        """Metres per shape coefficient of the rest joints (24, 3, B)."""
        return _regress(self.joint_regressor, self.shape_directions)

    def rest_vertices(self, betas: ArrayLike) -> NDArray[np.float32]:
        """Return the shaped vertices (V, 3) in the rest pose, metres; not to be written into.

        Kept until another shape is asked for, since a motion has one.
        """
        coefficients = np.asarray(betas, np.float32)
        padded = np.zeros(self.n_betas, np.float32)
        padded[: len(coefficients)] = coefficients
        key = padded.tobytes()
        shaped = self._shaped.get(key)
        if shaped is None:
            offsets = self.shape_directions.reshape(-1, self.n_betas) @ padded
            shaped = np.asarray(self.template + offsets.reshape(self.template.shape))
            shaped.flags.writeable = False
            self._shaped.clear()
            self._shaped[key] = shaped
        return shaped

    @cached_property
    def _shaped(self) -> dict[bytes, NDArray[np.float32]]:
        return {}

    def rest_joints(self, betas: ArrayLike) -> NDArray[np.float64]:
        """Return the shaped joints (24, 3) in the rest pose, metres."""
        coefficients = np.asarray(betas, np.float64)
        joints: NDArray[np.float64] = (
            self.joint_template + self.joint_directions[..., : len(coefficients)] @ coefficients
        )
        return joints

    def height_m(self, betas: ArrayLike) -> float:
        """Return the height from sole to the top of the head in the rest pose."""
        return float(np.ptp(self.rest_vertices(betas)[:, 1]))

    def span_m(self, betas: ArrayLike) -> float:
        """Return the arm span from fingertip to fingertip in the rest pose, a T-pose."""
        return float(np.ptp(self.rest_vertices(betas)[:, 0]))

    def mass_kg(self, betas: ArrayLike) -> float:
        """Return the mass of the rest body's volume, which as a rule is that of water."""
        axes = np.ascontiguousarray(self.rest_vertices(betas).T, np.float64)
        a, b, c = (axes.take(corner, axis=1) for corner in self.faces.T)
        volumes = (a[i] * (b[j] * c[k] - b[k] * c[j]) for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)))
        return float(sum(volume.sum() for volume in volumes)) / 6 * DENSITY_KG_PER_M3

    def transforms(
        self, betas: ArrayLike, pose: Floats, *, transl: Floats
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what moves rest points with each joint: ``x = R p + t``.

        Parameters
        ----------
        betas : (B,) array
        pose : (T, 24, 3) array
            Rotation vectors relative to the parent, radians.
        transl : (T, 3) array
            Metres, added after posing.

        Returns
        -------
        R : (T, 24, 3, 3) float64 array
        t : (T, 24, 3) float64 array
        """
        return _transforms(self.rest_joints(betas), rotation_matrices(pose), transl=np.asarray(transl, np.float64))

    def joints(self, betas: ArrayLike, pose: Floats, *, transl: Floats) -> NDArray[np.float64]:
        """Return the posed joints (T, 24, 3), metres; see `transforms` for the arguments."""
        R, t = self.transforms(betas, pose, transl=transl)
        return np.asarray(np.einsum("tkij,kj->tki", R, self.rest_joints(betas)) + t)

    def forward(
        self, betas: ArrayLike, pose: Floats, *, transl: Floats
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the posed vertices (T, V, 3) and joints (T, 24, 3), metres, float32.

        Linear blend skinning, then the translation, as in SMPL. See `transforms` for the arguments.
        """
        translation = np.asarray(transl, np.float64)[:, None]
        R, t = self.transforms(betas, pose, transl=np.zeros_like(translation[:, 0]))
        rest = self.rest_vertices(betas)
        joints = np.einsum("tkij,kj->tki", R, self.rest_joints(betas)) + t + translation
        corrections = self._pose_corrections(pose)
        vertices = np.empty((len(R), *rest.shape), np.float32)
        moves = np.concatenate([R, t[..., None]], axis=-1).astype(np.float32)
        for frame, move in enumerate(moves):
            points = rest if corrections is None else rest + corrections[frame]
            vertices[frame] = self._skinned(points, move)
        vertices += translation.astype(np.float32)
        return vertices, joints.astype(np.float32)

    def _skinned(self, points: NDArray[np.float32], moves: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return points (V, 3) moved by blends of the moves (24, 3, 4).

        Coordinate by coordinate and without BLAS, whose threads slow small products down on a busy machine.
        """
        a = np.ascontiguousarray((self._sparse_weights @ moves.reshape(24, 12)).T).reshape(3, 4, -1)
        x, y, z = np.ascontiguousarray(points.T)
        return np.asarray((a[:, 0] * x + a[:, 1] * y + a[:, 2] * z + a[:, 3]).T)

    @cached_property
    def _sparse_weights(self) -> "csr_matrix":
        from scipy.sparse import csr_matrix

        return csr_matrix(self.weights)

    def keypoint_rig(self, skeleton: str) -> KeypointRig:
        """Return the rig of a 2D skeleton; keypoints this body does not have get NaN."""
        target = load_skeleton(skeleton)
        names = self.points.names
        index = [
            next((names.index(name) for name in (joint, *target.same_as.get(joint, ())) if name in names), -1)
            for joint in target.joints
        ]
        found = np.array(index) >= 0
        rest = np.asarray(self.points.regressor @ self.template.astype(np.float64))[index]
        directions = _regress(self.points.regressor, self.shape_directions)[index]
        rest[~found] = np.nan
        directions[~found] = 0
        return KeypointRig(skeleton, rest, directions, self.points.weights[index])

    def keypoints(self, rig: KeypointRig, betas: ArrayLike, pose: Floats, *, transl: Floats) -> NDArray[np.float64]:
        """Return the posed keypoints (T, K, 3) of a rig, metres, without touching the mesh."""
        coefficients = np.asarray(betas, np.float64)
        R, t = self.transforms(betas, pose, transl=transl)
        rest = rig.rest + rig.shape_directions[..., : len(coefficients)] @ coefficients
        moved: NDArray[np.float64] = np.einsum("kb,tbij,kj->tki", rig.weights, R, rest, optimize=True)
        return np.asarray(moved + np.einsum("kb,tbi->tki", rig.weights, t))

    def _pose_corrections(self, pose: Floats) -> NDArray[np.float32] | None:
        if self.pose_directions is None:
            return None
        features = (rotation_matrices(pose[:, 1:]) - np.eye(3)).reshape(len(pose), 207).astype(np.float32)
        corrections = features @ self.pose_directions.reshape(-1, 207).T
        return np.asarray(corrections.reshape(len(pose), -1, 3))


def rotation_matrices(rotvec: Floats) -> NDArray[np.float64]:
    """Return rotation matrices (..., 3, 3) of rotation vectors (..., 3) in radians (Rodrigues)."""
    vectors = np.asarray(rotvec, np.float64)
    from scipy.spatial.transform import Rotation  # scipy takes longer to import than the window to open

    matrices: NDArray[np.float64] = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_matrix()
    return matrices.reshape(*vectors.shape, 3)


def rotation_vectors(R: Floats) -> NDArray[np.float64]:
    """Return rotation vectors (..., 3) in radians, at most pi long, of rotation matrices (..., 3, 3)."""
    matrices = np.asarray(R, np.float64)
    from scipy.spatial.transform import Rotation  # scipy takes longer to import than the window to open

    vectors: NDArray[np.float64] = Rotation.from_matrix(matrices.reshape(-1, 3, 3)).as_rotvec()
    return vectors.reshape(matrices.shape[:-1])


@cache
def builtin_body() -> Body:
    """Return the body Betascope comes with; one object per process, its arrays are read only by convention."""
    return read_body(resources.resource_path("body", "betascope.npz"))


def read_body(path: Path) -> Body:
    """Read a body in Betascope's own ``.npz`` layout.

    Raises
    ------
    BodyFileError
        If the file is missing, damaged or has another layout.
    """
    try:
        return _unpack(read_arrays(path))
    except (OSError, ValueError, KeyError) as error:
        raise BodyFileError(f"The body file {path} cannot be read ({error}). Add the body again.") from error


def write_body(path: Path, body: Body, *, precision: type[np.floating] = np.float32) -> None:
    """Write a body as a compressed ``.npz`` that `read_body` reads.

    `precision` is that of the shape directions; float16 is exact to .02 mm for directions of a few centimetres.
    """
    n = int((body.weights > 0).sum(1).max())
    order = np.argsort(-body.weights, axis=1, kind="stable")[:, :n]
    arrays: dict[str, Any] = {
        "name": np.array(body.name),
        "template": body.template,
        "faces": body.faces.astype(np.uint16 if len(body.template) < 2**16 else np.int32),
        "shape_directions": body.shape_directions.astype(precision),
        "shape_names": np.array(body.shape_names),
        "shape_meanings": np.array(body.shape_meanings),
        "weight_joints": order.astype(np.uint8),
        "weight_values": np.take_along_axis(body.weights, order, axis=1),
        "point_names": np.array(body.points.names),
        "point_weights": body.points.weights.astype(np.float32),
        **_packed("joint_regressor", body.joint_regressor),
        **_packed("point_regressor", body.points.regressor),
    }
    if body.pose_directions is not None:
        arrays["pose_directions"] = body.pose_directions
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def _unpack(data: dict[str, NDArray[Any]]) -> Body:
    template = data["template"].astype(np.float32)
    weights = np.zeros((len(template), len(SMPL_JOINTS)), np.float32)
    np.put_along_axis(weights, data["weight_joints"].astype(np.intp), data["weight_values"], axis=1)
    from scipy.sparse import csr_matrix  # scipy takes longer to import than the window to open

    regressors = {
        key: csr_matrix(
            (data[f"{key}_data"].astype(np.float64), data[f"{key}_indices"].astype(np.int32), data[f"{key}_indptr"]),
            shape=(len(data[f"{key}_indptr"]) - 1, len(template)),
        )
        for key in ("joint_regressor", "point_regressor")
    }
    point_weights = data["point_weights"].astype(np.float64)
    return Body(
        name=str(data["name"]),
        template=template,
        faces=data["faces"].astype(np.int32),
        shape_directions=data["shape_directions"].astype(np.float32),
        shape_names=_strings(data["shape_names"]),
        shape_meanings=_strings(data["shape_meanings"]),
        joint_regressor=regressors["joint_regressor"],
        weights=weights,
        points=NamedPoints(
            _strings(data["point_names"]),
            regressors["point_regressor"],
            point_weights / point_weights.sum(1, keepdims=True),
        ),
        pose_directions=data.get("pose_directions"),
    )


def _strings(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


def _packed(key: str, matrix: "csr_matrix") -> dict[str, Any]:
    return {
        f"{key}_data": matrix.data.astype(np.float32),
        f"{key}_indices": matrix.indices.astype(np.int32),
        f"{key}_indptr": matrix.indptr.astype(np.int32),
    }


def _regress(regressor: "csr_matrix", directions: NDArray[np.float32]) -> NDArray[np.float64]:
    n_vertices, _, n_betas = directions.shape
    rows = regressor @ directions.reshape(n_vertices, -1).astype(np.float64)
    return np.asarray(rows).reshape(-1, 3, n_betas)


def _transforms(
    rest: NDArray[np.float64], R_local: NDArray[np.float64], *, transl: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    R = np.empty_like(R_local)
    positions = np.empty((*R_local.shape[:2], 3))
    for joint, parent in enumerate(SMPL_PARENTS):
        if parent < 0:
            R[:, joint] = R_local[:, joint]
            positions[:, joint] = rest[joint] + transl
        else:
            R[:, joint] = R[:, parent] @ R_local[:, joint]
            positions[:, joint] = positions[:, parent] + R[:, parent] @ (rest[joint] - rest[parent])
    return R, positions - np.einsum("tkij,kj->tki", R, rest)
