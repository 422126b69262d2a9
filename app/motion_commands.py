"""``betascope import`` and ``export`` of 3D formats: a climber's body in and out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from annotation.body_files import load_body
from annotation.errors import ProjectError
from annotation.formats.motion_registry import MotionFormat
from annotation.formats.motion_table import ImportedMotion, MotionItem
from annotation.labels import Track
from annotation.project import Project
from app.motion_import import MotionPlan, motion_edit, plan_motion
from app.settings import bodies_path, load_settings, settings_path

Result = tuple[dict[str, Any], str]


def import_motion(
    moved: ImportedMotion, project: Project, *, clip_id: str | None, track_id: str | None, file: str, dry_run: bool
) -> Result:
    """Bring a motion in, or say what would come in.

    Raises
    ------
    BetascopeError
        If it does not fit.
    """
    plans = plan_motion(moved, project, bodies_dir=bodies_path(), clip_id=clip_id, track_id=track_id)
    rows, lines = [], []
    for plan in plans:
        rows.append(_row(project, plan))
        lines.append(f"{rows[-1]['climber']}, {rows[-1]['video']}: a body in {plan.n_frames} frames")
        lines += [f"  {note}" for note in plan.notes]
    if not dry_run:
        project.author = load_settings(settings_path()).annotator
        project.push(motion_edit(project, plans, file=file))
    return {"imported": not dry_run, "climbers": rows}, "\n".join(lines)


def _row(project: Project, plan: MotionPlan) -> dict[str, Any]:
    return {
        "climber": plan.name if plan.track_id is None else project.track(plan.track_id).name,
        "new": plan.track_id is None,
        "video": project.clip(plan.clip_id).path.name,
        "body": plan.mesh.body,
        "frames": plan.n_frames,
        "notes": list(plan.notes),
    }


def export_motion(item: MotionFormat, project: Project, tracks: Sequence[Track], *, out: Path) -> Result:
    """Write the body of the only climber that has one.

    Raises
    ------
    ProjectError
        If it is not clear whose body, there is none, or it cannot be written.
    """
    if item.write is None:
        raise ProjectError(f"{item.title} can only be read. Choose another format.")
    fitted = [track for track in tracks if project.mesh(track.id) is not None]
    if len(fitted) != 1:
        names = ", ".join(track.name for track in fitted)
        what = f"Several climbers have a body ({names}): name one" if fitted else "There is no body yet: fit one first"
        raise ProjectError(f"{what}, then export again.")
    motion = motion_item(project, fitted[0])
    count = item.write(motion, out)
    if not count:
        raise ProjectError("The body was found in no frame. Fit it again, then export.")
    text = f"Wrote {count} frames of {motion.track} ({motion.mesh.body}) to {out}"
    text += f"\n{item.title} does not carry: {'; '.join(item.loses)}."
    return {"file": str(out), "format": item.key, "frames": count, "lost": [*item.loses]}, text


def motion_item(project: Project, track: Track) -> MotionItem:
    """Return a climber's fitted body as writers want it; there has to be one."""
    mesh = project.mesh(track.id)
    assert mesh is not None
    body = load_body(mesh.body, bodies_dir=bodies_path())
    return MotionItem(track.name, mesh, body, project.clip(track.clip_id).timeline.fps)
