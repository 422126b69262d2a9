"""What a right click on a joint or on the picture offers."""

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QMenu, QWidget, QWidgetAction

from app.actions import Act
from app.window_actions import Actions

_PLACING = (Act.PLACE, Act.PLACE_GUESS)
_JOINT_MENU = (
    (Act.VISIBLE, Act.OCCLUDED, Act.ABSENT, Act.REMOVE_LABEL),
    (Act.SELECT_LIMB, Act.SELECT_ALL, Act.DESELECT),
    _PLACING,
)
_FRAME_MENU = (
    (Act.LABEL_ALL, Act.REMOVE_KEYFRAME, Act.INTERPOLATE, Act.SWAP_SIDES),
    (Act.SELECT_ALL,),
    _PLACING,
)
_MOVES = (
    (Act.NUDGE_LEFT, Act.NUDGE_RIGHT, Act.NUDGE_UP, Act.NUDGE_DOWN),
    (Act.NUDGE_FAR_LEFT, Act.NUDGE_FAR_RIGHT, Act.NUDGE_FAR_UP, Act.NUDGE_FAR_DOWN),
    (Act.TURN_LEFT, Act.TURN_RIGHT, Act.SHRINK, Act.GROW),
    (Act.SNAP,),
)
_AIDS = ((Act.LOUPE, Act.ONION_SKIN, Act.FIT_VIEW),)


def joint_menu(actions: Actions, *, words: str | None, parent: QWidget) -> QMenu:
    """Make the menu with keys beside the entries; it deletes itself when it closes.

    Parameters
    ----------
    actions : Actions
    words : str or None
        What the selected joints are called; None on the picture beside them.
    parent : QWidget
    """
    menu = QMenu(parent)
    menu.aboutToHide.connect(menu.deleteLater)
    if words is not None:
        menu.addAction(_heading(words, menu))
        menu.addSeparator()
    fill_menu(menu, actions, groups=_FRAME_MENU if words is None else _JOINT_MENU)
    menu.addSeparator()
    fill_menu(menu.addMenu("Nudge, turn and scale"), actions, groups=_MOVES)
    menu.addSeparator()
    fill_menu(menu, actions, groups=_AIDS)
    return menu


def _heading(words: str, menu: QMenu) -> QAction:
    heading = QWidgetAction(menu)
    heading.setText(words[:1].upper() + words[1:])
    label = QLabel(f"<b>{heading.text()}</b>")
    label.setMargin(6)
    heading.setDefaultWidget(label)
    return heading


def fill_menu(menu: QMenu, actions: Actions, *, groups: tuple[tuple[Act, ...], ...]) -> None:
    """Add actions to a menu, a line between the groups."""
    for n, group in enumerate(groups):
        if n:
            menu.addSeparator()
        menu.addActions([actions[act] for act in group])
