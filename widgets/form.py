"""Forms in panels: a column of named controls that scrolls where the panel is low; what it is for stays in sight."""

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFont, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

_MARGIN = 8
_ANY_HEIGHT = (1 << 24) - 1


class FormPanel(QWidget):
    """A panel of named controls, and below them what is never scrolled away: what the panel is for.

    Signals
    -------
    shown
        The panel became visible; who fills it can do so now.
    """

    shown = Signal()

    def __init__(self, name: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        page = QWidget()
        self.form = QFormLayout(page)
        self.form.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        self.form.setSpacing(_MARGIN)
        self.form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._footer = QVBoxLayout()
        self._footer.setSpacing(_MARGIN)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(_Page(page), 1)
        column.addLayout(self._footer)

    def set_footer(self, *rows: QWidget | QLayout) -> None:
        """Keep controls in sight below the form, however low the panel is."""
        self._footer.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        for row in rows:
            if isinstance(row, QWidget):
                self._footer.addWidget(row)
            else:
                self._footer.addLayout(row)

    def showEvent(self, event: QShowEvent) -> None:
        """Say that it can be seen."""
        super().showEvent(event)
        self.shown.emit()


class _Page(QScrollArea):
    """The part of a panel that scrolls, up and down only."""

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its controls take the keyboard, and scroll it as they do
        self._page = page
        self.setWidget(page)

    def minimumSizeHint(self) -> QSize:
        """Have room for the widest control, since there is no scrolling to the side."""
        hint = super().minimumSizeHint()
        width = self._page.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(max(hint.width(), width), hint.height())


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


def show_instead(shown: Iterable[QWidget], *, of: Iterable[QWidget]) -> None:
    """Show controls in place of others: those go first, or for a moment the panel is wide enough for all of them."""
    for widget in of:
        widget.hide()
    for widget in shown:
        widget.show()


class Paragraph(QLabel):
    """Words over several lines, as high as they are at its width.

    Forms ask for the height at a width they do not give, once their page scrolls: the last line would be cut.
    """

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def setText(self, text: str) -> None:
        """Say something else."""
        super().setText(text)
        self._take_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take the height of the words at another width."""
        super().resizeEvent(event)
        self._take_height()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._take_height()

    def _take_height(self) -> None:
        if self.testAttribute(Qt.WidgetAttribute.WA_Resized):  # its width was given by a layout
            self.setMinimumHeight(0)
            self.setMaximumHeight(_ANY_HEIGHT)
            self.setFixedHeight(max(self.heightForWidth(self.width()), 0))  # -1 without words


def said_below(text: str = "") -> Paragraph:
    """Return a paragraph."""
    return Paragraph(text)


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
