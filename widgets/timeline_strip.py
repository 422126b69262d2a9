"""Small pictures along the timeline, and the one above the cursor."""

from PySide6.QtCore import QObject, QPoint, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from widgets.timeline_view import STEPS, View

_DEBOUNCE_MS = 120
_GAP_PX = 2.0
_PREVIEW_LINES = 12


class ThumbnailStrip(QObject):
    """Knows which frames have room along the timeline, and their pictures."""

    wanted = Signal(list)
    """Frames whose pictures are wanted, once the view has come to rest."""

    def __init__(self, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._aspect = 0.0
        self._frames: list[int] = []
        self._pictures: dict[int, QPixmap] = {}
        self._rest = QTimer(self, singleShot=True, interval=_DEBOUNCE_MS)
        self._rest.timeout.connect(self._ask)

    @property
    def frames(self) -> list[int]:
        """The frames that have room."""
        return self._frames

    @property
    def pictures(self) -> dict[int, QPixmap]:
        """The pictures there are."""
        return self._pictures

    def set_aspect(self, aspect: float) -> None:
        """Set width / height of the pictures of another clip, 0 for none; forgets the pictures."""
        self._aspect = aspect
        self._frames = []
        self._pictures.clear()

    def set_picture(self, frame: int, image: QImage) -> None:
        """Take the picture of a frame; one that has no room, as those below the cursor, is not kept."""
        if frame in self._frames:
            self._pictures[frame] = QPixmap.fromImage(image)

    def follow(self, area: QRectF, view: View, *, n_frames: int) -> None:
        """Choose as many frames as fit: multiples of a round step, so that panning finds them again."""
        frames = _frames_in(area, view, n_frames=n_frames, width=self._aspect * area.height() + _GAP_PX)
        if frames != self._frames:
            self._frames = frames
            self._rest.start()

    def paint(self, painter: QPainter, area: QRectF, *, view: View) -> None:
        """Paint each picture around the middle of its frame."""
        scale = area.width() / view.n_frames
        size = QSize(round(self._aspect * area.height()), round(area.height()))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for frame in self._frames:
            picture = self._pictures.get(frame)
            if picture is not None:
                x = area.left() + (frame + 0.5 - view.first) * scale - size.width() / 2
                painter.drawPixmap(QRectF(x, area.top(), size.width(), size.height()).toRect(), picture)

    def _ask(self) -> None:
        keep = set(self._frames)
        self._pictures = {frame: picture for frame, picture in self._pictures.items() if frame in keep}
        self.wanted.emit([frame for frame in self._frames if frame not in self._pictures])


def _frames_in(area: QRectF, view: View, *, n_frames: int, width: float) -> list[int]:
    """The multiples of the least round step at which pictures of a width do not overlap."""
    if width <= _GAP_PX or area.height() < 1 or area.width() < 1 or not n_frames:
        return []
    scale = area.width() / view.n_frames
    step = next((step for step in STEPS if step * scale >= width), STEPS[-1])
    first = max(int(view.first), 0) // step * step
    end = min(int(view.first + view.n_frames) + 1, n_frames)
    return list(range(first, end, step))


class HoverPreview(QFrame):
    """A picture of the frame below the cursor with its time; it takes no clicks and no focus."""

    def __init__(self, *, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.ToolTip)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._frame = -1
        self._picture, self._words = QLabel(), QLabel()
        for label in (self._picture, self._words):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(4)
        column.addWidget(self._picture)
        column.addWidget(self._words)

    @property
    def frame(self) -> int:
        """The frame it is about."""
        return self._frame

    def show_at(self, top_middle: QPoint, frame: int, *, words: str, aspect: float) -> None:
        """Show which frame it is about, above a global position; its picture may follow."""
        if frame != self._frame:
            self._picture.clear()
        self._frame = frame
        side = round(_PREVIEW_LINES * QFontMetricsF(self.font()).height() / 2)
        width, height = (side, side / aspect) if aspect > 1 else (side * aspect, side)
        self._picture.setFixedSize(round(1.6 * width), round(1.6 * height))
        self._words.setText(words)
        self.adjustSize()
        screen = self.screen().availableGeometry()
        x = min(max(top_middle.x() - self.width() // 2, screen.left()), screen.right() - self.width())
        self.move(x, max(top_middle.y() - self.height() - 6, screen.top()))
        self.show()

    def set_picture(self, frame: int, image: QImage) -> None:
        """Take the picture of a frame; one that is not below the cursor any more is left out."""
        if frame == self._frame and self.isVisible():
            smooth, ratio = Qt.TransformationMode.SmoothTransformation, Qt.AspectRatioMode.KeepAspectRatio
            self._picture.setPixmap(QPixmap.fromImage(image.scaled(self._picture.size(), ratio, smooth)))

    def put_away(self) -> None:
        """Hide it and forget the frame."""
        self._frame = -1
        self._picture.clear()
        self.hide()

    def picture(self) -> QPixmap:
        """Return the picture that is shown."""
        return self._picture.pixmap()
