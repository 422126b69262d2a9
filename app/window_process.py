"""The process of the window: application, settings, last resort for errors."""

import logging
import os
import sys
import traceback
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from app.collecting import Collector
from app.main_window import MainWindow
from app.memory import share_one_pool
from app.settings import load_settings, settings_path
from app.threads import let_the_window_through
from widgets.theme import Theme, apply_theme

_LOG = logging.getLogger(__name__)


def open_window(path: Path | None) -> int:
    """Open the window, on a project or video if one is given; return when it is closed."""
    if sys.platform.startswith("linux") and not has_display():
        print(
            "betascope: There is no screen here. The commands work without one, see betascope --help.", file=sys.stderr
        )
        return 1
    let_the_window_through()
    share_one_pool()
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("Betascope")
    settings = load_settings(settings_path())
    apply_theme(application, Theme(settings.theme))
    window = MainWindow(settings, settings_path())
    _show_unexpected_errors(window)
    Collector(parent=window)
    window.show()
    if path is not None:
        QTimer.singleShot(0, lambda: window.open(path))
    code = application.exec()
    if window.closing.hangs:  # a thread in a dead network drive cannot be ended, and Python would wait for it
        logging.shutdown()
        sys.stdout.flush()
        os._exit(code)
    return code


def has_display() -> bool:
    """Tell whether Qt has a screen to open a window on, or was told to do without."""
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


class _Relay(QObject):
    """Carries errors of any thread to the window's own, where widgets may be made."""

    caught = Signal(str, str)


def _show_unexpected_errors(window: MainWindow) -> None:
    relay = _Relay(parent=window)
    relay.caught.connect(window.show_error)

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            if not window.close():
                window.close()  # what runs has been named; who interrupts the program means it
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        _LOG.error("%s", details)
        relay.caught.emit(f"Something unexpected went wrong: {error}. Your edits are safe.", details)

    sys.excepthook = hook
