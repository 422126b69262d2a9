"""Which hand and foot goes where and when: a route and the moves of a climber on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

_SECONDS_PER_MOVE = 0.95
_SECONDS_AT_ENDS = 1.0
_RISE_M = 0.38
_MOVES_UP = 10
_SHAKE_AFTER = 4
_DYNAMIC_MOVE = 5
_OFF_THE_WALL_M = 0.16


class Limb(IntEnum):
    """The four that hold on."""

    LEFT_HAND = 0
    RIGHT_HAND = 1
    LEFT_FOOT = 2
    RIGHT_FOOT = 3

    @property
    def is_hand(self) -> bool:
        """Whether it is a hand."""
        return self < Limb.LEFT_FOOT

    @property
    def side(self) -> int:
        """+1 for left (+x), -1 for right."""
        return 1 - 2 * (self % 2)

    @property
    def mirrored(self) -> "Limb":
        """The same limb of the other side."""
        return Limb(self ^ 1)


_ORDER = (Limb.RIGHT_FOOT, Limb.LEFT_HAND, Limb.LEFT_FOOT, Limb.RIGHT_HAND)
_START_HEIGHT_M = {Limb.LEFT_HAND: 2.10, Limb.RIGHT_HAND: 2.29, Limb.LEFT_FOOT: 0.52, Limb.RIGHT_FOOT: 0.33}
_ASIDE_M = {True: (0.36, 0.48), False: (0.18, 0.36)}


@dataclass(frozen=True)
class Grip:
    """Where a limb is: its last joint (hand or foot), the joint before it (wrist or ankle), and whether it holds on.

    Both are (3,) arrays in metres, WORLD frame of the climb.
    """

    end: NDArray[np.float64]
    base: NDArray[np.float64]
    holds: bool = True


@dataclass(frozen=True)
class Move:
    """One limb goes to another grip; the body prepares from `start_s` on, the limb is in the air in between."""

    limb: Limb
    start_s: float
    end_s: float
    target: Grip
    is_dynamic: bool = False

    @property
    def takeoff_s(self) -> float:
        """When the limb leaves."""
        return self.start_s + (0.42 if self.is_dynamic else 0.36) * (self.end_s - self.start_s)

    @property
    def landing_s(self) -> float:
        """When the limb arrives."""
        return self.start_s + 0.88 * (self.end_s - self.start_s)


@dataclass(frozen=True)
class Fold:
    """From `height_m` on the wall overhangs by `angle_deg`."""

    height_m: float
    angle_deg: float

    @property
    def normals(self) -> NDArray[np.float64]:
        """Out of the wall (2, 3), below and above."""
        angle = np.radians(self.angle_deg)
        return np.array([[0.0, 0.0, -1.0], [0.0, -np.sin(angle), -np.cos(angle)]])

    @property
    def offsets_m(self) -> NDArray[np.float64]:
        """Of the planes along their normals (2,)."""
        return np.asarray(self.normals @ np.array([0.0, self.height_m, 0.0]))

    def placed(self, points: NDArray[np.float64], *, above: bool) -> NDArray[np.float64]:
        """Return where points (..., 3) on and before a flat wall are on this one."""
        if not above:
            return points
        down, out = -self.normals[1, 1:]
        y, z = points[..., 1] - self.height_m, points[..., 2]
        return np.stack([points[..., 0], self.height_m + y * out + z * down, z * out - y * down], axis=-1)

    def unfolded(self, points: NDArray[np.floating], *, above: bool) -> NDArray[np.floating]:
        """Return where points (..., 3) on and before this wall would be on a flat one; see `placed`."""
        if not above:
            return points
        down, out = -self.normals[1, 1:]
        y, z = points[..., 1] - self.height_m, points[..., 2]
        return np.stack([points[..., 0], self.height_m + y * out - z * down, z * out + y * down], axis=-1)

    def out_m(self, height_m: float) -> float:
        """Return how far the wall has come out at a height."""
        return max(0.0, height_m - self.height_m) * float(np.tan(np.radians(self.angle_deg)))


@dataclass(frozen=True)
class Climb:
    """A route and the moves on it.

    Attributes
    ----------
    start : tuple of Grip
        By `Limb`.
    moves : tuple of Move
        One after the other.
    holds : (H, 3) float64 array
        Where hands and feet hold on, on the wall's surface, metres.
    is_hand_hold : (H,) bool array
    duration_s : float
    fold : Fold or None
        Where the wall is not flat.
    """

    start: tuple[Grip, ...]
    moves: tuple[Move, ...]
    holds: NDArray[np.float64]
    is_hand_hold: NDArray[np.bool_]
    duration_s: float
    fold: Fold | None = None

    def grips_at(self, time_s: float) -> tuple[Grip, ...]:
        """Return where the limbs are, by `Limb`; in the air they are on an arc off the wall."""
        grips = list(self.start)
        for move in self.moves:
            if time_s >= move.landing_s:
                grips[move.limb] = move.target
            elif time_s > move.takeoff_s:
                u = (time_s - move.takeoff_s) / (move.landing_s - move.takeoff_s)
                grips[move.limb] = _on_the_way(grips[move.limb], move.target, u=u, side=move.limb.side)
        return tuple(_shaken(grip, limb=Limb(limb), time_s=time_s) for limb, grip in enumerate(grips))


def plan_climb(rng: np.random.Generator, *, duration_s: float) -> Climb:
    """Invent a climb: feet and hands go up in turn, one move is dynamic, one hand is shaken out; then down again."""
    is_mirrored = bool(rng.integers(2))
    points = {limb: _hold(rng, limb, _START_HEIGHT_M[limb]) for limb in Limb}
    start = tuple(grip_on(limb, points[limb]) for limb in Limb)
    holds = [(points[limb], limb.is_hand) for limb in Limb]
    n_moves = max(1, round((duration_s - _SECONDS_AT_ENDS) / _SECONDS_PER_MOVE))
    steps = _steps(rng, points, holds)
    shares = rng.uniform(0.88, 1.12, n_moves)
    ends = _SECONDS_AT_ENDS / 2 + np.cumsum(shares / shares.sum()) * max(0.1, duration_s - _SECONDS_AT_ENDS)
    starts = np.concatenate([[_SECONDS_AT_ENDS / 2], ends[:-1]])
    moves = [
        Move(limb, float(a), float(b), target, is_dynamic)
        for a, b, (limb, target, is_dynamic) in zip(starts, ends, steps, strict=False)
    ]
    climb = Climb(
        start, tuple(moves), np.array([p for p, _ in holds]), np.array([is_hand for _, is_hand in holds]), duration_s
    )
    return _mirrored(climb) if is_mirrored else climb


_Step = tuple[Limb, Grip, bool]
_Hold = tuple[NDArray[np.float64], bool]


def _steps(rng: np.random.Generator, points: dict[Limb, NDArray[np.float64]], holds: list[_Hold]) -> Iterator[_Step]:
    """Yield limb, target and whether the move is dynamic, for ever; new holds are added to `holds` at once."""
    points = dict(points)
    ups: list[tuple[Limb, NDArray[np.float64], NDArray[np.float64]]] = []
    for number in range(_MOVES_UP):
        limb = _ORDER[number % 4]
        before = points[limb]
        points[limb] = _hold(rng, limb, before[1] + _RISE_M + rng.uniform(-0.03, 0.03))
        holds.append((points[limb], limb.is_hand))
        ups.append((limb, before, points[limb]))
    while True:
        for number, (limb, _, after) in enumerate(ups):
            if number == _SHAKE_AFTER:
                resting = Limb.LEFT_HAND
                yield resting, _hanging(resting, points=ups, number=number), False
                yield resting, grip_on(resting, ups[1][2]), False
            yield limb, grip_on(limb, after), number == _DYNAMIC_MOVE
        for limb, before, _ in reversed(ups):
            yield limb, grip_on(limb, before), False


def _hold(rng: np.random.Generator, limb: Limb, height_m: float) -> NDArray[np.float64]:
    return np.array([limb.side * rng.uniform(*_ASIDE_M[limb.is_hand]), height_m, 0.0])


def grip_on(limb: Limb, hold: NDArray[np.float64]) -> Grip:
    """Return how a limb holds on to a hold (3,): fingers over the edge, the inner side of the toes on top."""
    if limb.is_hand:
        return Grip(hold + np.array([0, -0.03, -0.095]), hold + np.array([0.01 * limb.side, -0.132, -0.132]))
    return Grip(hold + np.array([0, 0.035, -0.085]), hold + np.array([-0.065 * limb.side, 0.085, -0.22]))


def _hanging(limb: Limb, *, points: list[tuple[Limb, NDArray[np.float64], NDArray[np.float64]]], number: int) -> Grip:
    """Return a hand that hangs down to be shaken out, beside the hip."""
    heights = [after[1] for other, _, after in points[:number] if other.is_hand]
    wrist = np.array([limb.side * 0.42, float(np.mean(heights)) - 0.98, -0.38])
    return Grip(wrist + np.array([0.03 * limb.side, -0.105, 0.01]), wrist, holds=False)


def _on_the_way(a: Grip, b: Grip, *, u: float, side: int) -> Grip:
    """Return where a limb is on its arc off the wall, `u` of the way; a hand that drops swings out to its side."""
    s = u**3 * (10 - 15 * u + 6 * u**2)
    bulge = np.sin(np.pi * s) ** 2
    drop = abs(a.base[1] - b.base[1])
    base = a.base + (b.base - a.base) * s + bulge * np.array([0.25 * side * max(0.0, drop - 0.6), 0, -_OFF_THE_WALL_M])
    before, after = a.end - a.base, b.end - b.base
    length = np.linalg.norm(before) * (1 - s) + np.linalg.norm(after) * s
    direction = before * (1 - s) + after * s + bulge * np.array([0.12 * side * (before @ after < 0), 0, 0])
    return Grip(base + direction * (length / np.linalg.norm(direction)), base, holds=False)


def _shaken(grip: Grip, *, limb: Limb, time_s: float) -> Grip:
    """Shake a hand that hangs; `_on_the_way` never comes so far from the wall and low at once."""
    if grip.holds or not limb.is_hand:
        return grip
    low = float(np.clip((grip.base[1] - grip.end[1] - 0.06) / 0.04, 0, 1))
    swing = low * 0.035 * np.sin(2 * np.pi * 2.6 * time_s)
    return Grip(grip.end + np.array([1.6 * swing, 0, 0]), grip.base + np.array([swing, 0, 0]), holds=False)


def _mirrored(climb: Climb) -> Climb:
    flip = np.array([-1.0, 1, 1])

    def mirror(grip: Grip) -> Grip:
        return Grip(grip.end * flip, grip.base * flip, grip.holds)

    moves = (Move(m.limb.mirrored, m.start_s, m.end_s, mirror(m.target), m.is_dynamic) for m in climb.moves)
    start = tuple(mirror(climb.start[limb.mirrored]) for limb in Limb)
    return Climb(start, tuple(moves), climb.holds * flip, climb.is_hand_hold, climb.duration_s)
