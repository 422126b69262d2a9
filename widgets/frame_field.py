"""A field for a frame: its number, or a time such as ``1:23.4``."""

import re

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QValidator
from PySide6.QtWidgets import QSpinBox, QWidget

_TIME = re.compile(r"(?:(\d+):)?(?:(\d+):)?(\d+(?:\.\d*)?)\s*(s?)")


def frame_of_text(text: str, *, n_frames: int, fps: float, times_s: NDArray[np.float64] | None = None) -> int | None:
    """Return the frame a person means: ``412`` is a number, ``1:23.4``, ``3.5`` and ``12 s`` are times.

    Parameters
    ----------
    times_s : (n_frames,) float64 array, optional
        Seconds of every frame; without, they follow from the rate.

    Returns
    -------
    int or None
        At the ends of the clip at most; None if the text is neither.
    """
    text = text.strip()
    if not n_frames:
        return None
    if text.isdecimal():
        return min(int(text), n_frames - 1)
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    left, middle, seconds, _ = match.groups()
    hours, minutes = (left, middle) if middle is not None else (None, left)
    time_s = 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(seconds)
    if times_s is None:
        frame = int(time_s * fps + 1e-6)
    else:
        frame = int(np.searchsorted(times_s, time_s + 1e-6, side="right")) - 1
    return min(max(frame, 0), n_frames - 1)


class FrameField(QSpinBox):
    """Shows a frame; takes one by number or by time. Esc gives up what was typed."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fps = 25.0
        self._times_s: NDArray[np.float64] | None = None
        self.setKeyboardTracking(False)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setToolTip("Type a frame (412) or a time (1:23.4) and press Enter. Frames count from 0.")

    def set_clip(self, n_frames: int, fps: float, *, times_s: NDArray[np.float64] | None) -> None:
        """Set the length of the clip and the times of its frames."""
        self._fps, self._times_s = fps, times_s
        self.setRange(0, max(n_frames - 1, 0))

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Let numbers and times be typed."""
        if self._frame(text) is not None:
            return QValidator.State.Acceptable, text, position
        typing = re.fullmatch(r"[\d:. s]*", text) is not None
        return QValidator.State.Intermediate if typing else QValidator.State.Invalid, text, position

    def valueFromText(self, text: str) -> int:
        """Return the frame that was typed, or the one shown if it was none."""
        frame = self._frame(text)
        return self.value() if frame is None else frame

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Give up with Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.lineEdit().setText(str(self.value()))
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def _frame(self, text: str) -> int | None:
        return frame_of_text(text, n_frames=self.maximum() + 1, fps=self._fps, times_s=self._times_s)
