"""Rows of the Jacobian: how residuals of keypoints change with the unknowns of their frame and with the shape."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.fitting.kinematics import Figure, moments, shape_derivatives, turning_rows

Single = NDArray[np.float32]
"""Rows are of single precision: the step they give is corrected in the next iteration anyway."""


@dataclass(frozen=True)
class Derivatives:
    """What the rows of all terms are made of.

    Attributes
    ----------
    turns : (T, 24, 3, 3) array
        Rotations of the joints in the CAMERA frame.
    lever : (T, A, 3, K) array
        See `kinematics.moments`.
    by_point : (T, K, 3, B) array or None
        Derivatives of the keypoints by the shape; None where the shape is not solved for.
    """

    turns: Single
    lever: Single
    by_point: Single | None

    @classmethod
    def of(cls, figure: Figure, *, with_shape: bool) -> "Derivatives":
        """Return the derivatives of a posed rig."""
        by_point = shape_derivatives(figure).astype(np.float32) if with_shape else None
        return cls(figure.rotations.astype(np.float32), moments(figure).astype(np.float32), by_point)


class Rows:
    """Collects weighed rows ``covector . d(point)`` and their residuals.

    Parameters
    ----------
    derivatives : Derivatives
    n_extra : int
        Further unknowns of the whole clip besides the shape; see `add`.
    """

    def __init__(self, derivatives: Derivatives, *, n_extra: int = 0) -> None:
        self._given = derivatives
        self._n_extra = n_extra
        self._levers: list[Single] = []
        self._covectors: list[Single] = []
        self._moving: list[Single] = []
        self._shapes: list[Single] = []
        self._residuals: list[Single] = []

    def add(
        self,
        covector: NDArray[np.floating],
        residual: NDArray[np.floating],
        *,
        columns: NDArray[np.intp] | None = None,
        extra: NDArray[np.floating] | None = None,
    ) -> None:
        """Add rows of keypoints.

        Parameters
        ----------
        covector : (T, m, 3) array
        residual : (T, m) array
        columns : (m,) int array, optional
            Which keypoints; all without.
        extra : (T, m) array, optional
            Derivative by the first further unknown of the clip.
        """
        single = covector.astype(np.float32)
        lever = self._given.lever if columns is None else self._given.lever[..., columns]
        self._append(lever, single, single, residual)
        if self._given.by_point is not None:
            by_point = self._given.by_point if columns is None else self._given.by_point[:, columns]
            self._append_shape((single[:, :, None] @ by_point)[:, :, 0], extra)

    def add_combined(
        self, combination: NDArray[np.floating], covector: NDArray[np.floating], residual: NDArray[np.floating]
    ) -> None:
        """Add rows of combinations ``combination @ points``: (m, K), or (T, m, K) if they change with time."""
        single, mixed = covector.astype(np.float32), combination.astype(np.float32)
        mixed_t = np.swapaxes(mixed, -1, -2)
        lever = self._given.lever @ (mixed_t if mixed.ndim == 2 else mixed_t[:, None])
        self._append(lever, single, single * mixed.sum(axis=-1)[..., None], residual)
        if self._given.by_point is not None:
            n_frames, n_points, _, n_shape = self._given.by_point.shape
            summed = (mixed @ self._given.by_point.reshape(n_frames, n_points, -1)).reshape(n_frames, -1, 3, n_shape)
            self._append_shape((single[:, :, None] @ summed)[:, :, 0], None)

    def _append(self, lever: Single, covector: Single, moving: Single, residual: NDArray[np.floating]) -> None:
        self._levers.append(lever)
        self._covectors.append(covector)
        self._moving.append(moving)
        self._residuals.append(residual.astype(np.float32))

    def _append_shape(self, rows: Single, extra: NDArray[np.floating] | None) -> None:
        if self._n_extra:
            more = np.zeros((*rows.shape[:2], self._n_extra), np.float32)
            if extra is not None:
                more[..., 0] = extra
            rows = np.concatenate([rows, more], axis=-1)
        self._shapes.append(rows)

    def stacked(self) -> tuple[Single, Single | None, Single]:
        """Return derivatives (T, N, M) by the unknowns, (T, B, M) by the shape, and residuals (T, M)."""
        turning = turning_rows(
            self._given.turns, np.concatenate(self._levers, axis=-1), np.concatenate(self._covectors, 1)
        )
        moving = np.swapaxes(np.concatenate(self._moving, axis=1), 1, 2)
        shaping = np.swapaxes(np.concatenate(self._shapes, axis=1), 1, 2) if self._given.by_point is not None else None
        return np.concatenate([moving, turning], axis=1), shaping, np.concatenate(self._residuals, axis=1)
