"""The damped normal matrix of a fit as a band, and its Cholesky factor.

Single precision is enough at common frame rates: residuals and slope are of double precision, so what a step lacks the
next one makes up for.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError
from scipy.linalg.blas import dtrmm, dtrsm, strmm, strsm
from scipy.linalg.lapack import dpbtrf, dtbtrs, spbtrf, stbtrs

from inference.fitting.normal import Normal
from inference.fitting.rotations import Array

FLOOR = 1e-6
"""What is added to the diagonal."""
CHUNK = 64
"""Frames taken at a time, so that what is computed stays near the processor."""
MOST_SINGLE = 3.5e3
"""Calm motion that weighs more than this, as it does beyond 60 frames per second, needs double precision: the wish for
it would round off what the points say."""


class Band:
    """The lower band of the normal matrix of so many frames, filled and factorised again and again.

    Parameters
    ----------
    n_frames, n : int
        Frames and unknowns of each.
    stiffness : float
        Largest weight of calm motion.
    """

    def __init__(self, n_frames: int, n: int, *, stiffness: float) -> None:
        self._n_frames, self._n = n_frames, n
        # LAPACK wants columns one after the other, so the band is filled transposed; the blocks are symmetric.
        precision = np.float32 if stiffness < MOST_SINGLE else np.float64
        self._columns: NDArray[Any] = np.empty((n_frames, n, 2 * n + 3), precision)
        self._lower = np.triu(np.ones((n, n), precision))

    def fill(self, normal: Normal, damping: Array, frozen: NDArray[np.bool_]) -> NDArray[Any]:
        """Fill the band (2 N + 3, T N) with a normal matrix whose diagonal is raised by a damping (T,).

        Frozen frames have nothing to do with others.
        """
        for start in range(0, self._n_frames, CHUNK):
            self._fill(normal, 1 + damping[:, None], slice(start, start + CHUNK))
        if normal.after_one is not None:
            self._dense(self._n)[:-1] += np.swapaxes(normal.after_one, 1, 2)[:-1]
        for frame in np.flatnonzero(frozen):
            self._freeze(int(frame))
        return self._columns.reshape(-1, 2 * self._n + 3).T

    def _fill(self, normal: Normal, raised: Array, frames: slice) -> None:
        """Fill some frames, all but what couples whole neighbours."""
        columns, n, motion = self._columns[frames], self._n, normal.motion
        columns[...] = 0
        np.multiply(normal.blocks[frames], self._lower, out=self._dense(0)[frames], casting="same_kind")
        for distance, coupling in ((0, motion.own), (n, motion.after_one), (2 * n, motion.after_two)):
            entries = np.moveaxis(coupling[frames], (2, 3), (0, 1)).astype(columns.dtype, order="C")
            for row in range(3):
                for column in range(row + 1 if distance == 0 else 3):
                    columns[:, column::3, distance + row - column] += entries[row, column]
        columns[:, :, 0] *= raised[frames]
        columns[:, :, 0] += FLOOR

    def _freeze(self, frame: int) -> None:
        """Part a frame from those after and before it."""
        n, columns = self._n, self._columns
        columns[frame, :, 1:] = 0
        columns[frame, :, 0] = 1
        if frame >= 1:
            self._dense(n)[frame - 1] = 0
        for off in range(-2, 3) if frame >= 2 else ():
            columns[frame - 2, max(0, -off) : n - max(0, off), 2 * n + off] = 0

    def _dense(self, distance: int) -> NDArray[Any]:
        """Return blocks (T, N, N), column by column, that begin so far below the diagonal.

        Above the diagonal their entries lie in the band of the column before.
        """
        columns, item = self._columns, self._columns.itemsize
        start = columns.reshape(-1)[distance:]
        strides = (columns.strides[0], columns.strides[1] - item, item)
        return np.lib.stride_tricks.as_strided(start, (self._n_frames, self._n, self._n), strides)


class Factor:
    """The Cholesky factor L of a band.

    Raises
    ------
    LinAlgError
        If the matrix is not positive definite.
    """

    def __init__(self, band: NDArray[Any]) -> None:
        self._is_single = band.dtype == np.float32
        self._factor, info = (spbtrf if self._is_single else dpbtrf)(band, lower=1, overwrite_ab=1)
        if info:
            raise LinAlgError("the normal matrix is not positive definite")

    def forward(self, right: NDArray[Any]) -> Array:
        """Solve ``L x = right`` (T N, m); many columns at once are solved in blocks of the width of the band."""
        if right.shape[1] == 1:
            return self._solved(right, "N")
        solve, multiply = (strsm, strmm) if self._is_single else (dtrsm, dtrmm)
        rows, width = np.array(right, self._factor.dtype, order="C"), len(self._factor) - 1
        n_whole, rest = divmod(len(rows), width)
        below = self._blocks(0, width, n_whole - (rest == 0), width)
        diagonal = [*self._blocks(0, 0, n_whole, width), *self._blocks(n_whole * width, 0, int(rest > 0), rest)]
        for number, triangle in enumerate(diagonal):
            start = number * width
            block = rows[start : start + width].T
            if number:
                before = rows[start - width : start].T
                block -= multiply(1.0, below[number - 1], before, side=1, trans_a=1)[:, : block.shape[1]]
            solve(1.0, triangle, block, side=1, lower=1, trans_a=1, overwrite_b=1)
        return rows.astype(np.float64)

    def backward(self, right: NDArray[Any]) -> Array:
        """Solve ``L^T x = right`` (T N, m)."""
        return self._solved(right, "T")

    def _solved(self, right: NDArray[Any], which: str) -> Array:
        columns = np.array(right, self._factor.dtype, order="F")
        solve = stbtrs if self._is_single else dtbtrs
        return np.asarray(solve(self._factor, columns, uplo="L", trans=which, overwrite_b=1)[0], np.float64)

    def _blocks(self, column: int, below: int, count: int, size: int) -> NDArray[Any]:
        """Return square blocks of L (count, size, size) from a column on, that far below the diagonal.

        Of a block on the diagonal only the lower triangle is L, of one a band's width below it only the upper one.
        """
        # Down a column of the band lie the rows of the matrix, so these are askew by one row per column.
        item, height = self._factor.itemsize, len(self._factor)
        start = self._factor.T.reshape(-1)[column * height + below :]
        strides = ((height - 1) * height * item, item, (height - 1) * item)
        return np.lib.stride_tricks.as_strided(start, (max(count, 0), size, size), strides)
