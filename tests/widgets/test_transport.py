"""The transport row: wishes out, facts in."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QSpinBox, QToolButton, QVBoxLayout, QWidget

from widgets.theme import Theme, palette
from widgets.transport import SPEEDS, Transport


@pytest.fixture
def transport(qtbot):
    widget = Transport()
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.set_clip(378, 25.0, variable_fps=False)
    return widget


def heard(signal) -> list[tuple]:
    calls: list[tuple] = []
    signal.connect(lambda *args: calls.append(args))
    return calls


def click(qtbot, transport, name: str) -> None:
    qtbot.mouseClick(transport.findChild(QToolButton, name), Qt.MouseButton.LeftButton)


def field(transport, name: str):
    return next(child for child in transport.findChildren(QWidget) if child.accessibleName() == name)


def texts(transport) -> list[str]:
    return [label.text() for label in transport.findChildren(QLabel)]


@pytest.mark.parametrize(
    ("button", "signal", "value"),
    [
        ("first", "frame_requested", 0),
        ("previous_keyframe", "keyframe_requested", -1),
        ("stride_back", "stride_requested", -1),
        ("step_back", "step_requested", -1),
        ("step_forward", "step_requested", 1),
        ("stride_forward", "stride_requested", 1),
        ("next_keyframe", "keyframe_requested", 1),
        ("last", "frame_requested", 377),
        ("loop", "loop_toggled", True),
    ],
)
def test_each_button_makes_its_wish(transport, qtbot, button, signal, value):
    calls = heard(getattr(transport, signal))
    click(qtbot, transport, button)
    assert calls == [(value,)]


def test_play_is_a_wish_and_its_icon_a_fact(transport, qtbot):
    calls = heard(transport.play_toggled)
    button = transport.findChild(QToolButton, "play")
    before = button.icon().pixmap(24, 24).toImage()
    click(qtbot, transport, "play")
    assert len(calls) == 1
    assert button.icon().pixmap(24, 24).toImage() == before
    transport.set_playing(playing=True)
    assert button.icon().pixmap(24, 24).toImage() != before
    transport.set_playing(playing=False)
    assert button.icon().pixmap(24, 24).toImage() == before


def test_it_shows_time_frame_and_rate(transport):
    transport.set_frame(187)
    assert "00:07.480" in texts(transport)
    assert field(transport, "Frame").value() == 187
    assert "/ 377" in texts(transport)
    assert "25.00 fps" in texts(transport)
    transport.set_frame(188, time_s=9.0)
    assert "00:09.000" in texts(transport)
    transport.set_clip(10, 24.5, variable_fps=True)
    assert any("variable" in text for text in texts(transport))


def test_a_typed_frame_is_asked_for_on_enter_and_the_keys_go_back(transport, qtbot):
    calls = heard(transport.frame_requested)
    spin = field(transport, "Frame")
    spin.setFocus()
    spin.selectAll()
    qtbot.keyClicks(spin, "203")
    assert calls == []
    qtbot.keyClick(spin, Qt.Key.Key_Return)
    assert calls == [(203,)]
    assert not spin.hasFocus()


def test_setters_are_silent(transport):
    signals = [
        heard(s)
        for s in (transport.frame_requested, transport.speed_changed, transport.stride_changed, transport.loop_toggled)
    ]
    transport.set_frame(12)
    transport.set_speed(0.5)
    transport.set_speed(0.75)
    transport.set_stride(10)
    transport.set_loop(loop=True)
    transport.set_clip(50, 30.0, variable_fps=False)
    assert signals == [[], [], [], []]


def test_speed_and_stride_are_chosen(transport, qtbot):
    speeds, strides = heard(transport.speed_changed), heard(transport.stride_changed)
    combo, spin = field(transport, "Speed"), field(transport, "Stride")
    assert isinstance(combo, QComboBox)
    assert isinstance(spin, QSpinBox)
    assert combo.currentData() == 1.0
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_Home)
    spin.selectAll()
    qtbot.keyClicks(spin, "10")
    qtbot.keyClick(spin, Qt.Key.Key_Return)
    assert speeds == [(min(SPEEDS),)]
    assert strides == [(10,)]


def test_an_unusual_speed_finds_its_place(transport):
    transport.set_speed(0.75)
    combo = field(transport, "Speed")
    offered = [combo.itemData(i) for i in range(combo.count())]
    assert combo.currentData() == 0.75
    assert offered == sorted([*SPEEDS, 0.75])


def test_actions_drive_buttons(transport, qtbot):
    action = QAction("&Play", transport, shortcut="Space")
    triggered, toggled = heard(action.triggered), heard(transport.play_toggled)
    transport.set_actions({"play": action})
    button = transport.findChild(QToolButton, "play")
    assert "Play" in button.toolTip()
    assert "Space" in button.toolTip()
    click(qtbot, transport, "play")
    assert len(triggered) == 1
    assert toggled == []
    action.setEnabled(False)
    assert not button.isEnabled()


def test_a_checkable_action_and_the_loop_button_agree(transport, qtbot):
    action = QAction("Loop", transport, checkable=True)
    transport.set_actions({"loop": action})
    button = transport.findChild(QToolButton, "loop")
    click(qtbot, transport, "loop")
    assert action.isChecked()
    assert button.isChecked()
    action.setChecked(False)
    assert not button.isChecked()


def test_an_unknown_button_is_refused(transport):
    with pytest.raises(KeyError):
        transport.set_actions({"rewind": QAction("Rewind", transport)})


def test_without_a_clip_nothing_can_be_pressed(transport, qtbot):
    transport.set_clip(0, 25.0, variable_fps=False)
    calls = heard(transport.play_toggled)
    click(qtbot, transport, "play")
    assert calls == []


def test_every_control_has_a_name_and_the_row_fits_a_small_screen(transport):
    for child in (
        transport.findChildren(QToolButton) + transport.findChildren(QSpinBox) + transport.findChildren(QComboBox)
    ):
        assert child.accessibleName(), child.objectName()
    assert transport.minimumSizeHint().width() <= 1000


def test_buttons_follow_the_theme(transport, qtbot):
    button = transport.findChild(QToolButton, "play")
    looks = []
    for theme in (Theme.DARK, Theme.LIGHT):
        transport.setPalette(palette(theme))
        looks.append(button.icon().pixmap(24, 24).toImage())
    assert looks[0] != looks[1]


def test_typing_in_another_field_is_not_disturbed_by_playing(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    column, edit, transport = QVBoxLayout(window), QLineEdit(), Transport()
    column.addWidget(edit)
    column.addWidget(transport)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    transport.set_clip(100, 25.0, variable_fps=False)
    edit.setFocus()
    transport.set_playing(playing=True)
    transport.set_frame(5)
    qtbot.keyClicks(edit, "Ana")
    assert edit.text() == "Ana"
    assert edit.hasFocus()
