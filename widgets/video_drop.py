"""Takes videos that are dropped on a widget."""

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QMimeDatabase, QObject, Signal
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QWidget

_KINDS = (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop)


class VideoDrop(QObject):
    """Lets videos, and nothing else, be dropped on a widget."""

    dropped = Signal(list)
    """Video files (list of Path)."""

    def __init__(self, target: QWidget) -> None:
        super().__init__(target)
        target.setAcceptDrops(True)
        target.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Answer drags and drops in the place of the widget."""
        if event.type() not in _KINDS or not isinstance(event, QDropEvent):
            return False
        videos = _videos(event.mimeData())
        if not videos:
            event.ignore()
        elif event.type() is QEvent.Type.Drop:
            event.acceptProposedAction()
            self.dropped.emit(videos)
        else:
            event.accept()
        return True


def _videos(data: QMimeData) -> list[Path]:
    """The local files among dropped things that are videos by their name."""
    types = QMimeDatabase()
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    by_name = QMimeDatabase.MatchMode.MatchExtension
    return [path for path in paths if types.mimeTypeForFile(str(path), by_name).name().startswith("video/")]
