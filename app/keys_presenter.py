"""The keys of the actions: gives them out, lets a person choose others, and shows them on a sheet."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMainWindow

from app import keymap
from app.actions import Act, Menu
from app.glossary import GLOSSARY
from app.key_presets import Preset
from app.keymap import Keymap, KeysFileError
from app.preferences import Preferences
from app.window_actions import Actions, Handlers
from app.window_layout import Layout
from widgets.cheat_sheet import CheatSheet, Group
from widgets.key_field import shown_keys
from widgets.shortcut_editor import KeyRow

_FILTER = "Keys (*.json)"
_MOUSE: Group = (
    "Mouse",
    (
        ("Select a joint", "click"),
        ("Select several joints", "Shift click, Ctrl click"),
        ("Select the joints in a rectangle", "Shift drag beside the joints"),
        ("Add the joints in a rectangle", "Ctrl drag beside the joints"),
        ("Move a joint, or all that are selected", "drag"),
        ("Select a limb", "double click on a joint"),
        ("Move a limb", "Alt drag, Ctrl Shift drag"),
        ("Move the whole pose", "the same, beside the joints"),
        ("Move the whole pose from a joint", "Alt Shift drag"),
        ("Turn the selected joints, or the pose", "Alt wheel, Ctrl Shift wheel"),
        ("Scale the selected joints, or the pose", "Alt Shift wheel"),
        ("Place the selected joint", "double click beside the joints"),
        ("What can be done here", "right click"),
        ("Zoom the picture or the timeline", "wheel"),
        ("Move the picture", "middle drag"),
        ("Select a range", "Shift drag in the timeline"),
    ),
)


class KeysPresenter(QObject):
    """Keeps actions, editor and sheet in step with the keys in the settings."""

    message = Signal(str)
    failed = Signal(str)

    def __init__(self, preferences: Preferences, *, actions: Actions, layout: Layout, window: QMainWindow) -> None:
        super().__init__(window)
        self._preferences, self._actions, self._layout, self._window = preferences, actions, layout, window
        settings = preferences.settings
        self._keymap = keymap.keymap_of(settings.key_preset, settings.keys)
        self._sheet = CheatSheet(parent=window)
        self._sheet.edit_requested.connect(self._edit)
        self._sheet.set_glossary(GLOSSARY)
        editor = layout.keys
        editor.key_pressed.connect(self._press)
        editor.take_over_requested.connect(self._give)
        editor.key_removed.connect(self._remove)
        editor.reset_requested.connect(lambda name: self._take(self._keymap.reset(Act[name])))
        editor.reset_all_requested.connect(lambda: self._take(Keymap(self._keymap.preset)))
        editor.preset_chosen.connect(lambda preset: self._take(Keymap(Preset(preset), self._keymap.chosen)))
        editor.import_requested.connect(self._ask_import)
        editor.export_requested.connect(self._ask_export)
        self._show()

    @property
    def keymap(self) -> Keymap:
        """The keys that hold now."""
        return self._keymap

    def handlers(self) -> Handlers:
        """Return what the actions about keys do."""
        return {Act.SHORTCUTS: self._toggle_sheet, Act.EDIT_KEYS: self._edit}

    def import_from(self, path: Path) -> None:
        """Take the keys of a file."""
        try:
            self._take(keymap.read_keys(path))
        except KeysFileError as error:
            self.failed.emit(str(error))
        else:
            self.message.emit(f"The keys of {path.name} are in use.")

    def export_to(self, path: Path) -> None:
        """Write the keys to a file."""
        try:
            keymap.write_keys(self._keymap, path)
        except KeysFileError as error:
            self.failed.emit(str(error))
        else:
            self.message.emit(f"The keys are in {path}.")

    def _toggle_sheet(self) -> None:
        if self._sheet.isVisible():
            self._sheet.close_overlay()
        else:
            self._sheet.set_note(f"{_shown(self._keymap.all()[Act.FIND_ACTION])} finds also what has no key")
            self._sheet.open(self._groups())

    def _edit(self) -> None:
        self._layout.bring_up(self._layout.keys)
        self._layout.keys.start_search()

    def _press(self, name: str, key: str) -> None:
        """Give a key to an action, unless it means something else already."""
        editor, other = self._layout.keys, self._keymap.owner(key)
        reserved = keymap.reserved(key)
        if reserved is not None:
            editor.show_conflict(f"{shown_keys(key)} {reserved}. Press other keys.", None)
        elif other is None:
            self._give(name, key)
        elif other.name != name:
            editor.show_conflict(f"{shown_keys(key)} is the key of “{other.spec.text}”.", key)

    def _give(self, name: str, key: str) -> None:
        act = Act[name]
        self._take(self._keymap.with_keys(act, (*self._keymap.all()[act], key)))

    def _remove(self, name: str, key: str) -> None:
        act = Act[name]
        self._take(self._keymap.with_keys(act, [other for other in self._keymap.all()[act] if other != key]))

    def _take(self, changed: Keymap) -> None:
        self._keymap = changed
        self._preferences.change(key_preset=changed.preset.value, keys=keymap.chosen_names(changed))
        self._show()

    def _show(self) -> None:
        keys = self._keymap.all()
        self._actions.set_keys(keys)
        first = shown_keys(keys[Act.FIND_ACTION][0]) if keys[Act.FIND_ACTION] else ""
        self._actions[Act.FIND_ACTION].setIconText(f"Search actions  {first}".strip())
        editor = self._layout.keys
        editor.set_presets([(preset.value, preset.title) for preset in Preset], current=self._keymap.preset.value)
        changed = self._keymap.changed_acts()
        editor.set_rows(
            [KeyRow(act.name, act.spec.menu.title, act.spec.text, keys[act], act in changed) for act in Act]
        )
        if self._sheet.isVisible():
            self._sheet.set_groups(self._groups())

    def _groups(self) -> list[Group]:
        keys = self._keymap.all()
        groups: list[Group] = []
        for menu in Menu:
            acts = [act for act in Act if act.spec.menu is menu and keys[act]]
            groups.append((menu.title, [(act.spec.text, _shown(keys[act])) for act in acts]))
        return [*groups, _MOUSE]

    def _ask_import(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self._window, "Import keys", "", _FILTER)
        if chosen:
            self.import_from(Path(chosen))

    def _ask_export(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self._window, "Export keys", "betascope-keys.json", _FILTER)
        if chosen:
            self.export_to(Path(chosen))


def _shown(keys: Sequence[str]) -> str:
    return ", ".join(shown_keys(key) for key in keys)
