"""Keys: presets without conflicts, sparse choices, files that come back."""

import logging
from itertools import chain
from pathlib import Path

import pytest

from app.actions import Act
from app.key_presets import PRESETS, Preset
from app.keymap import (
    Keymap,
    KeysFileError,
    chosen_names,
    keymap_of,
    normal,
    preset_keys,
    read_keys,
    reserved,
    write_keys,
)


@pytest.mark.parametrize("preset", Preset)
def test_no_key_means_two_things_in_a_preset(preset: Preset) -> None:
    keys = list(chain.from_iterable(preset_keys(preset).values()))
    assert len(keys) == len(set(keys))
    assert all(normal(key) == key for key in keys), [key for key in keys if normal(key) != key]
    assert not [key for key in keys if reserved(key)]


@pytest.mark.parametrize("preset", Preset)
def test_a_preset_keeps_its_own_keys_and_the_rest_is_as_in_betascope(preset: Preset) -> None:
    own, all_keys = PRESETS[preset], preset_keys(preset)
    taken = set(chain.from_iterable(own.values()))
    for act, keys in all_keys.items():
        assert keys == own.get(act, tuple(key for key in act.spec.shortcuts if key not in taken))


@pytest.mark.parametrize("preset", Preset)
def test_the_most_needed_actions_have_keys_in_every_preset(preset: Preset) -> None:
    needed = (Act.PLAY, Act.STEP_FORWARD, Act.STEP_BACK, Act.NEXT_KEYFRAME, Act.LABEL_ALL, Act.UNDO, Act.REDO)
    keys = preset_keys(preset)
    assert all(keys[act] for act in (*needed, Act.FIND_ACTION, Act.SHORTCUTS, Act.DESELECT))


def test_presets_have_the_keys_their_users_know() -> None:
    assert preset_keys(Preset.CVAT)[Act.STEP_FORWARD] == ("F",)
    assert preset_keys(Preset.SLEAP)[Act.NEXT_KEYFRAME][0] == "Alt+Right"
    assert preset_keys(Preset.KINOVEA)[Act.LABEL_ALL] == ("Ins",)
    assert preset_keys(Preset.DEEPLABCUT)[Act.STEP_BACK][0] == "A"


def test_a_key_taken_over_leaves_its_owner_and_comes_back_with_a_reset() -> None:
    keymap = Keymap().with_keys(Act.FIT, ("K", "Ctrl+B"))
    assert keymap.owner("K") is Act.FIT
    assert keymap.all()[Act.LABEL_ALL] == ()
    assert keymap.changed_acts() == {Act.FIT, Act.LABEL_ALL}
    assert set(keymap.chosen) == {Act.FIT}
    assert keymap.reset(Act.FIT) == Keymap()


def test_a_chosen_key_can_be_taken_over_too() -> None:
    keymap = Keymap().with_keys(Act.RELINK, ("F7",)).with_keys(Act.RENDER, ("Ctrl+R", "F7"))
    assert keymap.all()[Act.RELINK] == ()
    assert keymap.all()[Act.RENDER] == ("Ctrl+R", "F7")
    assert set(keymap.chosen) == {Act.RENDER}


def test_no_keys_at_all_is_a_choice() -> None:
    keymap = Keymap().with_keys(Act.PLAY, ())
    assert keymap.all()[Act.PLAY] == ()
    assert keymap_of("betascope", chosen_names(keymap)) == keymap


def test_choices_stay_when_the_preset_changes() -> None:
    chosen = Keymap().with_keys(Act.FIT, ("F",)).chosen
    keymap = Keymap(Preset.CVAT, chosen)
    assert keymap.owner("F") is Act.FIT
    assert keymap.all()[Act.STEP_FORWARD] == ()


def test_a_file_of_keys_comes_back(tmp_path: Path) -> None:
    keymap = Keymap(Preset.SLEAP).with_keys(Act.FIT, ("F6", "Ctrl+Alt+B"))
    write_keys(keymap, tmp_path / "keys.json")
    assert read_keys(tmp_path / "keys.json") == keymap


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": "betascope keys", "keys": {"play": 3}}'])
def test_another_file_is_refused_with_a_way_out(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(KeysFileError, match="Choose a file exported"):
        read_keys(path)


def test_what_is_not_understood_is_left_out_and_said(caplog: pytest.LogCaptureFixture) -> None:
    chosen = {"fly": ["F6"], "play": ["P", "Hyper+Q", "Alt+F", "Ctrl+K, Ctrl+J"], "fit": ["P", "ctrl+alt+b"]}
    with caplog.at_level(logging.WARNING):
        keymap = keymap_of("emacs", chosen)
    assert keymap == Keymap(chosen={Act.PLAY: ("P",), Act.FIT: ("Ctrl+Alt+B",)})
    assert len(caplog.records) == 6
