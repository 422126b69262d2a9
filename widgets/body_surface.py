"""Where the 3D scene is drawn: into a widget of OpenGL, or into a picture where the processor draws."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QSize, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QVBoxLayout, QWidget

from widgets.body_scene import BodyScene, new_canvas
from widgets.drawn_canvas import DrawnCanvas


@dataclass(frozen=True)
class SurfaceEvents:
    """What a surface asks for.

    Attributes
    ----------
    before : callable
        Called right before anything is drawn that was put off until then.
    upload : callable
        Called while it draws: hand the newest shapes to the scene.
    resized : callable
    renewed : callable
        The scene is a new and empty one.
    """

    before: Callable[[], object]
    upload: Callable[[], object]
    resized: Callable[[], object]
    renewed: Callable[[], object]


class BodySurface:
    """A canvas with its scene in the layout of a view.

    Parameters
    ----------
    hardware : bool
        Whether a graphics card draws.
    mouse : QObject
        Filters the events of the widget.

    Attributes
    ----------
    widget : QWidget
    scene : BodyScene
    """

    def __init__(
        self, view: QWidget, layout: QVBoxLayout, *, hardware: bool, mouse: QObject, events: SurfaceEvents
    ) -> None:
        self._view, self._layout, self._hardware = view, layout, hardware
        self._mouse, self._events = mouse, events
        self._begun: list[Any] = []
        self._make()

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in pixels."""
        width, height = self.canvas.size
        return width, height

    def set_background(self, name: str) -> None:
        """Set the colour behind everything."""
        self.canvas.bgcolor = name

    def update(self) -> None:
        """Draw again, soon."""
        if isinstance(self.widget, DrawnCanvas):
            self.widget.refresh()
        else:
            self.canvas.update()

    def update_lazily(self) -> None:
        """Draw again, soon, what waits for `SurfaceEvents.before`; what cannot be seen goes on waiting."""
        if isinstance(self.widget, DrawnCanvas):
            self.widget.refresh()
        elif self._view.isVisible():
            self._events.before()

    def draw_now(self) -> None:
        """Draw at once what waits for `SurfaceEvents.before`, if it can be seen."""
        if isinstance(self.widget, DrawnCanvas):
            self.widget.draw_now()
        else:
            self.update_lazily()

    def picture(self) -> QImage:
        """Return what there is to see now, whether it was drawn already or not."""
        if isinstance(self.widget, DrawnCanvas):
            return self.widget.picture()
        self._events.before()
        image: QImage = self.canvas.native.grabFramebuffer()
        return image

    def _make(self) -> None:
        self.canvas: Any = new_canvas(self._view if self._hardware else None, samples=4 if self._hardware else 0)
        self.scene = BodyScene(self.canvas)
        self.widget: QWidget = (
            self.canvas.native
            if self._hardware
            else DrawnCanvas(self.canvas, before=self._events.before, parent=self._view)
        )
        self.canvas.events.initialize.connect(partial(self._gl_began, self.canvas))
        self.canvas.events.draw.connect(lambda event: self._events.upload(), position="first")
        self.canvas.events.resize.connect(lambda event: self._events.resized())
        self.widget.setMinimumSize(QSize(1, 1))
        self.widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.widget.installEventFilter(self._mouse)
        self._layout.addWidget(self.widget)
        self.widget.lower()

    def _gl_began(self, canvas: Any, event: object) -> None:
        """Notice that Qt made a new context, as it does when a dock floats: all that vispy had in the old is gone."""
        if canvas in self._begun:
            canvas.events.draw.disconnect()
            QTimer.singleShot(0, self._renew)
        self._begun = [canvas]

    def _renew(self) -> None:
        old = self.canvas
        self._make()
        self._layout.removeWidget(old.native)
        old.close()
        old.native.deleteLater()
        self._events.renewed()
