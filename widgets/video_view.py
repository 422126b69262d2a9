"""The picture with the skeleton and the mesh over it."""

import math
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QFrame, QGraphicsItem, QGraphicsView, QWidget

from annotation.skeletons import Skeleton
from widgets.hand_aids import HandAids
from widgets.overlay_lines import OverlayLines
from widgets.picture_scene import Box, PictureScene
from widgets.picture_zoom import PictureZoom
from widgets.pose_hand import PoseHand
from widgets.skeleton_items import PoseMarks
from widgets.theme import colors_of
from widgets.video_drop import VideoDrop

_PIXELS_VISIBLE_ZOOM = 3.0
_SCALED_BELOW = 0.75
_WHEEL_BASE = 1.0015
_TURN_PER_NOTCH, _SCALE_PER_NOTCH = 1.0, 1.01
_NOTCH = 120
_ALT, _SHIFT, _CTRL = (
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)
_MESSAGE, _HINT, _LOOK = "Message over the picture", "What a click places", "What is looked at"


class VideoView(QGraphicsView):
    """Shows a frame, a skeleton that can be dragged and a mesh overlay.

    All coordinates are frame pixels with the origin at the top-left corner of the top-left pixel.
    Wheel: zoom about the cursor; with Alt: turn, with Alt and Shift: scale. Middle-drag, or left-drag on empty space:
    pan. Esc during a drag takes it back. What the hand does to joints says `PoseHand`.
    """

    joints_moved = Signal(object, object)
    """`Positions` and `Grip`: joints were dragged and released. Dragging itself only previews."""
    turned = Signal(float)
    """Degrees, clockwise: the selected joints should turn."""
    scaled = Signal(float)
    """Factor: the selected joints should move apart or together."""
    drag_started = Signal(int)
    """Joint, -1 for none in particular: a hand holds joints; a good moment to pause."""
    joints_selected = Signal(object, int)
    """Joints (frozenset) and the one that was clicked, -1 for none."""
    joint_hovered = Signal(int)
    """Joint under the cursor, -1 for none."""
    placed = Signal(float, float)
    """x, y: a click while placing, or a double click on empty picture."""
    skipped = Signal()
    """A right click while placing."""
    context_requested = Signal(int, QPoint)
    """Joint (-1: none) and the global position for a menu."""
    zoom_changed = Signal(float)
    """Screen pixels per frame pixel."""
    files_dropped = Signal(list)
    """Video files (list of Path) dropped on the view."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers = PictureScene(colors_of(self), parent=self)
        self._skeleton = self._layers.skeleton
        self._zoom = PictureZoom(self, lambda: self.frame_size)
        self._hand = PoseHand(self, self._layers, zoom=self._zoom)
        self._aids = HandAids(self, self._layers, zoom=self._zoom, hand=self._hand)
        self.setScene(self._layers)
        self._lines = OverlayLines(_MESSAGE, _HINT, _LOOK, over=self)
        self._set_up_view()
        self._apply_colors()
        self._connect()

    def _connect(self) -> None:
        hand = self._hand
        VideoDrop(self.viewport()).dropped.connect(self.files_dropped)
        hand.dragged.connect(self.joints_moved)
        hand.drag_started.connect(self.drag_started)
        hand.selected.connect(self.joints_selected)
        hand.hovered.connect(self.joint_hovered)
        hand.clicked.connect(self._place)
        hand.cursor_changed.connect(lambda: self.viewport().setCursor(hand.cursor))
        self._zoom.changed.connect(self.zoom_changed)
        self._zoom.changed.connect(lambda zoom: self._layers.set_smooth(smooth=zoom < _PIXELS_VISIBLE_ZOOM))

    def _set_up_view(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)  # the theme's style sheet draws the focus ring
        for policy in (self.setHorizontalScrollBarPolicy, self.setVerticalScrollBarPolicy):
            policy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.AnchorViewCenter)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setAccessibleName("Video")
        self.setAccessibleDescription(
            "The frame with the climber's joints; drag a joint to correct it, select several with Shift."
        )

    # --- what is shown

    def set_frame(self, rgb: NDArray[np.uint8] | None, *, size: tuple[int, int] | None = None) -> None:
        """Show a frame; None shows nothing. Ends a drag: the hand was on another frame.

        Parameters
        ----------
        rgb : (h, w, 3) uint8 array, C-contiguous
            The pixels are copied, which is quicker from (h, w, 4): blue, green, red and nothing.
        size : (int, int), optional
            Width and height of the frame where the picture is a smaller one of it; all coordinates stay the frame's.
        """
        self.cancel_drag()
        before = self.frame_size
        self._layers.set_frame(rgb, size=size)
        if self.frame_size != before:
            self.fit_view()

    @property
    def frame_size(self) -> tuple[int, int]:
        """Width and height of the frame shown, (0, 0) for none."""
        return self._layers.frame_size

    def set_skeleton(self, skeleton: Skeleton | None) -> None:
        """Set the names and bones of the joints; another skeleton forgets the pose and the selection."""
        if skeleton != self._skeleton.skeleton:
            self._hand.cancel()
            self._layers.set_skeleton(skeleton)

    def set_pose(
        self,
        xy: NDArray[np.float32],
        confidence: NDArray[np.float32],
        *,
        source: NDArray[np.uint8],
        visibility: NDArray[np.uint8],
    ) -> None:
        """Show one frame of a resolved track: arrays (K, 2), (K,), (K,), (K,); see `ResolvedTrack`."""
        self._layers.set_pose(PoseMarks(xy, confidence, source, visibility))

    def clear_pose(self) -> None:
        """Show no skeleton."""
        self.cancel_drag()
        self._layers.set_pose(None)

    @property
    def room_px(self) -> tuple[int, int] | None:
        """Width and height of the whole frame in pixels of the screen; None where a smaller copy would save nothing."""
        zoom = self.zoom * self.devicePixelRatioF()
        width, height = (math.ceil(side * zoom) for side in self.frame_size)
        return (width, height) if 0 < zoom < _SCALED_BELOW and width else None

    def set_mesh_overlay(self, rgba: NDArray[np.uint8] | None, *, box: Box | None = None) -> None:
        """Draw a picture (h', w', 4) uint8, straight alpha, C-contiguous, stretched over the frame; None for none.

        Parameters
        ----------
        box : (float, float, float, float), optional
            Left, top, width and height in frame pixels, where the picture covers not all of the frame.
        """
        self._layers.set_mesh(rgba, box=box)

    def set_mesh_opacity(self, opacity: float) -> None:
        """Set how strongly the mesh covers the picture, 0..1."""
        self._layers.set_mesh_opacity(opacity)

    def set_selected(self, joints: Collection[int]) -> None:
        """Put the accent halo around these joints."""
        self._aids.point_out(None)
        self._layers.set_selected(joints)

    @property
    def selected(self) -> frozenset[int]:
        """The joints with the accent halo."""
        return self._skeleton.selected

    def add_beneath(self, item: QGraphicsItem) -> None:
        """Draw something in frame pixels over the picture, beneath the joints."""
        self._layers.addItem(item)
        item.stackBefore(self._skeleton)

    def holds_joint(self, position: QPointF) -> bool:
        """Tell whether a joint lies at a viewport position."""
        return self._skeleton.hit(position, self.viewportTransform()) >= 0

    def set_points_visible(self, *, visible: bool) -> None:
        """Show or hide the skeleton; a hidden one cannot be dragged."""
        self.cancel_drag()
        self._layers.set_points_visible(visible=visible)

    def set_message(self, text: str | None) -> None:
        """Show a line over the picture until called with None."""
        self._lines.show_line(_MESSAGE, text)

    def set_look(self, text: str | None) -> None:
        """Say that the points are not those of now, until called with None."""
        self._lines.show_line(_LOOK, text)

    def set_placing(self, words: str | None, *, keys: str = "") -> None:
        """Let clicks place a joint, and say which and what keys do meanwhile; None ends placing."""
        self._hand.placing = words is not None
        self._aids.set_words(words or "")
        self._lines.show_line(_HINT, words and f"{words}\n{keys}".strip())
        self._hand.cursor_changed.emit()

    def set_loupe(self, *, shown: bool) -> None:
        """Show the pixels around a joint while it is dragged or placed, or not."""
        self._aids.set_loupe(shown=shown)

    def set_onion_skin(self, before: NDArray[np.float32] | None, after: NDArray[np.float32] | None) -> None:
        """Show the poses (K, 2) of the keyframes before and after, fainter; None for none."""
        self._layers.onion.set_poses(before, after)

    def set_snap_targets(self, xy: NDArray[np.floating] | None) -> None:
        """Let a joint that is dragged close to its target (K, 2) snap to it; None, as at first: nothing snaps."""
        self._hand.targets = xy

    # --- zoom

    @property
    def zoom(self) -> float:
        """Screen pixels per frame pixel."""
        return self._zoom.factor

    @property
    def part(self) -> PictureZoom:
        """Which part of the frame is shown."""
        return self._zoom

    def fit_view(self) -> None:
        """Show the whole frame, and keep doing so when the view changes its size."""
        self._zoom.fit()

    def zoom_by(self, factor: float, *, about: QPointF | None = None) -> None:
        """Zoom by a factor, keeping what lies under a viewport position where it is.

        Without a position it is the selected joint, if there is only one and it is in sight, or else the centre.
        """
        self._zoom.by(factor, about=self._selected_place() if about is None else about)

    def reveal(self, joint: int) -> None:
        """Bring a joint into sight, if it has a place in this frame and is not."""
        pose = self._skeleton.shown
        if pose is not None and joint >= 0 and pose.drawn[joint]:
            self._zoom.reveal(QPointF(*pose.xy[joint].tolist()))

    def point_out(self, joint: int) -> None:
        """Show the loupe on a joint that moves without the mouse, until the mouse moves or something else is shown."""
        pose = self._skeleton.shown
        if pose is not None and pose.drawn[joint]:
            self._aids.point_out(QPointF(*pose.xy[joint].tolist()))

    def _selected_place(self) -> QPointF | None:
        """Where the selected joint is in the viewport, if it is one and in sight."""
        pose, joints = self._skeleton.shown, sorted(self.selected)
        if pose is None or len(joints) != 1 or not pose.drawn[joints[0]]:
            return None
        place = self.viewportTransform().map(QPointF(*pose.xy[joints[0]].tolist()))
        return place if self.viewport().rect().contains(place.toPoint()) else None

    # --- mouse and keys

    @property
    def dragging(self) -> bool:
        """Whether a hand holds joints."""
        return self._hand.holds

    def cancel_drag(self) -> None:
        """Put joints that are being dragged back where they were; nothing is emitted."""
        self._aids.point_out(None)
        self._hand.cancel()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Hold joints, or the picture."""
        self._hand.press(event)
        self._aids.follow(event.position())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag what is held; otherwise show the name of the joint under the cursor."""
        self._hand.move(event.position())
        self._aids.follow(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Commit a drag, or take the press as a click."""
        self._hand.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Select the limb of a joint, or place one on empty picture; quick clicks while placing are clicks."""
        joint = self._skeleton.hit(event.position(), self.viewportTransform())
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier and event.button() == Qt.MouseButton.LeftButton
        if self._hand.placing or not plain:
            self.mousePressEvent(event)
        elif joint >= 0:
            self._hand.select_limb(joint)
        else:
            self._place(event.position())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the cursor; with Alt turn joints, with Alt and Shift scale them."""
        delta = event.angleDelta().y() or event.angleDelta().x()  # Alt makes a wheel one that goes sideways
        alt, shift, ctrl = (bool(event.modifiers() & key) for key in (_ALT, _SHIFT, _CTRL))
        if alt and shift:
            self.scaled.emit(_SCALE_PER_NOTCH ** (delta / _NOTCH))
        elif alt or (ctrl and shift):
            self.turned.emit(_TURN_PER_NOTCH * delta / _NOTCH)
        else:
            self.zoom_by(_WHEEL_BASE**delta, about=event.position())
        if alt:
            self._keep_alt_from_menus(event.position())
        event.accept()

    def _keep_alt_from_menus(self, position: QPointF) -> None:
        """Say that the mouse moved: a menu bar takes Alt for itself unless the mouse did something, wheels excepted."""
        port, none = self.viewport(), Qt.MouseButton.NoButton
        place = port.mapToGlobal(position)
        QApplication.sendEvent(port, QMouseEvent(QEvent.Type.MouseMove, position, place, none, none, _ALT))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the joint below, or of the selected one when the key was pressed; skip while placing."""
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        if by_mouse and self._hand.placing:
            self.skipped.emit()
        else:
            hit = self._skeleton.hit(QPointF(event.pos()), self.viewportTransform())
            joint = hit if by_mouse else min(self.selected, default=-1)
            self.context_requested.emit(joint, event.globalPos())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc takes a drag back; all other keys belong to the window."""
        if event.key() == Qt.Key.Key_Escape and self._hand.holds:
            self.cancel_drag()
            event.accept()
        else:
            event.ignore()

    def event(self, event: QEvent) -> bool:
        """Keep Esc during a drag from the window's shortcuts."""
        if _asks_for_escape(event) and self._hand.holds:
            event.accept()
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._apply_colors()

    def viewportEvent(self, event: QEvent) -> bool:
        """Zoom by pinching; forget the hovered joint when the cursor leaves."""
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.zoom_by(1 + event.value(), about=event.position())
                return True
        elif event.type() == QEvent.Type.Leave:
            self._hand.hover(-1)
            self._aids.follow(None)
        return super().viewportEvent(event)

    def _place(self, position: QPointF) -> None:
        """Say where a click is, if it is inside the picture."""
        point, (width, height) = self._zoom.to_frame(position), self.frame_size
        if 0 <= point.x() <= width and 0 <= point.y() <= height:
            self.placed.emit(point.x(), point.y())

    # --- looks

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep a fitted frame fitted."""
        super().resizeEvent(event)
        self._zoom.refit()

    def _apply_colors(self) -> None:
        self._layers.set_looks(colors_of(self), unit=max(1.0, self.logicalDpiX() / 96))


def _asks_for_escape(event: QEvent) -> bool:
    """Whether a window is about to take Esc for a shortcut of its own."""
    is_key = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
    return is_key and event.type() == QEvent.Type.ShortcutOverride
