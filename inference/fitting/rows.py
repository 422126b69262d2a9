"""Rows of the Jacobian: how residuals of keypoints change with the unknowns of their frame and with the clip's.

A wrist does not move when a knee bends: of all pairs of turned joints and rows only those that have to do with each
other are computed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.fitting.kinematics import MOVED, N_UNKNOWNS, TURNED, Figure, rows_first

Single = NDArray[np.float32]
"""Rows are of single precision: the step they give is corrected in the next iteration anyway."""
CHUNK = 64
"""Frames taken at a time, so that what is computed stays near the processor."""


class Scratch:
    """Memory that is used again and again: fresh from the system, it would cost as much as the arithmetic in it."""

    def __init__(self) -> None:
        self._memory: dict[str, Single] = {}
        self.plan: tuple[object, _Plan] | None = None

    def array(self, name: str, shape: tuple[int, ...]) -> Single:
        """Return an array to be filled; it is valid until the same name is asked for again."""
        size = math.prod(shape)
        if name not in self._memory or self._memory[name].size < size:
            self._memory[name] = np.empty(size, np.float32)
        return self._memory[name][:size].reshape(shape)


@dataclass(frozen=True)
class _Term:
    """Rows of combinations (m, K) of keypoints, one or more of each; arrays over frames."""

    combination: NDArray[np.floating]
    covectors: Sequence[NDArray[np.floating]]
    residuals: Sequence[NDArray[np.floating]]
    extras: Sequence[NDArray[np.floating]]


class Rows:
    """Collects weighed rows ``covector . d(combination of points)`` and their residuals.

    Parameters
    ----------
    figure : Figure
    with_shape : bool
        Whether the shape is solved for.
    n_extra : int
        Further unknowns of the whole clip besides the shape, if that is solved for; see `add`.
    scratch : Scratch, optional
    """

    def __init__(
        self, figure: Figure, *, with_shape: bool = False, n_extra: int = 0, scratch: Scratch | None = None
    ) -> None:
        self._figure, self._with_shape = figure, with_shape
        self._n_extra = n_extra if with_shape else 0
        self._scratch = scratch or Scratch()
        self._terms: list[_Term] = []

    def add(
        self,
        combination: NDArray[np.floating],
        covectors: Sequence[NDArray[np.floating]],
        residuals: Sequence[NDArray[np.floating]],
        *,
        extras: Sequence[NDArray[np.floating]] = (),
    ) -> None:
        """Add rows of combinations of keypoints, one or more of each.

        Parameters
        ----------
        combination : (m, K) array
        covectors : (T, m, 3) arrays
        residuals : (T, m) arrays
        extras : (T, m) arrays, optional
            Derivatives by the first further unknown of the clip.
        """
        self._terms.append(_Term(combination, covectors, residuals, extras))

    def stacked(self) -> Single:
        """Return derivatives (T, N + B + E, M) by the unknowns of the frame and of the clip.

        The first rows of all terms come first, then the second ones.
        """
        plan = self._plan()
        return np.concatenate([self._stacked(plan, frames).copy() for frames in self._chunks()])

    def squared(self) -> tuple[Single, Single]:
        """Return the products of all derivatives with each other (T, P, P) and with the residuals (T, P)."""
        rounds, plan = self._rounds(), self._plan()
        residuals = np.concatenate([t.residuals[n] for n, terms in enumerate(rounds) for t in terms], axis=1)
        residuals = residuals.astype(np.float32)[..., None]
        squares = self._scratch.array("squares", (len(residuals), plan.n_rows, plan.n_rows))
        slopes = np.empty((len(residuals), plan.n_rows, 1), np.float32)
        for frames in self._chunks():
            rows = self._stacked(plan, frames)
            np.matmul(rows, np.swapaxes(rows, 1, 2), out=squares[frames])
            np.matmul(rows, residuals[frames], out=slopes[frames])
        return squares, slopes[..., 0]

    def _chunks(self) -> list[slice]:
        n_frames = len(self._figure.rotations)
        return [slice(start, min(start + CHUNK, n_frames)) for start in range(0, n_frames, CHUNK)]

    def _rounds(self) -> list[list[_Term]]:
        """Return the terms that have a first row, those that have a second one, ...; all in one order."""
        terms = sorted(self._terms, key=lambda term: -len(term.covectors))
        return [[term for term in terms if len(term.covectors) > n] for n in range(len(terms[0].covectors))]

    def _plan(self) -> "_Plan":
        rounds = self._rounds()
        combination = np.concatenate([term.combination for term in rounds[0]])
        widths = [sum(len(term.combination) for term in terms) for terms in rounds]
        figure, with_shape = self._figure, self._with_shape
        asked = id(figure.rig), figure.betas.tobytes(), combination.tobytes(), tuple(widths), with_shape, self._n_extra
        if self._scratch.plan is None or self._scratch.plan[0] != asked:
            plan = _Plan.of(figure, combination, widths, with_shape=with_shape, n_extra=self._n_extra)
            self._scratch.plan = asked, plan
        return self._scratch.plan[1]

    def _stacked(self, plan: "_Plan", frames: slice) -> Single:
        rotations, scratch = self._figure.rotations[frames].astype(np.float32), self._scratch
        n_frames, n_pairs, flat = len(rotations), len(plan.joint), rows_first(rotations)
        arms = scratch.array("arms", (n_frames, 3, n_pairs))
        np.matmul(flat, plan.carried, out=arms.reshape(-1, n_pairs))
        shaped = scratch.array("shaped", (n_frames, 3, plan.n_shape, plan.widths[0]))
        if plan.n_shape:
            np.matmul(flat, plan.carried_by_shape, out=shaped.reshape(3 * n_frames, -1))
            shaped += plan.by_root
        spun = scratch.array("spun", (n_frames, 9, n_pairs))
        np.take(np.swapaxes(rotations.reshape(n_frames, 24, 9), 1, 2), plan.joint, axis=2, out=spun, mode="clip")
        rows = scratch.array("rows", (n_frames, plan.n_rows, sum(plan.widths)))
        rows[:, 3:N_UNKNOWNS] = 0
        for number, (terms, width) in enumerate(zip(self._rounds(), plan.widths, strict=True)):
            start = sum(plan.widths[:number])
            covector = scratch.array("covectors", (n_frames, 3, width))
            np.concatenate([np.swapaxes(t.covectors[number][frames], 1, 2) for t in terms], axis=2, out=covector)
            out = rows[..., start : start + width]
            np.multiply(covector, plan.share[:width], out=out[:, :3])
            turned = self._turned(covector, arms, spun.reshape(n_frames, 3, 3, -1), plan.rows_of(number))
            rows.reshape(n_frames, -1)[:, plan.places[number]] = turned
            if plan.n_shape:
                shaping = out[:, N_UNKNOWNS : N_UNKNOWNS + plan.n_shape]
                spare = scratch.array("spare", shaping.shape)
                _dot(shaped[..., :width], covector[:, :, None], out=shaping, spare=spare)
            if self._n_extra:
                given = [t.extras[number] if t.extras else np.zeros(t.residuals[0].shape) for t in terms]
                np.concatenate([part[frames] for part in given], axis=1, out=out[:, -1])
        return rows

    def _turned(self, covector: Single, arms: Single, spun: Single, pairs: NDArray[np.intp]) -> Single:
        """Return the derivatives (T, 3, P) by the turns of joints of the rows, by pairs of these."""
        scratch, shape = self._scratch, (len(arms), 3, len(pairs))
        along, torque = scratch.array("along", shape), scratch.array("torque", shape)
        np.take(covector, pairs, axis=2, out=along, mode="clip")
        spare = scratch.array("spare", (shape[0], shape[2]))
        for axis in range(3):
            first, second = (axis + 1) % 3, (axis + 2) % 3
            np.multiply(arms[:, first, : shape[2]], along[:, second], out=torque[:, axis])
            torque[:, axis] -= np.multiply(arms[:, second, : shape[2]], along[:, first], out=spare)
        spare = scratch.array("spare", shape)
        _dot(spun[..., : shape[2]], torque[:, :, None], out=along, spare=spare)
        return along


def _dot(first: Single, second: Single, *, out: Single, spare: Single) -> None:
    """Fill the sums (T, n, m) over the second axis of products (T, 3, n, m)."""
    np.multiply(first[:, 0], second[:, 0], out=out)
    out += np.multiply(first[:, 1], second[:, 1], out=spare)
    out += np.multiply(first[:, 2], second[:, 2], out=spare)


@dataclass(frozen=True)
class _Plan:
    """What of the rows is the same in all frames.

    Attributes
    ----------
    widths : list of int
        How many combinations have a first row, a second one, ...
    n_shape, n_rows : int
        Shape coefficients solved for, and all derivatives of a row.
    joint, row : (P,) int arrays
        The pairs: an SMPL joint, and a combination that moves when it turns, in the order of these.
    places : list of (3, P) int arrays
        Where in the rows of a frame the derivatives of the pairs belong, for first rows, for second ones, ...
    carried : (72, P) array
        What the rotations make the pairs' lever arms of: turning the joint by w moves the combination by
        ``(R w) x arm``.
    share : (M,) array
        Sums of the combinations' weights: how they move with the root.
    carried_by_shape, by_root : (72, B M) and (3, B, M) array
        What the rotations make the derivatives by the shape of, and what is added to these.
    """

    widths: list[int]
    n_shape: int
    n_rows: int
    joint: NDArray[np.intp]
    row: NDArray[np.intp]
    places: list[NDArray[np.intp]]
    carried: Single
    share: Single
    carried_by_shape: Single
    by_root: Single

    @classmethod
    def of(
        cls, figure: Figure, combination: NDArray[np.floating], widths: list[int], *, with_shape: bool, n_extra: int
    ) -> "_Plan":
        """Return the plan for combinations (M, K) of a figure's keypoints."""
        rig, share = figure.rig, combination.sum(axis=1)
        row, turned = np.nonzero((combination != 0) @ (MOVED @ rig.weights.T != 0).T)
        carried = (rig.carried.at(figure.betas)[..., 24:] @ combination.T)[..., row] * MOVED[turned].T[:, None]
        n_shape = rig.n_shape if with_shape else 0
        by_shape = np.moveaxis(rig.carried.by_shape[:, :, 24:, :n_shape], -1, 2) @ combination.T
        by_root = rig.joint_shape[0, :, :n_shape, None] * share
        single = (part.astype(np.float32) for part in (carried, share, by_shape, by_root))
        carried, share, by_shape, by_root = single
        places = []
        for start, width in zip(np.cumsum([0, *widths]), widths, strict=False):
            some = row < width
            unknown = 3 + 3 * turned[some] + np.arange(3)[:, None]
            places.append(unknown * sum(widths) + start + row[some])
        return cls(
            widths=widths,
            n_shape=n_shape,
            n_rows=N_UNKNOWNS + n_shape + n_extra,
            joint=np.array(TURNED)[turned],
            row=row,
            places=places,
            carried=carried.reshape(72, -1),
            share=share,
            carried_by_shape=by_shape.reshape(72, -1),
            by_root=by_root,
        )

    def rows_of(self, number: int) -> NDArray[np.intp]:
        """Return the combinations of the pairs that have so many rows before this one."""
        return self.row[: self.places[number].shape[1]]
