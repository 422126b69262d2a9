"""Numbers about the selected joint, the frame and the body, under headings."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QWidget

from widgets.form import heading

Section = tuple[str, list[tuple[str, str]]]


class Inspector(QScrollArea):
    """Names and values in sections; values can be selected and copied."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Inspector")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._layout_of: list[tuple[str, list[str]]] = []
        self._values: list[QLabel] = []
        self.set_sections([])

    def set_sections(self, sections: Sequence[Section]) -> None:
        """Show sections of names and values; every value carries its unit. Cheap while the names stay the same."""
        layout = [(title, [name for name, _ in rows]) for title, rows in sections]
        if layout != self._layout_of or not sections:
            self._build(layout)
        for label, value in zip(self._values, (value for _, rows in sections for _, value in rows), strict=True):
            if label.text() != value:
                label.setText(value)

    def _build(self, sections: list[tuple[str, list[str]]]) -> None:
        self._layout_of, self._values = sections, []
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(12, 8, 12, 8)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 2)
        grid.setColumnStretch(1, 3)
        row = 0
        for title, names in sections:
            if row:
                grid.setRowMinimumHeight(row, 8)
                row += 1
            grid.addWidget(heading(title), row, 0, 1, 2)
            row += 1
            for name in names:
                key, value = QLabel(name), _value_label(name)
                key.setWordWrap(True)
                key.setForegroundRole(QPalette.ColorRole.PlaceholderText)
                grid.addWidget(key, row, 0, Qt.AlignmentFlag.AlignTop)
                grid.addWidget(value, row, 1)
                self._values.append(value)
                row += 1
        if not sections:
            grid.addWidget(_nothing(), 0, 0, 1, 2)
        grid.setRowStretch(row + 1, 1)
        at = self.verticalScrollBar().value()
        self.setWidget(page)
        page.show()
        grid.activate()
        self.verticalScrollBar().setValue(at)  # other names, such as those of a joint, do not lead away


def _value_label(name: str) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
    label.setAccessibleName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _nothing() -> QLabel:
    label = QLabel("Select a joint to see its numbers here.")
    label.setWordWrap(True)
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    return label
