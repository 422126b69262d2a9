"""What a right click on the timeline offers."""

from PySide6.QtWidgets import QMenu, QWidget

from app.actions import Act
from app.joint_menu import fill_menu
from app.window_actions import Actions

_MENU = (
    (Act.RANGE_START, Act.RANGE_END, Act.SELECT_BETWEEN, Act.CLEAR_RANGE),
    (Act.LABEL_ALL, Act.REMOVE_KEYFRAME, Act.REMOVE_RANGE, Act.INTERPOLATE),
    (Act.REVIEWED, Act.UNREVIEWED, Act.NEXT_UNREVIEWED),
    (Act.ADD_EVENT, Act.RENAME_EVENT, Act.REMOVE_EVENT),
    (Act.TIMELINE_GROUPS, Act.TIMELINE_RANGE, Act.TIMELINE_ALL),
)


def timeline_menu(actions: Actions, *, parent: QWidget) -> QMenu:
    """Make the menu with keys beside the entries; it deletes itself when it closes."""
    menu = QMenu(parent)
    menu.aboutToHide.connect(menu.deleteLater)
    fill_menu(menu, actions, groups=_MENU)
    return menu
