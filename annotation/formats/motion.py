"""Marker and motion capture files: 3D points over frames from TRC and BVH."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation.errors import BetascopeError


@dataclass(frozen=True)
class MotionCapture:
    """Named points over frames, as the file has them: no axes are exchanged.

    Attributes
    ----------
    names : tuple of str
        As in the file (``RHip``, ``LeftUpLeg``).
    positions : (T, K, 3) float64 array
        Metres, NaN where a marker was lost.
    fps : float
    """

    names: tuple[str, ...]
    positions: NDArray[np.float64]
    fps: float

    def __len__(self) -> int:
        return len(self.positions)


_METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001}


def read_trc(path: Path) -> MotionCapture:
    """Read a TRC file (OpenSim, Pose2Sim).

    Raises
    ------
    BetascopeError
        If it is not one.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        keys, values = lines[1].split("\t"), lines[2].split("\t")
        header = dict(zip(keys, values, strict=False))
        names = tuple(name.strip() for name in lines[3].split("\t")[2:] if name.strip())
        rows = [_numbers(line, 2 + 3 * len(names)) for line in lines[5:] if line.strip()]
        positions = np.array(rows)[:, 2:].reshape(len(rows), len(names), 3) * _METRES[header["Units"].strip()]
        return MotionCapture(names, positions, float(header["DataRate"]))
    except (OSError, UnicodeDecodeError, ValueError, IndexError, KeyError) as error:
        raise BetascopeError(f"{path.name} is not a readable TRC file ({error}). Choose another file.") from error


def _numbers(line: str, n: int) -> list[float]:
    cells = [cell.strip() for cell in line.split("\t")][:n]
    return [float(cell) if cell else np.nan for cell in [*cells, *[""] * (n - len(cells))]]


def read_bvh(path: Path, *, unit_m: float) -> MotionCapture:
    """Read the joints of a BVH file; the end of a chain is named after its last joint, with ``_end``.

    Parameters
    ----------
    unit_m : float
        Metres per unit of the file, which does not say it.

    Raises
    ------
    BetascopeError
        If it is not one.
    """
    try:
        hierarchy, _, motion = path.read_text(encoding="utf-8").partition("MOTION")
        joints = _joints(hierarchy)
        lines = [line.split() for line in motion.splitlines() if line.strip()]
        frame_time = float(next(line for line in lines if line[0] == "Frame")[-1])
        values = np.array([[float(cell) for cell in line] for line in lines if line[0] not in ("Frames:", "Frame")])
        if frame_time <= 0 or values.shape[1] != sum(len(joint.channels) for joint in joints):
            raise ValueError("the motion does not belong to the hierarchy")
    except (OSError, UnicodeDecodeError, ValueError, IndexError, StopIteration) as error:
        raise BetascopeError(f"{path.name} is not a readable BVH file ({error}). Choose another file.") from error
    return MotionCapture(tuple(joint.name for joint in joints), _posed(joints, values) * unit_m, 1 / frame_time)


@dataclass
class _Joint:
    name: str
    parent: int
    offset: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    channels: tuple[str, ...] = ()


def _joints(hierarchy: str) -> list[_Joint]:
    joints: list[_Joint] = []
    open_joints: list[int] = []
    for line in hierarchy.splitlines():
        word, *rest = line.split() or [""]
        parent = open_joints[-1] if open_joints else -1
        if word in ("ROOT", "JOINT"):
            joints.append(_Joint(rest[0], parent))
        elif word == "End":
            joints.append(_Joint(f"{joints[parent].name}_end", parent))
        elif word == "{":
            open_joints.append(len(joints) - 1)
        elif word == "}":
            open_joints.pop()
        elif word == "OFFSET":
            joints[-1].offset = np.array([float(cell) for cell in rest])
        elif word == "CHANNELS":
            joints[-1].channels = tuple(rest[1:])
    if not joints:
        raise ValueError("there is no hierarchy")
    return joints


def _posed(joints: list[_Joint], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the positions (T, K, 3) of the joints in the file's unit."""
    rotations = np.empty((len(values), len(joints), 3, 3))
    positions = np.empty((len(values), len(joints), 3))
    column = 0
    for index, joint in enumerate(joints):
        turn, offset = np.broadcast_to(np.eye(3), (len(values), 3, 3)), np.tile(joint.offset, (len(values), 1))
        for channel in joint.channels:
            axis = "XYZ".index(channel[0])
            if channel.endswith("position"):
                offset[:, axis] += values[:, column]
            else:
                turn = turn @ _about_axis(axis, np.radians(values[:, column]))
            column += 1
        if joint.parent < 0:
            rotations[:, index], positions[:, index] = turn, offset
        else:
            rotations[:, index] = rotations[:, joint.parent] @ turn
            moved = (rotations[:, joint.parent] @ offset[..., None])[..., 0]
            positions[:, index] = positions[:, joint.parent] + moved
    return positions


def _about_axis(axis: int, angle: NDArray[np.float64]) -> NDArray[np.float64]:
    result = np.zeros((len(angle), 3, 3))
    a, b = (axis + 1) % 3, (axis + 2) % 3
    result[:, axis, axis] = 1
    result[:, a, a] = result[:, b, b] = np.cos(angle)
    result[:, b, a] = np.sin(angle)
    result[:, a, b] = -np.sin(angle)
    return result
