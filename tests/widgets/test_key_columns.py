"""The sheet's columns: even, headings where they belong, nothing cut off."""

from itertools import pairwise

import pytest
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QScrollArea

from widgets.key_columns import KeyColumns, Line


def lines(n_groups: int, n_rows: int) -> list[Line]:
    groups = range(n_groups)
    return [line for g in groups for line in (Line(f"Group {g}"), *(Line(f"Do {g} {i}", "K") for i in range(n_rows)))]


@pytest.fixture
def columns(qtbot) -> KeyColumns:
    columns = KeyColumns()
    qtbot.addWidget(columns)
    columns.resize(1290, 600)
    return columns


def by_column(columns: KeyColumns) -> list[list]:
    lefts = sorted({item.words.left() for item in columns._placed})
    return [[item for item in columns._placed if item.words.left() == left] for left in lefts]


@pytest.mark.parametrize("n_rows", range(3, 20))
def test_every_column_begins_with_a_heading_and_none_ends_with_one(columns: KeyColumns, n_rows: int) -> None:
    columns.set_lines(lines(9, n_rows))
    parts = by_column(columns)
    assert len(parts) >= 2
    for part in parts:
        assert part[0].line.keys is None
        assert part[-1].line.keys is not None


def test_columns_are_about_equally_high_and_lie_beside_each_other(columns: KeyColumns) -> None:
    columns.set_lines(lines(9, 14))
    parts = by_column(columns)
    heights = [part[-1].words.bottom() for part in parts]
    assert min(heights) > 0.75 * max(heights)
    assert max(item.keys.right() for item in parts[-1]) <= columns.width()
    for part in parts:
        assert all(a.words.bottom() < b.words.top() for a, b in pairwise(part))
        assert all(item.words.right() <= item.keys.left() for item in part if item.line.keys)


def test_long_words_and_many_keys_are_wrapped_not_cut(columns: KeyColumns) -> None:
    keys = "Ctrl+Alt+Shift+Left, Ctrl+Num+4, Meta+Shift+Left"
    columns.set_lines([Line("Pose"), Line("Nudge the selected joints to the left by ten pixels at once", keys)])
    item = columns._placed[1]
    line_height = columns.fontMetrics().height()
    assert item.words.height() >= 2 * line_height
    assert columns.minimumHeight() >= item.words.bottom()


def test_it_scrolls_where_it_cannot_fit(qtbot) -> None:
    area, columns = QScrollArea(), KeyColumns()
    qtbot.addWidget(area)
    area.setWidgetResizable(True)
    area.setWidget(columns)
    area.resize(300, 200)
    with qtbot.waitExposed(area):
        area.show()
    columns.set_lines(lines(5, 10))
    qtbot.waitUntil(lambda: area.verticalScrollBar().maximum() > 200)


def test_letters_are_smaller_only_where_all_fits_then(qtbot) -> None:
    area, columns = QScrollArea(), KeyColumns()
    qtbot.addWidget(area)
    area.setWidgetResizable(True)
    area.setWidget(columns)
    area.resize(1320, 700)
    with qtbot.waitExposed(area):
        area.show()
    columns.set_lines(lines(9, 8))
    own = QFontInfo(columns.font()).pixelSize()
    assert columns._pixel_size == own
    sizes: dict[int, bool] = {}
    for n_rows in range(8, 30):  # more and more
        columns.set_lines(lines(14, n_rows))
        sizes.setdefault(columns._pixel_size, columns.minimumHeight() <= area.viewport().height())
    assert min(sizes) == 11, "no smaller than can be read"
    assert sizes[11], "where letters become smaller, all is seen"
