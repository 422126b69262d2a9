"""The `QAction` of every entry of the table of actions."""

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence

from app.actions import Act, Spec
from widgets.icons import icon
from widgets.key_field import shown_keys
from widgets.theme import ThemeColors

Handlers = Mapping[Act, Callable[[], object]]
"""What actions do."""


class Actions(QObject):
    """The `QAction` of every entry of the table; `set_keys` gives them their keys."""

    def __init__(self, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._actions = {act: self._make(act.spec) for act in Act}

    def __getitem__(self, act: Act) -> QAction:
        return self._actions[act]

    def all(self) -> list[QAction]:
        """Return every action."""
        return list(self._actions.values())

    def connect_all(self, handlers: Handlers) -> None:
        """Connect every action to what it does; a checkable one reads its own state."""
        assert set(handlers) == set(Act), set(Act) - set(handlers)
        for act, handler in handlers.items():
            self._actions[act].triggered.connect(lambda _checked=False, handler=handler: handler())

    def enable_for(self, *, project: bool) -> None:
        """Enable what makes sense with or without a project."""
        for act, action in self._actions.items():
            action.setEnabled(project or act.spec.anytime)

    def set_icons(self, colors: ThemeColors) -> None:
        """Draw the icons in the colours of a theme."""
        for act, action in self._actions.items():
            if act.spec.icon is not None:
                action.setIcon(icon(act.spec.icon, colors))

    def set_keys(self, keys: Mapping[Act, Sequence[str]]) -> None:
        """Let actions have other keys."""
        for act, action in self._actions.items():
            action.setShortcuts([QKeySequence(key, QKeySequence.SequenceFormat.PortableText) for key in keys[act]])
            action.setToolTip(f"{act.spec.text} ({shown_keys(keys[act][0])})" if keys[act] else act.spec.text)

    def _make(self, spec: Spec) -> QAction:
        action = QAction(spec.text, self)
        action.setCheckable(spec.checkable)
        action.setAutoRepeat(spec.repeats)
        return action
