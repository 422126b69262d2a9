"""The climber in 3D: body or skeleton, wall, floor, trail; seen through the video camera or from around."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QElapsedTimer, QEvent, QSize, QTimer, Signal
from PySide6.QtGui import QAction, QImage, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from annotation.poses import Camera, Plane
from widgets.body_eye import BodyEye
from widgets.body_geometry import Floats, ViewPreset, camera_to_show
from widgets.body_looks import DisplayMode, rgb
from widgets.body_marks import BodyMarks, OpenDepths, same
from widgets.body_mouse import BodyMouse
from widgets.body_overlays import BodyOverlays
from widgets.body_pull import JointPull
from widgets.body_scene import BodyScene, Trail
from widgets.body_shapes import BodyShapes
from widgets.body_surface import BodySurface, SurfaceEvents
from widgets.body_tips import MarkTips
from widgets.opengl import NO_OPENGL, Renderer, find_renderer
from widgets.theme import Theme, colors, mix, theme_of
from widgets.wall_picture import WallPicture, wall_picture

__all__ = ["BodyView", "DisplayMode", "OpenDepths", "Renderer", "Trail", "ViewPreset"]

_TURN_MS, _TURN_PER_S = 40, 0.4


class BodyView(QWidget):
    """The body in 3D; turn by dragging, move with Shift or the right button, zoom with the wheel, double-click resets.

    With Alt, a joint is pulled nearer to the video camera or away from it, along its line of sight.

    All positions are in metres in the CAMERA frame (x right, y down, z forward). Without OpenGL the view says so and
    every setter does nothing.

    Signals
    -------
    view_changed : ViewPreset
        The user or a setter looks from elsewhere; a drag ends in ORBIT.
    display_changed : DisplayMode
        The user asks for the mesh or the skeleton.
    joint_pulled : int, float
        A joint of those shown was pulled this much farther from the video camera, metres; negative is nearer.
    """

    view_changed = Signal(ViewPreset)
    display_changed = Signal(DisplayMode)
    joint_pulled = Signal(int, float)

    def __init__(self, *, renderer: Renderer | None = None, parent: QWidget | None = None) -> None:
        """Make the view; a `renderer` of NONE acts as on a machine without OpenGL, None finds out."""
        super().__init__(parent)
        self.setAccessibleName("Body in 3D")
        self._shapes, self._eye = BodyShapes(), BodyEye()
        self._coming: tuple[Floats | None, Floats | None, Sequence[int], Sequence[str]] | None = None
        self._wall_center: Floats = np.zeros(3)
        self._wall: WallPicture | None = None
        self._message: str | None = None
        self._marks = BodyMarks()
        self._turning, self._clock = QTimer(self, interval=_TURN_MS), QElapsedTimer()
        self._turning.timeout.connect(self._turn_on)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._renderer = renderer or find_renderer()
        self._surface = self._new_surface(layout) if self.has_opengl else None
        self._over = BodyOverlays(self, has_opengl=self.has_opengl)
        self._bar = self._over.bar
        self._bar.preset_chosen.connect(self.show_view)
        self._bar.mode_chosen.connect(self._choose_mode)
        self.set_theme(theme_of(self.palette()))
        self._refresh()

    def _new_surface(self, layout: QVBoxLayout) -> BodySurface:
        events = SurfaceEvents(self._take_coming, self._upload, lambda: self._look(), self._begin_again)
        hardware = self._renderer is Renderer.HARDWARE
        return BodySurface(self, layout, hardware=hardware, mouse=self._watch_mouse(), events=events)

    @property
    def _scene(self) -> BodyScene | None:
        return None if self._surface is None else self._surface.scene

    # --- what is shown -------------------------------------------------------------------------------------------

    @property
    def has_opengl(self) -> bool:
        """Whether 3D can be drawn here at all."""
        return self._renderer is not Renderer.NONE

    @property
    def view(self) -> ViewPreset:
        """Where the body is looked at from."""
        return self._eye.preset

    @property
    def display_mode(self) -> DisplayMode:
        """What is drawn: what was asked for if it is there, otherwise what is there."""
        return self._shapes.mode

    @property
    def vertices(self) -> Floats | None:
        """The body on screen (V, 3) in m, as it was set; None where there is none."""
        return self._shapes.vertices

    @property
    def joints(self) -> Floats | None:
        """The joints on screen (K, 3) in m, as they were set; None where there are none."""
        return self._shapes.joints

    def set_mesh_topology(self, faces: NDArray[np.integer], *, colors: Floats | None = None) -> None:
        """Set the triangles (F, 3) of the body and its colours (V, 3) in [0, 1]; the vertices come per frame."""
        self._shapes.set_topology(faces, colors=colors)
        self._refresh()

    def set_vertices(self, vertices: Floats | None) -> None:
        """Show the body with vertices (V, 3) in m, or none in this frame."""
        if vertices is not None and self._shapes.faces is None:
            raise ValueError("set_mesh_topology comes before set_vertices.")
        self._shapes.vertices, self._coming = vertices, None
        self._follow()
        self._refresh()

    def show_pose(
        self,
        vertices: Floats | None,
        joints: Floats | None,
        *,
        parents: Sequence[int],
        names: Sequence[str],
        at_once: bool = False,
    ) -> None:
        """Show both as `set_vertices` and `set_joints` do, once it can be seen: what is not drawn costs nothing.

        `at_once` for what a person waits for.
        """
        if self._coming is None and same(vertices, self.vertices) and same(joints, self.joints):
            return
        self._coming = (vertices, joints, parents, names)
        if self._surface is not None and at_once:
            self._surface.draw_now()
        elif self._surface is not None:
            self._surface.update_lazily()

    def _take_coming(self) -> None:
        if self._coming is None:
            return
        vertices, joints, parents, names = self._coming
        self._shapes.vertices, self._coming = vertices if self._shapes.faces is not None else None, None
        self.set_joints(joints, parents=parents, names=names)

    def set_joints(
        self, joints: Floats | None, *, parents: Sequence[int] = (), names: Sequence[str] | None = None
    ) -> None:
        """Show joints (K, 3) in m with rods to their parents (negative for the root), or none in this frame.

        `names` give the sides their colours by the prefixes ``left_`` and ``right_``.
        """
        self._shapes.set_joints(joints, parents=parents, names=names)
        self._coming = None
        self._follow()
        self._refresh()

    def set_walls(self, walls: Sequence[Plane], *, center: Floats | None = None) -> None:
        """Show the planes of a wall with a metre grid around the points of them nearest to `center` (3,), or none."""
        center = self._wall_center if center is None else np.asarray(center, float)
        if tuple(walls) == self._eye.first_walls and same(center, self._wall_center):
            return
        self._eye.first_walls, self._wall_center = tuple(walls), center
        self._draw_surroundings()
        self._update()

    def set_view_turn(self, turn: Floats | None) -> None:
        """Say how a panning camera (3, 3) has turned since the frame in which the wall was set."""
        if self._eye.turn_camera(turn):
            self._draw_surroundings()

    def set_floor(self, y_m: float | None) -> None:
        """Show the floor at a height (y of the CAMERA frame); None puts it under the lowest point seen so far."""
        self._eye.set_floor(None if y_m is None else -y_m)
        self._follow()
        self._draw_surroundings()
        self._update()

    def set_trails(self, trails: Sequence[Trail]) -> None:
        """Show paths of points of the body up to now."""
        if self._marks.take_trails(trails):
            self._send_marks()

    def set_contacts(self, points: Floats | None) -> None:
        """Mark points (N, 3) in m where the body holds the wall; None for none."""
        if self._marks.take_contacts(points):
            self._send_marks()

    def set_open_depths(self, depths: OpenDepths) -> None:
        """Mark the joints whose depth the picture leaves open, and by how much."""
        self._over.set_legend("" if not len(depths.points) else depths.about)
        if self._marks.take_open(depths):
            self._send_marks()

    def set_ghost(self, vertices: Floats | None, joints: Floats | None) -> None:
        """Show the body of another frame too, faintly: its vertices (V, 3) and joints (K, 3) in m; None for none."""
        self._shapes.set_ghost(vertices, joints)
        self._update()

    def set_state(self, text: str) -> None:
        """Say in a corner how the body stands to the labels; nothing with an empty text."""
        self._over.set_state(text)

    def set_turntable(self, *, turning: bool) -> None:
        """Turn slowly around the body, or stop."""
        self._clock.start()
        if turning:
            self._turning.start()
        else:
            self._turning.stop()

    def set_actions(self, actions: Sequence[QAction | None]) -> None:
        """Offer actions in the menu of the toolbar; None for a line between them."""
        self._bar.set_actions(actions)
        self._over.place()

    def set_camera(self, camera: Camera | None) -> None:
        """Set the camera of the video; None takes the view through it away."""
        self._eye.camera = camera
        if self.view is ViewPreset.CAMERA:
            self.show_view(ViewPreset.CAMERA)
        self._refresh()

    def set_message(self, text: str | None) -> None:
        """Say something in the middle, such as what to do to see a body here."""
        self._message = text
        self._refresh()

    def set_display_mode(self, mode: DisplayMode) -> None:
        """Ask for the mesh or the skeleton; what is not there is not drawn."""
        self._shapes.asked = mode
        self._refresh()

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme; a change of the palette does so by itself."""
        self._theme, c = theme, colors(theme)
        if self._surface is not None and self._scene is not None:
            self._surface.set_background(c.canvas.name())
            grey, wall = (rgb(mix(c.muted, c.canvas, share)) for share in (0.2, 0.7))
            self._scene.set_colors(lines=grey, wall=wall, accent=rgb(c.accent), doubt=rgb(c.warning))
            self._draw_surroundings()
            self._send_marks()
        self._over.restyle(theme)

    def screenshot(self) -> NDArray[np.uint8]:
        """Return what there is to show now as (H, W, 3) RGB, without the buttons."""
        if self._surface is not None:
            self._take_coming()
            self._aim()
        image = self.grab().toImage() if self._surface is None else self._surface.picture()
        image = image.convertToFormat(QImage.Format.Format_RGB888)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()

    # --- where it is seen from -----------------------------------------------------------------------------------

    def show_view(self, preset: ViewPreset) -> None:
        """Look at the body from a preset; the camera's needs `set_camera` first."""
        before = self.view
        self._eye.look(preset)
        self._looked(before)

    def _looked(self, before: ViewPreset) -> None:
        """Show what the eye sees now, and say so if it is another preset than before."""
        self._bar.show_preset(self.view, camera=self._eye.camera is not None)
        self._look()
        if self.view is not before:
            self.view_changed.emit(self.view)

    def _follow(self) -> None:
        """Keep the eye on the body as it moves."""
        seen = self._shapes.seen
        if seen is None:
            return
        if self._eye.follow(seen):
            self._draw_surroundings()
        self._look()

    def _turn_on(self) -> None:
        before = self.view
        self._eye.spin(_TURN_PER_S * self._clock.restart() / 1000)
        self._looked(before)

    def _look(self) -> None:
        if self.isVisible():
            self._aim()
            self._update()

    def _aim(self) -> None:
        if self._surface is None:
            return
        scene, size = self._surface.scene, self._surface.size
        scene.set_viewpoint(self._eye.viewpoint, size)
        scene.set_frame_outline(self._eye.viewpoint if self.view is ViewPreset.CAMERA else None, size)
        self._over.show_metres(self._wall, self._eye.viewpoint, size=size)

    # --- drawing -------------------------------------------------------------------------------------------------

    def _begin_again(self) -> None:
        """Show everything on a new scene."""
        self._shapes.redraw(anew=True)
        self.set_theme(self._theme)
        self._refresh()
        self._look()

    def _refresh(self) -> None:
        """Show buttons and message that fit what is there, and have it drawn."""
        self._over.set_message((self._message or "") if self.has_opengl else NO_OPENGL)
        self._bar.show_preset(self.view, camera=self._eye.camera is not None)
        self._bar.show_mode(self.display_mode, choice=self.vertices is not None and self.joints is not None)
        self._shapes.redraw()
        self._update()

    def _send_marks(self) -> None:
        if self._scene is not None:
            self._marks.send(self._scene)
            self._update()

    def _update(self) -> None:
        if self._surface is not None:
            self._surface.update()

    def _upload(self) -> None:
        """Hand the newest shapes to GL; frames that were never painted cost nothing."""
        if self._surface is not None:
            self._shapes.upload(self._surface.scene)

    def _draw_surroundings(self) -> None:
        if self._scene is None:
            return
        eye = self._eye
        self._wall = wall_picture(eye.walls, self._wall_center, floor_m=eye.floor_m)
        self._scene.set_wall(self._wall)
        around = eye.center if eye.center is not None else camera_to_show(self._wall_center)
        self._scene.set_floor(None if eye.floor_m is None else np.array([around[0], around[1], eye.floor_m]))

    def _choose_mode(self, mode: DisplayMode) -> None:
        self.set_display_mode(mode)
        self.display_changed.emit(mode)

    # --- Qt ------------------------------------------------------------------------------------------------------

    def _watch_mouse(self) -> BodyMouse:
        mouse, eye = BodyMouse(parent=self), self._eye

        def size() -> tuple[float, float]:
            return (1.0, 1.0) if self._surface is None else self._surface.size

        MarkTips(self, self._marks, eye, size=size)
        mouse.turned.connect(lambda step: self._moved_by(partial(eye.turn, step.x(), step.y())))
        mouse.moved.connect(lambda step: self._moved_by(partial(eye.pan, step.x(), step.y(), size=size())))
        mouse.zoomed.connect(lambda notches: self._moved_by(partial(eye.zoom, 0.9**notches)))
        mouse.reset.connect(lambda: self.show_view(self.view))
        pull = JointPull(lambda: self.joints, eye, size=size, parent=self)
        mouse.pull_begun.connect(pull.begin)
        mouse.pulled.connect(pull.go_on)
        mouse.pull_ended.connect(pull.end)
        pull.previewed.connect(self._show_pulled)
        pull.done.connect(self.joint_pulled)
        return mouse

    def _moved_by(self, move: Callable[[], None]) -> None:
        before = self.view
        move()
        self._looked(before)

    def _show_pulled(self, point: Floats | None) -> None:
        if self._scene is not None:
            self._scene.set_pulled(point)
            self._update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep buttons and message where they belong."""
        super().resizeEvent(event)
        self._over.place()

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
