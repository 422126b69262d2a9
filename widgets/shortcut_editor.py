"""All actions with their keys: search, press new ones, several for one action, with a word about conflicts."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from widgets.icon_button import IconButton
from widgets.icons import IconName
from widgets.key_field import KeyField, shown_keys
from widgets.matching import match

_ID_ROLE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class KeyRow:
    """One action in the list.

    Attributes
    ----------
    id : str
        What the signals name.
    group, text : str
    keys : tuple of str
        In Qt's portable spelling.
    changed : bool
        Whether these are other keys than the preset's.
    """

    id: str
    group: str
    text: str
    keys: tuple[str, ...]
    changed: bool = False


class ShortcutEditor(QWidget):
    """Lists actions and takes new keys for the selected one; who listens decides and sets the rows anew.

    Signals
    -------
    key_pressed : str, str
        New keys for an action (id, keys).
    take_over_requested : str, str
        The same, although they belong to another action.
    key_removed : str, str
        An action shall do without these keys.
    reset_requested : str
        An action shall have the preset's keys again.
    reset_all_requested
    preset_chosen : str
        The id of another preset.
    import_requested, export_requested
    """

    key_pressed = Signal(str, str)
    take_over_requested = Signal(str, str)
    key_removed = Signal(str, str)
    reset_requested = Signal(str)
    reset_all_requested = Signal()
    preset_chosen = Signal(str)
    import_requested = Signal()
    export_requested = Signal()

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, KeyRow] = {}
        self._wish: tuple[str, str] | None = None
        self._presets = QComboBox()
        self._presets.setAccessibleName("Keys as in")
        self._presets.currentIndexChanged.connect(lambda i: self.preset_chosen.emit(self._presets.itemData(i)))
        self._search = QLineEdit()
        self._search.setPlaceholderText("Search an action or a key")
        self._search.setAccessibleName("Search an action or a key")
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(self._filter)
        self._tree = _tree()
        self._tree.currentItemChanged.connect(self._selected)
        self._detail = _Detail()
        self._detail.field.recorded.connect(self._press)
        self._detail.removed.connect(self._remove)
        self._detail.reset.clicked.connect(self._reset)
        self._detail.take_over.clicked.connect(self._take_over)
        self._detail.keep.clicked.connect(self.clear_message)
        self._lay_out()
        self._selected()

    def set_presets(self, presets: Sequence[tuple[str, str]], *, current: str) -> None:
        """Offer presets as (id, title)."""
        with QSignalBlocker(self._presets):
            self._presets.clear()
            for preset, title in presets:
                self._presets.addItem(title, preset)
            self._presets.setCurrentIndex(self._presets.findData(current))

    def set_rows(self, rows: Sequence[KeyRow]) -> None:
        """Show actions with their keys; what was selected stays selected."""
        selected = self.selected
        with QSignalBlocker(self._tree):
            if [row.id for row in rows] != list(self._rows):
                self._build(rows)
            self._rows = {row.id: row for row in rows}
            for item in self._items():
                row = self._rows[item.data(0, _ID_ROLE)]
                item.setText(1, "  ".join(shown_keys(keys) for keys in row.keys))
                font = QFont(self._tree.font())
                font.setWeight(QFont.Weight.DemiBold if row.changed else QFont.Weight.Normal)
                item.setFont(1, font)
                item.setToolTip(1, "Not the keys of the preset" if row.changed else "")
        self.select(selected)
        self._filter()

    def select(self, action: str | None) -> None:
        """Select an action, or none."""
        found = next((item for item in self._items() if item.data(0, _ID_ROLE) == action), None)
        with QSignalBlocker(self._tree):
            if found is None:
                self._tree.setCurrentIndex(QModelIndex())
            else:
                self._tree.setCurrentItem(found)
                self._tree.scrollToItem(found)
        self._selected()

    @property
    def selected(self) -> str | None:
        """The id of the selected action."""
        item = self._tree.currentItem()
        return None if item is None else item.data(0, _ID_ROLE)

    def show_conflict(self, text: str, keys: str | None) -> None:
        """Say why keys were not taken; with keys named, offer to take them over."""
        action = self.selected
        self._wish = None if keys is None or action is None else (action, keys)
        self._detail.show_message(text, choice=self._wish is not None)

    def clear_message(self) -> None:
        """Say nothing more about a conflict."""
        self._wish = None
        self._detail.show_message("", choice=False)

    def start_search(self) -> None:
        """Put the cursor into the search field."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def sizeHint(self) -> QSize:
        """Have room for a good part of the list."""
        return QSize(self.fontMetrics().averageCharWidth() * 56, 560)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(QLabel("Keys as in"))
        head.addWidget(self._presets, 1)
        column.addLayout(head)
        column.addWidget(self._search)
        column.addWidget(self._tree, 1)
        column.addWidget(self._detail)
        feet = QHBoxLayout()
        for text, signal, tip in (
            ("Reset all", self.reset_all_requested, "Give every action the preset's keys again"),
            ("Import…", self.import_requested, "Read keys from a file"),
            ("Export…", self.export_requested, "Write these keys to a file"),
        ):
            button = QPushButton(text)
            button.setToolTip(tip)
            button.clicked.connect(lambda _=False, signal=signal: signal.emit())
            feet.addWidget(button)
        column.addLayout(feet)

    def _build(self, rows: Sequence[KeyRow]) -> None:
        self._tree.clear()
        heading = QFont(self._tree.font())
        heading.setWeight(QFont.Weight.DemiBold)
        groups: dict[str, QTreeWidgetItem] = {}
        for row in rows:
            if row.group not in groups:
                groups[row.group] = group = QTreeWidgetItem(self._tree, [row.group])
                group.setFlags(Qt.ItemFlag.ItemIsEnabled)
                group.setFont(0, heading)
                group.setExpanded(True)
            item = QTreeWidgetItem(groups[row.group], [row.text])
            item.setData(0, _ID_ROLE, row.id)
            item.setToolTip(0, row.text)

    def _items(self) -> list[QTreeWidgetItem]:
        return [item for group in self._groups() for item in _children(group)]

    def _groups(self) -> list[QTreeWidgetItem]:
        return _children(self._tree.invisibleRootItem())

    def _filter(self) -> None:
        query = self._search.text().strip()
        for item in self._items():
            row = self._rows[item.data(0, _ID_ROLE)]
            by_key = any(query.casefold() == shown_keys(key).casefold() for key in row.keys)
            item.setHidden(not by_key and match(query, f"{row.text} {row.group}") is None)
        for group in self._groups():
            group.setHidden(all(item.isHidden() for item in _children(group)))

    def _selected(self) -> None:
        self.clear_message()
        self._detail.show_row(self._rows.get(self.selected or ""))

    def _press(self, keys: str) -> None:
        if self.selected is not None:
            self.clear_message()
            self.key_pressed.emit(self.selected, keys)

    def _remove(self, keys: str) -> None:
        if self.selected is not None:
            self.clear_message()
            self.key_removed.emit(self.selected, keys)

    def _reset(self) -> None:
        if self.selected is not None:
            self.clear_message()
            self.reset_requested.emit(self.selected)

    def _take_over(self) -> None:
        wish, self._wish = self._wish, None
        self.clear_message()
        if wish is not None:
            self.take_over_requested.emit(*wish)


class _Detail(QFrame):
    """The keys of the selected action, and the field for new ones."""

    removed = Signal(str)

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._message = QLabel(), QLabel()
        self._title.setWordWrap(True)
        self._message.setWordWrap(True)
        self._message.setForegroundRole(QPalette.ColorRole.BrightText)
        self.field = KeyField()
        self.reset, self.take_over, self.keep = (
            QPushButton("Reset"),
            QPushButton("Take it over"),
            QPushButton("Leave it"),
        )
        self.reset.setToolTip("Give this action the preset's keys again")
        self._chips = QHBoxLayout()
        self._chips.setSpacing(4)
        entry, choice = QHBoxLayout(), QHBoxLayout()
        entry.addWidget(self.field, 1)
        entry.addWidget(self.reset)
        choice.addWidget(self.take_over)
        choice.addWidget(self.keep)
        choice.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for part in (self._title, self._chips, entry, self._message, choice):
            if isinstance(part, QHBoxLayout):
                column.addLayout(part)
            else:
                column.addWidget(part)
        self.show_message("", choice=False)

    def show_row(self, row: KeyRow | None) -> None:
        """Show the keys of an action, or ask for one to be chosen."""
        self._title.setText("Choose an action to change its keys." if row is None else row.text)
        self.field.setEnabled(row is not None)
        self.reset.setEnabled(row is not None and row.changed)
        while (item := self._chips.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for keys in () if row is None else row.keys:
            self._chips.addWidget(self._chip(keys))
        if row is not None and not row.keys:
            nothing = QLabel("no keys")
            nothing.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            self._chips.addWidget(nothing)
        self._chips.addStretch(1)

    def show_message(self, text: str, *, choice: bool) -> None:
        """Say something about keys that were pressed, with or without a choice."""
        self._message.setText(text)
        self._message.setVisible(bool(text))
        for button in (self.take_over, self.keep):
            button.setVisible(choice)
        if choice:
            self.take_over.setFocus(Qt.FocusReason.OtherFocusReason)

    def _chip(self, keys: str) -> QWidget:
        chip = QFrame()
        row = QHBoxLayout(chip)
        row.setContentsMargins(0, 0, 4, 0)
        row.setSpacing(0)
        remove = IconButton(IconName.CANCEL, f"Do without {shown_keys(keys)}")
        remove.clicked.connect(lambda: self.removed.emit(keys))
        row.addWidget(QLabel(shown_keys(keys)))
        row.addWidget(remove)
        return chip


def _children(item: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    children = [item.child(i) for i in range(item.childCount())]
    return [child for child in children if child is not None]


def _tree() -> QTreeWidget:
    tree = QTreeWidget()
    tree.setAccessibleName("Actions and their keys")
    tree.setColumnCount(2)
    tree.setHeaderLabels(["Action", "Keys"])
    tree.setRootIsDecorated(False)
    tree.setIndentation(12)
    tree.setUniformRowHeights(True)
    tree.setMinimumHeight(8 * tree.fontMetrics().height())
    tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    tree.header().setStretchLastSection(False)
    tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
    return tree
