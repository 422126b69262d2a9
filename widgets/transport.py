"""Playing and stepping: buttons, the frame field, time, speed and stride."""

from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction, QFontMetrics, QKeySequence
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QSizePolicy, QSpinBox, QToolButton, QWidget

from annotation.labels import DEFAULT_STRIDE
from widgets.frame_field import FrameField
from widgets.icons import IconName, icon
from widgets.theme import colors_of
from widgets.timeline_data import clock

SPEEDS = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 4.0)
_BUTTONS = (
    ("first", IconName.FIRST, "First frame"),
    ("previous_keyframe", IconName.PREVIOUS_KEYFRAME, "Previous keyframe"),
    ("stride_back", IconName.STRIDE_BACK, "One stride back"),
    ("step_back", IconName.STEP_BACK, "One frame back"),
    ("play_back", IconName.PLAY_BACK, "Play backwards or pause"),
    ("play", IconName.PLAY, "Play or pause"),
    ("step_forward", IconName.STEP_FORWARD, "One frame forward"),
    ("stride_forward", IconName.STRIDE_FORWARD, "One stride forward"),
    ("next_keyframe", IconName.NEXT_KEYFRAME, "Next keyframe"),
    ("last", IconName.LAST, "Last frame"),
)


class Transport(QWidget):
    """One row that moves through the clip. Frames are 0-based: the last one is ``n_frames - 1``."""

    step_requested = Signal(int)
    """-1 or 1 frames."""
    stride_requested = Signal(int)
    """-1 or 1 strides."""
    keyframe_requested = Signal(int)
    """-1: the previous keyframe, 1: the next."""
    frame_requested = Signal(int)
    """A frame by number."""
    play_toggled = Signal()
    play_back_toggled = Signal()
    speed_changed = Signal(float)
    stride_changed = Signal(int)
    loop_toggled = Signal(bool)

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._n_frames = 0
        self._fps = 25.0
        self._frame = 0
        self._playing: str | None = None
        self._actions: dict[str, QAction] = {}
        self._buttons = {name: self._button(name, words) for name, _, words in _BUTTONS}
        self._loop = self._button("loop", "Play the range or the clip again and again")
        self._time = QLabel()
        self._field = FrameField()
        self._total = QLabel()
        self._rate = QLabel()
        self._speed = QComboBox()
        self._stride = QSpinBox()
        self._set_up_fields()
        self._connect()
        self._lay_out()
        self._apply_theme()
        self.set_clip(0, 25.0, variable_fps=False)

    # --- what is shown

    def set_clip(
        self, n_frames: int, fps: float, *, variable_fps: bool, times_s: NDArray[np.float64] | None = None
    ) -> None:
        """Set the length of the clip, its rate and the times of its frames (n_frames,); no frames disable all."""
        self._n_frames, self._fps = n_frames, fps
        with QSignalBlocker(self._field):
            self._field.set_clip(n_frames, fps, times_s=times_s)
        self._total.setText(f"/ {max(n_frames - 1, 0)}")
        self._rate.setText(f"variable, {fps:.2f} fps" if variable_fps else f"{fps:.2f} fps")
        self._rate.setToolTip("The clip's frames are not equally far apart; the mean is shown." if variable_fps else "")
        self.setEnabled(n_frames > 0)
        self.set_frame(0)

    def set_frame(self, frame: int, *, time_s: float | None = None) -> None:
        """Show a frame and its time; without a time it follows from the rate."""
        self._frame = frame
        with QSignalBlocker(self._field):
            self._field.setValue(frame)
        self._time.setText(clock(frame / self._fps if time_s is None else time_s))

    def set_playing(self, *, playing: bool, backwards: bool = False) -> None:
        """Show whether the clip plays, and which way."""
        self._playing = ("play_back" if backwards else "play") if playing else None
        self._apply_play_icons()

    def edit_frame(self) -> None:
        """Put the cursor into the frame field, to type a frame or a time."""
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._field.selectAll()

    def set_speed(self, speed: float) -> None:
        """Show a playback speed; one that is not offered is added."""
        at = self._speed.findData(speed)
        with QSignalBlocker(self._speed):
            if at < 0:
                at = sum(self._speed.itemData(i) < speed for i in range(self._speed.count()))
                self._speed.insertItem(at, _speed_text(speed), speed)
            self._speed.setCurrentIndex(at)

    def set_stride(self, stride: int) -> None:
        """Show the distance of the frames that are to be labelled."""
        with QSignalBlocker(self._stride):
            self._stride.setValue(stride)

    def set_loop(self, *, loop: bool) -> None:
        """Show whether playing starts again at the end."""
        with QSignalBlocker(self._loop):
            self._loop.setChecked(loop)

    def set_actions(self, actions: Mapping[str, QAction]) -> None:
        """Let actions drive buttons: a click triggers the action instead of a signal, the tip shows its shortcut.

        Keys: first, previous_keyframe, stride_back, step_back, play_back, play, step_forward, stride_forward,
        next_keyframe, last, loop.

        Raises
        ------
        KeyError
            If there is no such button.
        """
        for name, action in actions.items():
            button = self._loop if name == "loop" else self._buttons[name]
            self._actions[name] = action
            action.changed.connect(partial(self._follow, button, action))
            self._follow(button, action)

    # --- building

    def _button(self, name: str, words: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(name)
        button.setAutoRaise(True)
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _set_up_fields(self) -> None:
        self._loop.setCheckable(True)
        for field, name in ((self._field, "Frame"), (self._stride, "Stride"), (self._speed, "Speed")):
            field.setAccessibleName(name)
        self._stride.setKeyboardTracking(False)
        self._stride.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._stride.setRange(1, 999)
        self._stride.setValue(DEFAULT_STRIDE)
        self._stride.setToolTip("Every how many frames a label is set; points between are interpolated.")
        self._speed.setToolTip("Playback speed")
        for speed in SPEEDS:
            self._speed.addItem(_speed_text(speed), speed)
        self._speed.setCurrentIndex(SPEEDS.index(1.0))
        self._time.setAccessibleName("Time")

    def _connect(self) -> None:
        wishes = {
            "first": lambda: self.frame_requested.emit(0),
            "previous_keyframe": lambda: self.keyframe_requested.emit(-1),
            "stride_back": lambda: self.stride_requested.emit(-1),
            "step_back": lambda: self.step_requested.emit(-1),
            "play_back": self.play_back_toggled.emit,
            "play": self.play_toggled.emit,
            "step_forward": lambda: self.step_requested.emit(1),
            "stride_forward": lambda: self.stride_requested.emit(1),
            "next_keyframe": lambda: self.keyframe_requested.emit(1),
            "last": lambda: self.frame_requested.emit(self._n_frames - 1),
        }
        for name, wish in wishes.items():
            self._buttons[name].clicked.connect(partial(self._clicked, name, wish))
        self._loop.clicked.connect(self._loop_clicked)
        self._field.valueChanged.connect(self.frame_requested)
        for spin in (self._field, self._stride):
            spin.lineEdit().returnPressed.connect(spin.clearFocus)  # gives the keys back to the window
        self._speed.currentIndexChanged.connect(lambda at: self.speed_changed.emit(self._speed.itemData(at)))
        self._stride.valueChanged.connect(self.stride_changed)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(4)
        for button in self._buttons.values():
            row.addWidget(button)
        for widgets in (
            (self._time,),
            (QLabel("frame"), self._field, self._total),
            (self._rate,),
            (self._speed, self._loop),
            (QLabel("stride"), self._stride),
        ):
            row.addSpacing(4)
            row.addWidget(_separator())
            row.addSpacing(4)
            for widget in widgets:
                row.addWidget(widget)
        row.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    # --- what happens

    def _clicked(self, name: str, wish: object) -> None:
        action = self._actions.get(name)
        if action is not None:
            action.trigger()
        elif callable(wish):
            wish()

    def _loop_clicked(self) -> None:
        action = self._actions.get("loop")
        if action is not None:
            action.trigger()
        else:
            self.loop_toggled.emit(self._loop.isChecked())

    def _follow(self, button: QToolButton, action: QAction) -> None:
        """Take over what an action says about itself."""
        words = action.text().replace("&", "")
        shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        button.setToolTip(f"{words}  ({shortcut})" if shortcut else words)
        button.setAccessibleName(words)
        button.setEnabled(action.isEnabled())
        if action.isCheckable() and button.isCheckable():
            button.setChecked(action.isChecked())

    # --- looks

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme and the font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._apply_theme()

    def _apply_play_icons(self) -> None:
        """The button that plays shows how to pause."""
        colors = colors_of(self)
        for name, symbol in (("play", IconName.PLAY), ("play_back", IconName.PLAY_BACK)):
            self._buttons[name].setIcon(icon(IconName.PAUSE if name == self._playing else symbol, colors))

    def _apply_theme(self) -> None:
        colors = colors_of(self)
        side = round(self.fontMetrics().height() * 1.25)
        for name, symbol, _ in _BUTTONS:
            self._buttons[name].setIcon(icon(symbol, colors))
            self._buttons[name].setIconSize(QSize(side, side))
        self._apply_play_icons()
        self._loop.setIcon(icon(IconName.LOOP, colors))
        self._loop.setIconSize(QSize(side, side))
        metrics = QFontMetrics(self.font())
        self._time.setMinimumWidth(metrics.horizontalAdvance("00:00.000") + 4)
        self._field.setMinimumWidth(metrics.horizontalAdvance("000000") + 32)


def _speed_text(speed: float) -> str:
    return f"{speed:g}×"


def _separator() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.VLine)
    line.setFrameShadow(QFrame.Shadow.Plain)
    line.setForegroundRole(line.palette().ColorRole.Mid)
    return line
