"""All actions in one table; menus, shortcuts, tooltips and the palette are made from it.

A new action is one line here, in the block of its menu and at its place there, and one entry in the ``handlers()`` of
the presenter that carries it out.
"""

from dataclasses import dataclass
from enum import Enum, unique

from widgets.icons import IconName


class Menu(Enum):
    """The menus, in order; the value is the title."""

    FILE = "&File"
    EDIT = "&Edit"
    VIEW = "&View"
    PLAY = "&Play"
    LABEL = "&Label"
    KEYFRAMES = "&Keyframes"
    POSE = "P&ose"
    TIMELINE = "&Timeline"
    CLIMBER = "&Climber"
    MODEL = "Mo&del"
    BODY = "&Body"
    HELP = "&Help"

    @property
    def title(self) -> str:
        """The title without the mark of its key."""
        return self.value.replace("&", "")


@dataclass(frozen=True)
class Spec:
    """How an action looks and where it is found.

    Attributes
    ----------
    menu : Menu
    text : str
    shortcuts : tuple of str
        Keys it has before a person chooses others, in Qt's portable spelling.
    icon : IconName or None
    checkable, starts_group, repeats : bool
        Whether it is on or off, begins a group of its menu, is repeated while its key is held.
    anytime : bool
        Whether it makes sense without an open project.
    """

    menu: Menu
    text: str
    shortcuts: tuple[str, ...] = ()
    icon: IconName | None = None
    checkable: bool = False
    starts_group: bool = False
    repeats: bool = False
    anytime: bool = False


@unique
class Act(Enum):
    """Everything a person can do with a key, a menu or a button; the order is that of the menus."""

    # --- File ---
    OPEN_VIDEO = Spec(Menu.FILE, "Open video…", ("Ctrl+O",), IconName.FILM, anytime=True)
    OPEN_PROJECT = Spec(Menu.FILE, "Open project…", ("Ctrl+Shift+O",), IconName.OPEN, anytime=True)
    ADD_VIDEO = Spec(Menu.FILE, "Add video to project…", icon=IconName.ADD)
    SAVE_VERSION = Spec(Menu.FILE, "Save version…", ("Ctrl+S",), starts_group=True)
    IMPORT = Spec(Menu.FILE, "Import…", starts_group=True)
    EXPORT = Spec(Menu.FILE, "Export…", ("Ctrl+E",), IconName.EXPORT)
    EXPORT_COCO = Spec(Menu.FILE, "Export COCO labels…")
    EXPORT_COCO17 = Spec(Menu.FILE, "Export COCO labels, 17 joints…")
    EXPORT_RESULTS = Spec(Menu.FILE, "Export COCO results (predictions)…")
    RENDER = Spec(Menu.FILE, "Render review video…", ("Ctrl+R",), IconName.FILM)
    RELOAD = Spec(Menu.FILE, "Reload project", ("F5",), starts_group=True)
    CLOSE_PROJECT = Spec(Menu.FILE, "Close project", ("Ctrl+W",))
    QUIT = Spec(Menu.FILE, "Quit", ("Ctrl+Q",), anytime=True)

    # --- Edit ---
    UNDO = Spec(Menu.EDIT, "Undo", ("Ctrl+Z",), IconName.UNDO, repeats=True)
    REDO = Spec(Menu.EDIT, "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), IconName.REDO, repeats=True)
    HISTORY = Spec(Menu.EDIT, "History and versions", ("Ctrl+H",), starts_group=True)
    AUTHOR = Spec(Menu.EDIT, "Your name on labels…")
    RELINK = Spec(Menu.EDIT, "Relink video…", starts_group=True)

    # --- View ---
    ANNOTATE = Spec(Menu.VIEW, "Annotate", ("Ctrl+1",), checkable=True)
    REVIEW = Spec(Menu.VIEW, "Review", ("Ctrl+2",), checkable=True)
    HIDE_PANELS = Spec(Menu.VIEW, "Hide panels", ("F9",), checkable=True)
    NEXT_PANEL = Spec(Menu.VIEW, "Next panel of the right column", ("F6",))
    PREVIOUS_PANEL = Spec(Menu.VIEW, "Previous panel of the right column", ("Shift+F6",))
    FIT_VIEW = Spec(Menu.VIEW, "Whole picture", ("Z",), IconName.FIT_VIEW, starts_group=True)
    ZOOM_IN = Spec(Menu.VIEW, "Zoom in", ("+", "="), repeats=True)
    ZOOM_OUT = Spec(Menu.VIEW, "Zoom out", ("-",), repeats=True)
    SHOW_POINTS = Spec(
        Menu.VIEW, "Skeleton over the video", ("H",), IconName.SKELETON, checkable=True, starts_group=True
    )
    ONION_SKIN = Spec(Menu.VIEW, "Neighbouring keyframes over the video", ("Shift+H",), checkable=True)
    LOUPE = Spec(Menu.VIEW, "Loupe while dragging and placing", ("G",), checkable=True)
    SHOW_MESH = Spec(Menu.VIEW, "Body over the video", ("M",), IconName.MESH, checkable=True)
    MESH_OPAQUE = Spec(Menu.VIEW, "Body more opaque", ("Shift+M",), repeats=True)
    MESH_FAINT = Spec(Menu.VIEW, "Body fainter", ("Alt+M",), repeats=True)
    LIGHT_THEME = Spec(
        Menu.VIEW, "Light theme", ("Ctrl+L",), IconName.SUN, checkable=True, starts_group=True, anytime=True
    )

    # --- Play ---
    PLAY = Spec(Menu.PLAY, "Play or pause", ("Space",), IconName.PLAY)
    PLAY_BACK = Spec(Menu.PLAY, "Play backwards", ("Shift+Space",), IconName.PLAY_BACK)
    STEP_FORWARD = Spec(Menu.PLAY, "Next frame", ("Right", "F"), IconName.STEP_FORWARD, repeats=True)
    STEP_BACK = Spec(Menu.PLAY, "Previous frame", ("Left", "D"), IconName.STEP_BACK, repeats=True)
    STRIDE_FORWARD = Spec(Menu.PLAY, "One stride forward", ("Shift+Right", "V"), IconName.STRIDE_FORWARD, repeats=True)
    STRIDE_BACK = Spec(Menu.PLAY, "One stride back", ("Shift+Left", "C"), IconName.STRIDE_BACK, repeats=True)
    NEXT_KEYFRAME = Spec(Menu.PLAY, "Next keyframe", ("Ctrl+Right", "R"), IconName.NEXT_KEYFRAME, repeats=True)
    PREVIOUS_KEYFRAME = Spec(
        Menu.PLAY, "Previous keyframe", ("Ctrl+Left", "E"), IconName.PREVIOUS_KEYFRAME, repeats=True
    )
    FIRST = Spec(Menu.PLAY, "First frame", ("Home",), IconName.FIRST)
    LAST = Spec(Menu.PLAY, "Last frame", ("End",), IconName.LAST)
    GO_TO = Spec(Menu.PLAY, "Go to a frame or time", ("Ctrl+G",))
    NEXT_CODEC_KEY = Spec(Menu.PLAY, "Next key frame of the video file", ("Alt+Right",), repeats=True)
    PREVIOUS_CODEC_KEY = Spec(Menu.PLAY, "Previous key frame of the video file", ("Alt+Left",), repeats=True)
    FASTER = Spec(Menu.PLAY, "Faster", ("Up",), starts_group=True)
    SLOWER = Spec(Menu.PLAY, "Slower", ("Down",))
    LOOP = Spec(Menu.PLAY, "Loop the range or the clip", ("\\",), IconName.LOOP, checkable=True)
    RANGE_START = Spec(Menu.PLAY, "Start range at this frame", ("[",), starts_group=True)
    RANGE_END = Spec(Menu.PLAY, "End range at this frame", ("]",))
    SELECT_BETWEEN = Spec(Menu.PLAY, "Select range between neighbouring keyframes", ("B",))
    CLEAR_RANGE = Spec(Menu.PLAY, "Clear range", ("Shift+\\",))
    MAKE_PROXY = Spec(Menu.PLAY, "Make proxy for smooth scrubbing", starts_group=True)
    DELETE_PROXY = Spec(Menu.PLAY, "Delete proxy")
    AUTO_PROXY = Spec(Menu.PLAY, "Make proxies where scrubbing needs them", checkable=True, anytime=True)

    # --- Label ---
    LABEL_ALL = Spec(Menu.LABEL, "Keyframe: accept the whole pose", ("K",), IconName.KEYFRAME)
    REMOVE_KEYFRAME = Spec(Menu.LABEL, "Remove keyframe", ("Shift+K", "Shift+Del"))
    OCCLUDED = Spec(Menu.LABEL, "Joint occluded", ("Q",), IconName.OCCLUDED, starts_group=True)
    ABSENT = Spec(Menu.LABEL, "Joint absent", ("O",), IconName.ABSENT)
    VISIBLE = Spec(Menu.LABEL, "Joint visible", ("Shift+Q",))
    REMOVE_LABEL = Spec(Menu.LABEL, "Remove label of joint", ("Del",))
    INTERPOLATE = Spec(
        Menu.LABEL, "Interpolate between neighbouring keyframes", ("I",), IconName.INTERPOLATE, starts_group=True
    )
    NEXT_DOUBT = Spec(Menu.LABEL, "Next doubt", ("J",), IconName.WARNING, starts_group=True, repeats=True)
    PREVIOUS_DOUBT = Spec(Menu.LABEL, "Previous doubt", ("Shift+J",), repeats=True)
    DISMISS_DOUBT = Spec(Menu.LABEL, "Dismiss doubt", ("X",))
    REPAIR_SWAP = Spec(Menu.LABEL, "Repair left/right swap of this stretch", ("Ctrl+J",))
    REPAIR_ALL_SWAPS = Spec(Menu.LABEL, "Repair all left/right swaps")

    # --- Keyframes ---
    ACCEPT_SURE = Spec(Menu.KEYFRAMES, "Accept sure predictions of range or frame", ("A",))
    ACCEPT_SURE_CLIP = Spec(Menu.KEYFRAMES, "Accept sure predictions of the whole clip", ("Ctrl+Shift+A",))
    REMOVE_RANGE = Spec(Menu.KEYFRAMES, "Remove all labels of the range", ("Ctrl+Del",))
    COPY_POSE = Spec(Menu.KEYFRAMES, "Copy pose", ("Ctrl+C",), starts_group=True)
    PASTE_POSE = Spec(Menu.KEYFRAMES, "Paste pose", ("Ctrl+V",))
    PASTE_MIRRORED = Spec(Menu.KEYFRAMES, "Paste pose mirrored", ("Ctrl+Shift+V",))
    PROPAGATE = Spec(Menu.KEYFRAMES, "Put this pose at every stride of the range", ("P",))
    HOLD = Spec(Menu.KEYFRAMES, "Hold selected joints, or all, over the range", ("Shift+P",))
    SWAP_SIDES = Spec(
        Menu.KEYFRAMES, "Swap left and right, range or frame", ("Ctrl+T",), IconName.SWAP, starts_group=True
    )
    SWAP_PAIR = Spec(Menu.KEYFRAMES, "Swap selected joints with their other side", ("W",))
    WAY_STRAIGHT = Spec(Menu.KEYFRAMES, "Interpolate straight", ("Shift+I",), starts_group=True)
    WAY_SMOOTH = Spec(Menu.KEYFRAMES, "Interpolate smoothly", ("Ctrl+I",))
    WAY_PREDICTED = Spec(Menu.KEYFRAMES, "Interpolate along the prediction", ("Ctrl+Shift+I",))
    WAY_HELD = Spec(Menu.KEYFRAMES, "Hold until the next keyframe")
    WAY_NONE = Spec(Menu.KEYFRAMES, "Do not interpolate across large gaps")
    CARRY = Spec(Menu.KEYFRAMES, "Corrections move the frames beside them", ("Shift+B",), checkable=True)
    NEXT_SUGGESTION = Spec(Menu.KEYFRAMES, "Next suggested keyframe", ("S",), starts_group=True, repeats=True)
    PREVIOUS_SUGGESTION = Spec(Menu.KEYFRAMES, "Previous suggested keyframe", ("Alt+S",), repeats=True)
    SUGGEST_MORE = Spec(Menu.KEYFRAMES, "Suggest more keyframes")
    SUGGEST_FEWER = Spec(Menu.KEYFRAMES, "Suggest fewer keyframes")

    # --- Pose ---
    PLACE = Spec(Menu.POSE, "Place missing joints, or skip one", ("N",), IconName.ADD)
    PLACE_GUESS = Spec(Menu.POSE, "Place joint where it probably is", ("Shift+N",), repeats=True)
    PLACE_BACK = Spec(Menu.POSE, "Back to the joint placed before", ("Backspace",))
    NEXT_JOINT = Spec(Menu.POSE, "Next joint", ("Ctrl+Down",), starts_group=True, repeats=True)
    PREVIOUS_JOINT = Spec(Menu.POSE, "Previous joint", ("Ctrl+Up",), repeats=True)
    EXTEND_NEXT = Spec(Menu.POSE, "Select the next joint too", ("Ctrl+Shift+Down",), repeats=True)
    EXTEND_PREVIOUS = Spec(Menu.POSE, "Select the previous joint too", ("Ctrl+Shift+Up",), repeats=True)
    SELECT_LIMB = Spec(Menu.POSE, "Select the limb, again: more of it", ("L",))
    SELECT_ALL = Spec(Menu.POSE, "Select all joints", ("Ctrl+A",))
    DESELECT = Spec(Menu.POSE, "Deselect", ("Esc",))
    NUDGE_LEFT = Spec(Menu.POSE, "Nudge left, 1 px", ("Shift+A",), starts_group=True, repeats=True)
    NUDGE_RIGHT = Spec(Menu.POSE, "Nudge right, 1 px", ("Shift+D",), repeats=True)
    NUDGE_UP = Spec(Menu.POSE, "Nudge up, 1 px", ("Shift+W",), repeats=True)
    NUDGE_DOWN = Spec(Menu.POSE, "Nudge down, 1 px", ("Shift+S",), repeats=True)
    NUDGE_FAR_LEFT = Spec(Menu.POSE, "Nudge left, 10 px", ("Alt+Shift+A",), repeats=True)
    NUDGE_FAR_RIGHT = Spec(Menu.POSE, "Nudge right, 10 px", ("Alt+Shift+D",), repeats=True)
    NUDGE_FAR_UP = Spec(Menu.POSE, "Nudge up, 10 px", ("Alt+Shift+W",), repeats=True)
    NUDGE_FAR_DOWN = Spec(Menu.POSE, "Nudge down, 10 px", ("Alt+Shift+S",), repeats=True)
    TURN_LEFT = Spec(Menu.POSE, "Turn left, 1°", (",",), starts_group=True, repeats=True)
    TURN_RIGHT = Spec(Menu.POSE, "Turn right, 1°", (".",), repeats=True)
    SHRINK = Spec(Menu.POSE, "Smaller, 1 %", ("Ctrl+,",), repeats=True)
    GROW = Spec(Menu.POSE, "Larger, 1 %", ("Ctrl+.",), repeats=True)

    SNAP = Spec(Menu.POSE, "Snap to the prediction while dragging", ("Shift+X",), checkable=True, starts_group=True)

    # --- Timeline ---
    REVIEWED = Spec(Menu.TIMELINE, "Mark frame or range as reviewed", ("Y",))
    UNREVIEWED = Spec(Menu.TIMELINE, "Mark frame or range as not reviewed", ("Shift+Y",))
    NEXT_UNREVIEWED = Spec(Menu.TIMELINE, "Next frame not reviewed yet", ("U",), repeats=True)
    PREVIOUS_UNREVIEWED = Spec(Menu.TIMELINE, "Previous frame not reviewed yet", ("Shift+U",), repeats=True)
    ADD_EVENT = Spec(Menu.TIMELINE, "Add event here, or chapter over the range", ("T",), starts_group=True)
    RENAME_EVENT = Spec(Menu.TIMELINE, "Rename event", ("Ctrl+Shift+T",))
    REMOVE_EVENT = Spec(Menu.TIMELINE, "Remove event", ("Shift+T",))
    NEXT_EVENT = Spec(Menu.TIMELINE, "Next event", ("Alt+PgDown",), repeats=True)
    PREVIOUS_EVENT = Spec(Menu.TIMELINE, "Previous event", ("Alt+PgUp",), repeats=True)
    KEYFRAMES_LATER = Spec(
        Menu.TIMELINE, "Move keyframes one frame later", ("Ctrl+Shift+Right",), starts_group=True, repeats=True
    )
    KEYFRAMES_EARLIER = Spec(Menu.TIMELINE, "Move keyframes one frame earlier", ("Ctrl+Shift+Left",), repeats=True)
    TIMELINE_GROUPS = Spec(
        Menu.TIMELINE, "Lanes of head, torso, arms and legs", ("Shift+L",), checkable=True, starts_group=True
    )
    TIMELINE_ZOOM_IN = Spec(Menu.TIMELINE, "Zoom into the timeline", ("Ctrl+=", "Ctrl++"), repeats=True)
    TIMELINE_ZOOM_OUT = Spec(Menu.TIMELINE, "Zoom out of the timeline", ("Ctrl+-",), repeats=True)
    TIMELINE_ALL = Spec(Menu.TIMELINE, "Whole clip in the timeline", ("Ctrl+0",))
    TIMELINE_RANGE = Spec(Menu.TIMELINE, "Range in the timeline", ("Ctrl+9",))

    # --- Climber ---
    NEXT_CLIMBER = Spec(Menu.CLIMBER, "Next climber", ("Ctrl+PgDown",))
    PREVIOUS_CLIMBER = Spec(Menu.CLIMBER, "Previous climber", ("Ctrl+PgUp",))
    DETECT_ANOTHER = Spec(
        Menu.CLIMBER, "Detect another climber: box around them", ("Ctrl+Alt+D",), IconName.DETECT, starts_group=True
    )
    DETECT_THIS = Spec(Menu.CLIMBER, "Detect this climber: box around them", ("Ctrl+Shift+D",), IconName.DETECT)
    ADD_CLIMBER = Spec(Menu.CLIMBER, "Add climber to label by hand", icon=IconName.ADD)
    RENAME_CLIMBER = Spec(Menu.CLIMBER, "Rename climber", ("F2",), starts_group=True)
    NEXT_COLOR = Spec(Menu.CLIMBER, "Next colour of climber", ("Ctrl+Alt+C",))
    LOCK_CLIMBER = Spec(Menu.CLIMBER, "Lock climber", ("Ctrl+Shift+L",), IconName.LOCK, checkable=True)
    HIDE_CLIMBER = Spec(Menu.CLIMBER, "Hide climber", ("Ctrl+Shift+H",), IconName.HIDDEN, checkable=True)
    SHOW_OTHERS = Spec(Menu.CLIMBER, "Show other climbers", ("Ctrl+Alt+H",), checkable=True)
    MERGE_CLIMBER = Spec(Menu.CLIMBER, "Merge another climber into this one", ("Ctrl+Shift+M",), starts_group=True)
    SPLIT_CLIMBER = Spec(Menu.CLIMBER, "Split off the range, or from this frame on", ("Ctrl+Shift+X",))
    SWAP_CLIMBERS = Spec(
        Menu.CLIMBER, "Swap with another climber in the range, or from here on", ("Ctrl+Alt+X",), IconName.SWAP
    )
    REMOVE_CLIMBER = Spec(Menu.CLIMBER, "Remove climber", ("Ctrl+Shift+Del",))

    # --- Model ---
    DETECT = Spec(Menu.MODEL, "Detect climber", ("Ctrl+D",), IconName.DETECT)
    FIT = Spec(Menu.MODEL, "Fit body", ("Ctrl+B",), IconName.BODY)
    SMOOTH = Spec(Menu.MODEL, "Smooth predictions…", ("Ctrl+M",), starts_group=True, anytime=True)
    SMOOTH_AGAIN = Spec(Menu.MODEL, "Smooth with the chosen smoother", ("Ctrl+Alt+M",), anytime=True)
    BEFORE_SMOOTHING = Spec(Menu.MODEL, "Before smoothing, or after", ("2",), checkable=True)
    LARGEST_SMOOTHING = Spec(Menu.MODEL, "Where smoothing changed most")
    EVALUATE = Spec(Menu.MODEL, "Evaluate predictions…", ("Ctrl+Shift+E",))
    FINE_TUNE = Spec(Menu.MODEL, "Fine-tune or train a smoother…", ("Ctrl+Shift+F",))
    FOLLOW_FORWARD = Spec(
        Menu.MODEL, "Follow labelled joints forward (optical flow)", ("Alt+Shift+Right",), starts_group=True
    )
    FOLLOW_BACK = Spec(Menu.MODEL, "Follow labelled joints back (optical flow)", ("Alt+Shift+Left",))
    STOP_FOLLOWING = Spec(Menu.MODEL, "Stop following, keep what is done", ("Alt+Shift+Down",))

    # --- Body ---
    BODY_CAMERA = Spec(Menu.BODY, "Body through the video camera", ("0",), IconName.CAMERA)
    BODY_FRONT = Spec(Menu.BODY, "Body from the front", ("1",))
    BODY_SIDE = Spec(Menu.BODY, "Body from the side", ("3",))
    BODY_TOP = Spec(Menu.BODY, "Body from above", ("7",))
    BODY_BACK = Spec(Menu.BODY, "Body from behind the wall", ("9",))
    BODY_AROUND = Spec(Menu.BODY, "Body from the side and a little above", ("5",), IconName.ORBIT)
    TURNTABLE = Spec(Menu.BODY, "Turn around the body", ("8",), checkable=True)
    BODY_FOLLOWS = Spec(Menu.BODY, "Body follows corrections", ("Ctrl+Shift+B",), checkable=True, starts_group=True)
    CLIMBER_AND_WALL = Spec(Menu.BODY, "Climber's size, and the wall", ("Ctrl+Alt+B",), starts_group=True)
    CLICK_WALL = Spec(Menu.BODY, "Wall from four points in the video", ("Ctrl+Alt+W",))
    CLICK_PLANE = Spec(Menu.BODY, "Another plane of the wall, from four points", ("Ctrl+Alt+Shift+W",))
    BEND_PLANE = Spec(Menu.BODY, "Another plane where the wall bends", ("Ctrl+Alt+Shift+B",))
    FIND_WALL = Spec(Menu.BODY, "Wall found from hands and feet")
    JOINT_NEARER = Spec(Menu.BODY, "Joint nearer than the one it hangs on", ("PgUp",), starts_group=True)
    JOINT_FARTHER = Spec(Menu.BODY, "Joint farther than the one it hangs on", ("PgDown",))
    FORGET_DEPTH = Spec(Menu.BODY, "Take back what was said about its depth", ("Shift+PgDown",))
    NEXT_QUESTION = Spec(Menu.BODY, "Where depth is most open", ("Shift+PgUp",))
    LEFT_HAND_HOLDS = Spec(Menu.BODY, "Left hand holds, or lets go", ("Alt+1",), starts_group=True)
    RIGHT_HAND_HOLDS = Spec(Menu.BODY, "Right hand holds, or lets go", ("Alt+2",))
    LEFT_FOOT_HOLDS = Spec(Menu.BODY, "Left foot holds, or lets go", ("Alt+3",))
    RIGHT_FOOT_HOLDS = Spec(Menu.BODY, "Right foot holds, or lets go", ("Alt+4",))
    BODY_SKELETON = Spec(
        Menu.BODY, "Skeleton only in the 3D view", ("6",), IconName.SKELETON, checkable=True, starts_group=True
    )
    MASS_TRAIL = Spec(Menu.BODY, "Trail of the centre of mass", ("4",), checkable=True)
    JOINT_TRAILS = Spec(Menu.BODY, "Trails of the selected joints", ("Shift+R",), checkable=True)
    GHOST = Spec(Menu.BODY, "Keep this frame as a ghost, or let it go", ("Shift+G",))
    BODY_PICTURE = Spec(Menu.BODY, "Save the 3D view as a picture beside the project", ("F12",), IconName.EXPORT)

    # --- Help ---
    FIND_ACTION = Spec(Menu.HELP, "Search actions…", ("Ctrl+K", "Ctrl+Shift+P"), IconName.SEARCH, anytime=True)
    SHORTCUTS = Spec(Menu.HELP, "Keyboard shortcuts", ("F1",), IconName.HELP, anytime=True)
    EDIT_KEYS = Spec(Menu.HELP, "Change the keys…", anytime=True)

    @property
    def spec(self) -> Spec:
        """How it looks and where it is found."""
        return self.value
