"""Pulling a joint of the 3D view nearer to the video camera or away from it, on its line of sight."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, QPointF, Signal

from widgets.body_eye import BodyEye
from widgets.body_geometry import Floats, Viewpoint, camera_to_show, seen_at

_REACH_PX = 24
_LEAST_PX_PER_M = 25.0
"""Looked at from almost along its line of sight, a joint does not move in the picture, however far it goes."""
_STEP_M = 0.01


@dataclass(frozen=True)
class Pull:
    """A joint taken hold of.

    Attributes
    ----------
    joint : int
    point : (3,) array
        Where it is, m in the CAMERA frame.
    start_px : (2,) array
        Where the mouse took it.
    per_metre_px : (2,) array
        How it moves in the picture for each metre away from the video camera.
    """

    joint: int
    point: Floats
    start_px: Floats
    per_metre_px: Floats

    def depth_m(self, at_px: Floats) -> float:
        """Return how much farther from the video camera the mouse asks it to be."""
        square = float(self.per_metre_px @ self.per_metre_px)
        return float(self.per_metre_px @ (at_px - self.start_px)) / square

    def moved(self, depth_m: float) -> Floats:
        """Return the joint (3,) that much farther along its line of sight."""
        result: Floats = self.point * (1 + depth_m / self.point[2])
        return result


def take_hold(joints: Floats, at_px: Floats, *, viewpoint: Viewpoint, size: tuple[float, float]) -> Pull | None:
    """Return the joint of (K, 3) m, CAMERA frame, that lies under the mouse in a view of `size`; None if none can be.

    None also where the view is so much that of the video camera that nothing would be seen to move.
    """
    pixels = _pixels(joints, viewpoint, size)
    away = np.linalg.norm(pixels - at_px, axis=1)
    if not np.isfinite(away).any() or np.nanmin(away) > _REACH_PX:
        return None
    joint = int(np.nanargmin(away))
    point = np.asarray(joints[joint], float)
    farther = _pixels((point * (1 + _STEP_M / point[2]))[None], viewpoint, size)[0]
    per_metre = (farther - pixels[joint]) / _STEP_M
    if np.linalg.norm(per_metre) < _LEAST_PX_PER_M:
        return None
    return Pull(joint, point, at_px, per_metre)


def _pixels(points: Floats, viewpoint: Viewpoint, size: tuple[float, float]) -> Floats:
    """Return where points (N, 3) of the CAMERA frame are seen (N, 2); NaN behind the eye."""
    return seen_at(viewpoint, camera_to_show(np.asarray(points, float)), size=size)


class JointPull(QObject):
    """A pull in progress.

    Parameters
    ----------
    joints : callable
        Returns the joints (K, 3) that are shown, m in the CAMERA frame, or None.
    eye : BodyEye
    size : callable
        Returns width and height of the view in pixels.

    Signals
    -------
    previewed : (3,) array or None
        Where the joint would be; None at the end.
    done : int, float
        The joint, and by how much it is farther, metres.
    """

    previewed = Signal(object)
    done = Signal(int, float)

    def __init__(
        self,
        joints: Callable[[], Floats | None],
        eye: BodyEye,
        *,
        size: Callable[[], tuple[float, float]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._joints, self._eye, self._size = joints, eye, size
        self._pull: Pull | None = None
        self._depth_m = 0.0

    def begin(self, at: QPointF) -> None:
        """Take hold of the joint under the mouse, if there is one."""
        joints, where = self._joints(), np.array([at.x(), at.y()])
        self._depth_m = 0.0
        self._pull = (
            None if joints is None else take_hold(joints, where, viewpoint=self._eye.viewpoint, size=self._size())
        )

    def go_on(self, at: QPointF) -> None:
        """Pull it to where the mouse is."""
        if self._pull is not None:
            self._depth_m = self._pull.depth_m(np.array([at.x(), at.y()]))
            self.previewed.emit(self._pull.moved(self._depth_m))

    def end(self) -> None:
        """Let it go."""
        pull, self._pull = self._pull, None
        if pull is not None:
            self.previewed.emit(None)
            if self._depth_m:
                self.done.emit(pull.joint, self._depth_m)
