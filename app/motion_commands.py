"""``betascope import`` and ``export`` of 3D formats: a climber's body in and out."""

from typing import Any

from annotation.exporting import ExportOrder
from annotation.exporting_motion import carry_out_motion, ordered_track
from annotation.formats.motion_registry import MotionFormat
from annotation.formats.motion_table import ImportedMotion
from annotation.project import Project
from app.motion_import import MotionPlan, plan_motion, prepare_motion
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
        project.push(prepare_motion(project, plans, file=file).registered(project))
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


def export_motion(item: MotionFormat, project: Project, *, order: ExportOrder) -> Result:
    """Write the body of the only climber that has one.

    Raises
    ------
    ProjectError
        If it is not clear whose body, there is none, or it cannot be written.
    """
    exported = carry_out_motion(project, order, bodies_dir=bodies_path())
    track = ordered_track(project, order)
    mesh = project.mesh(track.id)
    assert mesh is not None
    text = f"Wrote {exported.n_poses} frames of {track.name} ({mesh.body}) to {order.out}"
    text += f"\n{item.title} does not carry: {'; '.join(item.loses)}."
    return {"file": str(order.out), "format": item.key, "frames": exported.n_poses, "lost": [*item.loses]}, text
