"""A tool button whose icon follows the theme."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QToolButton, QWidget

from widgets.icons import IconName, icon
from widgets.theme import colors_of


class IconButton(QToolButton):
    """An icon with words for those who hover and those who listen; a click does not take the focus."""

    def __init__(self, name: IconName, words: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.setToolTip(words)
        self.setAccessibleName(words)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        side = self.fontMetrics().height()
        self.setIconSize(QSize(side, side))
        self._restyle()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ParentChange):
            self._restyle()

    def showEvent(self, event: QShowEvent) -> None:
        """Take the theme of where it ended up."""
        super().showEvent(event)
        self._restyle()

    def _restyle(self) -> None:
        # the style sheet makes a tool button's own palette transparent, which says nothing about the theme
        self.setIcon(icon(self._name, colors_of(self.parentWidget() or self)))
