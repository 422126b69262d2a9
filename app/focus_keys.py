"""Keys belong to the control that has the focus where it needs them: typing triggers nothing elsewhere."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

from widgets.joint_list import JointList

_K = Qt.Key
_UP_DOWN = {_K.Key_Up, _K.Key_Down}
_PAGES = {_K.Key_PageUp, _K.Key_PageDown}
_NEEDED: dict[type[QWidget], set[Qt.Key]] = {
    QAbstractButton: {_K.Key_Space},
    QAbstractItemView: _UP_DOWN | _PAGES,
    QAbstractSlider: _UP_DOWN | _PAGES | {_K.Key_Left, _K.Key_Right, _K.Key_Home, _K.Key_End},
    QComboBox: _UP_DOWN | {_K.Key_Space},
}
_TYPING = (QLineEdit, QAbstractSpinBox, QPlainTextEdit, QTextEdit)
_OTHERWISE_TOO = {_K.Key_E, _K.Key_U}
"""With Ctrl they go to the end of a field and empty it, as in a terminal; End and Ctrl+A with Del do so too."""
_SINGLE = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier


class FocusKeys(QObject):
    """Watches a window; a key reaches it only if the control with the focus has not taken it.

    Parameters
    ----------
    window : QWidget
    home : QWidget
        Gets the keys when the control with the focus goes or cannot be used any more, as a button that was pressed:
        Qt would hand them to whatever comes next, such as a field that is typed into.
    """

    def __init__(self, window: QWidget, *, home: QWidget) -> None:
        super().__init__(window)
        self._home = home
        self._left_by_escape: dict[QObject, Callable[[], bool]] = {}
        self.watch(window)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._focus_changed)

    def watch(self, window: QWidget) -> None:
        """Watch another window, such as a floating panel."""
        window.installEventFilter(self)

    def watch_panel(self, panel: QWidget, *, leave: Callable[[], bool]) -> None:
        """Watch a panel that Esc leads out of, back to what has the keys else; `leave` tells whether it does now."""
        self._left_by_escape[panel] = leave
        panel.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep a key from the shortcuts if the control with the focus needs it; lead out of panels."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and _is_escape(event):
            leave = self._left_by_escape.get(watched)
            if leave is not None and leave():  # no control in the panel had a use for it
                self._home.setFocus(Qt.FocusReason.OtherFocusReason)
                return True
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if _is_typed_into(watched) and gives_up(event):
                event.ignore()
                return True
            focus = QApplication.focusWidget()
            if focus is not None and (needs(focus, event) or (_is_escape(event) and self._is_in_panel(focus))):
                event.accept()
                return True
        return False

    def _is_in_panel(self, control: QWidget) -> bool:
        """Tell whether a control is in a panel that Esc leads out of."""
        return any(
            isinstance(panel, QWidget) and panel.isAncestorOf(control) and leave()
            for panel, leave in self._left_by_escape.items()
        )

    def _focus_changed(self, before: QWidget | None, now: QWidget | None) -> None:
        """Watch the field that is typed into: it would take some keys before the window sees them."""
        if isinstance(now, _TYPING):
            now.installEventFilter(self)
        gone = before is not None and isValid(before) and not (before.isEnabled() and before.isVisible())
        if gone and self._home.isVisible() and now is not self._home and self._is_ours(now):
            self._home.setFocus(Qt.FocusReason.OtherFocusReason)

    def _is_ours(self, now: QWidget | None) -> bool:
        """Tell whether the focus is in this window, or was and is nowhere now."""
        window = self._home.window()
        return window.isActiveWindow() if now is None else now.window() is window


def gives_up(event: QKeyEvent) -> bool:
    """Tell whether a field that is typed into leaves a key to the actions; without one, it works as always."""
    return event.modifiers() == Qt.KeyboardModifier.ControlModifier and _K(event.key()) in _OTHERWISE_TOO


def _is_escape(event: QKeyEvent) -> bool:
    return _K(event.key()) is _K.Key_Escape and not event.modifiers()


def needs(control: QWidget, event: QKeyEvent) -> bool:
    """Tell whether a control has a use for a key: any that types, or those it moves or works with."""
    if event.modifiers() & ~_SINGLE:
        return False
    key = _K(event.key())
    if _is_typed_into(control):
        return not _K.Key_F1 <= key <= _K.Key_F35
    if isinstance(control, JointList) and key in _PAGES:
        return False  # they say which joint is nearer, most of all where one was just chosen
    return any(isinstance(control, kind) and key in keys for kind, keys in _NEEDED.items())


def _is_typed_into(control: QObject) -> bool:
    return isinstance(control, _TYPING) and not getattr(control, "isReadOnly", lambda: False)()
