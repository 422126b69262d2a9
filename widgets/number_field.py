"""A field for a number that may be unknown."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget


class NumberField(QLineEdit):
    """Takes a number with a unit, or nothing; what stands there in pale is what is thought without it.

    Signals
    -------
    stated : str
        The user left another text, and the field or Enter.
    """

    stated = Signal(str)

    def __init__(self, name: str, unit: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._unit = unit
        self._shown = ""
        self.setAccessibleName(f"{name}, {unit}")
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 8)
        self.editingFinished.connect(self._state)

    @property
    def number(self) -> float | None:
        """The number that stands there; None for anything else."""
        return number_in(self.text())

    def set_number(self, number: float | None, *, digits: int = 0) -> None:
        """Show a number, or none; what is being typed stays."""
        text = "" if number is None else f"{number:.{digits}f}"
        if text != self._shown or not self.isModified():
            self._shown = text
            self.setText(text)

    def set_guess(self, words: str) -> None:
        """Say in pale what is thought while nothing stands there."""
        self.setPlaceholderText(words or f"not known, {self._unit}")

    def _state(self) -> None:
        text = self.text().strip()
        if self.isModified() and text != self._shown:
            self.stated.emit(text)
        self.setModified(False)


def number_in(text: str) -> float | None:
    """Return the number in a text, with a point or a comma; None where there is none."""
    try:
        return float(text.strip().replace(",", ".").replace("\N{MINUS SIGN}", "-"))
    except ValueError:
        return None
