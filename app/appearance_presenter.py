"""How the window looks: workspaces, theme, panels, and what is drawn over the video."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from app.actions import Act
from app.arrangement import Arrangement
from app.frame_presenter import FramePresenter
from app.preferences import Preferences
from app.window_actions import Actions, Handlers
from app.window_layout import Layout
from widgets.theme import Theme, apply_theme, colors

_OPACITY_STEP = 0.2


class AppearancePresenter(QObject):
    """Carries out what the menu View offers, and shows the settings that belong to it."""

    def __init__(
        self,
        preferences: Preferences,
        *,
        actions: Actions,
        layout: Layout,
        arrangement: Arrangement,
        frames: FramePresenter,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._preferences, self._actions, self._layout, self._frames = preferences, actions, layout, frames
        self._arrangement = arrangement
        settings = preferences.settings
        actions[Act.SHOW_POINTS].setChecked(True)
        actions[Act.LIGHT_THEME].setChecked(settings.theme == Theme.LIGHT.value)
        layout.video.set_mesh_opacity(settings.mesh_opacity)

    def handlers(self) -> Handlers:
        """Return what the actions about the look do."""
        actions, layout = self._actions, self._layout
        return {
            Act.FIT_VIEW: layout.video.fit_view,
            Act.ZOOM_IN: lambda: layout.video.zoom_by(1.25),
            Act.ZOOM_OUT: lambda: layout.video.zoom_by(0.8),
            Act.SHOW_POINTS: lambda: layout.video.set_points_visible(visible=actions[Act.SHOW_POINTS].isChecked()),
            Act.SHOW_MESH: lambda: self._frames.set_overlay(shown=actions[Act.SHOW_MESH].isChecked()),
            Act.MESH_OPAQUE: lambda: self._change_opacity(_OPACITY_STEP),
            Act.MESH_FAINT: lambda: self._change_opacity(-_OPACITY_STEP),
            Act.ANNOTATE: lambda: self.set_workspace(Act.ANNOTATE),
            Act.REVIEW: lambda: self.set_workspace(Act.REVIEW),
            Act.HIDE_PANELS: self._hide_panels,
            Act.NEXT_PANEL: lambda: layout.next_panel(1),
            Act.PREVIOUS_PANEL: lambda: layout.next_panel(-1),
            Act.LIGHT_THEME: self._toggle_theme,
        }

    def set_workspace(self, act: Act) -> None:
        """Share the room between the panels for annotating or reviewing, as they were left there."""
        if self._layout.panels_hidden:
            self._actions[Act.HIDE_PANELS].setChecked(False)
            self._hide_panels()
        for other in (Act.ANNOTATE, Act.REVIEW):
            self._actions[other].setChecked(other is act)
        self._arrangement.show(act)

    def apply_theme(self) -> None:
        """Draw everything in the colours of the chosen theme."""
        theme, application = Theme(self._preferences.settings.theme), QApplication.instance()
        assert isinstance(application, QApplication)
        apply_theme(application, theme)
        self._actions.set_icons(colors(theme))
        self._layout.body.set_theme(theme)

    def _hide_panels(self) -> None:
        """Leave the video alone, or show again what was there."""
        hide = self._actions[Act.HIDE_PANELS].isChecked()
        if hide:
            self._arrangement.remember()
        self._layout.set_panels_visible(visible=not hide)

    def _change_opacity(self, step: float) -> None:
        opacity = min(max(self._preferences.settings.mesh_opacity + step, 0.0), 1.0)
        self._layout.video.set_mesh_opacity(opacity)
        self._preferences.change(mesh_opacity=opacity)

    def _toggle_theme(self) -> None:
        theme = Theme.LIGHT if self._actions[Act.LIGHT_THEME].isChecked() else Theme.DARK
        self._preferences.change(theme=theme.value)
        self.apply_theme()
