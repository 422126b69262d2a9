"""Messages in a corner: they come, say what happened and what can be done, and go; they never take the focus."""

from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QColor, QEnterEvent, QGuiApplication, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from widgets.icon_button import IconButton
from widgets.icons import IconName, icon_pixmap
from widgets.theme import colors_of

_MARGIN_PX = 12
_MAX_TOASTS = 4
_WIDTH_CHARS = 52


class Severity(Enum):
    """How much a message matters; errors stay until they are closed."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class ToastArea(QWidget):
    """The bottom right corner of a part of its parent, where messages stack.

    Parameters
    ----------
    over : QWidget, optional
        Whose corner it is, where that is not the parent: messages cover nothing else there, such as tabs beside it.
    seconds : float
        How long a message stays that is no error and that the mouse is not on.
    parent : QWidget
        What the corner belongs to.

    Signals
    -------
    action_triggered : str
        The id of an action the user chose; its message closes.
    """

    action_triggered = Signal(str)

    def __init__(self, *, over: QWidget | None = None, seconds: float = 6.0, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("Messages")
        self._owner, self._over, self._seconds = parent, over or parent, seconds
        self._toasts: list[_Toast] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._over.installEventFilter(self)
        self.hide()

    def show_message(
        self,
        text: str,
        *,
        severity: Severity = Severity.INFO,
        details: str | None = None,
        actions: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Show a message with its actions as (label, id); the same message again replaces the one that is there."""
        for old in [toast for toast in self._toasts if (toast.text, toast.severity) == (text, severity)]:
            self._close(old)
        toast = _Toast(text, severity, details=details, actions=actions)
        toast.setFixedWidth(self._toast_width())
        toast.closed.connect(partial(self._close, toast))
        toast.resized.connect(self._place)
        toast.action_chosen.connect(partial(self._act, toast))
        self._toasts.append(toast)
        self._column.addWidget(toast)
        self._drop_oldest()
        if severity is not Severity.ERROR and not actions:  # what is offered waits for an answer
            toast.close_after(self._seconds)
        self.show()
        toast.show()
        self._place()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(toast, text))

    def messages(self) -> list[str]:
        """Return the texts that are shown, oldest first."""
        return [toast.text for toast in self._toasts]

    def _drop_oldest(self) -> None:
        while len(self._toasts) > _MAX_TOASTS:
            passing = [toast for toast in self._toasts[:-1] if toast.severity is not Severity.ERROR]
            self._close((passing or self._toasts)[0])

    def _act(self, toast: "_Toast", action: str) -> None:
        self._close(toast)
        self.action_triggered.emit(action)

    def _close(self, toast: "_Toast") -> None:
        if toast not in self._toasts:
            return
        self._toasts.remove(toast)
        self._column.removeWidget(toast)
        toast.hide()
        toast.deleteLater()
        self.setVisible(bool(self._toasts))
        self._place()

    def _toast_width(self) -> int:
        room = self._over.width() - 2 * _MARGIN_PX
        return max(120, min(room, self.fontMetrics().averageCharWidth() * _WIDTH_CHARS))

    def _place(self) -> None:
        over = self._over
        for toast in self._toasts:
            toast.setFixedWidth(self._toast_width())
        height = sum(toast.heightForWidth(toast.width()) for toast in self._toasts)
        height += self._column.spacing() * max(len(self._toasts) - 1, 0)
        self.resize(self._toast_width(), min(height, over.height() - 2 * _MARGIN_PX))
        corner = over.rect().bottomRight() - self.rect().bottomRight() - QPoint(_MARGIN_PX, _MARGIN_PX)
        self.move(corner if over is self._owner else over.mapTo(self._owner, corner))
        self._column.activate()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the corner."""
        if watched is self._over and event.type() in (QEvent.Type.Resize, QEvent.Type.Move):
            self._place()
        return super().eventFilter(watched, event)


class _Toast(QFrame):
    """One message."""

    closed = Signal()
    resized = Signal()
    action_chosen = Signal(str)

    def __init__(
        self, text: str, severity: Severity, *, details: str | None, actions: Sequence[tuple[str, str]]
    ) -> None:
        super().__init__()
        self.text, self.severity = text, severity
        self._details_text = details
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.closed)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(text)
        self._sign, self._label = QLabel(), QLabel(text)
        self._label.setWordWrap(True)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._details = QPlainTextEdit(details or "")
        self._details.setReadOnly(True)
        self._details.setFixedHeight(self.fontMetrics().height() * 8)
        self._details.setAccessibleName("Details")
        self._details.hide()
        close = IconButton(IconName.CANCEL, "Close this message")
        close.clicked.connect(self.closed)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._label, 1)
        head.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 8, 8)
        column.addLayout(head)
        column.addWidget(self._details)
        buttons = self._buttons(actions)
        if buttons is not None:
            column.addLayout(buttons)
        self._restyle()

    def _buttons(self, actions: Sequence[tuple[str, str]]) -> QHBoxLayout | None:
        if not actions and not self._details_text:
            return None
        row = QHBoxLayout()
        row.addStretch(1)
        if self._details_text:
            row.addWidget(self._button("Details", self._toggle_details))
            row.addWidget(self._button("Copy", self._copy))
        for label, action in actions:
            row.addWidget(self._button(label, partial(self.action_chosen.emit, action)))
        return row

    def _button(self, text: str, slot: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: slot())
        return button

    def close_after(self, seconds: float) -> None:
        """Close when the time is over, longer texts later; not while the mouse is on it."""
        self._timer.setInterval(round(1000 * seconds * max(1.0, len(self.text) / 100)))
        self._timer.start()

    def _toggle_details(self) -> None:
        self._details.setVisible(self._details.isHidden())
        self._timer.stop()
        self.resized.emit()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(f"{self.text}\n\n{self._details_text}")

    def enterEvent(self, event: QEnterEvent) -> None:
        """Wait while it is read."""
        super().enterEvent(event)
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        """Go on."""
        super().leaveEvent(event)
        if self.severity is not Severity.ERROR and self._details.isHidden() and self._timer.interval() > 0:
            self._timer.start()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._restyle()

    def _restyle(self) -> None:
        c = colors_of(self)
        self._sign.setVisible(self.severity is not Severity.INFO)
        side = self.fontMetrics().height()
        self._sign.setPixmap(
            icon_pixmap(IconName.WARNING, c.warning, size_px=side, device_pixel_ratio=self.devicePixelRatioF())
        )

    def paintEvent(self, event: QEvent) -> None:
        """Paint a raised card with a bar whose colour tells the severity."""
        c = colors_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(c.border)
        painter.setBrush(QColor(c.raised))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 6, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(c.accent if self.severity is Severity.INFO else c.warning)
        painter.drawRoundedRect(4, 8, 4, self.height() - 16, 2, 2)
        painter.end()
