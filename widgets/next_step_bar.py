"""What to do next: one sentence and one button, above the video."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from widgets.elided_label import ElidedLabel


class NextStepBar(QWidget):
    """A slim bar with the one next step.

    Signals
    -------
    activated
        The user takes the step.
    """

    activated = Signal()

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text, self._detail, self._button = QLabel(), ElidedLabel(), QPushButton()
        self._step, self._remark = ("", ""), ("", "")
        self._detail.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._button.setProperty("primary", "true")
        self._button.clicked.connect(self.activated)
        stays = self._button.sizePolicy()
        stays.setRetainSizeWhenHidden(True)  # the picture below does not move when there is nothing to press
        self._button.setSizePolicy(stays)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(12)
        row.addWidget(self._text)
        row.addWidget(self._detail, 1)
        row.addWidget(self._button)
        self.set_step("")

    def set_step(self, text: str, *, button: str | None = None, detail: str = "") -> None:
        """Say what is next; without a button there is nothing to press, without a text the bar goes."""
        self._step = (text, detail)
        self._button.setText(button or "")
        self._button.setAccessibleDescription(f"{text} {detail}".strip())
        self._button.setVisible(button is not None)
        self._show()

    def set_remark(self, text: str, *, detail: str = "") -> None:
        """Say something about the frame on screen in place of the step, until it is taken away with an empty text."""
        self._remark = (text, detail)
        self._show()

    def _show(self) -> None:
        text, detail = self._remark if self._remark[0] else self._step
        self._text.setText(text)
        self._detail.setText(detail)
        self.setVisible(bool(text))
