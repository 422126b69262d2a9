"""Both themes are readable, switch live, and every icon exists and is recoloured."""

import numpy as np
import pytest
from PySide6.QtGui import QColor, QFont, QFontInfo, QImage
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QVBoxLayout, QWidget

import resources
from widgets.icons import PLACEHOLDER, IconName, icon, icon_pixmap
from widgets.theme import (
    MIN_TEXT_PX,
    Theme,
    apply_theme,
    colors,
    colors_of,
    contrast,
    filled,
    palette,
    readable,
    style_sheet,
    theme_of,
)

AA_TEXT = 4.5
AA_GRAPHICS = 3.0


@pytest.fixture
def app(qapp):
    """The application, left as it was found."""
    before = qapp.style().objectName(), qapp.palette(), qapp.styleSheet(), qapp.font()
    yield qapp
    qapp.setStyleSheet(before[2])
    qapp.setStyle(before[0] or "Fusion")
    qapp.setPalette(before[1])
    qapp.setFont(before[3])


def test_contrast_is_that_of_wcag():
    assert contrast(QColor("white"), QColor("black")) == pytest.approx(21)
    assert contrast(QColor("#777777"), QColor("white")) == pytest.approx(4.48, abs=0.01)  # WCAG's known near miss


@pytest.mark.parametrize("theme", Theme)
def test_text_is_readable_on_every_surface(theme):
    c = colors(theme)
    for ground in (c.window, c.surface, c.raised):
        for text in (c.text, c.muted, c.warning):
            assert contrast(text, ground) >= AA_TEXT, (text.name(), ground.name())
    assert contrast(c.on_accent, c.accent) >= AA_TEXT
    assert contrast(c.text, filled(theme)) >= AA_TEXT
    assert contrast(c.accent, c.window) >= AA_GRAPHICS
    assert contrast(c.accent, c.surface) >= AA_GRAPHICS


@pytest.mark.parametrize("theme", Theme)
@pytest.mark.parametrize("side", ["left", "right", "middle", "halo"])
def test_sides_stand_out_from_their_dark_outline(theme, side):
    c = colors(theme)
    assert contrast(getattr(c, side), c.outline) >= AA_GRAPHICS


@pytest.mark.parametrize("theme", Theme)
def test_a_theme_is_recognised_by_its_palette(theme):
    assert theme_of(palette(theme)) is theme


def test_shown_widgets_change_at_once(app, qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    column = QVBoxLayout(widget)
    column.addWidget(QLabel("frame 187"))
    with qtbot.waitExposed(widget):
        widget.show()
    corners = {}
    for theme in (Theme.DARK, Theme.LIGHT, Theme.DARK):
        apply_theme(app, theme)
        assert colors_of(widget) == colors(theme)
        corners[theme] = widget.grab().toImage().pixelColor(1, 1)
        assert corners[theme] == colors(theme).window


def test_the_style_sheet_is_complete_and_names_existing_pictures(app):
    for theme in Theme:
        sheet = style_sheet(theme)
        assert "$" not in sheet
        for mark in ("up", "down", "check", "dot"):
            assert resources.resource_path("theme", f"{theme.value}_{mark}.svg").as_posix() in sheet


def test_the_next_step_is_the_accent_button(app, qtbot):
    apply_theme(app, Theme.DARK)
    button = QPushButton("")
    button.setProperty("primary", "true")
    qtbot.addWidget(button)
    button.resize(120, 30)
    assert button.grab().toImage().pixelColor(60, 15) == colors(Theme.DARK).accent


def test_small_system_fonts_are_enlarged_and_others_kept(app):
    small, large = QFont(app.font()), QFont(app.font())
    small.setPixelSize(8)
    large.setPixelSize(20)
    assert QFontInfo(readable(small)).pixelSize() >= MIN_TEXT_PX
    assert readable(large) == large


def test_icons_and_files_belong_together():
    assert sorted(name.value for name in IconName) == resources.names("icons", suffix=".svg")


@pytest.mark.parametrize("name", IconName)
def test_every_icon_is_drawn_in_the_asked_colour(qapp, name):
    assert PLACEHOLDER in resources.read_text("icons", f"{name.value}.svg")
    image = icon_pixmap(name, QColor("#ff0000"), size_px=48).toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    pixels = np.array(image.constBits(), np.uint8).reshape(48, 48, 4)
    opaque = pixels[pixels[..., 3] == 255]
    assert len(opaque) > 40
    assert (opaque == (255, 0, 0, 255)).all()


def test_an_icon_tells_checked_and_disabled_apart(qapp):
    from PySide6.QtGui import QIcon

    symbol = icon(IconName.LOOP, colors(Theme.DARK))
    looks = {
        symbol.pixmap(24, 24, mode, state).toImage().pixelColor(12, 6).name()
        for mode, state in (
            (QIcon.Mode.Normal, QIcon.State.Off),
            (QIcon.Mode.Normal, QIcon.State.On),
            (QIcon.Mode.Disabled, QIcon.State.Off),
        )
    }
    assert len(looks) == 3
    assert isinstance(QApplication.instance(), QApplication)
