"""Climbs that no two are alike: any order of limbs, sideways and down too, dynamic moves, rests, hands shaken out."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from inference.climb.choreography import Climb, Grip, Limb, Move, grip_on

Floats = NDArray[np.float64]

_HANDS_OVER_FEET_M = (1.15, 2.05)
_STEP_M = {True: (-0.15, 0.55), False: (-0.10, 0.50)}
_ASIDE_M = {True: (-0.05, 0.62), False: (-0.05, 0.50)}
_SECONDS = (0.55, 1.9)
_DYNAMIC_SECONDS = (0.45, 0.75)
_DYNAMIC_RISE_M = (0.35, 0.62)
_REST_S = (0.3, 1.8)
_SHARES = {"dynamic": 0.18, "rest": 0.25, "shake": 0.06, "down": 0.25}
_LOWEST_FOOT_M = 0.2
_PROPOSALS = 40


def plan_route(rng: np.random.Generator, *, duration_s: float) -> Climb:
    """Invent a climb of moves that a body can make."""
    state = _Wall(rng)
    time = float(rng.uniform(0.1, 1.0))
    start = tuple(grip_on(limb, state.points[limb]) for limb in Limb)
    moves: list[Move] = []
    while True:
        if rng.random() < _SHARES["rest"]:
            time += float(rng.uniform(*_REST_S))
        steps = state.next_steps()
        for limb, target, is_dynamic in steps:
            seconds = float(rng.uniform(*(_DYNAMIC_SECONDS if is_dynamic else _SECONDS)))
            if time + seconds > duration_s - 0.2:
                return Climb(start, tuple(moves), np.array(state.holds), np.array(state.is_hand), duration_s)
            moves.append(Move(limb, time, time + seconds, target, is_dynamic))
            time += seconds


_Step = tuple[Limb, Grip, bool]


@dataclass
class _Wall:
    """Where the climber is, and the holds used so far."""

    rng: np.random.Generator
    points: dict[Limb, Floats] = field(init=False)
    holds: list[Floats] = field(init=False)
    is_hand: list[bool] = field(init=False)
    last: Limb = Limb.RIGHT_FOOT
    upwards: float = 1.0

    def __post_init__(self) -> None:
        foot, hand = self.rng.uniform(0.25, 0.9), self.rng.uniform(1.45, 1.85)
        self.points = {}
        for limb in Limb:
            height = foot + (hand if limb.is_hand else 0) + self.rng.uniform(-0.12, 0.12)
            self.points[limb] = np.array([limb.side * self.rng.uniform(0.12, 0.42), height, 0.0])
        self.holds = [self.points[limb] for limb in Limb]
        self.is_hand = [limb.is_hand for limb in Limb]

    def next_steps(self) -> list[_Step]:
        """Return the next move, or the two of a hand that is shaken out."""
        chance = self.rng.random()
        if chance < _SHARES["shake"]:
            limb = Limb(int(self.rng.integers(2)))
            return [(limb, self._hanging(limb), False), (limb, grip_on(limb, self.points[limb]), False)]
        if self.rng.random() < 0.15:
            self.upwards = -1.0 if self.rng.random() < _SHARES["down"] else 1.0
        is_dynamic = chance > 1 - _SHARES["dynamic"]
        for _ in range(_PROPOSALS):
            limb = Limb(int(self.rng.integers(2 if is_dynamic else 4)))
            target = self._proposal(limb, is_dynamic=is_dynamic)
            if limb != self.last and self._possible(limb, target):
                self.points[limb], self.last = target, limb
                self.holds.append(target)
                self.is_hand.append(limb.is_hand)
                return [(limb, grip_on(limb, target), is_dynamic)]
        self.upwards = -self.upwards
        return []

    def _proposal(self, limb: Limb, *, is_dynamic: bool) -> Floats:
        step = self.rng.uniform(*(_DYNAMIC_RISE_M if is_dynamic else _STEP_M[limb.is_hand]))
        middle = float(np.mean([point[0] for point in self.points.values()]))
        aside = limb.side * self.rng.uniform(*_ASIDE_M[limb.is_hand])
        upwards = 1.0 if is_dynamic else self.upwards
        return np.array([middle + aside, self.points[limb][1] + step * upwards, 0.0])

    def _possible(self, limb: Limb, target: Floats) -> bool:
        points = {**self.points, limb: target}
        hands = np.array([points[Limb.LEFT_HAND], points[Limb.RIGHT_HAND]])
        feet = np.array([points[Limb.LEFT_FOOT], points[Limb.RIGHT_FOOT]])
        low, high = _HANDS_OVER_FEET_M
        spread = np.ptp(hands, axis=0)[:2].max() < 0.85 and np.ptp(feet, axis=0)[:2].max() < 0.75
        reach = hands[:, 1].max() - feet[:, 1].min() < high and hands[:, 1].min() - feet[:, 1].max() > low * 0.75
        over = bool(abs(hands[:, 0].mean() - feet[:, 0].mean()) < 0.45)
        uncrossed = feet[0, 0] - feet[1, 0] > 0.02 and hands[0, 0] - hands[1, 0] > -0.1
        return bool(spread and reach and over and uncrossed and feet[:, 1].min() > _LOWEST_FOOT_M)

    def _hanging(self, limb: Limb) -> Grip:
        """Return a hand that hangs down to be shaken out, beside the hip."""
        hands = float(np.mean([self.points[Limb.LEFT_HAND][1], self.points[Limb.RIGHT_HAND][1]]))
        middle = float(np.mean([point[0] for point in self.points.values()]))
        wrist = np.array([middle + limb.side * 0.42, hands - 0.98, -0.38])
        return Grip(wrist + np.array([0.03 * limb.side, -0.105, 0.01]), wrist, holds=False)
