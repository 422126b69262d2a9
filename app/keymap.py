"""Which keys do what: a preset, and above it what a person chose; one key never has two meanings."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from PySide6.QtGui import QKeySequence

from annotation.errors import BetascopeError
from app.actions import Act, Menu
from app.key_presets import PRESETS, Preset
from app.settings import are_keys

Keys = tuple[str, ...]
_FORMAT = "betascope keys"
_LOG = logging.getLogger(__name__)


class KeysFileError(BetascopeError):
    """A file holds no keys that can be understood; the text says what to do."""


@dataclass(frozen=True)
class Keymap:
    """Keys of every action.

    Attributes
    ----------
    preset : Preset
    chosen : mapping of Act to tuple of str
        What a person chose instead of the preset's keys, in Qt's portable spelling; no keys at all may be a choice.
    """

    preset: Preset = Preset.BETASCOPE
    chosen: Mapping[Act, Keys] = field(default_factory=dict)

    def all(self) -> dict[Act, Keys]:
        """Return the keys of every action; no key occurs twice."""
        return laid_over(self.chosen, preset_keys(self.preset))

    def owner(self, key: str) -> Act | None:
        """Return the action a key belongs to."""
        return next((act for act, keys in self.all().items() if key in keys), None)

    def with_keys(self, act: Act, keys: Sequence[str]) -> "Keymap":
        """Give an action these keys and no others; what had one of them before loses it."""
        kept = {other: tuple(key for key in theirs if key not in keys) for other, theirs in self.chosen.items()}
        return replace(self, chosen=kept | {act: tuple(dict.fromkeys(keys))})._sparse()

    def reset(self, act: Act) -> "Keymap":
        """Give an action the preset's keys again, except those that were given to another."""
        return replace(self, chosen={other: keys for other, keys in self.chosen.items() if other is not act})._sparse()

    def changed_acts(self) -> set[Act]:
        """Return the actions that have other keys than in the preset."""
        before = preset_keys(self.preset)
        return {act for act, keys in self.all().items() if keys != before[act]}

    def _sparse(self) -> "Keymap":
        """Forget choices that say nothing new."""
        chosen = dict(self.chosen)
        for act, keys in self.chosen.items():
            without = {other: theirs for other, theirs in chosen.items() if other is not act}
            if laid_over(without, preset_keys(self.preset))[act] == keys:
                chosen = without
        return replace(self, chosen=chosen)


@cache
def preset_keys(preset: Preset) -> Mapping[Act, Keys]:
    """Return the keys of every action in a preset: Betascope's, where the preset has no others and needs them not."""
    return laid_over(PRESETS[preset], {act: act.spec.shortcuts for act in Act})


def laid_over(upper: Mapping[Act, Keys], lower: Mapping[Act, Keys]) -> dict[Act, Keys]:
    """Return the lower keys with the upper ones in their place; a key above is taken from what lies below."""
    taken = {key for keys in upper.values() for key in keys}
    return {act: upper.get(act, tuple(key for key in keys if key not in taken)) for act, keys in lower.items()}


def reserved(key: str) -> str | None:
    """Return what else a key does that no action can take from it, such as opening a menu."""
    for menu in Menu:
        letter = menu.value[menu.value.index("&") + 1].upper()
        if key == f"Alt+{letter}":
            return f"opens the menu {menu.title}"
    return {"Tab": "moves between the controls", "Shift+Tab": "moves between the controls"}.get(key)


def normal(key: str) -> str | None:
    """Return a key in Qt's portable spelling; None if it is no single key with modifiers."""
    sequence = QKeySequence(key, QKeySequence.SequenceFormat.PortableText)
    text = sequence.toString(QKeySequence.SequenceFormat.PortableText)
    return text if text and sequence.count() == 1 else None


def keymap_of(preset: str, chosen: Mapping[str, Sequence[str]]) -> Keymap:
    """Return what settings or a file say; what is not understood is left out, with a warning.

    Parameters
    ----------
    preset : str
        Value of a `Preset`.
    chosen : mapping of str to sequence of str
        Keys by the names of the actions.
    """
    known = {item.value: item for item in Preset}
    if preset not in known:
        _LOG.warning("There are no keys of the name %r; those of Betascope are used.", preset)
    result: dict[Act, Keys] = {}
    taken: set[str] = set()
    for name, keys in chosen.items():
        act = Act.__members__.get(name.upper())
        if act is None:
            _LOG.warning("There is no action %r, so its keys are left out.", name)
            continue
        good = [clean for key in keys if (clean := _usable(key, name, taken=taken)) is not None]
        taken.update(good)
        result[act] = tuple(dict.fromkeys(good))
    return Keymap(known.get(preset, Preset.BETASCOPE), result)


def _usable(key: str, name: str, *, taken: set[str]) -> str | None:
    clean = normal(key)
    if clean is None or reserved(clean) is not None or clean in taken:
        _LOG.warning("The key %r of %r is not possible or used twice, so it is left out.", key, name)
        return None
    return clean


def chosen_names(keymap: Keymap) -> dict[str, Keys]:
    """Return the choices by the names of the actions, as settings and files keep them."""
    return {act.name.lower(): keys for act, keys in keymap.chosen.items()}


def write_keys(keymap: Keymap, path: Path) -> None:
    """Write preset and choices as JSON.

    Raises
    ------
    KeysFileError
        If the file cannot be written.
    """
    content = {"format": _FORMAT, "preset": keymap.preset.value, "keys": chosen_names(keymap)}
    try:
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise KeysFileError(
            f"The keys cannot be written to {path} ({error.strerror}). Choose another place."
        ) from error


def read_keys(path: Path) -> Keymap:
    """Read preset and choices from JSON.

    Raises
    ------
    KeysFileError
        If the file cannot be read or is something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KeysFileError(f"{path.name} cannot be read as keys ({error}). Choose a file exported here.") from error
    keys = content.get("keys") if isinstance(content, dict) and content.get("format") == _FORMAT else None
    if keys is None or not are_keys(keys):
        raise KeysFileError(f"{path.name} holds no keys of Betascope. Choose a file exported from its list of keys.")
    return keymap_of(str(content.get("preset", "")), keys)
