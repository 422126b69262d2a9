"""The given side of a fit: points, hints, contacts and statements about depth, as arrays over frames."""

import itertools
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from annotation.poses import Camera
from inference.fitting.kinematics import Measure, Rig, State
from inference.fitting.motion import N_GROUPS
from inference.fitting.rotations import Array
from inference.fitting.settings import FitWeights


@dataclass(frozen=True)
class WallContacts:
    """The wall: resting hands and feet are on it, nothing is behind it.

    Attributes
    ----------
    columns : (C,) int array
        Keypoints that meet it; of a wall of several planes, all of them for each plane.
    resting : (T, C) bool array
        Which of them rest on it.
    normal : (T, C, 3) array
        Of the plane, out of the wall.
    offset_m : (T, C) array
        Of the plane; far behind where it is no matter to the point.
    depth_m : float
        How far before the wall's surface a resting point may be: the depth of the holds.
    trusted : bool
        Whether the wall is known rather than found from the motion; what rests is then held to it without mercy.
    """

    columns: NDArray[np.intp]
    resting: NDArray[np.bool_]
    normal: Array
    offset_m: Array
    depth_m: float = 0.0
    trusted: bool = False


@dataclass(frozen=True)
class Rests:
    """Keypoints that do not move.

    Attributes
    ----------
    columns : (C,) int array
    still : (T, C) bool array
        Whether a keypoint stays where it was in the frame before; False in the first frame of a contact.
    """

    columns: NDArray[np.intp]
    still: NDArray[np.bool_]


@dataclass(frozen=True)
class Depths:
    """What a person said about depth: keypoints against the keypoints they hang on.

    Attributes
    ----------
    difference : (P, K) array
        ``difference @ points`` are the vectors from parent to joint.
    sign : (T, P) int array
        +1 farther than the parent, -1 nearer, 0 nothing said.
    depth_m : (T, P) array
        How much farther, NaN where it was not said.
    """

    difference: Array
    sign: NDArray[np.int8]
    depth_m: Array


@dataclass(frozen=True)
class Anchor:
    """A motion to stay close to.

    Attributes
    ----------
    state : State
    turn : (T,) array
        Weight per radian.
    move : (T, 3) array
        Weight per metre.
    depth_m : (T, S) array or None
        How much farther the segments' ends are than their starts there, see `SegmentTable`.
    depth : float
        Weight of that per metre.
    pull : (T, N) array or None
        What is taken off the slope of half the cost: with the slope at that motion, nothing moves until the problem
        becomes another.
    """

    state: State
    turn: Array
    move: Array
    depth_m: Array | None = None
    depth: float = 0.0
    pull: Array | None = None

    @classmethod
    def even(cls, state: State, *, turn: float, move_depth: float) -> "Anchor":
        """Return an anchor that is as strong in all frames; only turns and moves along the view count."""
        n_frames = len(state.transl)
        return cls(state, np.full(n_frames, turn), np.tile([0.0, 0.0, move_depth], (n_frames, 1)))

    def at(self, index: NDArray[np.intp]) -> "Anchor":
        """Return the anchor of some of the frames."""
        depth_m, pull = (None if array is None else array[index] for array in (self.depth_m, self.pull))
        return Anchor(self.state.at(index), self.turn[index], self.move[index], depth_m, self.depth, pull)


@dataclass(frozen=True)
class Problem:
    """The given side of a fit of T frames.

    Attributes
    ----------
    xy : (T, K, 2) array
        Pixels, anything where the confidence is 0.
    confidence : (T, K) array
        Weight of the points.
    sigma_px, cauchy : (T, K) array
        Standard deviation in pixels and the loss' scale in sigmas.
    difference : (S, K) array
        Segments, see `SegmentTable`.
    hints, hint_confidence : (T, S, 3) and (T, S) array
        Directions of the segments, CAMERA frame, and their weight.
    fps : float
    frozen : (T,) bool array
        Frames that stay as they are: the surroundings of a window.
    view_turns : (T, 3, 3) array or None
        For a panning camera: what turns the CAMERA frame of the first frame into that of each frame.
    limbs_apart : bool
        Whether limbs keep out of each other and of the torso.
    refine_focal : bool
        Whether the focal length is solved for.
    """

    rig: Rig
    camera: Camera
    weights: FitWeights
    xy: Array
    confidence: Array
    sigma_px: Array
    cauchy: Array
    difference: Array
    hints: Array
    hint_confidence: Array
    fps: float
    frozen: NDArray[np.bool_]
    contacts: WallContacts | None = None
    rests: Rests | None = None
    depths: Depths | None = None
    anchor: Anchor | None = None
    view_turns: Array | None = None
    limbs_apart: bool = False
    refine_focal: bool = False

    def window(self, frames: slice, *, frozen: int = 2) -> "Problem":
        """Return the problem of a stretch of frames whose first and last `frozen` frames stay as they are.

        Two are what a second difference reaches; at the ends of the clip nothing need be frozen, but may be.
        """
        start, stop, _ = frames.indices(len(self.xy))
        index = np.arange(start, stop)
        held = (index < start + frozen) & (start > 0) | (index >= stop - frozen) & (stop < len(self.xy))
        return replace(self.at(index), frozen=held)

    def every(self, step: int) -> "Problem":
        """Return the problem of every `step`-th frame, the last one included, at a lower frame rate."""
        index = np.arange(0, len(self.xy), step)
        coarse = replace(self.at(index), fps=self.fps / step)
        if self.depths is not None and coarse.depths is not None:
            frames, pairs = np.nonzero(self.depths.sign)
            row = np.clip(np.round(frames / step).astype(int), 0, len(index) - 1)
            coarse.depths.sign[row, pairs] = self.depths.sign[frames, pairs]
            coarse.depths.depth_m[row, pairs] = self.depths.depth_m[frames, pairs]
        if self.rests is None or coarse.rests is None:
            return coarse
        still = np.zeros_like(coarse.rests.still)
        for row, (before, frame) in enumerate(itertools.pairwise(index), start=1):
            still[row] = self.rests.still[before + 1 : frame + 1].all(axis=0)
        return replace(coarse, rests=replace(coarse.rests, still=still))

    def at(self, index: NDArray[np.intp]) -> "Problem":
        """Return the problem of some of the frames."""
        return replace(
            self,
            xy=self.xy[index],
            confidence=self.confidence[index],
            sigma_px=self.sigma_px[index],
            cauchy=self.cauchy[index],
            hints=self.hints[index],
            hint_confidence=self.hint_confidence[index],
            frozen=self.frozen[index],
            contacts=_rows(self.contacts, index, "resting", "normal", "offset_m"),
            rests=_rows(self.rests, index, "still"),
            depths=_rows(self.depths, index, "sign", "depth_m"),
            anchor=None if self.anchor is None else self.anchor.at(index),
            view_turns=None if self.view_turns is None else self.view_turns[index],
        )

    @property
    def shape_weight(self) -> float:
        """Weight of the shape coefficients over all frames."""
        return self.weights.shape * float(np.sqrt(np.count_nonzero(self.confidence.any(axis=1))))

    def sizes(self) -> list[tuple[Measure, float, float]]:
        """Return what is known of the body's size: a measure, its value and the standard deviation of that.

        What a person gave weighs the more, the more frames could contradict it.
        """
        w, rig = self.weights, self.rig
        n = max(int(np.count_nonzero(self.confidence.any(axis=1))), 1) ** 0.5
        people = (rig.height, w.height_m, w.sigma_height_m)
        known = [
            (measure, value, sigma / n)
            for measure, value, sigma in (
                (rig.height, w.known_height_m, w.sigma_known_height_m),
                (rig.span, w.span_m, w.sigma_span_m),
                (rig.mass, w.mass_kg, w.sigma_mass_kg),
            )
            if value is not None
        ]
        return known if w.known_height_m is not None else [people, *known]

    def motion_weights(self) -> Array:
        """Return the weight (G, 3) of second differences over frames, see `inference.fitting.motion`.

        A second difference shrinks with the square of the frame time, so its weight grows with it.
        """
        w = self.weights
        weights = np.full((N_GROUPS, 3), w.turn)
        weights[0] = w.move, w.move, w.move_depth
        return weights * (self.fps / 60) ** 2


_Part = TypeVar("_Part", WallContacts, Rests, Depths)


def _rows(part: _Part | None, index: NDArray[np.intp], *names: str) -> _Part | None:
    """Return a part of a problem with some of the rows of its arrays over frames."""
    return None if part is None else replace(part, **{name: getattr(part, name)[index] for name in names})
