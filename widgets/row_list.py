"""Lists of many rows that are painted by a delegate: thousands cost no more than those in sight."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QFrame, QListView, QStyledItemDelegate

ROW_ROLE = Qt.ItemDataRole.UserRole
Row = TypeVar("Row")


class RowModel(QAbstractListModel, Generic[Row]):
    """Rows as a model.

    Parameters
    ----------
    text, spoken, tip : callables
        What a row says, what a screen reader says about it, and what the mouse is told over it.
    """

    def __init__(
        self,
        text: Callable[[Row], str],
        *,
        spoken: Callable[[Row], str],
        tip: Callable[[Row], str] | None = None,
    ) -> None:
        super().__init__()
        self.rows: Sequence[Row] = ()
        self._words = {Qt.ItemDataRole.DisplayRole: text, Qt.ItemDataRole.AccessibleTextRole: spoken}
        if tip is not None:
            self._words[Qt.ItemDataRole.ToolTipRole] = tip

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return how many rows there are."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the row itself, or its words."""
        row = self.rows[index.row()]
        if role == ROW_ROLE:
            return row
        words = self._words.get(Qt.ItemDataRole(role))
        return None if words is None else words(row)


def row_list(rows: RowModel[Any], delegate: Callable[[QListView], QStyledItemDelegate], *, name: str) -> QListView:
    """Return a list of rows of one height, painted by a delegate; `name` is for screen readers."""
    view = QListView()
    view.setModel(rows)
    view.setItemDelegate(delegate(view))
    view.setUniformItemSizes(True)
    view.setAccessibleName(name)
    view.setFrameShape(QFrame.Shape.NoFrame)
    view.setMouseTracking(True)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return view
