"""Line icons, recoloured when they are loaded; one set, drawn on a 24 px grid."""

from enum import StrEnum

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer

import resources
from widgets.theme import ThemeColors, mix

PLACEHOLDER = "currentColor"
_SIZES_PX = (16, 24, 48)
"""Qt scales between them; every size more costs the start of the program time."""


class IconName(StrEnum):
    """Every icon there is; the value is the name of its file in `resources/icons`."""

    PLAY = "play"
    PLAY_BACK = "play_back"
    PAUSE = "pause"
    STEP_BACK = "step_back"
    STEP_FORWARD = "step_forward"
    STRIDE_BACK = "stride_back"
    STRIDE_FORWARD = "stride_forward"
    PREVIOUS_KEYFRAME = "previous_keyframe"
    NEXT_KEYFRAME = "next_keyframe"
    FIRST = "first"
    LAST = "last"
    LOOP = "loop"
    DETECT = "detect"
    BODY = "body"
    EXPORT = "export"
    UNDO = "undo"
    REDO = "redo"
    FIT_VIEW = "fit_view"
    MESH = "mesh"
    SKELETON = "skeleton"
    OCCLUDED = "occluded"
    ABSENT = "absent"
    ADD = "add"
    OPEN = "open"
    FILM = "film"
    CAMERA = "camera"
    ORBIT = "orbit"
    CANCEL = "cancel"
    WARNING = "warning"
    SUN = "sun"
    SEARCH = "search"
    KEYFRAME = "keyframe"
    SWAP = "swap"
    INTERPOLATE = "interpolate"
    HELP = "help"
    LOCK = "lock"
    HIDDEN = "hidden"


def icon(name: IconName, colors: ThemeColors) -> QIcon:
    """Return an icon in the text colour of a theme: accent when checked, faint when disabled."""
    result = QIcon()
    modes = (
        (QIcon.Mode.Normal, QIcon.State.Off, colors.text),
        (QIcon.Mode.Normal, QIcon.State.On, colors.accent),
        (QIcon.Mode.Disabled, QIcon.State.Off, mix(colors.muted, colors.window, 0.6)),
    )
    for mode, state, color in modes:
        for size in _SIZES_PX:
            result.addPixmap(_drawn(name, color, size_px=size), mode, state)
    return result


def icon_pixmap(name: IconName, color: QColor, *, size_px: int, device_pixel_ratio: float = 1.0) -> QPixmap:
    """Return an icon as a square picture of `size_px` logical pixels, for labels and own painting."""
    result = QPixmap(_drawn(name, color, size_px=round(size_px * device_pixel_ratio)))
    result.setDevicePixelRatio(device_pixel_ratio)
    return result


def _drawn(name: IconName, color: QColor, *, size_px: int) -> QPixmap:
    """Return the picture of an icon, drawn once for each colour and size."""
    key = f"icon {name.value} {color.name()} {size_px}"
    known = QPixmap()
    if QPixmapCache.find(key, known):
        return known
    svg = resources.read_text("icons", f"{name.value}.svg").replace(PLACEHOLDER, color.name())
    result = QPixmap(size_px, size_px)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, size_px, size_px))
    painter.end()
    QPixmapCache.insert(key, result)
    return result
