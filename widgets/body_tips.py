"""What the marks of the 3D view mean, said where the mouse rests on one."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QToolTip, QWidget

from widgets.body_eye import BodyEye
from widgets.body_geometry import camera_to_show, seen_at
from widgets.body_marks import BodyMarks

_REACH_PX = 14.0


class MarkTips(QObject):
    """Answers a view's wish for a tool tip with the words of the mark below the mouse.

    Parameters
    ----------
    view : QWidget
        Whose tool tips they are.
    marks : BodyMarks
    eye : BodyEye
    size : callable
        Returns width and height of the picture.
    """

    def __init__(
        self, view: QWidget, marks: BodyMarks, eye: BodyEye, *, size: Callable[[], tuple[float, float]]
    ) -> None:
        super().__init__(view)
        self._view, self._marks, self._eye, self._size = view, marks, eye, size
        view.installEventFilter(self)

    def tip_at(self, place: QPoint) -> str:
        """Return what the mark at a place of the view means; empty where there is none."""
        words = self._marks.words
        if not words:
            return ""
        points = np.array([point for point, _ in words], float)
        seen = seen_at(self._eye.viewpoint, camera_to_show(points), size=self._size())
        away = np.linalg.norm(seen - (place.x(), place.y()), axis=1)
        if not np.isfinite(away).any() or np.nanmin(away) > _REACH_PX:
            return ""
        return words[int(np.nanargmin(away))][1]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Show the words, or none."""
        if not isinstance(event, QHelpEvent) or event.type() != QEvent.Type.ToolTip:
            return False
        text = self.tip_at(event.pos())
        if text:
            QToolTip.showText(event.globalPos(), text, self._view)
        else:
            QToolTip.hideText()
        return True
