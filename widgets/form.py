"""Forms in panels: a column of named controls that scrolls where the panel is low."""

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QShowEvent
from PySide6.QtWidgets import QComboBox, QFormLayout, QFrame, QHBoxLayout, QLabel, QScrollArea, QWidget


class FormPanel(QScrollArea):
    """A panel of named controls.

    Signals
    -------
    shown
        The panel became visible; who fills it can do so now.
    """

    shown = Signal()

    def __init__(self, name: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page = self._page = QWidget()
        self.form = QFormLayout(page)
        self.form.setContentsMargins(8, 8, 8, 8)
        self.form.setSpacing(8)
        self.form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.setWidget(page)

    def minimumSizeHint(self) -> QSize:
        """Have room for the widest control, since there is no scrolling to the side."""
        hint = super().minimumSizeHint()
        width = self._page.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(max(hint.width(), width), hint.height())

    def showEvent(self, event: QShowEvent) -> None:
        """Say that it can be seen."""
        super().showEvent(event)
        self.shown.emit()


def choice_box(name: str, entries: Iterable[tuple[object, str]] = ()) -> QComboBox:
    """Return a box to choose from (value, words); it may be narrower than its words."""
    box = QComboBox()
    box.setAccessibleName(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
    fill(box, entries)
    return box


def fill(box: QComboBox, entries: Iterable[tuple[object, str]]) -> None:
    """Offer other (value, words); what was chosen stays chosen if it is still there. Nothing is emitted."""
    chosen = box.currentData()
    box.blockSignals(True)
    box.clear()
    for value, words in entries:
        box.addItem(words, value)
        box.setItemData(box.count() - 1, words, Qt.ItemDataRole.ToolTipRole)
    choose(box, chosen)
    box.blockSignals(False)


def choose(box: QComboBox, value: object) -> None:
    """Choose what stands for a value, the first if nothing does."""
    places = [n for n in range(box.count()) if box.itemData(n) == value]
    box.setCurrentIndex(places[0] if places else 0)


def heading(title: str) -> QLabel:
    """Return the title of a section."""
    label = QLabel(title)
    font = QFont(label.font())
    font.setWeight(QFont.Weight.DemiBold)
    label.setFont(font)
    return label


def said_below(text: str = "") -> QLabel:
    """Return a paragraph."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def beside(first: QWidget | None, *rest: QWidget) -> QHBoxLayout:
    """Return controls beside each other; the first takes the room, nothing leaves it empty."""
    row = QHBoxLayout()
    if first is None:
        row.addStretch(1)
    else:
        row.addWidget(first, 1)
    for widget in rest:
        row.addWidget(widget)
    return row
