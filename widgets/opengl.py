"""Whether 3D can be drawn here, and how fast."""

from enum import Enum

from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext

NO_OPENGL = (
    "3D needs OpenGL 2.1 with a working graphics driver, and this session has none.\n"
    "Everything else works: video, labels, fitting and export."
)
_GL_RENDERER = 0x1F01
_SOFTWARE = ("llvmpipe", "softpipe", "swiftshader", "software", "gdi generic")


class Renderer(Enum):
    """What draws 3D."""

    NONE = "none"
    SOFTWARE = "software"
    """The processor: smooth edges would cost more than half of the frame rate."""
    HARDWARE = "hardware"


def find_renderer() -> Renderer:
    """Return what draws 3D on this screen: NONE unless a context of OpenGL 2.1 can be made current."""
    if QGuiApplication.platformName() in ("offscreen", "minimal"):  # their contexts cannot draw on widgets
        return Renderer.NONE
    context, surface = QOpenGLContext(), QOffscreenSurface()
    if not context.create():
        return Renderer.NONE
    surface.setFormat(context.format())
    surface.create()
    if not context.makeCurrent(surface):
        return Renderer.NONE
    version = tuple(context.format().version())
    name = str(context.functions().glGetString(_GL_RENDERER)).lower()
    context.doneCurrent()
    if version < (2, 1):
        return Renderer.NONE
    return Renderer.SOFTWARE if any(word in name for word in _SOFTWARE) else Renderer.HARDWARE
