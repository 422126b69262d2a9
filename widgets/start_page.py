"""The first screen: drop a video, go on where you stopped, or try the demo."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QMimeData, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QFont,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from widgets.entry_list import small_font
from widgets.icons import IconName, icon_pixmap
from widgets.theme import colors_of, mix

_PROJECT, _PICTURE = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_CARD_CHARS = 34
_CONTENT_CHARS = 180
_RADIUS_PX = 6
_SPACING_PX = 4
_MAX_ROWS = 2
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, eq=False)
class RecentProject:
    """A project on the first screen.

    Attributes
    ----------
    path : Path
        Its folder.
    subtitle : str
        Such as when it was last open, or how much of it is done.
    thumbnail : (H, W, 3) uint8 array or None
        RGB.
    missing : bool
        The folder is not there any more.
    """

    path: Path
    title: str
    subtitle: str
    thumbnail: NDArray[np.uint8] | None = None
    missing: bool = False


class StartPage(QWidget):
    """Where everything begins; files may be dropped anywhere on it.

    Signals
    -------
    open_video_requested, open_project_requested, demo_requested
    recent_activated : Path
    files_dropped : list of Path
    """

    open_video_requested = Signal()
    open_project_requested = Signal()
    demo_requested = Signal()
    recent_activated = Signal(Path)
    files_dropped = Signal(list)

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._drop = _DropArea()
        self._drop.open_video.clicked.connect(self.open_video_requested)
        self._drop.open_project.clicked.connect(self.open_project_requested)
        self._drop.demo.clicked.connect(self.demo_requested)
        self._recent_title = QLabel("Recent projects")
        self._recent_title.setFont(_scaled(self.font(), 1.2))
        self._recent = _RecentList()
        self._recent.project_activated.connect(self.recent_activated)
        content = QWidget()
        content.setMaximumWidth(self.fontMetrics().averageCharWidth() * _CONTENT_CHARS)
        column = QVBoxLayout(content)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(12)
        column.addWidget(self._drop, 1)
        column.addWidget(self._recent_title)
        column.addWidget(self._recent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(content, 1000)
        row.addStretch(1)
        self.set_recent([])

    def set_recent(self, projects: Sequence[RecentProject]) -> None:
        """Show projects as cards, in the order given; none hide their part of the page."""
        self._recent.set_projects(projects)
        self._recent.setVisible(bool(projects))
        self._recent_title.setVisible(bool(projects))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Light up for files."""
        if dropped_files(event.mimeData()):
            event.acceptProposedAction()
            self._drop.set_lit(lit=True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Go dark again."""
        self._drop.set_lit(lit=False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand the files on."""
        self._drop.set_lit(lit=False)
        files = dropped_files(event.mimeData())
        if files:
            event.acceptProposedAction()
            self.files_dropped.emit(files)


def dropped_files(data: QMimeData) -> list[Path]:
    """Return the local files and folders of a drag."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


class _DropArea(QFrame):
    """The inviting part: a sign, a sentence, three buttons."""

    def __init__(self) -> None:
        super().__init__()
        self._lit = False
        self._sign, title = QLabel(), QLabel("Drop a climbing video here")
        title.setFont(_scaled(self.font(), 1.8))
        hint = QLabel("mp4, mov, mkv, webm, avi … or a Betascope project. Your videos stay on this computer.")
        hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.open_video = QPushButton("Open video…")
        self.open_project = QPushButton("Open project…")
        self.demo = QPushButton("Try the demo climb")
        self.open_video.setProperty("primary", "true")
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        for button in (self.open_video, self.open_project, self.demo):
            button.setMinimumHeight(self.fontMetrics().height() * 2)
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addStretch(3)
        for label in (self._sign, title, hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(label is hint)
            column.addWidget(label)
        column.addSpacing(12)
        column.addLayout(buttons)
        column.addStretch(4)
        self.setMinimumHeight(self.fontMetrics().height() * 14)
        self._restyle()

    def set_lit(self, *, lit: bool) -> None:
        """Show that what is held over the page may be dropped."""
        self._lit = lit
        self._restyle()
        self.update()

    def _restyle(self) -> None:
        c = colors_of(self)
        side = round(self.fontMetrics().height() * 3.5)
        color = c.accent if self._lit else c.muted
        self._sign.setPixmap(
            icon_pixmap(IconName.FILM, color, size_px=side, device_pixel_ratio=self.devicePixelRatioF())
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the dashed field."""
        c = colors_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(c.accent if self._lit else mix(c.muted, c.window, 0.3), 2, Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(mix(c.surface, c.accent, 0.12) if self._lit else c.surface)
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 12, 12)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._restyle()


class _RecentList(QListWidget):
    """Cards in rows; a click, Enter or Space opens one."""

    project_activated = Signal(Path)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Recent projects")
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSpacing(_SPACING_PX)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_CardDelegate(self))
        self.setStyleSheet("QListWidget { border: none; background: transparent; }")  # the cards show the focus
        self.itemClicked.connect(self._activate)

    def set_projects(self, projects: Sequence[RecentProject]) -> None:
        """Show projects."""
        self.clear()
        for project in projects:
            item = QListWidgetItem(self)
            item.setData(_PROJECT, project)
            item.setData(_PICTURE, None if project.thumbnail is None else _pixmap(project.thumbnail))
            words = f"{project.title}, not found" if project.missing else f"{project.title}, {project.subtitle}"
            item.setData(Qt.ItemDataRole.AccessibleTextRole, words)
            item.setToolTip(str(project.path))
        self._fit_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Be as high as the rows of cards."""
        super().resizeEvent(event)
        self._fit_height()

    def _fit_height(self) -> None:
        card = _card_size(self.font())
        columns = max(1, self.viewport().width() // (card.width() + _SPACING_PX))
        rows = min(_MAX_ROWS, -(-self.count() // columns)) if self.window().height() > 7 * card.height() else 1
        self.setFixedHeight(rows * (card.height() + _SPACING_PX) + _SPACING_PX)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open by Enter and Space."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.currentItem() is not None:
            self._activate(self.currentItem())
        else:
            super().keyPressEvent(event)

    def _activate(self, item: QListWidgetItem) -> None:
        self.project_activated.emit(item.data(_PROJECT).path)


class _CardDelegate(QStyledItemDelegate):
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint picture, title and subtitle on a card."""
        view = option.widget
        c = colors_of(view.window())  # the list itself is transparent
        project: RecentProject = index.data(_PROJECT)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        focused = view.hasFocus() and bool(option.state & QStyle.StateFlag.State_HasFocus)
        card = option.rect.adjusted(4, 4, -4, -4)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(QPen(c.accent if focused else c.border, 2 if focused else 1))
        painter.setBrush(c.raised if hovered else c.surface)
        painter.drawRoundedRect(card, _RADIUS_PX, _RADIUS_PX)
        small = small_font(view.font())
        lines = QFontMetrics(view.font()).height() + QFontMetrics(small).height() + 14
        picture = card.adjusted(1, 1, -1, -lines)
        self._paint_picture(painter, view, picture=index.data(_PICTURE), area=picture, faint=project.missing)
        text = QRect(card.left() + 10, picture.bottom() + 6, card.width() - 20, lines - 8)
        painter.setFont(view.font())
        painter.setPen(c.muted if project.missing else c.text)
        title = QFontMetrics(view.font()).elidedText(project.title, Qt.TextElideMode.ElideMiddle, text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, title)
        painter.setFont(small)
        painter.setPen(c.warning if project.missing else c.muted)
        words = "Not found: moved or deleted" if project.missing else project.subtitle
        words = QFontMetrics(small).elidedText(words, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, words)
        painter.restore()

    def _paint_picture(
        self, painter: QPainter, view: QWidget, *, picture: QPixmap | None, area: QRect, faint: bool
    ) -> None:
        c = colors_of(view.window())  # the list itself is transparent
        painter.save()
        outline = QPainterPath()
        outline.addRoundedRect(area, _RADIUS_PX - 1, _RADIUS_PX - 1)
        painter.setClipPath(outline)
        painter.fillRect(area, c.canvas)
        if picture is None:
            side = area.height() // 3
            sign = icon_pixmap(IconName.FILM, c.muted, size_px=side, device_pixel_ratio=view.devicePixelRatioF())
            painter.drawPixmap(area.center().x() - side // 2, area.center().y() - side // 2, sign)
        else:
            painter.setOpacity(0.35 if faint else 1.0)
            covering = picture.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
            corner = area.center() - QRect(0, 0, covering.width(), covering.height()).center()
            painter.drawPixmap(QRect(corner, covering), picture)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All cards are alike."""
        return _card_size(option.widget.font())


def _card_size(font: QFont) -> QSize:
    metrics = QFontMetrics(font)
    width = metrics.averageCharWidth() * _CARD_CHARS
    return QSize(width, round(width * 9 / 16) + 2 * metrics.height() + 14)


def _pixmap(rgb: NDArray[np.uint8]) -> QPixmap:
    rgb = np.ascontiguousarray(rgb)
    height, width = rgb.shape[:2]
    return QPixmap.fromImage(QImage(rgb.data, width, height, rgb.strides[0], QImage.Format.Format_RGB888).copy())


def _scaled(font: QFont, factor: float) -> QFont:
    result = QFont(font)
    result.setPixelSize(round(QFontMetrics(font).ascent() * factor))
    result.setWeight(QFont.Weight.DemiBold)
    return result
