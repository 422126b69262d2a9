"""Every widget can be shown alone, in both themes."""

import pytest

from widgets.gallery import PAGES, VideoPage, gallery
from widgets.theme import Theme, palette


@pytest.mark.parametrize("title", PAGES)
def test_every_page_shows_something_and_follows_the_theme(qtbot, title):
    page = PAGES[title]()
    qtbot.addWidget(page)
    page.resize(1000, 700)
    with qtbot.waitExposed(page):
        page.show()
    pictures = []
    for theme in Theme:
        page.setPalette(palette(theme))
        pictures.append(page.grab().toImage())
    assert pictures[0] != pictures[1]
    assert len({pictures[0].pixelColor(x, y).name() for x in range(0, 1000, 7) for y in range(0, 700, 5)}) > 3


def test_the_gallery_has_them_all_and_fits_a_small_screen(qtbot):
    window = gallery()
    qtbot.addWidget(window)
    assert window.count() == len(PAGES)
    assert window.minimumSizeHint().width() <= 1366
    assert window.minimumSizeHint().height() <= 768


def test_video_transport_and_timeline_show_the_same_frame(qtbot):
    page = VideoPage()
    qtbot.addWidget(page)
    with qtbot.waitExposed(page):
        page.show()
    page.transport.stride_requested.emit(1)
    page.timeline.frame_requested.emit(187)
    assert page.transport.findChild(type(page.transport._field)).value() == 187
