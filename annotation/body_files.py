"""The user's own SMPL files: checked, converted once, and listed beside the built-in body."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from annotation.arrays import read_arrays
from annotation.body import (
    BUILTIN_BODY,
    SMPL_JOINTS,
    SMPL_PARENTS,
    Body,
    NamedPoints,
    builtin_body,
    read_body,
    write_body,
)
from annotation.errors import BodyFileError
from annotation.smpl_pickle import read_smpl_pickle

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

EXPECTED = (
    "Expected is an SMPL model with 24 joints and 6890 vertices from smpl.is.tue.mpg.de: SMPL_NEUTRAL.pkl or "
    "basicmodel_neutral_lbs_10_207_0_v1.1.0.pkl (also the female and male ones), or the same as .npz."
)

N_VERTICES, N_FACES, N_BETAS, N_POSE_FEATURES = 6890, 13776, 10, 207
_HUMAN_HEIGHT_M = (1.2, 2.3)

_OTHER_MODELS = {
    10475: "SMPL-X (10475 vertices), which has another mesh and 55 joints",
    778: "MANO, a hand (778 vertices)",
    5023: "FLAME, a head (5023 vertices)",
}

_VERTICES = {"nose": 332, "head": 411} | {
    side + point: vertex
    for point, pair in {
        "eye": (2800, 6260),
        "ear": (583, 4071),
        "big_toe": (3216, 6617),
        "small_toe": (3226, 6624),
        "heel": (3387, 6787),
    }.items()
    for side, vertex in zip(("left_", "right_"), pair, strict=True)
}
"""Vertices of the SMPL mesh under keypoints, as in `smplx.vertex_ids` and SMPLify."""

_FINGERTIPS = {"left_thumb": 2746, "left_index": 2319, "left_pinky": 2673} | {
    "right_thumb": 6191,
    "right_index": 5782,
    "right_pinky": 6133,
}
_JOINTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot")


@dataclass(frozen=True)
class BodyInfo:
    """A body one can choose.

    Attributes
    ----------
    path : Path or None
        None for the built-in body.
    problem : str or None
        Why the file cannot be used; the numbers are 0 then.
    """

    name: str
    path: Path | None
    n_vertices: int
    n_betas: int
    problem: str | None = None


def add_body(file: Path, *, bodies_dir: Path) -> Body:
    """Check a user's SMPL file (``.pkl`` or ``.npz``) and keep a converted copy in `bodies_dir`.

    Raises
    ------
    BodyFileError
        If the file is not an SMPL body; the message says what it is and which file was expected.
    """
    body = read_smpl(file)
    if body.name == BUILTIN_BODY:
        raise BodyFileError(f"{BUILTIN_BODY!r} is the name of the built-in body: rename {file.name} and add it again.")
    place = bodies_dir / f"{body.name}.npz"
    kept = _readable(place)
    if kept is not None:
        if not _is_same(kept, body):
            raise BodyFileError(
                f"There is a body {body.name!r} already, and it is another one. Rename {file.name}, for instance to "
                f"{file.stem}_2{file.suffix}, and add it again: what was fitted with the first stays as it is."
            )
        return kept  # written anew it might differ by a rounding, and motions would not know it any more
    bodies_dir.mkdir(parents=True, exist_ok=True)
    part = bodies_dir / f"{body.name}.part"
    write_body(part, body)
    part.replace(place)
    return body


def _readable(path: Path) -> Body | None:
    """Return the body in a file; None where there is none, or nobody can read it."""
    try:
        return read_body(path)
    except BodyFileError:
        return None


def _is_same(kept: Body, body: Body) -> bool:
    """Tell whether two bodies are one, but for roundings: its rest shape, and how shape and pose bend it."""
    pairs = [
        (kept.template, body.template),
        (kept.shape_directions, body.shape_directions),
        (kept.weights, body.weights),
        (kept.joint_regressor.toarray(), body.joint_regressor.toarray()),
        (kept.pose_directions, body.pose_directions),
    ]
    return all(_are_close(a, b) for a, b in pairs)


def _are_close(a: NDArray[Any] | None, b: NDArray[Any] | None) -> bool:
    if a is None or b is None:
        return a is b
    return a.shape == b.shape and np.allclose(a, b, atol=1e-5)


def load_body(name: str, *, bodies_dir: Path | None) -> Body:
    """Return a body by name: ``"betascope"`` or one that was added.

    Raises
    ------
    BodyFileError
        If there is no such body; the message names those there are.
    """
    if name == BUILTIN_BODY:
        return builtin_body()
    known = {info.name: info.path for info in list_bodies(bodies_dir)} if bodies_dir else {}
    path = known.get(name)
    if path is None:
        raise BodyFileError(
            f"There is no body {name!r}. Known: {', '.join({BUILTIN_BODY: None} | known)}. "
            "Add an SMPL file with 'betascope body add FILE'."
        )
    return read_body(path)


def list_bodies(bodies_dir: Path) -> list[BodyInfo]:
    """Return the built-in body and those added, by name; damaged files are listed with their problem."""
    builtin = builtin_body()
    infos = [BodyInfo(BUILTIN_BODY, None, len(builtin.template), builtin.n_betas)]
    for path in sorted(bodies_dir.glob("*.npz")):
        try:
            data = read_arrays(path)
            infos.append(BodyInfo(path.stem, path, len(data["template"]), len(data["shape_names"])))
        except (OSError, ValueError, KeyError) as error:
            infos.append(BodyInfo(path.stem, path, 0, 0, problem=f"cannot be read ({error}); add the body again"))
    return infos


def read_smpl(file: Path) -> Body:
    """Read an SMPL model from its ``.pkl`` (original, with chumpy arrays, or cleaned) or ``.npz``.

    The pickle is read by an allow-list: nothing it names is run.

    Raises
    ------
    BodyFileError
        If it is not an SMPL body; the message says what it is and which file was expected.
    """
    if not file.is_file():
        raise BodyFileError(f"There is no file {file}. {EXPECTED}")
    if file.suffix.lower() not in (".pkl", ".npz"):
        raise BodyFileError(f"{file.name} is neither .pkl nor .npz. {EXPECTED}")
    model = read_smpl_pickle(file) if file.suffix.lower() == ".pkl" else _read_npz(file)
    problem = _foreign(model) or _misshapen(model) or _implausible(model)
    if problem:
        raise BodyFileError(f"{file.name} {problem}. {EXPECTED}")
    return _smpl_body(file.stem, model)


def smpl_model_dict(body: Body) -> dict[str, NDArray[Any]]:
    """Return a body as the dense arrays of an SMPL file, as ``smplx.SMPL(data_struct=Struct(**d))`` takes them."""
    n_vertices = len(body.template)
    no_pose = np.zeros((n_vertices, 3, N_POSE_FEATURES), np.float32)
    return {
        "v_template": body.template,
        "f": body.faces,
        "shapedirs": body.shape_directions,
        "posedirs": no_pose if body.pose_directions is None else body.pose_directions,
        "J_regressor": np.asarray(body.joint_regressor.toarray()),
        "kintree_table": np.array([SMPL_PARENTS, range(len(SMPL_JOINTS))], np.int64),
        "weights": body.weights,
    }


def _read_npz(file: Path) -> dict[str, Any]:
    try:
        return dict(read_arrays(file))
    except (OSError, ValueError) as error:
        raise BodyFileError(f"{file.name} is not a readable .npz of plain arrays ({error}). {EXPECTED}") from error


def _foreign(model: Mapping[str, Any]) -> str | None:
    """Say which other model or file this is, or None."""
    if "poses" in model and "v_template" not in model:
        return "holds a motion (poses over frames), not a body"
    shapes = {key: np.shape(model[key]) for key in ("v_template", "J_regressor", "posedirs") if key in model}
    n_vertices, n_joints = (next(iter(shapes.get(key, ())), 0) for key in ("v_template", "J_regressor"))
    if n_vertices in _OTHER_MODELS:
        return f"is {_OTHER_MODELS[n_vertices]}"
    if n_vertices == N_VERTICES and n_joints == 52:
        return "is SMPL+H (52 joints, with fingers)"
    if n_vertices == N_VERTICES and shapes.get("posedirs") == (N_VERTICES, 3, 93):
        return "is STAR, whose pose blend shapes differ from SMPL's"
    return None


def _misshapen(model: Mapping[str, Any]) -> str | None:
    shapes: dict[str, tuple[int, ...]] = {
        "v_template": (N_VERTICES, 3),
        "f": (N_FACES, 3),
        "shapedirs": (N_VERTICES, 3, N_BETAS),
        "posedirs": (N_VERTICES, 3, N_POSE_FEATURES),
        "J_regressor": (24, N_VERTICES),
        "kintree_table": (2, 24),
        "weights": (N_VERTICES, 24),
    }
    missing = [key for key in shapes if key not in model]
    if missing:
        return f"lacks {', '.join(missing)}, so it is not an SMPL model"
    for key, shape in shapes.items():
        value = np.asarray(model[key])
        found = value.shape
        if key == "shapedirs" and value.ndim == 3:
            found = (*found[:2], min(found[2], N_BETAS))  # newer files have 300 coefficients; the first ten are used
        if found != shape:
            return f"has {key} of the shape {value.shape} where {shape} belongs"
        if value.dtype.kind not in "fiu" or not np.isfinite(value).all():
            return f"has {key} with values that are not finite numbers"
    return None


def _implausible(model: Mapping[str, Any]) -> str | None:
    if tuple(int(parent) for parent in np.asarray(model["kintree_table"])[0, 1:]) != SMPL_PARENTS[1:]:
        return "joins its joints in another way than SMPL"
    faces = np.asarray(model["f"])
    if int(faces.min()) < 0 or int(faces.max()) >= N_VERTICES:
        return "has faces that name vertices it does not have"
    for key, tolerance in (("weights", 1e-3), ("J_regressor", 1e-2)):
        if np.abs(np.asarray(model[key]).sum(1) - 1).max() > tolerance:
            return f"has {key} whose rows do not sum to 1"
    height = float(np.ptp(np.asarray(model["v_template"])[:, 1]))
    if not _HUMAN_HEIGHT_M[0] <= height <= _HUMAN_HEIGHT_M[1]:
        return f"is {height:.2f} m tall in its T-pose, which no grown-up is in metres"
    return None


def _smpl_body(name: str, model: Mapping[str, Any]) -> Body:
    weights = np.asarray(model["weights"], np.float32)
    from scipy.sparse import csr_matrix

    regressor = csr_matrix(np.asarray(model["J_regressor"], np.float32).astype(np.float64))
    return Body(
        name=name,
        template=np.asarray(model["v_template"], np.float32),
        faces=np.asarray(model["f"]).astype(np.int32),
        shape_directions=np.ascontiguousarray(np.asarray(model["shapedirs"])[..., :N_BETAS], np.float32),
        shape_names=tuple(f"shape_{i + 1}" for i in range(N_BETAS)),
        shape_meanings=tuple(f"SMPL's shape component {i + 1}" for i in range(N_BETAS)),
        joint_regressor=regressor,
        weights=weights,
        points=_smpl_points(regressor, weights),
        pose_directions=np.ascontiguousarray(model["posedirs"], np.float32),
    )


def _smpl_points(regressor: "csr_matrix", weights: NDArray[np.float32]) -> NamedPoints:
    """Return the keypoints of an SMPL mesh: vertices under the skin points, SMPL's joints for the others.

    The knuckles are taken half-way between the wrist joint and the fingertip, moving with the wrist.
    """
    rows: dict[str, NDArray[np.float64]] = {}
    moves: dict[str, NDArray[np.float64]] = {}
    joints = regressor.toarray()
    own = np.eye(len(SMPL_JOINTS))
    for name, vertex in _VERTICES.items():
        rows[name] = _vertex_row(vertex)
        moves[name] = weights[vertex].astype(np.float64)
    for name in (side + joint for side in ("left_", "right_") for joint in _JOINTS):
        index = SMPL_JOINTS.index(name)
        rows[name], moves[name] = joints[index], own[index]
    for name, vertex in _FINGERTIPS.items():
        wrist = SMPL_JOINTS.index(name.split("_")[0] + "_wrist")
        rows[name], moves[name] = (joints[wrist] + _vertex_row(vertex)) / 2, own[wrist]
    neck, pelvis = SMPL_JOINTS.index("neck"), SMPL_JOINTS.index("pelvis")
    rows["neck"], moves["neck"] = joints[neck], own[neck]
    rows["hip"], moves["hip"] = (rows["left_hip"] + rows["right_hip"]) / 2, own[pelvis]
    names = tuple(rows)
    from scipy.sparse import csr_matrix

    return NamedPoints(names, csr_matrix(np.stack([rows[n] for n in names])), np.stack([moves[n] for n in names]))


def _vertex_row(vertex: int) -> NDArray[np.float64]:
    row = np.zeros(N_VERTICES)
    row[vertex] = 1
    return row
