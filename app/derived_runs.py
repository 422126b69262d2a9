"""Runs made from other runs: immutable like those, with their parents named in the run file."""

import importlib.metadata
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from annotation.errors import ProjectError
from annotation.labels import Keypoints2D, Run, RunKind
from annotation.poses import MeshSequence
from annotation.project import Project, new_id
from annotation.runs import save_keypoints, save_mesh
from inference.jobs import RUN_FILE, partial_folder

SPLICE = "splice"
IMPORT = "import"


@dataclass(frozen=True)
class DerivedRun:
    """Predictions made from other runs, not yet on the disk; `write`, which a thread may do, then `register`.

    Attributes
    ----------
    run : Run
    folder : Path
    record : dict
        What the run file says.
    make : callable
        Makes the predictions, or the body.
    """

    run: Run
    folder: Path
    record: dict[str, Any]
    make: Callable[[], Keypoints2D | MeshSequence]

    def write(self) -> None:
        """Write the files of the run.

        Raises
        ------
        ProjectError
            If they cannot be written; nothing is left behind then.
        """
        partial = partial_folder(self.folder)
        try:
            partial.mkdir(parents=True)
            content = self.make()
            if isinstance(content, MeshSequence):
                save_mesh(partial, content)
            else:
                save_keypoints(partial, content)
            (partial / RUN_FILE).write_text(json.dumps(self.record, indent=1), encoding="utf-8")
            partial.rename(self.folder)
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise ProjectError(
                f"The new predictions cannot be written to {self.folder} ({error.strerror}). Free space, then try "
                "again; nothing was changed."
            ) from error

    def register(self, project: Project) -> str:
        """Make the run known to its project and return its id."""
        project.add_run(self.run)
        return self.run.id


def prepare_derived(
    project: Project,
    clip_id: str,
    *,
    make: Callable[[], Keypoints2D],
    skeleton: str,
    parents: Sequence[str],
    how: Mapping[str, Any],
) -> DerivedRun:
    """Return a run of its own for predictions that `make` will make from other runs.

    Parameters
    ----------
    parents : sequence of str
        The runs it is made from.
    how : mapping
        What was done, for the run file; JSON values only.
    """
    models = list(dict.fromkeys(project.run(parent).model for parent in parents))
    parameters = {"parents": list(parents), **how}
    return _prepare(
        project, clip_id, make=make, skeleton=skeleton, task=SPLICE, model=" + ".join(models), how=parameters
    )


def _prepare(
    project: Project,
    clip_id: str,
    *,
    make: Callable[[], Keypoints2D | MeshSequence],
    skeleton: str,
    task: str,
    model: str,
    how: Mapping[str, Any],
    kind: RunKind = RunKind.KEYPOINTS,
) -> DerivedRun:
    run_id, now = new_id(), datetime.now(UTC)
    record = {
        "task": task,
        "parameters": dict(how),
        "summary": {"model": model},
        "created": now.isoformat(),
        "versions": {"betascope": importlib.metadata.version("betascope")},
    }
    run = Run(run_id, clip_id, kind, task, model, now, skeleton)
    return DerivedRun(run, project.run_folder(run_id), record, make)


def save_derived(
    project: Project,
    clip_id: str,
    *,
    keypoints: Keypoints2D,
    parents: Sequence[str],
    how: Mapping[str, Any],
) -> str:
    """Write predictions spliced from other runs as a run of their own, register it, and return its id.

    Raises
    ------
    ProjectError
        If it cannot be written.
    """
    derived = prepare_derived(
        project, clip_id, make=lambda: keypoints, skeleton=keypoints.skeleton, parents=parents, how=how
    )
    derived.write()
    return derived.register(project)


def prepare_imported(
    project: Project, clip_id: str, *, content: Keypoints2D | MeshSequence, skeleton: str, name: str
) -> DerivedRun:
    """Return a run for predictions or a body another tool made.

    Parameters
    ----------
    name : str
        Where they came from, for people.
    """
    return _prepare(
        project,
        clip_id,
        make=lambda: content,
        skeleton=skeleton,
        task=IMPORT,
        model=f"imported ({name})" if name else "imported",
        how={"file": name},
        kind=RunKind.BODY if isinstance(content, MeshSequence) else RunKind.KEYPOINTS,
    )
