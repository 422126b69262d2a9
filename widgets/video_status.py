"""The line about the video: which frame is on screen, how the file is made, how decoding fares.

Where there is too little room, the words about the file end in an ellipsis: size and rate come first, and its tool tip
says all.
"""

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from widgets.elided_label import ElidedLabel
from widgets.timeline_data import clock

_MEBIBYTE = 1 << 20
_CACHE_TIP = "Decoded frames kept in memory, as a share of the room there is for them"


class VideoStatus(QWidget):
    """Frame, time, rate, codec, size, dropped frames and cache fill, in one line."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._frame = self._label(QLabel(), "Frame and time on screen")
        self._frame.setMinimumWidth(self.fontMetrics().horizontalAdvance("frame 000000  00:00.000  preview"))
        self._file = self._label(ElidedLabel(), "Size, rate and codec of the video")
        self._dropped = self._label(QLabel(), "Frames that were due but not shown since playing began")
        self._cache = self._label(QLabel(), _CACHE_TIP)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 8, 0)
        row.setSpacing(12)
        for label in (self._frame, self._file, self._dropped, self._cache):
            row.addWidget(label)
        self.set_clip(None)

    def _label(self, label: QLabel, tip: str) -> QLabel:
        label.setToolTip(tip)
        label.setAccessibleName(tip)
        label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        return label

    def set_clip(
        self,
        size: tuple[int, int] | None,
        *,
        codec: str = "",
        fps: float = 0.0,
        variable_fps: bool = False,
        proxy_bytes: int | None = None,
    ) -> None:
        """Say how a clip is made, or with None that there is none."""
        self.setVisible(size is not None)
        if size is None:
            return
        rate = "variable" if variable_fps else f"{fps:.5g} fps"
        proxy = "" if proxy_bytes is None else f"  proxy {proxy_bytes / _MEBIBYTE:.1f} MB"
        self._file.setText(f"{size[0]} × {size[1]}  {rate}  {codec}{proxy}")

    def set_frame(self, frame: int, time_s: float, *, exact: bool) -> None:
        """Say which frame is on screen, and whether it is the coarse picture of it."""
        self._frame.setText(f"frame {frame}  {clock(time_s)}{'' if exact else '  preview'}")

    def set_dropped(self, count: int) -> None:
        """Say how many frames were not shown in time."""
        self._dropped.setText(f"{count} dropped")

    def set_cache(self, used: int, limit: int) -> None:
        """Say how many bytes of the cache are in use."""
        share = 100 * used / limit if limit else 0
        self._cache.setText(f"cache {share:.0f} %")
        self._cache.setToolTip(f"{_CACHE_TIP}: {used / _MEBIBYTE:.0f} of {limit / _MEBIBYTE:.0f} MB")

    @property
    def text(self) -> str:
        """Everything it says."""
        labels = (self._frame, self._file, self._dropped, self._cache)
        return "  ".join(label.text() for label in labels if label.text())
