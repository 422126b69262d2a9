"""Takes files that are dropped on a widget: videos, or what else it is told to take."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QMimeDatabase, QObject, Signal
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QWidget

_KINDS = (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop)


def is_video(path: Path) -> bool:
    """Tell whether a file is a video by its name."""
    by_name = QMimeDatabase.MatchMode.MatchExtension
    return QMimeDatabase().mimeTypeForFile(str(path), by_name).name().startswith("video/")


class VideoDrop(QObject):
    """Lets videos, or files that `accepts` takes, and nothing else, be dropped on a widget."""

    dropped = Signal(list)
    """Files (list of Path)."""

    def __init__(self, target: QWidget, *, accepts: Callable[[Path], bool] = is_video) -> None:
        super().__init__(target)
        self._accepts = accepts
        target.setAcceptDrops(True)
        target.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Answer drags and drops in the place of the widget."""
        if event.type() not in _KINDS or not isinstance(event, QDropEvent):
            return False
        files = [path for path in _local_files(event.mimeData()) if self._accepts(path)]
        if not files:
            event.ignore()
        elif event.type() is QEvent.Type.Drop:
            event.acceptProposedAction()
            self.dropped.emit(files)
        else:
            event.accept()
        return True


def _local_files(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
