"""Panels that can be seen: open, and not behind another tab."""

from PySide6.QtWidgets import QWidget


def is_in_sight(widget: QWidget) -> bool:
    """Tell whether a panel can be seen; one behind another tab is visible for Qt, which moves it out of the window."""
    window = widget.window()
    place = widget.rect().translated(widget.mapTo(window, widget.rect().topLeft()))
    return widget.isVisible() and place.intersects(window.rect())
