"""How far joints turn: their ranges, how far a pose is beyond them, and the nearest pose within them.

A rotation vector says little about a shoulder or hip, which turn far about all axes: for those the direction of the
limb and its turn about itself are limited. Ranges are those of clinical goniometry (AAOS 1965; Norkin and White 2016),
widened by what climbers do and by what the skeletons of people differ.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from inference.fitting.kinematics import TURNED
from inference.fitting.rotations import Array, cross, exp, inverse_right_jacobian, lengths, log, transposed


@dataclass(frozen=True)
class Limit:
    """A range, in degrees, of something about a joint's rotation.

    Attributes
    ----------
    joint : int
        SMPL joint.
    what : str
        For messages: what the joint does.
    low_deg, high_deg : float
    axis : int
        ``Component`` of the rotation vector, or axis of the parent whose angle with the limb is limited.
    limb : tuple of float or None
        Rest direction of the limb, for limits of its direction and of its turn about itself; a turn has the axis -1.
    """

    joint: int
    what: str
    low_deg: float
    high_deg: float
    axis: int = -1
    limb: tuple[float, float, float] | None = None


_ANY = 1e3


def _both(joints: tuple[int, int], what: str, ranges: dict[int, tuple[float, float]]) -> tuple[Limit, ...]:
    """Return limits of a left and a right joint; ranges by axis are the left one's, y and z are mirrored."""
    left, right = joints
    limits = [Limit(left, what, low, high, axis) for axis, (low, high) in ranges.items()]
    mirrored = [
        Limit(right, what, *((low, high) if axis == 0 else (-high, -low)), axis) for axis, (low, high) in ranges.items()
    ]
    return (*limits, *mirrored)


def _ball(
    joints: tuple[int, int],
    what: str,
    limb: tuple[float, float, float],
    *,
    back_deg: float,
    across_deg: float,
    twist_deg: tuple[float, float],
) -> tuple[Limit, ...]:
    """Return limits of a left and a right joint: how far the limb goes back and across, and its turn about itself."""
    result = []
    for joint, side in zip(joints, (1, -1), strict=True):
        axis = (limb[0] * side, limb[1], limb[2])
        low, high = twist_deg if side > 0 else (-twist_deg[1], -twist_deg[0])
        across = (-across_deg, _ANY) if side > 0 else (-_ANY, across_deg)
        result += [
            Limit(joint, f"{what} back", -back_deg, _ANY, 2, axis),
            Limit(joint, f"{what} across", *across, 0, axis),
            Limit(joint, f"{what} turned", low, high, -1, axis),
        ]
    return tuple(result)


def _middle(joints: tuple[int, ...], what: str, ranges: tuple[tuple[float, float], ...]) -> tuple[Limit, ...]:
    """Return limits of the rotation vector of joints of the spine."""
    return tuple(Limit(joint, what, *ends, axis) for joint in joints for axis, ends in enumerate(ranges))


LIMITS: tuple[Limit, ...] = (
    *_ball((1, 2), "thigh", (0, -1, 0), back_deg=38, across_deg=45, twist_deg=(-105, 65)),
    *_ball((16, 17), "upper arm", (1, 0, 0), back_deg=60, across_deg=65, twist_deg=(-115, 115)),
    *_both((4, 5), "knee", {0: (-10, 155), 1: (-35, 35), 2: (-15, 15)}),
    *_both((18, 19), "elbow", {0: (-110, 110), 1: (-155, 10), 2: (-25, 25)}),
    *_both((7, 8), "ankle", {0: (-50, 60), 1: (-45, 45), 2: (-40, 40)}),
    *_both((20, 21), "wrist", {0: (-25, 25), 1: (-50, 50), 2: (-85, 85)}),
    *_both((13, 14), "collar", {0: (-20, 20), 1: (-35, 35), 2: (-20, 45)}),
    *_middle((3, 9), "back", ((-28, 45), (-32, 32), (-30, 30))),
    *_middle((12,), "neck", ((-72, 60), (-80, 80), (-50, 50))),
)


@dataclass(frozen=True)
class Beyond:
    """How far poses are beyond the limits.

    Attributes
    ----------
    angle : (T, L) array
        Radians, negative below a range, positive above it, 0 within.
    rows : (T, L, 3) array
        Derivatives of the limited angles by the turn of their joint, 0 where it is within its range.
    """

    angle: Array
    rows: Array


@dataclass(frozen=True)
class _Table:
    """The limits as arrays; `parts` are the indices of components, directions and turns."""

    column: NDArray[np.intp]
    axis: NDArray[np.intp]
    limb: Array
    low: Array
    high: Array
    parts: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]


@lru_cache
def _table() -> _Table:
    is_component = np.array([limit.limb is None for limit in LIMITS])
    is_turn = np.array([limit.axis < 0 for limit in LIMITS])
    kinds = (is_component, ~is_component & ~is_turn, is_turn)
    return _Table(
        column=np.array([TURNED.index(limit.joint) for limit in LIMITS]),
        axis=np.array([limit.axis for limit in LIMITS]),
        limb=np.array([limit.limb or (0, 0, 0) for limit in LIMITS], float),
        low=np.radians([limit.low_deg for limit in LIMITS]),
        high=np.radians([limit.high_deg for limit in LIMITS]),
        parts=(np.flatnonzero(kinds[0]), np.flatnonzero(kinds[1]), np.flatnonzero(kinds[2])),
    )


def limited_columns() -> NDArray[np.intp]:
    """Return which of the turned joints each limit is about (L,)."""
    return _table().column


def beyond_limits(rotations: Array, turns: Array, *, margin_deg: float = 0.0) -> Beyond:
    """Return how far joints are beyond their limits.

    Parameters
    ----------
    rotations : (T, A, 3, 3) array
        Of the turned joints.
    turns : (T, A, 3) array
        The same as rotation vectors.
    margin_deg : float
        By how much the ranges are narrowed.
    """
    table, margin = _table(), np.radians(margin_deg)
    angle = _angles(rotations, turns)
    off = np.minimum(angle - table.low - margin, 0) + np.maximum(angle - table.high + margin, 0)
    rows = np.zeros((*off.shape, 3))
    frames, limits = np.nonzero(off)
    if len(frames):
        columns = table.column[limits]
        rows[frames, limits] = _derivatives(rotations[frames, columns], turns[frames, columns], limits)
    return Beyond(off, rows)


def _angles(rotations: Array, turns: Array) -> Array:
    """Return the limited angles (T, L), radians."""
    table = _table()
    components, directions, twists = table.parts
    result = np.empty((len(turns), len(table.column)))
    result[:, components] = turns[:, table.column[components], table.axis[components]]
    rows = rotations[:, table.column[directions], table.axis[directions]]
    result[:, directions] = np.arcsin(np.clip((rows * table.limb[directions]).sum(-1), -1, 1))
    scalar, vector = _quaternions(turns[:, table.column[twists]])
    sine = (vector * table.limb[twists]).sum(-1)
    result[:, twists] = 2 * np.arctan2(sine * np.sign(scalar + 1e-12), np.abs(scalar))
    return result


def _quaternions(turns: Array) -> tuple[Array, Array]:
    half = 0.5 * lengths(turns)
    return np.cos(half), 0.5 * np.sinc(half / np.pi)[..., None] * turns


def _derivatives(rotations: Array, turns: Array, limits: NDArray[np.intp]) -> Array:
    """Return the derivatives (N, 3) of single limited angles by the turn of their joint."""
    table = _table()
    axis, limb = table.axis[limits], table.limb[limits]
    result = np.empty((len(limits), 3))
    component, direction, twist = (np.isin(limits, part) for part in table.parts)
    some = np.flatnonzero(component)
    result[some] = inverse_right_jacobian(turns[some])[np.arange(len(some)), axis[some]]
    some = np.flatnonzero(direction)
    row = rotations[some, axis[some]]
    sine = (row * limb[some]).sum(-1)
    cosine = np.sqrt(np.maximum(1 - sine**2, 0.04))
    result[some] = cross(limb[some], row) / cosine[:, None]
    some = np.flatnonzero(twist)
    scalar, vector = _quaternions(turns[some])
    along = (vector * limb[some]).sum(-1)
    turned = scalar[:, None] * limb[some] + cross(limb[some], vector)
    square = np.maximum(scalar**2 + along**2, 0.05)
    result[some] = (scalar[:, None] * turned + along[:, None] * vector) / square[:, None]
    return result


def within_limits(rotations: Array) -> Array:
    """Return rotations (T, 24, 3, 3) whose joints are turned back as little as it takes to be within their limits."""
    result, turned = rotations.copy(), list(TURNED)
    table = _table()
    for _ in range(20):
        now = result[:, turned]
        turns = log(now)
        beyond = beyond_limits(now, turns)
        if np.abs(beyond.angle).max(initial=0) < 1e-4:
            break
        step = np.zeros_like(turns)
        for column in np.unique(table.column[beyond.angle.any(axis=0)]):
            mine = np.flatnonzero(table.column == column)
            rows = beyond.rows[:, mine]
            square = rows @ transposed(rows) + 1e-6 * np.eye(len(mine))
            step[:, column] = -(transposed(rows) @ np.linalg.solve(square, beyond.angle[:, mine, None]))[..., 0]
        result[:, turned] = now @ exp(step)
    return result
