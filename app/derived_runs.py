"""Runs made from other runs: immutable like those, with their parents named in the run file."""

import importlib.metadata
import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from annotation.errors import ProjectError
from annotation.labels import Keypoints2D, Run, RunKind
from annotation.project import Project, new_id
from annotation.runs import save_keypoints
from inference.jobs import RUN_FILE, partial_folder

SPLICE = "splice"


def save_derived(
    project: Project,
    clip_id: str,
    keypoints: Keypoints2D,
    *,
    parents: Sequence[str],
    how: Mapping[str, Any],
) -> str:
    """Write predictions spliced from other runs as a run of their own, register it, and return its id.

    Parameters
    ----------
    parents : sequence of str
        The runs it was made from.
    how : mapping
        What was done, for the run file; JSON values only.

    Raises
    ------
    ProjectError
        If it cannot be written.
    """
    run_id, now = new_id(), datetime.now(UTC)
    folder = project.run_folder(run_id)
    partial = partial_folder(folder)
    models = list(dict.fromkeys(project.run(parent).model for parent in parents))
    record = {
        "task": SPLICE,
        "parameters": {"parents": list(parents), **how},
        "summary": {"model": " + ".join(models)},
        "created": now.isoformat(),
        "versions": {"betascope": importlib.metadata.version("betascope")},
    }
    try:
        partial.mkdir(parents=True)
        save_keypoints(partial, keypoints)
        (partial / RUN_FILE).write_text(json.dumps(record, indent=1), encoding="utf-8")
        partial.rename(folder)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise ProjectError(
            f"The new predictions cannot be written to {folder} ({error.strerror}). Free space, then try again; "
            "nothing was changed."
        ) from error
    project.add_run(Run(run_id, clip_id, RunKind.KEYPOINTS, SPLICE, " + ".join(models), now, keypoints.skeleton))
    return run_id
