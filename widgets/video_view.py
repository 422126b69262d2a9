"""The picture with the skeleton and the mesh over it."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QMimeData, QMimeDatabase, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from annotation.skeletons import Skeleton
from widgets.markers import joint_title
from widgets.overlay_lines import OverlayLines
from widgets.picture_scene import PictureScene
from widgets.skeleton_items import PoseMarks
from widgets.theme import colors_of

_MAX_ZOOM = 40.0
_PIXELS_VISIBLE_ZOOM = 3.0
_DRAG_START_PX = 3.0
_WHEEL_BASE = 1.0015
_MESSAGE, _HINT = "Message over the picture", "What a click places"


@dataclass
class _Press:
    """A mouse button held down: on a joint, or on empty space to pan."""

    joint: int
    position: QPointF
    grabbed_xy: tuple[float, float] | None = None
    moved: bool = False


class VideoView(QGraphicsView):
    """Shows a frame, a skeleton that can be dragged and a mesh overlay.

    All coordinates are frame pixels with the origin at the top-left corner of the top-left pixel.
    Wheel: zoom about the cursor. Middle-drag, or left-drag on empty space: pan. Esc during a drag takes it back.
    """

    joint_moved = Signal(int, float, float)
    """Joint, x, y: a joint was dragged and released. Dragging itself only previews."""
    drag_started = Signal(int)
    """Joint: a hand holds a joint; a good moment to pause."""
    joint_selected = Signal(int)
    """Joint that was clicked, -1 for a click on empty space."""
    joint_hovered = Signal(int)
    """Joint under the cursor, -1 for none."""
    placed = Signal(float, float)
    """x, y: a click while placing, or a double click on empty picture."""
    context_requested = Signal(int, QPoint)
    """Joint (-1: none) and the global position for a menu."""
    zoom_changed = Signal(float)
    """Screen pixels per frame pixel."""
    files_dropped = Signal(list)
    """Video files (list of Path) dropped on the view."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._press: _Press | None = None  # events arrive from here on
        self._placing: int | None = None
        self._fitted = True
        self._layers = PictureScene(colors_of(self), parent=self)
        self._skeleton = self._layers.skeleton
        self.setScene(self._layers)
        self._lines = OverlayLines(_MESSAGE, _HINT, over=self)
        self._set_up_view()
        self._apply_colors()

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
        self.setAcceptDrops(True)
        self.setAccessibleName("Video")
        self.setAccessibleDescription("The frame with the climber's joints; drag a joint to correct it.")

    # --- what is shown

    def set_frame(self, rgb: NDArray[np.uint8] | None, *, size: tuple[int, int] | None = None) -> None:
        """Show a frame; None shows nothing. Ends a drag: the hand was on another frame.

        Parameters
        ----------
        rgb : (h, w, 3) uint8 array, C-contiguous
            The pixels are copied.
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
        """Set the names and bones of the joints; forgets the pose, the selection and what was being placed."""
        self._press = None
        self._layers.set_skeleton(skeleton)
        self.set_placing(None)

    def set_pose(
        self,
        xy: NDArray[np.float32],
        confidence: NDArray[np.float32],
        *,
        source: NDArray[np.uint8],
        visibility: NDArray[np.uint8],
    ) -> None:
        """Show one frame of a resolved track: arrays (K, 2), (K,), (K,), (K,); see `ResolvedTrack`."""
        self._skeleton.set_pose(PoseMarks(xy, confidence, source, visibility))

    def clear_pose(self) -> None:
        """Show no skeleton."""
        self.cancel_drag()
        self._skeleton.set_pose(None)

    def set_mesh_overlay(self, rgba: NDArray[np.uint8] | None) -> None:
        """Draw a picture (h', w', 4) uint8, straight alpha, C-contiguous, stretched over the frame; None for none."""
        self._layers.set_mesh(rgba)

    def set_mesh_opacity(self, opacity: float) -> None:
        """Set how strongly the mesh covers the picture, 0..1."""
        self._layers.set_mesh_opacity(opacity)

    def set_selected(self, joints: Collection[int]) -> None:
        """Put the accent halo around these joints."""
        self._skeleton.set_selected(joints)

    @property
    def selected(self) -> frozenset[int]:
        """The joints with the accent halo."""
        return self._skeleton.selected

    def set_points_visible(self, *, visible: bool) -> None:
        """Show or hide the skeleton; a hidden one cannot be dragged."""
        self.cancel_drag()
        self._skeleton.setVisible(visible)

    def set_message(self, text: str | None) -> None:
        """Show a line over the picture until called with None."""
        self._lines.show_line(_MESSAGE, text)

    def set_placing(self, joint: int | None) -> None:
        """Let the next clicks place this joint; None ends placing."""
        skeleton = self._skeleton.skeleton
        self._placing = joint if skeleton is not None else None
        text = None if skeleton is None or joint is None else f"Click to place: {joint_title(skeleton.joints[joint])}"
        self._lines.show_line(_HINT, text)
        self._update_cursor()

    # --- zoom

    @property
    def zoom(self) -> float:
        """Screen pixels per frame pixel."""
        return self.transform().m11()

    def fit_view(self) -> None:
        """Show the whole frame, and keep doing so when the view changes its size."""
        self._fitted = True
        width, height = self.frame_size
        area = self.viewport().size()
        if width and height and not area.isEmpty():
            zoom = min(area.width() / width, area.height() / height)
            self._set_zoom(zoom)
            self.centerOn(width / 2, height / 2)

    def zoom_by(self, factor: float, *, about: QPointF | None = None) -> None:
        """Zoom by a factor, keeping what lies under a viewport position (default: the centre) where it is."""
        if not any(self.frame_size):
            return
        position = QPointF(self.viewport().rect().center()) if about is None else about
        before = self._to_frame(position)
        self._fitted = False
        self._set_zoom(self.zoom * factor)
        offset = self.viewportTransform().map(before) - position
        self._pan_by(offset)

    def _set_zoom(self, zoom: float) -> None:
        width, height = self.frame_size
        area = self.viewport().size()
        lowest = 0.25 * min(area.width() / width, area.height() / height, 1.0)
        zoom = min(max(zoom, lowest), _MAX_ZOOM)
        self._layers.set_smooth(smooth=zoom < _PIXELS_VISIBLE_ZOOM)
        self.setTransform(QTransform.fromScale(zoom, zoom))
        self.zoom_changed.emit(zoom)

    def _pan_by(self, offset: QPointF) -> None:
        for bar, step in ((self.horizontalScrollBar(), offset.x()), (self.verticalScrollBar(), offset.y())):
            bar.setValue(bar.value() + round(step))

    def _to_frame(self, position: QPointF) -> QPointF:
        inverse, _ = self.viewportTransform().inverted()
        return inverse.map(position)

    # --- mouse and keys

    def cancel_drag(self) -> None:
        """Put a joint that is being dragged back where it was; nothing is emitted."""
        if self._press is not None and self._press.joint >= 0:
            self._press = None
            self._skeleton.set_preview(None)
            self._update_cursor()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Hold a joint, or the picture."""
        joint = self._skeleton.hit(event.position(), self.viewportTransform())
        if event.button() == Qt.MouseButton.MiddleButton:
            self._press = _Press(-1, event.position(), moved=True)
        elif event.button() == Qt.MouseButton.LeftButton:
            pose = self._skeleton.shown
            xy = None if joint < 0 or pose is None else (float(pose.xy[joint, 0]), float(pose.xy[joint, 1]))
            self._press = _Press(joint, event.position(), xy)
        self._update_cursor()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag what is held; otherwise show the name of the joint under the cursor."""
        press = self._press
        if press is None:
            self._hover(self._skeleton.hit(event.position(), self.viewportTransform()))
            return
        step = event.position() - press.position
        if not press.moved:
            if step.manhattanLength() < _DRAG_START_PX:
                return
            press.moved = True
            self._update_cursor()
            if press.joint >= 0:
                self._select(press.joint)
                self.drag_started.emit(press.joint)
        if press.joint >= 0:
            self._skeleton.set_preview((press.joint, self._dragged_xy(event.position(), press)))
        else:
            self._fitted = False
            self._pan_by(-step)
            press.position = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Commit a drag, or take the press as a click."""
        press, self._press = self._press, None
        self._update_cursor()
        if press is None or event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        if not press.moved:
            self._click(press)
        elif press.joint >= 0:
            x, y = self._dragged_xy(event.position(), press)
            pose = self._skeleton.shown
            self._skeleton.set_preview(None)
            self._skeleton.set_pose(pose)  # stays where it was dropped until the document answers with a new pose
            self.joint_moved.emit(press.joint, x, y)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Place a joint on empty picture; quick clicks while placing are clicks like any other."""
        joint = self._skeleton.hit(event.position(), self.viewportTransform())
        if self._placing is not None or joint >= 0 or event.button() != Qt.MouseButton.LeftButton:
            self.mousePressEvent(event)
        elif self._inside(point := self._to_frame(event.position())):
            self.placed.emit(point.x(), point.y())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the cursor."""
        self.zoom_by(_WHEEL_BASE ** event.angleDelta().y(), about=event.position())
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the joint below, or of the selected joint when the key was pressed."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            joint = min(self.selected, default=-1)
        else:
            joint = self._skeleton.hit(QPointF(event.pos()), self.viewportTransform())
        self.context_requested.emit(joint, event.globalPos())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc takes a drag back; all other keys belong to the window."""
        if event.key() == Qt.Key.Key_Escape and self._press is not None:
            self.cancel_drag()
            event.accept()
        else:
            event.ignore()

    def event(self, event: QEvent) -> bool:
        """Keep Esc during a drag from the window's shortcuts."""
        if self._press is not None and _asks_for_escape(event):
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
        elif event.type() == QEvent.Type.Leave and self._press is None:
            self._hover(-1)
        return super().viewportEvent(event)

    def _click(self, press: _Press) -> None:
        point = self._to_frame(press.position)
        if self._placing is not None and self._inside(point):
            self.placed.emit(point.x(), point.y())
        elif self._placing is None:
            self._select(press.joint)

    def _select(self, joint: int) -> None:
        self._skeleton.set_selected(() if joint < 0 else (joint,))
        self.joint_selected.emit(joint)

    def _hover(self, joint: int) -> None:
        if joint != self._skeleton.hovered:
            self._skeleton.set_hovered(joint)
            self._update_cursor()
            self.joint_hovered.emit(joint)

    def _dragged_xy(self, position: QPointF, press: _Press) -> tuple[float, float]:
        """Where a held joint is, in frame pixels: it keeps its offset from the cursor and stays in the picture."""
        assert press.grabbed_xy is not None
        step = (position - press.position) / self.zoom
        width, height = self.frame_size
        x, y = press.grabbed_xy[0] + step.x(), press.grabbed_xy[1] + step.y()
        return min(max(x, 0.0), float(width)), min(max(y, 0.0), float(height))

    def _inside(self, point: QPointF) -> bool:
        width, height = self.frame_size
        return 0 <= point.x() <= width and 0 <= point.y() <= height

    # --- files

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take videos."""
        event.setAccepted(bool(_videos(event.mimeData())))

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Take videos anywhere."""
        event.setAccepted(bool(_videos(event.mimeData())))

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand dropped videos on."""
        event.acceptProposedAction()
        self.files_dropped.emit(_videos(event.mimeData()))

    # --- looks

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep a fitted frame fitted."""
        super().resizeEvent(event)
        if self._fitted:
            self.fit_view()

    def _apply_colors(self) -> None:
        self._layers.set_looks(colors_of(self), unit=max(1.0, self.logicalDpiX() / 96))

    def _update_cursor(self) -> None:
        shapes = Qt.CursorShape
        press = self._press
        if press is not None and press.moved and press.joint < 0:
            shape = shapes.ClosedHandCursor
        elif self._placing is not None:
            shape = shapes.CrossCursor
        else:
            shape = shapes.PointingHandCursor if self._skeleton.hovered >= 0 else shapes.ArrowCursor
        self.viewport().setCursor(shape)


def _asks_for_escape(event: QEvent) -> bool:
    """Whether a window is about to take Esc for a shortcut of its own."""
    is_key = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
    return is_key and event.type() == QEvent.Type.ShortcutOverride


def _videos(data: QMimeData) -> list[Path]:
    """The local files among dropped things that are videos by their name."""
    types = QMimeDatabase()
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    by_name = QMimeDatabase.MatchMode.MatchExtension
    return [path for path in paths if types.mimeTypeForFile(str(path), by_name).name().startswith("video/")]
