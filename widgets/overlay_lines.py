"""Lines of text that lie over a view, centred below its upper edge."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QLabel, QWidget


class OverlayLines(QObject):
    """Shows short lines over a widget, one below the other.

    Parameters
    ----------
    names : str
        What the lines are for, from the top; also their names for screen readers.
    over : QWidget
        What they lie over.
    """

    def __init__(self, *names: str, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self._labels = {name: self._label(name) for name in names}
        over.installEventFilter(self)

    def show_line(self, name: str, text: str | None) -> None:
        """Show a line until called with None."""
        self._labels[name].setText(text or "")
        self._labels[name].setVisible(text is not None)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the lines in the middle."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _label(self, name: str) -> QLabel:
        label = QLabel(self._over)
        label.setObjectName("overlayLine")
        label.setAccessibleName(name)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        label.setMargin(6)
        label.setAutoFillBackground(True)
        label.hide()
        return label

    def _place(self) -> None:
        top = 12
        for label in self._labels.values():
            if not label.isHidden():
                label.adjustSize()
                label.move((self._over.width() - label.width()) // 2, top)
                top += label.height() + 8
