"""The buttons over the 3D view: where from, and what of the body."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QMenu, QToolButton, QWidget

from widgets.body_geometry import ViewPreset
from widgets.body_looks import DisplayMode
from widgets.icons import IconName, icon
from widgets.theme import Theme, colors

_PRESETS = (
    (ViewPreset.CAMERA, "", IconName.CAMERA, "Through the video camera, as in the video"),
    (ViewPreset.ORBIT, "", IconName.ORBIT, "From the side and a little above; drag to turn"),
    (ViewPreset.FRONT, "Front", None, "Straight on to the wall"),
    (ViewPreset.SIDE, "Side", None, "Along the wall: how far the hips are out"),
    (ViewPreset.TOP, "Top", None, "From above"),
    (ViewPreset.BACK, "Back", None, "Through the wall, from behind it"),
)


class BodyToolbar(QFrame):
    """The buttons over the picture.

    Signals
    -------
    preset_chosen : ViewPreset
    mode_chosen : DisplayMode
    """

    preset_chosen = Signal(ViewPreset)
    mode_chosen = Signal(DisplayMode)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("bar")
        self._row = layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(2)
        self._presets, self._modes = QButtonGroup(self), QButtonGroup(self)
        self._icons: dict[QToolButton, IconName] = {}
        self.buttons: dict[ViewPreset | DisplayMode, QToolButton] = {}
        for preset, text, icon_name, tip in _PRESETS:
            self._add(preset, text, icon_name, tip=tip, group=self._presets)
        layout.addSpacing(8)
        self._add(DisplayMode.MESH, "", IconName.MESH, tip="Show the body", group=self._modes)
        self._add(DisplayMode.SKELETON, "", IconName.SKELETON, tip="Show the skeleton", group=self._modes)
        self._more = QToolButton(self)
        self._more.setText("More")
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._more.setToolTip("Trails, ghost, turntable, picture")
        self._more.setAccessibleName("More of the 3D view")
        self._more.setMenu(QMenu(self._more))
        self._more.hide()
        layout.addWidget(self._more)

    def _add(
        self, what: ViewPreset | DisplayMode, text: str, icon_name: IconName | None, *, tip: str, group: QButtonGroup
    ) -> None:
        button = QToolButton(self)
        button.setCheckable(True)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setText(text)
        if icon_name is not None:
            side = self.fontMetrics().height()
            button.setIconSize(QSize(side, side))
            self._icons[button] = icon_name
        chosen = self.preset_chosen if isinstance(what, ViewPreset) else self.mode_chosen
        button.clicked.connect(lambda: chosen.emit(what))
        group.addButton(button)
        self._row.addWidget(button)
        self.buttons[what] = button

    def event(self, event: QEvent) -> bool:
        """Be as wide as the buttons want to be: what that is, is known once they have the looks of the application."""
        done = super().event(event)
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Show):
            self.adjustSize()
        return done

    def set_actions(self, actions: Sequence[QAction | None]) -> None:
        """Offer these in a menu; None for a line between them."""
        menu = self._more.menu()
        menu.clear()
        for action in actions:
            if action is None:
                menu.addSeparator()
            else:
                menu.addAction(action)
        self._more.setVisible(bool(actions))

    def restyle(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        c = colors(theme)
        self.setStyleSheet(f"#bar {{ background: {c.window.name()}; border-radius: 6px; }}")
        for button, name in self._icons.items():
            button.setIcon(icon(name, c))

    def show_preset(self, preset: ViewPreset, *, camera: bool) -> None:
        """Mark the preset in use; `camera` tells whether there is a video camera to look through."""
        self.buttons[preset].setChecked(True)
        self.buttons[ViewPreset.CAMERA].setEnabled(camera)

    def show_mode(self, mode: DisplayMode, *, choice: bool) -> None:
        """Mark what is drawn; without a choice the buttons go."""
        self.buttons[mode].setChecked(True)
        for each in DisplayMode:
            self.buttons[each].setVisible(choice)
