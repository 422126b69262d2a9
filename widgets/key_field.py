"""A field that takes the next keys pressed, whatever they mean elsewhere."""

from PySide6.QtCore import QEvent, QKeyCombination, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QWidget

_MODIFIERS = (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)
_LEAVES = (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
_HINT = "Press new keys here"


class KeyField(QLineEdit):
    """Takes one key with its modifiers. Esc gives up; Tab goes on to the next control.

    Signals
    -------
    recorded : str
        Keys were pressed, in Qt's portable spelling.
    """

    recorded = Signal(str)

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setPlaceholderText(_HINT)
        self.setAccessibleName("New keys")
        self.setToolTip("Click here and press the keys, such as K or Ctrl+Shift+K. Esc gives up.")
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)

    def event(self, event: QEvent) -> bool:
        """Keep every key from the window's shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the keys when more than modifiers are down."""
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape and not event.modifiers():
            self.clearFocus()
        elif key in _LEAVES:
            event.ignore()
        elif key not in _MODIFIERS and key != Qt.Key.Key_unknown:
            self.recorded.emit(pressed_keys(event))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Say what is waited for."""
        super().focusInEvent(event)
        self.setPlaceholderText("Press the keys now, Esc gives up")

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Wait no longer."""
        super().focusOutEvent(event)
        self.setPlaceholderText(_HINT)


def pressed_keys(event: QKeyEvent) -> str:
    """Return the keys of an event in Qt's portable spelling.

    Shift counts only where it is not part of the sign that was typed: ``Shift+K`` but ``!``, not ``Shift+!``.
    """
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.GroupSwitchModifier
    typed = event.text()[:1]
    if not typed.isprintable() or not typed:  # keys such as the arrows, which only some keyboards have twice
        modifiers &= ~Qt.KeyboardModifier.KeypadModifier
    if typed.isprintable() and typed and not typed.isalnum() and not typed.isspace():
        modifiers &= ~Qt.KeyboardModifier.ShiftModifier
    sequence = QKeySequence(QKeyCombination(modifiers, Qt.Key(event.key())))
    return sequence.toString(QKeySequence.SequenceFormat.PortableText)


def shown_keys(keys: str) -> str:
    """Return keys, given in Qt's portable spelling, as this system writes them."""
    sequence = QKeySequence(keys, QKeySequence.SequenceFormat.PortableText)
    return sequence.toString(QKeySequence.SequenceFormat.NativeText)
