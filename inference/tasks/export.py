"""The task that exports a project: labels for other tools, with images if they are wanted."""

from pathlib import Path
from typing import Any

from annotation.errors import JobError
from annotation.exporting import ExportOrder, carry_out
from annotation.exporting_motion import carry_out_motion, items_with_bodies
from annotation.formats.motion_registry import find_motion_format
from annotation.project import Project
from annotation.store import Access
from inference.jobs import TaskContext


def run(context: TaskContext) -> dict[str, Any]:
    """Write what is asked for beside its target, and move it there last.

    Parameters of the job: ``project``, ``order`` (`ExportOrder.to_json`) and ``bodies``, the user's body files.

    Returns
    -------
    dict
        Files, and how many poses, images and frames without image there are.

    Raises
    ------
    BetascopeError
        If nothing is left by the choice, or it cannot be written.
    """
    try:
        order = ExportOrder.from_json(context.parameters["order"])
        folder = Path(str(context.parameters["project"]))
        bodies = Path(str(context.parameters.get("bodies", "")))
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise JobError(f"The job does not say what to export ({error}). Start it again.") from error
    with Project.open(folder, access=Access.READ) as project:
        motion = find_motion_format(order.format) is not None
        if motion:
            exported = carry_out_motion(project, order, bodies_dir=bodies)
        else:
            items = items_with_bodies(project, order, bodies_dir=bodies)
            exported = carry_out(items, order, report=context.report)
    return {
        "files": [str(path) for path in exported.files],
        "poses": exported.n_poses,
        "images": exported.n_images,
        "damaged": exported.n_damaged,
        "motion": motion,
    }
