"""What the search for actions offers: every action that can be done now, joints, climbers, frames."""

import re
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMainWindow

from annotation.skeletons import joint_title, load_skeleton
from app.actions import Act
from app.document import Document
from app.view_state import ViewState
from app.window_actions import Actions, Handlers
from app.window_layout import Layout
from widgets.command_palette import Command, CommandPalette
from widgets.frame_field import frame_of_text
from widgets.timeline_data import clock

_MAX_RECENT = 8
_FRAME_WORDS = re.compile(r"(?:go to\s+)?(?:frame\s+)?(.+)", re.IGNORECASE)
_PLACE_WEIGHT = -0.5
"""Joints and climbers come behind actions that answer as well."""


class PalettePresenter(QObject):
    """Fills the palette when it opens and does what is chosen."""

    def __init__(
        self, document: Document, view: ViewState, *, actions: Actions, layout: Layout, window: QMainWindow
    ) -> None:
        super().__init__(window)
        self._document, self._view, self._actions, self._layout = document, view, actions, layout
        self._recent: list[str] = []
        self._does: dict[str, Callable[[], object]] = {}
        self._palette = CommandPalette(parent=window)
        self._palette.chosen.connect(self._run)

    def handlers(self) -> Handlers:
        """Return what the action for searching does."""
        return {Act.FIND_ACTION: self.open}

    def open(self) -> None:
        """Open the palette with what can be done now."""
        self._does = {}
        self._palette.open([*self._acts(), *self._places()], targets=self._targets)

    def _acts(self) -> list[Command]:
        commands = []
        for act in Act:
            action, title = self._actions[act], act.spec.menu.title
            if act is not Act.FIND_ACTION and action.isEnabled():
                keys = ", ".join(keys.toString(QKeySequence.SequenceFormat.NativeText) for keys in action.shortcuts())
                commands.append(self._command(act.name, action.text(), does=action.trigger, place=title, keys=keys))
        return commands

    def _places(self) -> list[Command]:
        project, track, view = self._document.project, self._view.track, self._view
        if project is None or track is None:
            return []
        places = [
            self._command(f"panel {title}", title, does=show, place="Panel")
            for title, show in self._layout.panels().items()
        ]
        for joint, name in enumerate(load_skeleton(track.skeleton).joints):
            does: Callable[[], object] = partial(view.show_joint, joint)
            places.append(self._command(f"joint {name}", joint_title(name), does=does, place="Select joint"))
        for other in project.tracks.values():
            if other is not track:
                does = partial(view.show_track, other.id)
                places.append(self._command(f"climber {other.id}", other.name, does=does, place="Climber"))
        return places

    def _targets(self, query: str) -> list[Command]:
        """Return the frame that a person may mean."""
        clip, match = self._view.clip, _FRAME_WORDS.fullmatch(query)
        if clip is None or match is None:
            return []
        times_s = clip.timeline.times_s
        frame = frame_of_text(match[1], n_frames=clip.n_frames, fps=clip.timeline.fps, times_s=times_s)
        if frame is None:
            return []
        text = f"Go to frame {frame}"
        return [
            self._command(text, text, does=lambda: self._view.show_frame(frame), place=clock(float(times_s[frame])))
        ]

    def _command(self, name: str, text: str, *, does: Callable[[], object], place: str, keys: str = "") -> Command:
        self._does[name] = does
        weight = 0.0 if name in Act.__members__ else _PLACE_WEIGHT
        if name in self._recent:
            weight += 1 - self._recent.index(name) / _MAX_RECENT
        return Command(name, text, place, keys, weight)

    def _run(self, name: str) -> None:
        self._recent = [name, *(other for other in self._recent if other != name)][:_MAX_RECENT]
        self._does[name]()
