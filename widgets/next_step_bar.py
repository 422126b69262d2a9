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
        self._detail.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._button.setProperty("primary", "true")
        self._button.clicked.connect(self.activated)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(12)
        row.addWidget(self._text)
        row.addWidget(self._detail, 1)
        row.addWidget(self._button)
        self.set_step("")

    def set_step(self, text: str, *, button: str | None = None, detail: str = "") -> None:
        """Say what is next; without a button there is nothing to press, without a text the bar goes."""
        self._text.setText(text)
        self._detail.setText(detail)
        self._button.setText(button or "")
        self._button.setAccessibleDescription(f"{text} {detail}".strip())
        self._button.setVisible(button is not None)
        self.setVisible(bool(text))
