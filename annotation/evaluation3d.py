"""How good a fitted body is against measured or synthetic 3D truth: MPJPE, PA-MPJPE and acceleration error.

Joints are compared by name, so truth from markers, motion capture and synthetic climbs is scored by the same code.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.body import SMPL_JOINTS, SMPL_PARENTS, Body, rotation_matrices
from annotation.climb_truth import SKELETON, load_truth
from annotation.errors import BetascopeError
from annotation.formats.motion import MotionCapture, read_bvh, read_trc
from annotation.metrics import AccelerationUnit, acceleration_error, align, auc_3d, mean, mpjpe, pa_mpjpe, pck_3d
from annotation.poses import MeshSequence
from annotation.skeletons import load_skeleton

Floats = NDArray[np.float64]

BVH_UNIT_M = 0.0254 / 0.45
"""The unit of the CMU motion capture library as BVH."""

LIMB_JOINTS = tuple(
    f"{side}_{part}" for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for side in ("left", "right")
)
JOINTS_16 = (*LIMB_JOINTS, "left_heel", "right_heel", "left_big_toe", "right_big_toe")
"""What a detector of 25 joints and Pose2Sim's markers share."""
JOINTS_14 = (*LIMB_JOINTS, "neck", "head")
"""The joints of LSP, which most publications score."""
JOINT_SETS = {"16": JOINTS_16, "14": JOINTS_14}

FASTEST_SHARE = 0.1

CURVES = ("MPJPE, mm", "PA-MPJPE, mm", "acceleration error, mm/frame²", "3DPCK@150mm", "AUC@150mm")
"""What is known of each frame (`curves`)."""


@dataclass(frozen=True)
class Truth3d:
    """Where named joints really were.

    Attributes
    ----------
    names : tuple of str
        As in our skeletons.
    joints : (T, K, 3) float64 array
        Metres, any right-handed axes; NaN where unknown.
    fps : float
    are_centres : bool
        Whether limbs' joints are the joints of a skeleton (motion capture) or the points annotators click.
    """

    names: tuple[str, ...]
    joints: Floats
    fps: float
    are_centres: bool = False

    def __len__(self) -> int:
        return len(self.joints)

    def at(self, times_s: NDArray[np.floating]) -> "Truth3d":
        """Return the truth at other times (T',), seconds since its first frame; NaN outside of it."""
        place = np.asarray(times_s, np.float64) * self.fps
        before = np.clip(np.floor(place + 1e-6).astype(int), 0, max(len(self) - 2, 0))
        share = np.clip(place - before, 0, 1)[:, None, None]
        after = np.minimum(before + 1, len(self) - 1)
        joints = np.where(
            share < 1e-3, self.joints[before], (1 - share) * self.joints[before] + share * self.joints[after]
        )
        joints[(place < -0.5) | (place > len(self) - 0.5)] = np.nan
        return Truth3d(self.names, joints, self.fps, self.are_centres)

    def of(self, names: tuple[str, ...]) -> Floats:
        """Return named joints (T, N, 3), NaN for those that are not in the truth."""
        index = [self.names.index(name) if name in self.names else -1 for name in names]
        result = self.joints[:, index].copy()
        result[:, np.array(index) < 0] = np.nan
        return result


_SIDES = {"L": "left_", "R": "right_", "Left": "left_", "Right": "right_"}
_TRC = {
    **{part: part.lower() for part in ("Hip", "Knee", "Ankle", "Heel", "Shoulder", "Elbow", "Wrist")},
    "BigToe": "big_toe",
    "SmallToe": "small_toe",
}
_BVH = {
    "UpLeg": "hip",
    "Leg": "knee",
    "Foot": "ankle",
    "ToeBase": "foot",
    "Arm": "shoulder",
    "ForeArm": "elbow",
    "Hand": "wrist",
}


def read_truth(path: Path) -> Truth3d:
    """Read 3D truth: a marker file (``.trc``), motion capture (``.bvh``) or the truth of a synthetic climb (``.npz``).

    Raises
    ------
    BetascopeError
        If the file is none of these.
    """
    suffix = path.suffix.lower()
    if suffix == ".trc":
        return truth_of_markers(read_trc(path))
    if suffix == ".bvh":
        return truth_of_capture(read_bvh(path, unit_m=BVH_UNIT_M))
    if suffix == ".npz":
        climb = load_truth(path)
        return Truth3d(load_skeleton(SKELETON).joints, climb.keypoints3d.astype(np.float64), climb.fps)
    raise BetascopeError(f"{path.name} is no 3D truth. Give a .trc, a .bvh or the truth.npz of a synthetic climb.")


def truth_of_markers(capture: MotionCapture) -> Truth3d:
    """Return the markers of Pose2Sim by our names."""
    names = tuple(_sided(name, ("L", "R"), parts=_TRC) or name.lower() for name in capture.names)
    return Truth3d(names, capture.positions, capture.fps)


def truth_of_capture(capture: MotionCapture) -> Truth3d:
    """Return the joints of the CMU library by our names; other joints keep theirs."""
    middle = {"Neck": "chest", "Neck1": "neck", "Head": "head", "Hips": "pelvis"}
    names = tuple(_sided(name, ("Left", "Right"), parts=_BVH) or middle.get(name, name) for name in capture.names)
    return Truth3d(names, capture.positions, capture.fps, are_centres=True)


def _sided(name: str, prefixes: tuple[str, ...], *, parts: dict[str, str]) -> str | None:
    for prefix in prefixes:
        if name.startswith(prefix) and name.removeprefix(prefix) in parts:
            return _SIDES[prefix] + parts[name.removeprefix(prefix)]
    return None


def body_joints(mesh: MeshSequence, body: Body, names: tuple[str, ...], *, are_centres: bool) -> Floats:
    """Return named joints (T, N, 3) of a fitted body, metres; NaN for those it does not have and in unfitted frames."""
    joints = body.joints(mesh.betas, mesh.pose, transl=mesh.transl)
    result = np.full((len(mesh), len(names), 3), np.nan)
    by_skeleton = [
        (skeleton, body.keypoints(body.keypoint_rig(skeleton.name), mesh.betas, mesh.pose, transl=mesh.transl))
        for skeleton in (load_skeleton("climbalong25"), load_skeleton("halpe26"))
    ]
    for column, name in enumerate(names):
        if are_centres and name in SMPL_JOINTS:
            result[:, column] = joints[:, SMPL_JOINTS.index(name)]
            continue
        found = next(((s, points) for s, points in by_skeleton if s.find(name) is not None), None)
        if found is not None:
            result[:, column] = found[1][:, found[0].index(name)]
        elif name in SMPL_JOINTS:
            result[:, column] = joints[:, SMPL_JOINTS.index(name)]
    result[~mesh.valid] = np.nan
    return result


@dataclass(frozen=True)
class Accuracy:
    """Errors of a fitted motion.

    Attributes
    ----------
    joints : tuple of str
        Which were scored.
    frames : int
        How many were scored.
    mpjpe_mm, pa_mpjpe_mm : float
        Means over frames; the root of the first is the middle of the hips.
    pa_mpjpe_median_mm : float
    acceleration_mm_per_frame2, acceleration_m_per_s2 : float
        Acceleration error in both units of the literature.
    fastest_pa_mpjpe_mm : float
        Over the tenth of the frames in which the joints move fastest.
    pck_150mm, auc_150mm : float
        3DPCK and the area under its curve, in [0, 1]; the root is that of `mpjpe_mm`.
    per_joint_mm : dict
        Error of every joint after Procrustes alignment.
    """

    joints: tuple[str, ...]
    frames: int
    mpjpe_mm: float
    pa_mpjpe_mm: float
    pa_mpjpe_median_mm: float
    acceleration_mm_per_frame2: float
    acceleration_m_per_s2: float
    fastest_pa_mpjpe_mm: float
    pck_150mm: float
    auc_150mm: float
    per_joint_mm: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values, millimetres to a tenth."""
        plain = {
            name: round(value, 4 if name.endswith("_150mm") else 2)
            for name, value in vars(self).items()
            if isinstance(value, float)
        }
        joints = {name: round(value, 1) for name, value in self.per_joint_mm.items()}
        return {"joints": list(self.joints), "frames": self.frames, **plain, "per_joint_mm": joints}


def score(predicted: Floats, truth: Floats, names: tuple[str, ...], *, fps: float) -> Accuracy:
    """Score joints (T, K, 3), metres, of the same names in the same order.

    Raises
    ------
    BetascopeError
        If no frame has three joints in both.
    """
    known = np.asarray(np.isfinite(predicted).any((0, 2)) & np.isfinite(truth).any((0, 2)))
    scored = tuple(name for name, there in zip(names, known, strict=True) if there)
    a, b = predicted[:, known], truth[:, known]
    procrustes = pa_mpjpe(a, b)
    if not np.isfinite(procrustes).any():
        raise BetascopeError("The fitted body and the truth share no frames and joints. Check the times and the file.")
    hips = [scored.index(f"{side}_hip") for side in ("left", "right")]
    fast = _fastest(b)
    return Accuracy(
        joints=scored,
        frames=int(np.isfinite(procrustes).sum()),
        mpjpe_mm=float(mean(mpjpe(a, b, root=hips))),
        pa_mpjpe_mm=float(mean(procrustes)),
        pa_mpjpe_median_mm=float(np.nanmedian(procrustes)),
        acceleration_mm_per_frame2=_acceleration(a, b, AccelerationUnit.MM_PER_FRAME2, fps),
        acceleration_m_per_s2=_acceleration(a, b, AccelerationUnit.M_PER_S2, fps),
        fastest_pa_mpjpe_mm=float(mean(procrustes[fast])),
        pck_150mm=float(mean(pck_3d(a, b, root=hips))),
        auc_150mm=float(mean(auc_3d(a, b, root=hips))),
        per_joint_mm=_per_joint(a, b, names=scored),
    )


def curves(predicted: Floats, truth: Floats, names: tuple[str, ...], *, fps: float) -> dict[str, Floats]:
    """Return the `CURVES` of joints as `score` takes them: name -> value of each frame (T,), NaN where none is."""
    acceleration = np.full(len(truth), np.nan)
    if len(truth) > 2:
        unit = AccelerationUnit.MM_PER_FRAME2
        acceleration[1:-1] = acceleration_error(predicted, truth, unit=unit, fps=fps)
    hips = [names.index(f"{side}_hip") for side in ("left", "right")]
    found = (
        mpjpe(predicted, truth, root=hips),
        pa_mpjpe(predicted, truth),
        acceleration,
        pck_3d(predicted, truth, root=hips),
        auc_3d(predicted, truth, root=hips),
    )
    return dict(zip(CURVES, found, strict=True))


def _acceleration(a: Floats, b: Floats, unit: AccelerationUnit, fps: float) -> float:
    return float(mean(acceleration_error(a, b, unit=unit, fps=fps))) if len(a) > 2 else float("nan")


def _fastest(truth: Floats) -> NDArray[np.bool_]:
    """Return the tenth of the frames (T,) in which the joints move fastest."""
    if len(truth) < 3:
        return np.ones(len(truth), bool)
    speed = mean(np.linalg.norm(np.gradient(truth, axis=0), axis=-1), axis=1)
    return np.asarray(np.nan_to_num(speed, nan=-1.0) >= np.nanquantile(speed, 1 - FASTEST_SHARE))


def _per_joint(a: Floats, b: Floats, *, names: tuple[str, ...]) -> dict[str, float]:
    apart = 1000 * np.linalg.norm(align(a, b) - b, axis=-1)
    return {name: float(mean(apart[:, column])) for column, name in enumerate(names)}


@dataclass(frozen=True)
class Plausibility:
    """Whether a motion is one of a human being.

    Attributes
    ----------
    bone_spread : float
        Largest change of a bone's length over the clip, as a share of it; 0 for a rigid body.
    left_right : float
        Largest difference between a limb's bones on both sides, as a share.
    largest_turn_deg : float
        Of the pelvis between frames, degrees per 1/30 s.
    largest_joint_turn_deg : float
        Of any joint relative to its parent, degrees per 1/30 s.
    """

    bone_spread: float
    left_right: float
    largest_turn_deg: float
    largest_joint_turn_deg: float


def plausibility(mesh: MeshSequence, body: Body, *, fps: float) -> Plausibility:
    """Measure the rigidity, the symmetry and the jumps of a motion."""
    joints = body.joints(mesh.betas, mesh.pose, transl=mesh.transl)
    length = np.linalg.norm(joints[:, 1:] - joints[:, list(SMPL_PARENTS[1:])], axis=-1)
    mean_length = length.mean(axis=0)
    pairs = [(i, SMPL_JOINTS.index(n.replace("left_", "right_"))) for i, n in enumerate(SMPL_JOINTS) if "left" in n]
    sides = np.array([[mean_length[a - 1], mean_length[b - 1]] for a, b in pairs])
    turns = _turns_deg(mesh) * fps / 30
    return Plausibility(
        bone_spread=float((np.ptp(length, axis=0) / mean_length).max()),
        left_right=float((np.ptp(sides, axis=1) / sides.mean(axis=1)).max()),
        largest_turn_deg=float(turns[:, 0].max(initial=0)),
        largest_joint_turn_deg=float(turns[:, 1:].max(initial=0)),
    )


def _turns_deg(mesh: MeshSequence) -> Floats:
    """Return by how many degrees each joint (T - 1, 24) turns from frame to frame."""
    R = rotation_matrices(mesh.pose)
    step = np.swapaxes(R[:-1], -1, -2) @ R[1:]
    cosine = (np.trace(step, axis1=-2, axis2=-1) - 1) / 2
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
