"""What an import is before it happens: an edit and the runs it shows, which a thread may make."""

import shutil
from dataclasses import dataclass

from annotation.edits import Edit
from annotation.project import Project
from app.derived_runs import DerivedRun


@dataclass(frozen=True)
class PreparedImport:
    """An edit and the runs it needs, written but not yet known to the project.

    Attributes
    ----------
    edit : Edit
    track_ids : tuple of str
        The climbers it is about, new ones too, in the order of the file.
    runs : tuple of DerivedRun
    """

    edit: Edit
    track_ids: tuple[str, ...]
    runs: tuple[DerivedRun, ...] = ()

    def registered(self, project: Project) -> Edit:
        """Make the runs known to the project and return the edit, which can be carried out then."""
        for run in self.runs:
            run.register(project)
        return self.edit

    def discard(self) -> None:
        """Remove what was written, where nothing comes of it."""
        for run in self.runs:
            shutil.rmtree(run.folder, ignore_errors=True)
