"""What the fit says about itself on the timeline: how far it is off its points, and how unsure it is."""

import warnings

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from app.shown_fit import ShownFit
from app.view_state import ViewState
from widgets.timeline import Timeline
from widgets.timeline_data import Measure

OFF, UNSURE = "off the points", "unsure by"
_OFF_LIMIT_PX = 12.0
"""At a picture 1080 wide."""
_UNSURE_LIMIT_M = 0.10
_UNSURE_PERCENT = 80.0


class FitLanes(QObject):
    """Keeps two lanes of the timeline."""

    def __init__(self, fit: ShownFit, view: ViewState, *, timeline: Timeline, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._fit, self._view, self._timeline = fit, view, timeline
        self._joint_sd_m: NDArray[np.float32] | None = None
        fit.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        details, clip = self._fit.details, self._view.clip
        if details is None or clip is None:
            self._joint_sd_m = None
            self._timeline.set_measure(OFF, None)
            self._timeline.set_measure(UNSURE, None)
            return
        limit = _OFF_LIMIT_PX * min(clip.size) / 1080
        self._timeline.set_measure(OFF, Measure(details.residual_px, limit, " px"))
        if details.joint_sd_m is not self._joint_sd_m:
            self._joint_sd_m = details.joint_sd_m
            unsure = Measure(_least_sure(details.joint_sd_m), _UNSURE_LIMIT_M, " cm", scale=100.0)
            self._timeline.set_measure(UNSURE, unsure)


def _least_sure(joint_sd_m: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return within what distance four fifths of the joints (T, K) of a frame are as a rule (T,)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # frames without a fit are NaN throughout, and stay so
        return np.asarray(np.nanpercentile(joint_sd_m, _UNSURE_PERCENT, axis=1), np.float32)
