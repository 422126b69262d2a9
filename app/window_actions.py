"""The `QAction` of every entry of the table of actions."""

import re
from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence

from app.actions import Act, Spec
from widgets.icons import icon
from widgets.key_field import shown_keys
from widgets.theme import ThemeColors

_ACT = re.compile(r"\{([A-Z_0-9]+)\}")

Handlers = Mapping[Act, Callable[[], object]]
"""What actions do."""


class Actions(QObject):
    """The `QAction` of every entry of the table; `set_keys` gives them their keys."""

    keys_changed = Signal()

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
        self.keys_changed.emit()

    def first_key(self, act: Act) -> str:
        """Return the first key of an action as people read it, empty if it has none."""
        return self._actions[act].shortcut().toString(QKeySequence.SequenceFormat.NativeText)

    def with_keys(self, text: str) -> str:
        """Return a text in which ``{LABEL_ALL}`` is the key that action has now; without one, its name."""
        return _ACT.sub(lambda found: self._key_or_name(found[1]), text)

    def _key_or_name(self, name: str) -> str:
        act = Act.__members__.get(name)
        if act is None:
            return f"{{{name}}}"
        return self.first_key(act) or f"“{act.spec.text}”"

    def _make(self, spec: Spec) -> QAction:
        action = QAction(spec.text, self)
        action.setCheckable(spec.checkable)
        action.setAutoRepeat(spec.repeats)
        return action
