"""All actions in one table; menus, shortcuts, tooltips and the palette are made from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence

from widgets.icons import IconName, icon
from widgets.theme import ThemeColors


class Menu(Enum):
    """The menus, in order; the value is the title."""

    FILE = "&File"
    EDIT = "&Edit"
    VIEW = "&View"
    PLAY = "&Play"
    LABEL = "&Label"
    MODEL = "&Model"
    HELP = "&Help"


class Act(Enum):
    """Everything a person can do with a key, a menu or a button."""

    OPEN_VIDEO = auto()
    OPEN_PROJECT = auto()
    ADD_VIDEO = auto()
    EXPORT_COCO = auto()
    EXPORT_COCO17 = auto()
    EXPORT_RESULTS = auto()
    RENDER = auto()
    CLOSE_PROJECT = auto()
    QUIT = auto()
    UNDO = auto()
    REDO = auto()
    RELINK = auto()
    PLAY = auto()
    PLAY_BACK = auto()
    STEP_FORWARD = auto()
    STEP_BACK = auto()
    STRIDE_FORWARD = auto()
    STRIDE_BACK = auto()
    NEXT_KEYFRAME = auto()
    PREVIOUS_KEYFRAME = auto()
    FIRST = auto()
    LAST = auto()
    GO_TO = auto()
    NEXT_CODEC_KEY = auto()
    PREVIOUS_CODEC_KEY = auto()
    FASTER = auto()
    SLOWER = auto()
    LOOP = auto()
    RANGE_START = auto()
    RANGE_END = auto()
    SELECT_BETWEEN = auto()
    CLEAR_RANGE = auto()
    MAKE_PROXY = auto()
    DELETE_PROXY = auto()
    AUTO_PROXY = auto()
    LABEL_ALL = auto()
    OCCLUDED = auto()
    ABSENT = auto()
    VISIBLE = auto()
    REMOVE_LABEL = auto()
    REMOVE_KEYFRAME = auto()
    INTERPOLATE = auto()
    SWAP_SIDES = auto()
    PLACE = auto()
    NEXT_JOINT = auto()
    PREVIOUS_JOINT = auto()
    DESELECT = auto()
    DETECT = auto()
    FIT = auto()
    FIT_VIEW = auto()
    ZOOM_IN = auto()
    ZOOM_OUT = auto()
    SHOW_POINTS = auto()
    SHOW_MESH = auto()
    MESH_OPAQUE = auto()
    MESH_FAINT = auto()
    ANNOTATE = auto()
    REVIEW = auto()
    HIDE_PANELS = auto()
    LIGHT_THEME = auto()
    SHORTCUTS = auto()


@dataclass(frozen=True)
class Spec:
    """How an action looks and where it is found."""

    menu: Menu
    text: str
    shortcuts: tuple[str, ...] = ()
    icon: IconName | None = None
    checkable: bool = False
    starts_group: bool = False
    repeats: bool = False


TABLE: Mapping[Act, Spec] = {
    Act.OPEN_VIDEO: Spec(Menu.FILE, "Open video…", ("Ctrl+O",), IconName.FILM),
    Act.OPEN_PROJECT: Spec(Menu.FILE, "Open project…", ("Ctrl+Shift+O",), IconName.OPEN),
    Act.ADD_VIDEO: Spec(Menu.FILE, "Add video to project…", (), IconName.ADD),
    Act.EXPORT_COCO: Spec(Menu.FILE, "Export COCO labels…", ("Ctrl+E",), IconName.EXPORT, starts_group=True),
    Act.EXPORT_COCO17: Spec(Menu.FILE, "Export COCO labels, 17 joints…"),
    Act.EXPORT_RESULTS: Spec(Menu.FILE, "Export COCO results (predictions)…"),
    Act.RENDER: Spec(Menu.FILE, "Render review video…", ("Ctrl+R",), IconName.FILM),
    Act.CLOSE_PROJECT: Spec(Menu.FILE, "Close project", ("Ctrl+W",), starts_group=True),
    Act.QUIT: Spec(Menu.FILE, "Quit", ("Ctrl+Q",)),
    Act.UNDO: Spec(Menu.EDIT, "Undo", ("Ctrl+Z",), IconName.UNDO, repeats=True),
    Act.REDO: Spec(Menu.EDIT, "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), IconName.REDO, repeats=True),
    Act.RELINK: Spec(Menu.EDIT, "Relink video…", starts_group=True),
    Act.PLAY: Spec(Menu.PLAY, "Play or pause", ("Space",), IconName.PLAY),
    Act.PLAY_BACK: Spec(Menu.PLAY, "Play backwards", ("Shift+Space",), IconName.PLAY_BACK),
    Act.STEP_FORWARD: Spec(Menu.PLAY, "Next frame", ("Right", "F"), IconName.STEP_FORWARD, repeats=True),
    Act.STEP_BACK: Spec(Menu.PLAY, "Previous frame", ("Left", "D"), IconName.STEP_BACK, repeats=True),
    Act.STRIDE_FORWARD: Spec(
        Menu.PLAY, "One stride forward", ("Shift+Right", "V"), IconName.STRIDE_FORWARD, repeats=True
    ),
    Act.STRIDE_BACK: Spec(Menu.PLAY, "One stride back", ("Shift+Left", "C"), IconName.STRIDE_BACK, repeats=True),
    Act.NEXT_KEYFRAME: Spec(Menu.PLAY, "Next keyframe", ("Ctrl+Right", "R"), IconName.NEXT_KEYFRAME, repeats=True),
    Act.PREVIOUS_KEYFRAME: Spec(
        Menu.PLAY, "Previous keyframe", ("Ctrl+Left", "E"), IconName.PREVIOUS_KEYFRAME, repeats=True
    ),
    Act.FIRST: Spec(Menu.PLAY, "First frame", ("Home",), IconName.FIRST),
    Act.LAST: Spec(Menu.PLAY, "Last frame", ("End",), IconName.LAST),
    Act.GO_TO: Spec(Menu.PLAY, "Go to a frame or time", ("Ctrl+G",)),
    Act.NEXT_CODEC_KEY: Spec(Menu.PLAY, "Next key frame of the video file", ("Alt+Right",), repeats=True),
    Act.PREVIOUS_CODEC_KEY: Spec(Menu.PLAY, "Previous key frame of the video file", ("Alt+Left",), repeats=True),
    Act.FASTER: Spec(Menu.PLAY, "Faster", ("Up",), starts_group=True),
    Act.SLOWER: Spec(Menu.PLAY, "Slower", ("Down",)),
    Act.LOOP: Spec(Menu.PLAY, "Loop the range or the clip", ("\\",), IconName.LOOP, checkable=True),
    Act.RANGE_START: Spec(Menu.PLAY, "Start range at this frame", ("[",), starts_group=True),
    Act.RANGE_END: Spec(Menu.PLAY, "End range at this frame", ("]",)),
    Act.SELECT_BETWEEN: Spec(Menu.PLAY, "Select range between neighbouring keyframes", ("B",)),
    Act.CLEAR_RANGE: Spec(Menu.PLAY, "Clear range", ("Shift+\\",)),
    Act.MAKE_PROXY: Spec(Menu.PLAY, "Make proxy for smooth scrubbing", starts_group=True),
    Act.DELETE_PROXY: Spec(Menu.PLAY, "Delete proxy"),
    Act.AUTO_PROXY: Spec(Menu.PLAY, "Make proxies where scrubbing needs them", checkable=True),
    Act.LABEL_ALL: Spec(Menu.LABEL, "Keyframe: accept the whole pose", ("K",), IconName.KEYFRAME),
    Act.REMOVE_KEYFRAME: Spec(Menu.LABEL, "Remove keyframe", ("Shift+K", "Shift+Del")),
    Act.OCCLUDED: Spec(Menu.LABEL, "Joint occluded", ("Q",), IconName.OCCLUDED, starts_group=True),
    Act.ABSENT: Spec(Menu.LABEL, "Joint absent", ("O",), IconName.ABSENT),
    Act.VISIBLE: Spec(Menu.LABEL, "Joint visible", ("Shift+Q",)),
    Act.REMOVE_LABEL: Spec(Menu.LABEL, "Remove label of joint", ("Del",)),
    Act.PLACE: Spec(Menu.LABEL, "Place joint with a click", ("N",), IconName.ADD),
    Act.NEXT_JOINT: Spec(Menu.LABEL, "Next joint", ("Ctrl+Down",), starts_group=True, repeats=True),
    Act.PREVIOUS_JOINT: Spec(Menu.LABEL, "Previous joint", ("Ctrl+Up",), repeats=True),
    Act.DESELECT: Spec(Menu.LABEL, "Deselect", ("Esc",)),
    Act.INTERPOLATE: Spec(
        Menu.LABEL, "Interpolate between neighbouring keyframes", ("I",), IconName.INTERPOLATE, starts_group=True
    ),
    Act.SWAP_SIDES: Spec(Menu.LABEL, "Swap left and right", ("Ctrl+T",), IconName.SWAP),
    Act.DETECT: Spec(Menu.MODEL, "Detect climber", ("Ctrl+D",), IconName.DETECT),
    Act.FIT: Spec(Menu.MODEL, "Fit body", ("Ctrl+B",), IconName.BODY),
    Act.ANNOTATE: Spec(Menu.VIEW, "Annotate", ("Ctrl+1",), checkable=True),
    Act.REVIEW: Spec(Menu.VIEW, "Review", ("Ctrl+2",), checkable=True),
    Act.HIDE_PANELS: Spec(Menu.VIEW, "Hide panels", ("F9",), checkable=True),
    Act.FIT_VIEW: Spec(Menu.VIEW, "Whole picture", ("Z",), IconName.FIT_VIEW, starts_group=True),
    Act.ZOOM_IN: Spec(Menu.VIEW, "Zoom in", ("+", "="), repeats=True),
    Act.ZOOM_OUT: Spec(Menu.VIEW, "Zoom out", ("-",), repeats=True),
    Act.SHOW_POINTS: Spec(
        Menu.VIEW, "Skeleton over the video", ("H",), IconName.SKELETON, checkable=True, starts_group=True
    ),
    Act.SHOW_MESH: Spec(Menu.VIEW, "Body over the video", ("M",), IconName.MESH, checkable=True),
    Act.MESH_OPAQUE: Spec(Menu.VIEW, "Body more opaque", ("Shift+M",), repeats=True),
    Act.MESH_FAINT: Spec(Menu.VIEW, "Body fainter", ("Alt+M",), repeats=True),
    Act.LIGHT_THEME: Spec(Menu.VIEW, "Light theme", ("Ctrl+L",), IconName.SUN, checkable=True, starts_group=True),
    Act.SHORTCUTS: Spec(Menu.HELP, "Keyboard shortcuts", ("F1",), IconName.HELP),
}


class Actions(QObject):
    """The `QAction` of every entry of the table."""

    def __init__(self, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._actions = {act: self._make(spec) for act, spec in TABLE.items()}

    def __getitem__(self, act: Act) -> QAction:
        return self._actions[act]

    def all(self) -> list[QAction]:
        """Return every action."""
        return list(self._actions.values())

    def connect_all(self, handlers: Mapping[Act, Callable[[], object]]) -> None:
        """Connect every action to what it does; a checkable one reads its own state."""
        assert set(handlers) == set(Act), set(Act) - set(handlers)
        for act, handler in handlers.items():
            self._actions[act].triggered.connect(lambda _checked=False, handler=handler: handler())

    def enable(self, acts: set[Act], *, enabled: bool) -> None:
        """Enable or disable several actions."""
        for act in acts:
            self._actions[act].setEnabled(enabled)

    def set_icons(self, colors: ThemeColors) -> None:
        """Draw the icons in the colours of a theme."""
        for act, spec in TABLE.items():
            if spec.icon is not None:
                self._actions[act].setIcon(icon(spec.icon, colors))

    def _make(self, spec: Spec) -> QAction:
        action = QAction(spec.text, self)
        action.setShortcuts([QKeySequence(keys) for keys in spec.shortcuts])
        action.setCheckable(spec.checkable)
        action.setAutoRepeat(spec.repeats)
        if spec.shortcuts:
            action.setToolTip(f"{spec.text} ({spec.shortcuts[0]})")
        return action


def cheat_sheet() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return for each menu its actions and their keys, for the on-screen help."""
    sheet: list[tuple[str, list[tuple[str, str]]]] = []
    for menu in Menu:
        rows = [
            (spec.text, ", ".join(spec.shortcuts)) for spec in TABLE.values() if spec.menu is menu and spec.shortcuts
        ]
        sheet.append((menu.value.replace("&", ""), rows))
    return [(title, rows) for title, rows in sheet if rows]
