"""Keys of other programs, for hands that know them; only what has a counterpart here.

Sources: the default shortcuts of CVAT (its shortcut settings), SLEAP (``sleap/config/shortcuts.yaml``), Kinovea
(``HotkeySettingsManager``) and DeepLabCut's labelling plugin for napari. What a program leaves open keeps Betascope's
keys, unless they mean something else there.
"""

from collections.abc import Mapping
from enum import Enum

from app.actions import Act


class Preset(Enum):
    """Whose keys; the value is how settings and files call it."""

    BETASCOPE = "betascope"
    CVAT = "cvat"
    SLEAP = "sleap"
    KINOVEA = "kinovea"
    DEEPLABCUT = "deeplabcut"

    @property
    def title(self) -> str:
        """The name of the program."""
        return _TITLES[self]


_TITLES = {
    Preset.BETASCOPE: "Betascope",
    Preset.CVAT: "CVAT",
    Preset.SLEAP: "SLEAP",
    Preset.KINOVEA: "Kinovea",
    Preset.DEEPLABCUT: "DeepLabCut",
}

_CVAT = {
    Act.PLAY: ("Space",),
    Act.STEP_FORWARD: ("F",),
    Act.STEP_BACK: ("D",),
    Act.STRIDE_FORWARD: ("V",),
    Act.STRIDE_BACK: ("C",),
    Act.NEXT_KEYFRAME: ("R",),
    Act.PREVIOUS_KEYFRAME: ("E",),
    Act.GO_TO: ("`",),
    Act.NEXT_DOUBT: ("Right", "J"),
    Act.PREVIOUS_DOUBT: ("Left", "Shift+J"),
    Act.LABEL_ALL: ("K",),
    Act.REMOVE_KEYFRAME: ("Shift+Del",),
    Act.ABSENT: ("O",),
    Act.OCCLUDED: ("Q", "/"),
    Act.PLACE: ("N",),
    Act.REMOVE_LABEL: ("Del",),
    Act.UNDO: ("Ctrl+Z",),
    Act.REDO: ("Ctrl+Shift+Z", "Ctrl+Y"),
    Act.SHORTCUTS: ("F1",),
    Act.DESELECT: ("Esc",),
    Act.COPY_POSE: ("Ctrl+C",),
    Act.PASTE_POSE: ("Ctrl+V",),
    Act.PROPAGATE: ("Ctrl+B",),
    Act.MERGE_CLIMBER: ("M",),
    Act.SPLIT_CLIMBER: ("Alt+M",),
    Act.LOCK_CLIMBER: ("L",),
    Act.HIDE_CLIMBER: ("H",),
    Act.SELECT_ALL: ("Ctrl+A",),
    Act.SAVE_VERSION: ("Ctrl+S",),
}

_SLEAP = {
    Act.PLAY: ("Ctrl+P",),
    Act.PLAY_BACK: ("Ctrl+Alt+P",),
    Act.STEP_FORWARD: ("Right",),
    Act.STEP_BACK: ("Left",),
    Act.STRIDE_FORWARD: ("Ctrl+Right",),
    Act.STRIDE_BACK: ("Ctrl+Left",),
    Act.NEXT_KEYFRAME: ("Alt+Right", "Ctrl+U"),
    Act.PREVIOUS_KEYFRAME: ("Alt+Left",),
    Act.NEXT_DOUBT: ("Space", "J"),
    Act.PREVIOUS_DOUBT: ("Shift+Space", "Shift+J"),
    Act.FIRST: ("Home",),
    Act.LAST: ("End",),
    Act.GO_TO: ("Ctrl+J",),
    Act.REMOVE_KEYFRAME: ("Ctrl+Backspace",),
    Act.SWAP_SIDES: ("Ctrl+T",),
    Act.NEXT_CLIMBER: ("`", "Ctrl+PgDown"),
    Act.SHOW_POINTS: ("H",),
    Act.FIT_VIEW: ("Ctrl+=",),
    Act.DESELECT: ("Esc",),
    Act.ADD_EVENT: ("Ctrl+M",),
    Act.NEXT_EVENT: ("Ctrl+Shift+M",),
    Act.SAVE_VERSION: ("Ctrl+S",),
}

_KINOVEA = {
    Act.PLAY: ("Space",),
    Act.STEP_FORWARD: ("Right",),
    Act.STEP_BACK: ("Left",),
    Act.STRIDE_FORWARD: ("PgDown",),
    Act.STRIDE_BACK: ("PgUp",),
    Act.NEXT_KEYFRAME: ("Ctrl+Right",),
    Act.PREVIOUS_KEYFRAME: ("Ctrl+Left",),
    Act.FIRST: ("Home",),
    Act.LAST: ("End",),
    Act.FASTER: ("Up",),
    Act.SLOWER: ("Down",),
    Act.LABEL_ALL: ("Ins",),
    Act.REMOVE_KEYFRAME: ("Ctrl+Del",),
    Act.REMOVE_LABEL: ("Del",),
    Act.ZOOM_IN: ("Ctrl++", "Ctrl+="),
    Act.ZOOM_OUT: ("Ctrl+-",),
    Act.FIT_VIEW: ("Ctrl+0",),
    Act.UNDO: ("Ctrl+Z",),
    Act.REDO: ("Ctrl+Y",),
    Act.DESELECT: ("Esc",),
    Act.COPY_POSE: ("Ctrl+C",),
    Act.PASTE_POSE: ("Ctrl+V",),
    Act.SAVE_VERSION: ("Ctrl+S",),
}

_DEEPLABCUT = {
    Act.STEP_FORWARD: ("D", "Right"),
    Act.STEP_BACK: ("A", "Left"),
    Act.NEXT_JOINT: ("Down", "S"),
    Act.PREVIOUS_JOINT: ("Up", "W"),
    Act.FASTER: ("Ctrl+Up",),
    Act.SLOWER: ("Ctrl+Down",),
    Act.REMOVE_LABEL: ("Backspace", "Del"),
    Act.PLACE: ("2", "N"),
}

PRESETS: Mapping[Preset, Mapping[Act, tuple[str, ...]]] = {
    Preset.BETASCOPE: {},
    Preset.CVAT: _CVAT,
    Preset.SLEAP: _SLEAP,
    Preset.KINOVEA: _KINOVEA,
    Preset.DEEPLABCUT: _DEEPLABCUT,
}
