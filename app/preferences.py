"""The settings of the running window: one place that holds, changes and writes them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.settings import Settings, save_settings


class Preferences(QObject):
    """Holds the settings; every change is written at once.

    Parameters
    ----------
    settings : Settings
    file : Path
        Where changed settings are written.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(self, settings: Settings, file: Path, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings, self._file = settings, file

    @property
    def settings(self) -> Settings:
        """What holds now."""
        return self._settings

    @property
    def file(self) -> Path:
        """Where they are written."""
        return self._file

    def change(self, **values: Any) -> None:
        """Change some settings, by the names of their fields."""
        self.replace(replace(self._settings, **values))

    def replace(self, settings: Settings) -> None:
        """Take other settings and write them."""
        if settings == self._settings:
            return
        self._settings = settings
        self.changed.emit()
        try:
            save_settings(settings, path=self._file)
        except OSError as error:
            self.failed.emit(f"The settings cannot be written to {self._file} ({error.strerror}).")
