"""The hand over the picture: what pressing, moving and releasing the mouse means for the pose below it."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QGraphicsView, QRubberBand

from annotation.pose_moves import Point
from annotation.skeleton_tree import tree_of
from widgets.picture_scene import PictureScene
from widgets.picture_zoom import PictureZoom
from widgets.pose_drag import Grip, PoseDrag

_DRAG_START_PX = 3.0
_SNAP_PX = 10.0
_EXTEND = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier


class _Aim(Enum):
    """What a button was pressed on."""

    JOINT = auto()
    POSE = auto()
    BAND = auto()
    PICTURE = auto()


@dataclass
class _Press:
    """A mouse button held down; `grip` is how the pose is held, should the hand move."""

    aim: _Aim
    position: QPointF
    joint: int = -1
    grip: Grip = Grip.JOINTS
    extends: bool = False
    adds: bool = False
    moved: bool = False
    drag: PoseDrag | None = None


class PoseHand(QObject):
    """Turns presses, moves and releases into previews and wishes.

    Left on a joint: select, drag. Shift or Ctrl: select several. Alt on a joint: drag it with its limb. Alt beside the
    joints, or with Shift: drag the whole pose. Ctrl and Shift together do what Alt does, which some desktops keep for
    themselves. Shift or Ctrl beside the joints: a band around joints. Handles of the box: turn, scale, move. Everything
    else pans.
    """

    dragged = Signal(object, object)
    """`Positions` and the `Grip`: joints were dragged and released. Dragging itself only previews."""
    drag_started = Signal(int)
    """Joint below the cursor, -1 for none: a hand holds joints; a good moment to pause."""
    moved = Signal()
    """The hand drags, or has let go: `drag_words` and `spot` changed."""
    selected = Signal(object, int)
    """Joints (frozenset) and the one that was clicked, -1 for none."""
    hovered = Signal(int)
    """Joint under the cursor, -1 for none."""
    clicked = Signal(QPointF)
    """Viewport position of a click while `placing`."""
    cursor_changed = Signal()

    def __init__(self, view: QGraphicsView, layers: PictureScene, *, zoom: PictureZoom) -> None:
        super().__init__(view)
        self._view, self._layers, self._zoom = view, layers, zoom
        self._skeleton, self._box = layers.skeleton, layers.box
        self._press: _Press | None = None
        self._hand: Point = (0.0, 0.0)
        self._band = QRubberBand(QRubberBand.Shape.Rectangle, view.viewport())
        self.placing = False
        self.targets: NDArray[np.floating] | None = None

    @property
    def holds(self) -> bool:
        """Whether joints are held; taking them back is possible."""
        return self._press is not None and self._press.aim is not _Aim.PICTURE

    @property
    def drag_words(self) -> str:
        """How far the joints in the hand have come, empty without any."""
        drag = None if self._press is None else self._press.drag
        return "" if drag is None else drag.words(self._hand)

    @property
    def spot(self) -> Point | None:
        """Where the joint in the hand is, in frame pixels."""
        press = self._press
        if press is None or press.drag is None or press.drag.held < 0:
            return None
        return self._positions(press.drag).get(press.drag.held)

    @property
    def cursor(self) -> Qt.CursorShape:
        """The shape that says what the hand would do."""
        shapes, press = Qt.CursorShape, self._press
        if press is not None and press.moved and press.aim is _Aim.PICTURE:
            return shapes.ClosedHandCursor
        if self.placing or (press is not None and press.aim is _Aim.BAND):
            return shapes.CrossCursor
        return shapes.PointingHandCursor if self._skeleton.hovered >= 0 else shapes.ArrowCursor

    # --- the mouse

    def press(self, event: QMouseEvent) -> None:
        """Hold a joint, several, or the picture."""
        position = event.position()
        if event.button() == Qt.MouseButton.MiddleButton:
            self._press = _Press(_Aim.PICTURE, position, moved=True)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._press = self._aimed(position, event.modifiers())
        self.cursor_changed.emit()

    def move(self, position: QPointF) -> None:
        """Drag what is held; otherwise name the joint under the cursor."""
        press = self._press
        if press is None:
            self.hover(self._skeleton.hit(position, self._view.viewportTransform()))
            return
        step = position - press.position
        if not press.moved:
            if step.manhattanLength() < _DRAG_START_PX:
                return
            press.moved = True
            self._begin(press)
            self.cursor_changed.emit()
        if press.aim is _Aim.PICTURE:
            self._zoom.pan(-step)
            press.position = position
        elif press.aim is _Aim.BAND:
            self._band.setGeometry(QRect(press.position.toPoint(), position.toPoint()).normalized())
        elif press.drag is not None:
            self._hand = self._frame_point(position)
            self._show(press.drag)

    def release(self, event: QMouseEvent) -> None:
        """Commit a drag, or take the press as a click."""
        press, self._press = self._press, None
        self.cursor_changed.emit()
        if press is None or event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        if not press.moved:
            self._click(press)
        elif press.aim is _Aim.BAND:
            self._band.hide()
            area = QRectF(press.position, event.position()).normalized()
            self._select(self._skeleton.within(area, self._view.viewportTransform()), -1, adds=press.adds)
        elif press.drag is not None:
            self._hand = self._frame_point(event.position())
            self._drop(press.drag)

    def cancel(self) -> None:
        """Put joints that are being dragged back where they were, or drop the band; nothing is emitted of it."""
        if self.holds:
            self._press = None
            self._band.hide()
            self._layers.set_preview(None)
            self._box.set_bare(bare=False)
            self.cursor_changed.emit()
            self.moved.emit()

    def hover(self, joint: int) -> None:
        """Show the name of a joint, or none with -1."""
        if self._press is None:
            self._show_hovered(joint)

    def _show_hovered(self, joint: int) -> None:
        if joint != self._skeleton.hovered:
            self._skeleton.set_hovered(joint)
            self.cursor_changed.emit()
            self.hovered.emit(joint)

    def select_limb(self, joint: int) -> None:
        """Select a joint with all that hangs on it."""
        if self._skeleton.skeleton is not None:
            self._select(tree_of(self._skeleton.skeleton).limb(joint), joint, adds=False)

    # --- what it means

    def _aimed(self, position: QPointF, modifiers: Qt.KeyboardModifier) -> _Press:
        transform = self._view.viewportTransform()
        joint = self._skeleton.hit(position, transform)
        extends = bool(modifiers & _EXTEND)
        alt = bool(modifiers & Qt.KeyboardModifier.AltModifier)
        if alt or modifiers & _EXTEND == _EXTEND:
            whole = joint < 0 or (alt and bool(modifiers & Qt.KeyboardModifier.ShiftModifier))
            aim = _Aim.POSE if joint < 0 else _Aim.JOINT
            return _Press(aim, position, joint, Grip.POSE if whole else Grip.LIMB)
        if joint >= 0:
            return _Press(_Aim.JOINT, position, joint, extends=extends)
        handle = self._box.hit(position, transform, area=QRectF(self._view.viewport().rect()))
        if handle is not None and not self.placing:
            return _Press(_Aim.POSE, position, grip=handle, extends=True)
        if extends and not self.placing:
            adds = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
            return _Press(_Aim.BAND, position, extends=True, adds=adds)
        return _Press(_Aim.PICTURE, position)

    def _begin(self, press: _Press) -> None:
        """The hand begins to move what it holds."""
        self._show_hovered(-1)
        if press.aim is _Aim.BAND:
            self._band.setGeometry(QRect(press.position.toPoint(), QSize()))
            self._band.show()
        pose, skeleton = self._skeleton.shown, self._skeleton.skeleton
        if press.aim not in (_Aim.JOINT, _Aim.POSE) or pose is None or skeleton is None:
            return
        if press.joint >= 0 and press.joint not in self._skeleton.selected:
            self._select({press.joint}, press.joint, adds=press.extends)
        drawn = frozenset(np.flatnonzero(pose.drawn).tolist())
        tree = tree_of(skeleton)
        joints = drawn if press.grip is Grip.POSE else self._skeleton.selected
        joints = drawn & (tree.limb(press.joint) if press.grip is Grip.LIMB else joints)
        pivot = tree.pivot(pose.xy, joints)
        if pivot is None:
            return
        self._hand = self._frame_point(press.position)
        press.drag = PoseDrag(
            press.grip,
            joints,
            held=press.joint,
            xy=pose.xy.copy(),
            start=self._hand,
            pivot=pivot,
            size=self._layers.frame_size,
        )
        self._box.set_bare(bare=press.grip in (Grip.TURN, Grip.SCALE))
        self.drag_started.emit(press.joint)

    def _positions(self, drag: PoseDrag) -> dict[int, Point]:
        target = None
        if self.targets is not None and drag.held >= 0 and np.isfinite(self.targets[drag.held]).all():
            x, y = self.targets[drag.held].tolist()
            target = (x, y)
        return drag.positions(self._hand, target=target, within=_SNAP_PX / self._zoom.factor)

    def _show(self, drag: PoseDrag) -> None:
        self._layers.set_preview(self._positions(drag))
        self.moved.emit()

    def _drop(self, drag: PoseDrag) -> None:
        positions = self._positions(drag)
        self._layers.set_preview(positions)
        pose = self._skeleton.shown
        self._box.set_bare(bare=False)
        self._layers.set_preview(None)
        self._layers.set_pose(pose)  # stays where it was dropped until the document answers with a new pose
        self.moved.emit()
        self.dragged.emit(positions, drag.grip)

    def _click(self, press: _Press) -> None:
        if self.placing:
            self.clicked.emit(press.position)
        elif press.aim is _Aim.JOINT and press.extends:
            joints = self._skeleton.selected ^ {press.joint}
            self._select(joints, press.joint if press.joint in joints else -1, adds=False)
        elif not press.extends:
            self._select({press.joint} if press.joint >= 0 else (), press.joint, adds=False)

    def _select(self, joints: Collection[int], current: int, *, adds: bool) -> None:
        chosen = frozenset(joints) | (self._skeleton.selected if adds else frozenset())
        self._layers.set_selected(chosen)
        self.selected.emit(chosen, current)

    def _frame_point(self, position: QPointF) -> Point:
        point = self._zoom.to_frame(position)
        return point.x(), point.y()
