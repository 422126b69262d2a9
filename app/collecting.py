"""Garbage of Python is collected in the GUI thread only.

Python looks for unreachable objects in whatever thread happens to make the next one. If that is a decoder's, widgets
and timers of the window die there, and Qt ends the process for it.
"""

import gc

from PySide6.QtCore import QObject, QTimer

_EVERY_MS = 500


class Collector(QObject):
    """Collects from time to time, in the thread it is made in; what is there before it is made stays for good."""

    def __init__(self, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        gc.freeze()  # what the program itself is made of need not be looked through ever again
        timer = QTimer(self, interval=_EVERY_MS)
        timer.timeout.connect(collect_due)
        timer.start()


def collect_due() -> None:
    """Collect the oldest generation that is due, as Python does by itself when it is let."""
    counts, thresholds = gc.get_count(), gc.get_threshold()
    for generation in (2, 1, 0):
        if counts[generation] > thresholds[generation]:
            gc.collect(generation)
            return
