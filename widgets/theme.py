"""Colours and style of the application, dark and light; switchable while it runs.

Widgets never ask which theme is on: they derive it from their palette with `colors_of`, so a widget alone looks right.
"""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from string import Template

from PySide6.QtGui import QColor, QFont, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication, QWidget

import resources

MIN_TEXT_PX = 12
"""No text of the interface is smaller; the rule is 11 px, this leaves room for rounding by the font."""


class Theme(Enum):
    """The two looks of the application."""

    DARK = "dark"
    LIGHT = "light"


@dataclass(frozen=True)
class ThemeColors:
    """The colours of one theme; treat the `QColor` values as constants.

    Attributes
    ----------
    window, surface, raised : QColor
        Panels, fields and lists, buttons and chips.
    canvas : QColor
        Behind the picture and the body: neutral, so that it does not tint what is judged.
    border, grid : QColor
        Lines that separate; lines that measure.
    text, muted : QColor
        Text, and text of lesser weight; both AA on window, surface and raised.
    accent, on_accent : QColor
        What acts, and text on it.
    warning : QColor
        Doubt; AA as text.
    left, right, middle, outline, halo : QColor
        Over the picture, the same in both themes: sides of the skeleton, the dark line around them, the selection.
    """

    window: QColor
    surface: QColor
    raised: QColor
    canvas: QColor
    border: QColor
    grid: QColor
    text: QColor
    muted: QColor
    accent: QColor
    on_accent: QColor
    warning: QColor
    left: QColor
    right: QColor
    middle: QColor
    outline: QColor
    halo: QColor


@lru_cache
def colors(theme: Theme) -> ThemeColors:
    """Return the colours of a theme."""
    sides = {"left": "#3b8eea", "right": "#f28c28", "middle": "#e8e8e8", "outline": "#101214", "halo": "#3fc9a9"}
    if theme is Theme.DARK:
        values = {
            "window": "#24262a",
            "surface": "#1b1d20",
            "raised": "#34373d",
            "canvas": "#141517",
            "border": "#43474e",
            "grid": "#33363c",
            "text": "#e9eaec",
            "muted": "#a9afb8",
            "accent": "#3fc9a9",
            "on_accent": "#05231b",
            "warning": "#f4c64a",
        }
    else:
        values = {
            "window": "#f3f4f5",
            "surface": "#ffffff",
            "raised": "#e6e8ea",
            "canvas": "#d6d8db",
            "border": "#b9bdc3",
            "grid": "#dcdfe2",
            "text": "#1c1e21",
            "muted": "#555b64",
            "accent": "#0a6f5c",
            "on_accent": "#ffffff",
            "warning": "#835300",
        }
    return ThemeColors(**{name: QColor(value) for name, value in (values | sides).items()})


def theme_of(widget_palette: QPalette) -> Theme:
    """Return the theme a palette belongs to, by the lightness of its window colour."""
    return Theme.DARK if widget_palette.color(QPalette.ColorRole.Window).lightness() < 128 else Theme.LIGHT


def colors_of(widget: QWidget) -> ThemeColors:
    """Return the colours that go with a widget's palette."""
    return colors(theme_of(widget.palette()))


def palette(theme: Theme) -> QPalette:
    """Return the palette of a theme for the Fusion style."""
    c = colors(theme)
    role = QPalette.ColorRole
    result = QPalette(c.raised, c.window)
    for key, color in (
        (role.Window, c.window),
        (role.WindowText, c.text),
        (role.Base, c.surface),
        (role.AlternateBase, mix(c.surface, c.raised, 0.35)),
        (role.Text, c.text),
        (role.Button, c.raised),
        (role.ButtonText, c.text),
        (role.BrightText, c.warning),
        (role.Highlight, c.accent),
        (role.HighlightedText, c.on_accent),
        (role.Accent, c.accent),
        (role.Link, c.accent),
        (role.LinkVisited, c.accent),
        (role.ToolTipBase, c.raised),
        (role.ToolTipText, c.text),
        (role.PlaceholderText, c.muted),
        (role.Mid, c.border),
    ):
        result.setColor(key, color)
    for key in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        result.setColor(QPalette.ColorGroup.Disabled, key, mix(c.text, c.window, 0.55))
    result.setColor(QPalette.ColorGroup.Disabled, role.Highlight, c.border)
    return result


def apply_theme(app: QApplication, theme: Theme) -> None:
    """Give the application the Fusion style, the palette and the style sheet of a theme.

    May be called again at any time; shown widgets change at once.
    """
    if app.styleSheet() == style_sheet(theme):
        return
    app.setStyle("Fusion")
    app.setFont(readable(app.font()))
    app.setPalette(palette(theme))
    app.setStyleSheet(style_sheet(theme))


def readable(font: QFont) -> QFont:
    """Return the font, enlarged if it is smaller than `MIN_TEXT_PX`."""
    result = QFont(font)
    if QFontInfo(font).pixelSize() < MIN_TEXT_PX:
        result.setPixelSize(MIN_TEXT_PX)
    return result


def mix(a: QColor, b: QColor, share: float) -> QColor:
    """Return the colour at `share` (0..1) of the way from `a` to `b`."""
    pairs = ((a.redF(), b.redF()), (a.greenF(), b.greenF()), (a.blueF(), b.blueF()))
    red, green, blue = ((1 - share) * first + share * second for first, second in pairs)
    return QColor.fromRgbF(red, green, blue)


def contrast(a: QColor, b: QColor) -> float:
    """Return the contrast ratio of two opaque colours, 1..21 (WCAG 2.1, "contrast ratio"); AA text needs 4.5."""
    bright, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(color: QColor) -> float:
    """Relative luminance of an sRGB colour (WCAG 2.1)."""
    values = (color.redF(), color.greenF(), color.blueF())
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def filled(theme: Theme) -> QColor:
    """Return the calmer accent under text: selected rows, progress."""
    return mix(colors(theme).surface, colors(theme).accent, 0.42 if theme is Theme.DARK else 0.28)


def style_sheet(theme: Theme) -> str:
    """Return the style sheet over Fusion: edges one can see, flat tool buttons, one primary button, visible focus.

    A push button with the property ``primary`` is the one next step of a page.
    """
    c = colors(theme)
    marks = resources.resource_path("theme").as_posix() + "/" + theme.value
    values = {name: color.name() for name, color in vars(c).items()} | {
        "edge": mix(c.border, c.text, 0.25).name(),
        "hover": mix(c.raised, c.text, 0.10).name(),
        "bright": mix(c.accent, c.text, 0.18).name(),
        "faint": mix(c.text, c.window, 0.55).name(),
        "filled": filled(theme).name(),
        "marks": marks,
    }
    return Template(resources.read_text("theme", "style.qss")).substitute(values)
