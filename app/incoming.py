"""A file of another tool on its way into a project: read, planned and prepared, whichever kind it is.

Nothing here changes a project, so a thread may do all of it while the window goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from annotation.formats.coco_reader import read_coco_results
from annotation.formats.guessing import Guess, read_as, read_guessed
from annotation.formats.motion_table import ImportedMotion
from annotation.formats.registry import find_format
from annotation.project import Project
from app.importing import Existing, ImportPlan, plan_import, prepare_import
from app.motion_import import MotionPlan, plan_motion, prepare_motion
from app.prepared_import import PreparedImport

RESULTS = "coco-results"


@dataclass(frozen=True)
class Wishes:
    """What a person chose of an import.

    Attributes
    ----------
    clip_id : str or None
        The video; None to find it by name.
    track_id : str or None
        The climber; None to find it by name.
    as_new : bool
        Whether everybody in the file becomes a new climber.
    joints : mapping
        Name of a joint in the file -> ours, or None to leave it out.
    replaces : bool
        Whether labels that are there already are replaced.
    """

    clip_id: str | None = None
    track_id: str | None = None
    as_new: bool = False
    joints: Mapping[str, str | None] = field(default_factory=dict)
    replaces: bool = False


@dataclass(frozen=True)
class Plan:
    """What would come of a file: poses or motions.

    Attributes
    ----------
    poses : ImportPlan or None
    motions : tuple of MotionPlan
    """

    poses: ImportPlan | None = None
    motions: tuple[MotionPlan, ...] = ()

    @property
    def brings(self) -> str:
        """What comes in, in words."""
        if self.poses is None:
            return f"a body in {sum(plan.n_frames for plan in self.motions):,} frames"
        return _brought(
            sum(item.n_labels for item in self.poses.tracks), sum(item.n_predictions for item in self.poses.tracks)
        )


def read(path: Path, key: str, *, truth: Path | None = None) -> Guess:
    """Read a file as a format, or as what it turns out to be.

    Parameters
    ----------
    truth : Path, optional
        The COCO file that COCO results belong to.

    Raises
    ------
    BetascopeError
        If it is none.
    """
    if key == RESULTS:
        return Guess(find_format(key), read_coco_results(path, truth=truth))
    return read_as(path, key) if key else read_guessed(path)


def plan(guess: Guess, project: Project, wishes: Wishes, *, bodies_dir: Path) -> Plan:
    """Say what would come in.

    Raises
    ------
    ProjectError
        If it is not clear which video or climber is meant, or nothing fits.
    """
    imported, where = guess.imported, (wishes.clip_id, wishes.track_id)
    if isinstance(imported, ImportedMotion):
        motions = plan_motion(
            imported, project, bodies_dir=bodies_dir, clip_id=where[0], track_id=where[1], as_new=wishes.as_new
        )
        return Plan(motions=motions)
    poses = plan_import(
        imported, project, clip_id=where[0], track_id=where[1], chosen=wishes.joints, as_new=wishes.as_new
    )
    return Plan(poses)


def prepare(project: Project, chosen: Plan, *, replaces: bool, file: str) -> PreparedImport:
    """Return the edit of a plan, the runs it needs written.

    Raises
    ------
    ProjectError
        If there is nothing left to bring in, a climber is locked, or a run cannot be written.
    """
    if chosen.poses is None:
        return prepare_motion(project, chosen.motions, file=file)
    existing = Existing.REPLACE if replaces else Existing.KEEP
    return prepare_import(project, chosen.poses, existing=existing, title=f"Import {file}")


def words(chosen: Plan, project: Project, *, replaces: bool) -> str:
    """Return what a plan would do, a line for each thing."""
    videos = {clip.id: clip.path.name for clip in project.clips.values()}
    climbers = {track.id: track.name for track in project.tracks.values()}
    lines: list[str] = []
    for motion in chosen.motions:
        who = climbers.get(motion.track_id or "", f"{motion.name} (new)")
        lines.append(f"{who}, {videos[motion.clip_id]}: a body in {motion.n_frames:,} frames.")
        lines += [_sentence(note) for note in motion.notes]
    for item in chosen.poses.tracks if chosen.poses is not None else ():
        who = climbers.get(item.track_id or "", f"{item.table.track or 'A climber'} (new)")
        lines.append(f"{who}, {videos[item.clip_id]}: {_brought(item.n_labels, item.n_predictions)}, ")
        lines[-1] += f"{len(item.table):,} frames."
        if item.n_conflicts:
            what = "are replaced" if replaces else "stay as they are"
            lines.append(f"{item.n_conflicts:,} labels here say something else; they {what}.")
        lines += [_sentence(note) for note in item.notes]
    return "\n".join([*lines, *(_sentence(note) for note in (chosen.poses.notes if chosen.poses else ()))])


def _sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:]}."


def _brought(n_labels: int, n_predictions: int) -> str:
    parts = [f"{n:,} {word}" for n, word in ((n_labels, "labels"), (n_predictions, "predicted points")) if n]
    return " and ".join(parts) or "nothing"
