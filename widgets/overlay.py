"""What lies over the window for a moment: it takes the keys, and gives the focus back when it closes."""

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QLineEdit, QWidget


class Overlay(QFrame):
    """A frame over its parent with one field that has the focus. Esc and a click beside it close.

    Signals
    -------
    closed
    """

    closed = Signal()

    def __init__(self, name: str, *, parent: QWidget) -> None:
        super().__init__(parent)
        self._owner = parent
        self._before: QWidget | None = None
        self.field = QLineEdit()
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        parent.installEventFilter(self)
        self.hide()

    def open_overlay(self) -> None:
        """Lie over everything and put the cursor into the field."""
        if not self.isVisible():
            self._before = QApplication.focusWidget()
        self.setGeometry(self.place(self._owner.rect()))
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_overlay(self) -> None:
        """Close, and give the focus back unless it went elsewhere."""
        if not self.isVisible():
            return
        focus = QApplication.focusWidget()
        had_focus = focus is not None and self.isAncestorOf(focus)
        self.hide()
        if had_focus and self._before is not None:
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)
        self._before = None
        self.closed.emit()

    def place(self, room: QRect) -> QRect:
        """Return where it lies in the room of its parent."""
        return room

    def leaves_to_window(self, event: QKeyEvent) -> bool:
        """Tell whether keys may mean what they mean to the window; others stay here."""
        return False

    def event(self, event: QEvent) -> bool:
        """Keep the keys from the window's shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if not self.leaves_to_window(event):
                event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close with Esc; no key goes on to what lies below."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_overlay()
        event.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the parent."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self.place(self._owner.rect()))
        return super().eventFilter(watched, event)
