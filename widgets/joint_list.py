"""The joints of a skeleton in the current frame: where each comes from and how sure it is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QSignalBlocker,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from annotation.labels import Source, Visibility
from annotation.skeletons import Skeleton, joint_title
from widgets.entry_list import paint_row_background, small_font
from widgets.markers import Marker, MarkerPictures, side_color
from widgets.theme import colors_of, theme_of

_NAME, _STATE, _NOTE = (Qt.ItemDataRole.UserRole + n for n in range(3))
_DOUBT = 0.5
_BEFORE_NAME, _BEFORE_WORDS, _AFTER_WORDS = 10, 8, 8
JointState = tuple[Source, Visibility, float]
Index = QModelIndex | QPersistentModelIndex
_WORDS = {Source.MISSING: "missing", Source.INTERPOLATED: "interpolated", Source.LABELLED: "labelled"}


@dataclass(frozen=True)
class JointNote:
    """Something said or asked about a joint of the frame: a word for its row, and all of it."""

    short: str
    long: str


class JointList(QListWidget):
    """One row per joint, with the marker the joint has in the video.

    Signals
    -------
    joints_selected : frozenset of int, int
        The user selects other joints; the second is the one chosen last, -1 if it was taken out.
    menu_requested : int, QPoint
        A joint and the global position for a menu.
    """

    joints_selected = Signal(object, int)
    menu_requested = Signal(int, QPoint)

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Joints")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_JointDelegate(self))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._ask_for_menu)
        self.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.itemSelectionChanged.connect(self._selected)

    def set_skeleton(self, skeleton: Skeleton | None) -> None:
        """Show the joints of a skeleton, missing until `set_states` says more; none without one."""
        joints = () if skeleton is None else skeleton.joints
        if joints == tuple(self.item(row).data(_NAME) for row in range(self.count())):
            return
        with QSignalBlocker(self):
            self.clear()
            for joint in joints:
                item = QListWidgetItem(self)
                item.setData(_NAME, joint)
                _set_state(item, (Source.MISSING, Visibility.ABSENT, 0.0))
        self.updateGeometry()

    def set_states(
        self,
        source: Sequence[int] | NDArray[np.uint8],
        visibility: Sequence[int] | NDArray[np.uint8],
        *,
        confidence: Sequence[float] | NDArray[np.float32],
    ) -> None:
        """Show one frame of a resolved track; all three are (K,), confidence in [0, 1]."""
        for row in range(self.count()):
            state = (Source(int(source[row])), Visibility(int(visibility[row])), round(float(confidence[row]), 2))
            item = self.item(row)
            if item.data(_STATE) != state:
                _set_state(item, state)

    def set_notes(self, notes: Mapping[int, JointNote]) -> None:
        """Show what is said or asked about joints of the frame, by their index; none for the others."""
        for row in range(self.count()):
            item = self.item(row)
            if item.data(_NOTE) != notes.get(row):
                item.setData(_NOTE, notes.get(row))
                _describe(item)

    def set_selected(self, joints: Collection[int], *, current: int) -> None:
        """Select joints without a signal; `current` is the one the keys go on from, -1 for none."""
        with QSignalBlocker(self):
            self.setCurrentRow(current, QItemSelectionModel.SelectionFlag.NoUpdate)
            for row in range(self.count()):
                self.item(row).setSelected(row in joints)
        self.viewport().update()

    def _selected(self) -> None:
        joints = frozenset(self.row(item) for item in self.selectedItems())
        current = self.currentRow()
        self.joints_selected.emit(joints, current if current in joints else -1)

    def _ask_for_menu(self, position: QPoint) -> None:
        item = self.itemAt(position)
        if item is not None:
            self.menu_requested.emit(self.row(item), self.viewport().mapToGlobal(position))

    def minimumSizeHint(self) -> QSize:
        """Show some joints at least, and of all of them the name and where they come from, whatever it is."""
        metrics, row = self.fontMetrics(), self.fontMetrics().height() + 6
        names = (metrics.horizontalAdvance(joint_title(self.item(at).data(_NAME))) for at in range(self.count()))
        small = QFontMetrics(small_font(self.font()))
        words = max(small.horizontalAdvance(words) for words in _WORDS.values())
        beside = (
            row
            + metrics.averageCharWidth()
            + _BEFORE_NAME
            + _BEFORE_WORDS
            + _AFTER_WORDS
            + self.verticalScrollBar().sizeHint().width()
        )
        return QSize(max(names, default=0) + words + beside, 4 * row)


def state_words(state: JointState) -> str:
    """Return all there is to say about a joint: its source, or how sure the model is, and whether it is occluded."""
    words = row_words(state)
    source, visibility, _ = state
    return f"{_WORDS[source]}, {words}" if source in _WORDS and visibility is Visibility.OCCLUDED else words


def row_words(state: JointState) -> str:
    """Return the little there is room for in a row; the mark before the name shows the source."""
    source, visibility, confidence = state
    if visibility is Visibility.ABSENT and source >= Source.INTERPOLATED:
        return "absent"
    if visibility is Visibility.OCCLUDED and source in _WORDS:
        return "occluded"
    words = _WORDS.get(source, f"{confidence:.0%}".replace("%", " %"))
    return f"{words}, occluded" if visibility is Visibility.OCCLUDED else words


def _set_state(item: QListWidgetItem, state: JointState) -> None:
    item.setData(_STATE, state)
    _describe(item)


def _describe(item: QListWidgetItem) -> None:
    """Say all there is about a joint to who points at it, or cannot see it."""
    state: JointState = item.data(_STATE)
    note: JointNote | None = item.data(_NOTE)
    name, words = joint_title(item.data(_NAME)), state_words(state)
    if state[0] is Source.PREDICTED:
        words = f"predicted, {words} sure"
    if note is not None:
        words = f"{words}; {note.long}"
    item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}, {words}")
    item.setToolTip(f"{name}: {words}")


class _JointDelegate(QStyledItemDelegate):
    def __init__(self, view: JointList) -> None:
        super().__init__(view)
        self._pictures: MarkerPictures | None = None
        self._made_for: tuple[object, ...] = ()

    def _pictures_for(self, view: QWidget) -> MarkerPictures:
        unit, ratio = QFontMetrics(view.font()).height() / 17, view.devicePixelRatioF()
        made_for = (theme_of(view.palette()), unit, ratio)
        if self._pictures is None or made_for != self._made_for:
            self._pictures = MarkerPictures(colors_of(view), unit, device_pixel_ratio=ratio)
            self._made_for = made_for
        return self._pictures

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint marker, name and state."""
        view, c = option.widget, colors_of(option.widget)
        joint: str = index.data(_NAME)
        state: JointState = index.data(_STATE)
        paint_row_background(painter, option)
        font = view.font()
        metrics, height = QFontMetrics(font), option.rect.height()
        painter.save()
        middle = QPointF(option.rect.left() + 6 + height / 2, option.rect.top() + height / 2)
        self._paint_mark(painter, view, middle=middle, joint=joint, state=state)
        area = option.rect.adjusted(height + _BEFORE_NAME, 0, -_AFTER_WORDS, 0)
        name = metrics.elidedText(joint_title(joint), Qt.TextElideMode.ElideRight, area.width())
        painter.setFont(font)
        painter.setPen(c.text if state[0] is not Source.MISSING else c.muted)
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        area.adjust(metrics.horizontalAdvance(name) + _BEFORE_WORDS, 0, 0, 0)
        small = small_font(font)
        note: JointNote | None = index.data(_NOTE)
        said = row_words(state) if note is None else f"{note.short}  {row_words(state)}"
        if note is not None and QFontMetrics(small).horizontalAdvance(said) > area.width():
            said = note.short  # a number that is cut off would be another one; the tip says both
        words = QFontMetrics(small).elidedText(said, Qt.TextElideMode.ElideRight, area.width())
        painter.setFont(small)
        painter.setPen(c.warning if state[0] is Source.PREDICTED and state[2] < _DOUBT else c.muted)
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
        painter.restore()

    def _paint_mark(self, painter: QPainter, view: QWidget, *, middle: QPointF, joint: str, state: JointState) -> None:
        c = colors_of(view)
        source, visibility, confidence = state
        color = side_color(joint, c)
        if source is Source.MISSING or visibility is Visibility.ABSENT:
            _paint_cross(painter, middle, arm=QFontMetrics(view.font()).height() / 4, pens=(c.outline, color))
            return
        if source is Source.PREDICTED:
            painter.setOpacity(max(confidence, 0.25))
        marker = Marker(color.rgb(), source, visibility is Visibility.OCCLUDED)
        self._pictures_for(view).draw(painter, middle, marker)
        painter.setOpacity(1.0)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """One line."""
        return QSize(80, QFontMetrics(option.widget.font()).height() + 6)


def _paint_cross(painter: QPainter, middle: QPointF, *, arm: float, pens: tuple[QColor, QColor]) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for color, width in zip(pens, (0.9 * arm, 0.45 * arm), strict=True):
        painter.setPen(QPen(color, width))
        painter.drawLine(middle - QPointF(arm, arm), middle + QPointF(arm, arm))
        painter.drawLine(middle - QPointF(arm, -arm), middle + QPointF(arm, -arm))
