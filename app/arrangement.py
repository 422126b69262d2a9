"""How large the window is and how its panels share the room: as it was last, or as suits the screen."""

import base64
import binascii
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

from app.actions import Act
from app.kept_file import read_kept, write_kept
from app.window_layout import SMALL_HEIGHT_PX, Layout

_VERSION = 1
"""Of the panels there are: a higher one forgets how they lay."""
_SHARE_OF_SCREEN = 0.92
_TIMELINE_SHARE, _TIMELINE_LINES = 0.27, 24.0
"""The most of the window's height, and of lines of text, that the timeline gets at first: the video is larger."""
_SIMILAR = 0.2


class Arrangement:
    """The size of a window and the places of its panels in both workspaces, kept in a file.

    Parameters
    ----------
    window : QMainWindow
    layout : Layout
    file : Path
        Where it is kept from one start to the next.
    """

    def __init__(self, window: QMainWindow, layout: Layout, *, file: Path) -> None:
        self._window, self._layout, self._file = window, layout, file
        self._kept = read_kept(file)
        self._shown: Act | None = None

    @property
    def last_workspace(self) -> Act:
        """The workspace that was shown last."""
        return Act.REVIEW if self._kept.get("workspace") == Act.REVIEW.name else Act.ANNOTATE

    def restore_window(self) -> None:
        """Give the window the size and the state it had last; at first most of the screen, all of a small one."""
        geometry = _bytes(self._kept.get("window"))
        if geometry is not None and self._window.restoreGeometry(geometry):
            return
        screen = QGuiApplication.primaryScreen()
        available = screen.availableGeometry().size() if screen is not None else self._window.sizeHint()
        self._window.resize(_share_of(available))
        if available.height() < SMALL_HEIGHT_PX:
            self._window.setWindowState(Qt.WindowState.WindowMaximized)

    def show(self, act: Act) -> None:
        """Show a workspace as it was left; asked for again while it is shown, it is arranged anew."""
        before = self._shown
        self.remember()
        self._shown = act
        if act is before or not self._restore_panels(act):
            if before is None:
                self._layout.show_standard()
            self._arrange(act)

    def remember(self) -> None:
        """Keep in mind how the panels lie, unless they are hidden all together or another screen is shown."""
        if self._shown is None or not self._layout.shows_work or self._layout.panels_hidden:
            return
        size = self._window.size()
        state = _text(self._window.saveState(_VERSION))
        self._kept["panels"] = {
            **self._panels(),
            self._shown.name: {"of": [size.width(), size.height()], "state": state},
        }
        self._kept["workspace"] = self._shown.name

    def leave(self) -> None:
        """Keep in mind how the panels lie: the first screen comes in their place."""
        self.remember()
        self._shown = None

    def write(self) -> None:
        """Keep it for the next start."""
        self.remember()
        self._kept["window"] = _text(self._window.saveGeometry())
        write_kept(self._kept, path=self._file)

    def _panels(self) -> dict[str, Any]:
        """Return how the panels lay, by workspace; the file may hold anything."""
        panels = self._kept.get("panels")
        return panels if isinstance(panels, dict) else {}

    def _restore_panels(self, act: Act) -> bool:
        """Let the panels lie as they did, if they did in a window of about this size; tell whether they do."""
        kept = self._panels().get(act.name)
        if not isinstance(kept, dict) or not _is_similar(kept.get("of"), self._window.size()):
            return False
        state = _bytes(kept.get("state"))
        return state is not None and self._window.restoreState(state, _VERSION)

    def _arrange(self, act: Act) -> None:
        """Give the video most of the room, or, to review, the body."""
        layout, window = self._layout, self._window
        annotating = act is Act.ANNOTATE
        layout.dock_of(layout.side).setVisible(annotating)
        body, inspector = layout.dock_of(layout.body), layout.dock_of(layout.inspector)
        if not annotating:
            body.raise_()
        docks, widths = [body], [int(window.width() * (0.27 if annotating else 0.5))]
        if annotating:
            docks, widths = [layout.dock_of(layout.side), *docks], [int(window.width() * 0.15), *widths]
        window.resizeDocks(docks, widths, Qt.Orientation.Horizontal)
        lines = int(_TIMELINE_LINES * window.fontMetrics().height())
        height = min(int(window.height() * _TIMELINE_SHARE), lines)
        window.resizeDocks([layout.dock_of(layout.time)], [height], Qt.Orientation.Vertical)
        column = [int(window.height() * part) for part in (0.5, 0.16)]
        window.resizeDocks([body, inspector], column, Qt.Orientation.Vertical)


def _share_of(available: QSize) -> QSize:
    """Return most of the screen, so that panels have room."""
    return QSize(int(available.width() * _SHARE_OF_SCREEN), int(available.height() * _SHARE_OF_SCREEN))


def _is_similar(of: object, size: QSize) -> bool:
    """Tell whether a kept size is about that of the window now."""
    if not (isinstance(of, list) and len(of) == 2 and all(isinstance(side, int) and side > 0 for side in of)):
        return False
    return all(
        abs(now - before) <= _SIMILAR * before for now, before in zip((size.width(), size.height()), of, strict=True)
    )


def _text(data: QByteArray) -> str:
    return base64.b64encode(data.data()).decode("ascii")


def _bytes(text: object) -> QByteArray | None:
    if not isinstance(text, str):
        return None
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return None
