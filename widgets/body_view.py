"""The climber in 3D: body or skeleton, wall, floor, trail; seen through the video camera or from around."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from annotation.poses import Camera, Plane
from widgets.body_geometry import (
    Floats,
    StickFigure,
    Viewpoint,
    ViewPreset,
    camera_to_show,
    camera_viewpoint,
    outward_of,
    preset_viewpoint,
    vertex_normals,
)
from widgets.body_scene import BodyScene, new_canvas
from widgets.body_toolbar import BodyToolbar, DisplayMode
from widgets.drawn_canvas import DrawnCanvas
from widgets.opengl import NO_OPENGL, Renderer, find_renderer
from widgets.theme import Theme, colors, mix, theme_of

__all__ = ["BodyView", "DisplayMode", "Renderer", "ViewPreset"]

_BODY_COLOR = (0.72, 0.75, 0.80)
_RADIUS_M = 1.3
_RADIANS_PER_PX = 0.008


class BodyView(QWidget):
    """The body in 3D; turn by dragging, move with Shift or the right button, zoom with the wheel, double-click resets.

    All positions are in metres in the CAMERA frame (x right, y down, z forward). Without OpenGL the view says so and
    every setter does nothing.

    Signals
    -------
    view_changed : ViewPreset
        The user or a setter looks from elsewhere; a drag ends in ORBIT.
    display_changed : DisplayMode
        The user asks for the mesh or the skeleton.
    """

    view_changed = Signal(ViewPreset)
    display_changed = Signal(DisplayMode)

    def __init__(self, *, renderer: Renderer | None = None, parent: QWidget | None = None) -> None:
        """Make the view; a `renderer` of NONE acts as on a machine without OpenGL, None finds out."""
        super().__init__(parent)
        self.setAccessibleName("Body in 3D")
        self._canvas: Any = None
        self._surface: QWidget | None = None
        self._scene: Any = None
        self._faces: NDArray[np.uint32] | None = None
        self._mesh_colors: Floats | None = None
        self._mesh_normals = vertex_normals(np.zeros((0, 3), np.int64), 0)
        self._figure: StickFigure | None = None
        self._figure_normals = self._mesh_normals
        self._vertices: Floats | None = None
        self._coming: tuple[Floats | None, Floats | None, Sequence[int], Sequence[str]] | None = None
        self._joints: Floats | None = None
        self._drawn_topology: object = None
        self._stale = False
        self._mode = DisplayMode.MESH
        self._preset = ViewPreset.ORBIT
        self._camera: Camera | None = None
        self._wall: Plane | None = None
        self._wall_center: Floats = np.zeros(3)
        self._floor_m: float | None = None
        self._floor_fixed = False
        self._center: Floats | None = None
        self._message: str | None = None
        self._drag: QPointF | None = None
        self._viewpoint = self._preset_viewpoint(ViewPreset.ORBIT)
        self._begun: list[Any] = []
        self._trail: Floats | None = None
        self._contacts: Floats | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._renderer = renderer or find_renderer()
        if self.has_opengl:
            self._make_canvas()
        self._label = _message_label(self)
        self._bar = BodyToolbar(self)
        self._bar.preset_chosen.connect(self.show_view)
        self._bar.mode_chosen.connect(self._choose_mode)
        self._bar.setVisible(self.has_opengl)
        self.set_theme(theme_of(self.palette()))
        self._refresh()

    # --- what is shown -------------------------------------------------------------------------------------------

    @property
    def has_opengl(self) -> bool:
        """Whether 3D can be drawn here at all."""
        return self._renderer is not Renderer.NONE

    @property
    def view(self) -> ViewPreset:
        """Where the body is looked at from."""
        return self._preset

    @property
    def display_mode(self) -> DisplayMode:
        """What is drawn: what was asked for if it is there, otherwise what is there."""
        if self._mode is DisplayMode.SKELETON:
            return DisplayMode.SKELETON if self._joints is not None else DisplayMode.MESH
        return DisplayMode.MESH if self._vertices is not None else DisplayMode.SKELETON

    def set_mesh_topology(self, faces: NDArray[np.integer], *, colors: Floats | None = None) -> None:
        """Set the triangles (F, 3) of the body and its colours (V, 3) in [0, 1]; the vertices come per frame."""
        self._faces = np.ascontiguousarray(faces, np.uint32)
        self._mesh_colors = colors
        n_vertices = int(faces.max()) + 1 if len(faces) else 0
        self._mesh_normals = vertex_normals(faces, n_vertices)
        self._vertices, self._drawn_topology = None, None
        self._refresh()

    def set_vertices(self, vertices: Floats | None) -> None:
        """Show the body with vertices (V, 3) in m, or none in this frame."""
        if vertices is not None and self._faces is None:
            raise ValueError("set_mesh_topology comes before set_vertices.")
        self._vertices, self._coming = vertices, None
        self._follow()
        self._refresh()

    def show_pose(
        self, vertices: Floats | None, joints: Floats | None, *, parents: Sequence[int], names: Sequence[str]
    ) -> None:
        """Show both as `set_vertices` and `set_joints` do, once it can be seen: what is not drawn costs nothing."""
        self._coming = (vertices, joints, parents, names)
        if isinstance(self._surface, DrawnCanvas):
            self._surface.refresh()
        elif self.isVisible():
            self._take_coming()

    def _take_coming(self) -> None:
        if self._coming is None:
            return
        vertices, joints, parents, names = self._coming
        self._vertices, self._coming = vertices if self._faces is not None else None, None
        self.set_joints(joints, parents=parents, names=names)

    def set_joints(
        self, joints: Floats | None, *, parents: Sequence[int] = (), names: Sequence[str] | None = None
    ) -> None:
        """Show joints (K, 3) in m with rods to their parents (negative for the root), or none in this frame.

        `names` give the sides their colours by the prefixes ``left_`` and ``right_``.
        """
        self._joints = joints
        if joints is not None and (self._figure is None or self._figure.parents != tuple(parents)):
            self._figure = StickFigure(parents, _side_colors(names, len(parents)))
            self._figure_normals = vertex_normals(self._figure.faces, len(self._figure.colors))
        self._coming = None
        self._follow()
        self._refresh()

    def set_wall(self, wall: Plane | None, *, center: Floats | None = None) -> None:
        """Show a wall with a metre grid around the point of it nearest to `center` (3,), or none."""
        self._wall = wall
        if center is not None:
            self._wall_center = np.asarray(center, float)
        self._draw_surroundings()
        self._update()

    def set_floor(self, y_m: float | None) -> None:
        """Show the floor at a height (y of the CAMERA frame); None puts it under the lowest point seen so far."""
        self._floor_fixed = y_m is not None
        self._floor_m = None if y_m is None else -y_m
        self._follow()
        self._draw_surroundings()
        self._update()

    def set_trail(self, points: Floats | None) -> None:
        """Show the path (N, 3) in m of a point of the body up to now, NaN where it breaks; None for no path."""
        self._trail = points
        if self._scene is not None:
            self._scene.set_trail(points)
            self._update()

    def set_contacts(self, points: Floats | None) -> None:
        """Mark points (N, 3) in m where the body holds the wall; None for none."""
        self._contacts = points
        if self._scene is not None:
            self._scene.set_contacts(points)
            self._update()

    def set_camera(self, camera: Camera | None) -> None:
        """Set the camera of the video; None takes the view through it away."""
        self._camera = camera
        if self._preset is ViewPreset.CAMERA:
            self.show_view(ViewPreset.CAMERA if camera is not None else ViewPreset.ORBIT)
        self._refresh()

    def set_message(self, text: str | None) -> None:
        """Say something in the middle, such as what to do to see a body here."""
        self._message = text
        self._refresh()

    def set_display_mode(self, mode: DisplayMode) -> None:
        """Ask for the mesh or the skeleton; what is not there is not drawn."""
        self._mode, self._drawn_topology = mode, None
        self._refresh()

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme; a change of the palette does so by itself."""
        self._theme, c = theme, colors(theme)
        if self._scene is not None:
            self._canvas.bgcolor = c.canvas.name()
            self._scene.set_colors(lines=_rgb(mix(c.muted, c.canvas, 0.2)), accent=_rgb(c.accent))
            self._draw_surroundings()
            self._update()
        self._bar.restyle(theme)
        self._label.setStyleSheet(f"color: {c.text.name()}; background: {c.window.name()}; border-radius: 6px;")

    def screenshot(self) -> NDArray[np.uint8]:
        """Return what is shown as (H, W, 3) RGB, without the buttons."""
        image = self._canvas.native.grabFramebuffer() if self.has_opengl else self.grab().toImage()
        image = image.convertToFormat(QImage.Format.Format_RGB888)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()

    # --- where it is seen from -----------------------------------------------------------------------------------

    def show_view(self, preset: ViewPreset) -> None:
        """Look at the body from a preset; the camera's needs `set_camera` first."""
        if preset is ViewPreset.CAMERA and self._camera is None:
            preset = ViewPreset.ORBIT
        self._viewpoint = self._preset_viewpoint(preset)
        self._set_preset(preset)
        self._look()

    def _preset_viewpoint(self, preset: ViewPreset) -> Viewpoint:
        center = np.array([0.0, 3.0, 0.0]) if self._center is None else self._center
        if preset is ViewPreset.CAMERA and self._camera is not None:
            return camera_viewpoint(self._camera, center)
        return preset_viewpoint(preset, center, radius_m=_RADIUS_M, outward=outward_of(self._wall))

    def _set_preset(self, preset: ViewPreset) -> None:
        changed, self._preset = preset is not self._preset, preset
        self._bar.show_preset(preset, camera=self._camera is not None)
        if changed:
            self.view_changed.emit(preset)

    def _turn_to(self, viewpoint: Viewpoint) -> None:
        self._viewpoint = viewpoint
        self._set_preset(ViewPreset.ORBIT)
        self._look()

    def _follow(self) -> None:
        """Keep the eye on the body as it moves, unless it looks through the video camera, which stands still."""
        points = self._vertices if self._vertices is not None else self._joints
        if points is None:
            return
        seen = points[np.isfinite(points).all(axis=-1)]
        if not len(seen):
            return
        center = camera_to_show(seen.mean(axis=0, dtype=float))
        before, self._center = self._center, center
        if before is None or self._preset is ViewPreset.CAMERA:
            self._viewpoint = self._preset_viewpoint(self._preset)
        else:
            self._viewpoint = self._viewpoint.moved(center - before)
        lowest = float(-seen[:, 1].max())
        if not self._floor_fixed and (self._floor_m is None or lowest < self._floor_m - 0.02):
            self._floor_m = lowest
            self._draw_surroundings()
        self._look()

    def _look(self) -> None:
        if self._scene is None or not self.isVisible():
            return
        size = self._canvas.size
        through_video = self._preset is ViewPreset.CAMERA
        self._scene.set_viewpoint(self._viewpoint, size)
        self._scene.set_frame_outline(self._viewpoint if through_video else None, size)
        self._update()

    # --- drawing -------------------------------------------------------------------------------------------------

    def _make_canvas(self) -> None:
        by_card = self._renderer is Renderer.HARDWARE
        self._canvas = new_canvas(self if by_card else None, samples=4 if by_card else 0)
        surface: QWidget = (
            self._canvas.native if by_card else DrawnCanvas(self._canvas, before=self._take_coming, parent=self)
        )
        self._scene = BodyScene(self._canvas)
        self._drawn_topology = None
        self._canvas.events.initialize.connect(partial(self._gl_began, self._canvas))
        self._canvas.events.draw.connect(self._upload, position="first")
        self._canvas.events.resize.connect(lambda event: self._look())
        self._surface = surface
        surface.setMinimumSize(QSize(1, 1))
        surface.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        surface.installEventFilter(self)
        self._layout.addWidget(surface)
        surface.lower()

    def _gl_began(self, canvas: Any, event: object) -> None:
        """Notice that Qt made a new context, as it does when a dock floats: all that vispy had in the old is gone."""
        if canvas in self._begun:
            canvas.events.draw.disconnect()
            QTimer.singleShot(0, self._renew_canvas)
        self._begun = [canvas]

    def _renew_canvas(self) -> None:
        old = self._canvas
        self._make_canvas()
        self._layout.removeWidget(old.native)
        old.close()
        old.native.deleteLater()
        self.set_theme(self._theme)
        self._scene.set_trail(self._trail)
        self._scene.set_contacts(self._contacts)
        self._refresh()
        self._look()

    def _refresh(self) -> None:
        """Show buttons and message that fit what is there, and have it drawn."""
        has_body = self._vertices is not None or self._joints is not None
        text = self._message if self.has_opengl else NO_OPENGL
        self._label.setText(text or "")
        self._label.setVisible(bool(text))
        self._bar.show_preset(self._preset, camera=self._camera is not None)
        self._bar.show_mode(self.display_mode, choice=self._vertices is not None and self._joints is not None)
        if self._scene is not None:
            self._scene.mesh.visible = has_body
        self._stale = True
        self._place_overlays()
        self._update()

    def _update(self) -> None:
        if isinstance(self._surface, DrawnCanvas):
            self._surface.refresh()
        elif self._canvas is not None:
            self._canvas.update()

    def _upload(self, event: object) -> None:
        """Hand the newest shape to GL; frames that were never painted cost nothing."""
        if not self._stale or self._scene is None:
            return
        self._stale = False
        if self.display_mode is DisplayMode.MESH and self._vertices is not None and self._faces is not None:
            show = camera_to_show(np.asarray(self._vertices, np.float32))
            default = np.tile(np.array(_BODY_COLOR, np.float32), (len(show), 1))
            self._draw_mesh(self._faces, default if self._mesh_colors is None else self._mesh_colors)
            self._scene.mesh.set_shape(show, self._mesh_normals(show))
        elif self._joints is not None and self._figure is not None:
            show = self._figure.vertices(camera_to_show(self._joints))
            self._draw_mesh(self._figure.faces, self._figure.colors)
            self._scene.mesh.set_shape(show, self._figure_normals(show))

    def _draw_mesh(self, faces: NDArray[np.uint32], vertex_colors: Floats) -> None:
        if self._drawn_topology is not faces:
            self._drawn_topology = faces
            self._scene.mesh.set_topology(faces, vertex_colors)

    def _draw_surroundings(self) -> None:
        if self._scene is None:
            return
        self._scene.set_wall(self._wall, self._wall_center, floor_m=self._floor_m)
        around = self._center if self._center is not None else camera_to_show(self._wall_center)
        known = self._floor_m is not None
        self._scene.set_floor(np.array([around[0], around[1], self._floor_m]) if known else None)

    def _choose_mode(self, mode: DisplayMode) -> None:
        self.set_display_mode(mode)
        self.display_changed.emit(mode)

    # --- Qt ------------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Turn, move and zoom; before vispy sees the mouse, whose picking renders the scene once per click."""
        if isinstance(event, QWheelEvent):
            self._turn_to(self._viewpoint.zoomed(0.9 ** (event.angleDelta().y() / 120)))
            return True
        if not isinstance(event, QMouseEvent):
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.MouseButtonDblClick:
            self.show_view(self._preset)
        elif event.type() == QEvent.Type.MouseButtonPress:
            self._drag = event.position()
        elif event.type() == QEvent.Type.MouseButtonRelease:
            self._drag = None
        elif self._drag is not None:
            step, self._drag = event.position() - self._drag, event.position()
            self._dragged(step, event)
        return True

    def _dragged(self, step: QPointF, event: QMouseEvent) -> None:
        turning = event.buttons() == Qt.MouseButton.LeftButton and not event.modifiers()
        if turning:
            self._turn_to(self._viewpoint.orbited(-step.x() * _RADIANS_PER_PX, step.y() * _RADIANS_PER_PX))
        else:
            self._turn_to(self._viewpoint.panned(step.x(), step.y(), size=self._canvas.size))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep buttons and message where they belong."""
        super().resizeEvent(event)
        self._place_overlays()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while hidden."""
        super().showEvent(event)
        self._take_coming()
        self._look()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.set_theme(theme_of(self.palette()))

    def minimumSizeHint(self) -> QSize:
        """Leave room for the buttons."""
        return QSize(self._bar.sizeHint().width() + 16, 160)

    def _place_overlays(self) -> None:
        self._bar.adjustSize()
        self._bar.move(8, 8)
        if self._label.isVisibleTo(self):
            self._label.setWordWrap(False)
            width = min(self._label.sizeHint().width(), max(80, self.width() - 32))
            self._label.setWordWrap(True)
            self._label.setFixedSize(width, self._label.heightForWidth(width))
            free = self.size() - self._label.size()
            self._label.move(free.width() // 2, free.height() // 2)


def _message_label(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setMargin(12)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    return label


def _side_colors(names: Sequence[str] | None, count: int) -> Floats:
    c = colors(Theme.DARK)
    sides = {"left": _rgb(c.left), "right": _rgb(c.right)}
    middle = (0.78, 0.78, 0.78)
    return np.array([sides.get(name.split("_")[0], middle) for name in names] if names else [middle] * count)


def _rgb(color: QColor) -> tuple[float, float, float]:
    return color.redF(), color.greenF(), color.blueF()
