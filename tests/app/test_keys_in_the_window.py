"""Keys in the real window: editor, sheet, search, and what has the focus."""

from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QSpinBox,
    QTreeWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.actions import Act, Menu
from app.key_presets import Preset
from app.main_window import MainWindow
from app.settings import Settings, load_settings
from widgets.cheat_sheet import CheatSheet
from widgets.command_palette import CommandPalette
from widgets.frame_field import FrameField
from widgets.key_field import KeyField

Key, Control, Shift = Qt.Key, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def press(qtbot: QtBot, window: MainWindow, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    """Press a key where the focus is."""
    combined = Qt.KeyboardModifier.NoModifier
    for modifier in modifiers:
        combined |= modifier
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(QApplication.focusWidget() or window, key, combined)


def type_text(qtbot: QtBot, text: str) -> None:
    qtbot.keyClicks(QApplication.focusWidget(), text)


def focus(qtbot: QtBot, window: MainWindow, widget: QWidget) -> None:
    """Put the focus where a click would."""
    window.activateWindow()
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)


def start_recording(qtbot: QtBot, window: MainWindow, act: Act) -> None:
    """Open the editor on an action and put the cursor into the field for new keys."""
    window.actions_[Act.EDIT_KEYS].trigger()
    window.layout_.keys.select(act.name)
    focus(qtbot, window, window.layout_.keys.findChild(KeyField))


def button(window: MainWindow, text: str) -> QPushButton:
    return next(b for b in window.layout_.keys.findChildren(QPushButton) if b.text() == text)


def keys_of(window: MainWindow, act: Act) -> list[str]:
    return [keys.toString() for keys in window.actions_[act].shortcuts()]


@pytest.mark.parametrize("preset", Preset)
def test_no_key_of_the_window_is_ambiguous(open_window, preset: Preset) -> None:
    window = open_window(None)
    window.layout_.keys.preset_chosen.emit(preset.value)
    used = Counter(
        key.toString() for action in window.findChildren(QAction) for key in action.shortcuts() if not key.isEmpty()
    )
    used.update(shortcut.key().toString() for shortcut in window.findChildren(QShortcut))
    mnemonics = [QKeySequence.mnemonic(action.text()).toString() for action in window.menuBar().actions()]
    used.update(mnemonics)
    assert len(mnemonics) == len(Menu) and all(mnemonics)
    assert [key for key, count in used.items() if count > 1] == []


def test_every_action_is_in_a_menu_and_in_the_search(open_window, predicted: Path) -> None:
    window = open_window(predicted)
    in_menus = {action for menu in window.menuBar().actions() for action in menu.menu().actions()}
    assert {act for act in Act if window.actions_[act] not in in_menus} == set()
    window.actions_[Act.FIND_ACTION].trigger()
    offered = {command.id for command in window.findChild(CommandPalette)._commands}
    enabled = {act.name for act in Act if window.actions_[act].isEnabled()}
    assert enabled - offered == {Act.FIND_ACTION.name}


def test_new_keys_work_at_once_and_after_a_restart(qtbot: QtBot, open_window, predicted: Path, tmp_path: Path) -> None:
    window = open_window(predicted)
    start_recording(qtbot, window, Act.STEP_FORWARD)
    press(qtbot, window, Key.Key_J, Control, Shift)
    focus(qtbot, window, window.layout_.video)
    press(qtbot, window, Key.Key_J, Control, Shift)
    assert window.view.frame == 1
    press(qtbot, window, Key.Key_Right)
    assert window.view.frame == 2
    settings = load_settings(tmp_path / "settings.json")
    assert settings.keys == {"step_forward": ("Right", "F", "Ctrl+Shift+J")}
    again = MainWindow(settings, tmp_path / "settings.json")
    qtbot.addWidget(again)
    assert keys_of(again, Act.STEP_FORWARD) == ["Right", "F", "Ctrl+Shift+J"]
    again.close()


def test_a_conflict_is_named_and_can_be_taken_over_and_reset(qtbot: QtBot, open_window) -> None:
    window = open_window(None)
    start_recording(qtbot, window, Act.FIT)
    press(qtbot, window, Key.Key_K)
    words = [label.text() for label in window.layout_.keys.findChildren(QLabel) if label.isVisible()]
    assert "K is the key of “Keyframe: accept the whole pose”." in words
    assert keys_of(window, Act.LABEL_ALL) == ["K"]
    assert keys_of(window, Act.FIT) == ["Ctrl+B"]
    qtbot.mouseClick(button(window, "Take it over"), Qt.MouseButton.LeftButton)
    assert keys_of(window, Act.LABEL_ALL) == []
    assert keys_of(window, Act.FIT) == ["Ctrl+B", "K"]
    qtbot.mouseClick(button(window, "Reset"), Qt.MouseButton.LeftButton)
    assert keys_of(window, Act.LABEL_ALL) == ["K"]
    assert window.preferences.settings.keys == {}


def test_keys_of_a_menu_are_refused(qtbot: QtBot, open_window) -> None:
    window = open_window(None)
    start_recording(qtbot, window, Act.FIT)
    press(qtbot, window, Key.Key_F, Qt.KeyboardModifier.AltModifier)
    words = [label.text() for label in window.layout_.keys.findChildren(QLabel) if label.isVisible()]
    assert "Alt+F opens the menu File. Press other keys." in words
    assert keys_of(window, Act.FIT) == ["Ctrl+B"]
    assert not button(window, "Take it over").isVisible()


def test_the_editor_finds_actions_by_words_and_by_key(qtbot: QtBot, open_window) -> None:
    window = open_window(None)
    window.actions_[Act.EDIT_KEYS].trigger()
    editor, tree = window.layout_.keys, window.layout_.keys.findChild(QTreeWidget)

    def shown() -> list[str]:
        return [item.text(0) for item in editor._items() if not item.isHidden()]

    focus(qtbot, window, editor._search)
    type_text(qtbot, "occl")
    assert shown() == ["Joint occluded"]
    editor._search.clear()
    type_text(qtbot, "ctrl+z")
    assert shown() == ["Undo"]
    assert tree.isVisible()


def test_a_preset_changes_the_keys_everywhere(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    window.layout_.keys.preset_chosen.emit(Preset.DEEPLABCUT.value)
    press(qtbot, window, Key.Key_D)
    press(qtbot, window, Key.Key_D)
    press(qtbot, window, Key.Key_A)
    assert window.view.frame == 1
    press(qtbot, window, Key.Key_F1)
    sheet = window.findChild(CheatSheet)
    assert "D, Right" in sheet._columns.text()


def test_what_the_window_says_names_the_keys_there_are(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)

    def said() -> str:
        return " ".join(label.text() for label in window.layout_.step.findChildren(QLabel))

    assert "K accepts a whole pose" in said()
    window.layout_.keys.preset_chosen.emit(Preset.KINOVEA.value)
    assert "Ins accepts a whole pose" in said()
    window.layout_.keys.key_removed.emit(Act.LABEL_ALL.name, "Ins")
    assert "“Keyframe: accept the whole pose” accepts a whole pose" in said(), "without a key it has its name"


def test_keys_go_to_a_file_and_come_back(open_window, tmp_path: Path) -> None:
    window = open_window(None)
    keys = window.presenters.keys
    window.layout_.keys.take_over_requested.emit(Act.FIT.name, "F6")
    keys.export_to(tmp_path / "keys.json")
    window.layout_.keys.reset_all_requested.emit()
    assert keys_of(window, Act.FIT) == ["Ctrl+B"]
    keys.import_from(tmp_path / "keys.json")
    assert keys_of(window, Act.FIT) == ["Ctrl+B", "F6"]
    (tmp_path / "other.json").write_text("{}")
    keys.import_from(tmp_path / "other.json")
    assert "holds no keys" in " ".join(window.toasts.messages())
    assert keys_of(window, Act.FIT) == ["Ctrl+B", "F6"]


def test_the_sheet_shows_every_key_finds_and_closes_with_both_keys(qtbot: QtBot, open_window) -> None:
    window = open_window(None)
    sheet = window.findChild(CheatSheet)

    def words() -> str:
        return sheet._columns.text()

    press(qtbot, window, Key.Key_F1)
    assert sheet.isVisible()
    assert all(act.spec.text in words() for act in Act if act.spec.shortcuts)
    bar = sheet._area.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() == 0)  # at 1366 x 768 all of it is seen
    type_text(qtbot, "occluded")
    assert "Joint occluded" in words() and "Quit" not in words()
    press(qtbot, window, Key.Key_F1)
    assert not sheet.isVisible()
    press(qtbot, window, Key.Key_F1)
    press(qtbot, window, Key.Key_Escape)
    assert not sheet.isVisible()


def test_the_sheet_explains_words(qtbot: QtBot, open_window) -> None:
    window = open_window(None)
    press(qtbot, window, Key.Key_F1)
    sheet = window.findChild(CheatSheet)
    qtbot.waitUntil(sheet.field.hasFocus)
    type_text(qtbot, "stride")
    words = sheet._columns.text()
    assert "How many frames lie between two keyframes" in words


def test_a_panel_is_brought_up_without_the_mouse(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    press(qtbot, window, Key.Key_K, Control)
    type_text(qtbot, "panel keys")
    press(qtbot, window, Key.Key_Return)
    qtbot.waitUntil(lambda: window.layout_.keys.isAncestorOf(QApplication.focusWidget() or window))
    assert window.layout_.keys.isVisible()


def test_the_search_runs_an_action_and_offers_it_first_next_time(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    palette = window.findChild(CommandPalette)
    press(qtbot, window, Key.Key_K, Control)
    type_text(qtbot, "last fr")
    press(qtbot, window, Key.Key_Return)
    assert not palette.isVisible()
    assert window.view.frame == 59
    press(qtbot, window, Key.Key_K, Control)
    assert palette.shown_commands()[0].text == "Last frame"
    press(qtbot, window, Key.Key_Escape)
    assert not palette.isVisible()


@pytest.mark.parametrize(("typed", "frame"), [("37", 37), ("frame 12", 12), ("go to frame 7", 7), ("0:01.2", 30)])
def test_the_search_goes_to_frames_and_times(
    qtbot: QtBot, open_window, predicted: Path, typed: str, frame: int
) -> None:
    window = open_window(predicted)
    press(qtbot, window, Key.Key_K, Control)
    type_text(qtbot, typed)
    press(qtbot, window, Key.Key_Return)
    assert window.view.frame == frame


def test_the_search_selects_joints_and_goes_through_its_list(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    press(qtbot, window, Key.Key_K, Control)
    type_text(qtbot, "wrist")
    press(qtbot, window, Key.Key_Down)
    press(qtbot, window, Key.Key_Return)
    joints = window.poses.resolved.skeleton.joints
    assert joints[window.view.joint].endswith("wrist") and joints[window.view.joint].startswith("right")


def test_without_a_project_the_search_offers_only_what_can_be_done(qtbot: QtBot, open_window) -> None:
    window = open_window(None)
    press(qtbot, window, Key.Key_P, Control, Shift)
    texts = [command.text for command in window.findChild(CommandPalette).shown_commands()]
    assert "Open video…" in texts
    assert "Undo" not in texts and "Fit body" not in texts


def test_typing_never_triggers_an_action(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    triggered: list[str] = []
    for act in Act:
        window.actions_[act].triggered.connect(lambda _=False, act=act: triggered.append(act.name))
    speed = window.layout_.transport.findChild(QSpinBox)
    window.actions_[Act.EDIT_KEYS].trigger()
    triggered.clear()
    for field in (window.layout_.keys._search, window.layout_.transport.findChild(FrameField), speed):
        focus(qtbot, window, field)
        type_text(qtbot, "kqofdvcre nihmz[]\\+-=12.")
        for key in (Key.Key_Delete, Key.Key_Up, Key.Key_Down, Key.Key_Left, Key.Key_Right, Key.Key_Home, Key.Key_End):
            press(qtbot, window, key)
    assert triggered == []


def test_lists_and_buttons_keep_the_keys_that_work_them(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    joints = next(lst for lst in window.layout_.side.findChildren(QListWidget) if lst.count() == 25)
    focus(qtbot, window, joints)
    joints.setCurrentRow(3)
    press(qtbot, window, Key.Key_Down)
    assert window.view.joint == 4
    press(qtbot, window, Key.Key_F)
    assert window.view.frame == 1, "a letter is still an action"
    done: list[bool] = []
    take = window.layout_.keys
    window.actions_[Act.EDIT_KEYS].trigger()
    reset_all = next(b for b in take.findChildren(QPushButton) if b.text() == "Reset all")
    reset_all.clicked.connect(lambda: done.append(True))
    focus(qtbot, window, reset_all)
    press(qtbot, window, Key.Key_Space)
    assert done and not window.playback.playing


def test_bad_keys_in_the_settings_leave_the_others(open_window, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "hand.json"
    path.write_text('{"keys": {"fit": ["F6"], "fly": ["F7"]}, "key_preset": "cvat", "theme": "dark"}')
    window = MainWindow(load_settings(path), path)
    qtbot.addWidget(window)
    assert keys_of(window, Act.FIT) == ["F6"]
    assert keys_of(window, Act.STEP_FORWARD) == ["F"]
    window.close()
    path.write_text('{"keys": ["fit"], "theme": "light"}')
    assert load_settings(path) == Settings(theme="light")


def test_the_key_of_the_export_works_from_a_field_too(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    window.actions_[Act.IMPORT].trigger()
    field = window.layout_.imports.findChild(QLineEdit)
    focus(qtbot, window, field)
    type_text(qtbot, "abc")
    press(qtbot, window, Key.Key_E, Control)
    qtbot.waitUntil(window.layout_.exports.isVisible)
    focus(qtbot, window, field)
    press(qtbot, window, Key.Key_Home)
    press(qtbot, window, Key.Key_U, Control)
    assert field.text() == "", "what no action has, the field does"


def test_escape_leads_out_of_a_panel_back_to_the_video(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    window.view.show_joint(5)
    window.actions_[Act.EXPORT].trigger()
    panel, video = window.layout_.exports, window.layout_.video
    browse = next(button for button in panel.findChildren(QPushButton) if button.text() == "Browse…")
    for control in (panel.findChild(QLineEdit), browse, panel.findChild(QComboBox)):
        focus(qtbot, window, control)
        press(qtbot, window, Key.Key_Escape)
        assert QApplication.focusWidget() is video
        assert window.view.joint == 5, "nothing else is given up"
    press(qtbot, window, Key.Key_Escape)
    assert window.view.joint == -1, "the next one deselects"
    assert panel.isVisible()


def test_panels_are_gone_through_by_key(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    window.actions_[Act.EXPORT].trigger()
    panels = window.layout_

    def in_front() -> set[str]:
        docks = [dock for dock in panels.docks if not dock.visibleRegion().isEmpty()]
        return {dock.windowTitle() for dock in docks}

    qtbot.waitUntil(lambda: "Export" in in_front())
    for title in ("Body", "Inspector", "Jobs", "Doubts", "Export", "Body"):
        press(qtbot, window, Key.Key_F6)
        qtbot.waitUntil(lambda title=title: title in in_front())
    for title in ("Export", "Doubts"):
        press(qtbot, window, Key.Key_F6, Shift)
        qtbot.waitUntil(lambda title=title: title in in_front())
