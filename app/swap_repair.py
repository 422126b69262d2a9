"""Putting left and right where they belong, in the predictions: labels stay, and undoing shows the old run again."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from annotation.doubt import Doubt
from annotation.edits import UseRun
from annotation.errors import ProjectError
from annotation.exchange import Stretch, exchanged
from annotation.labels import RunKind, Track
from annotation.project import Project
from annotation.skeletons import load_skeleton
from app.derived_runs import DerivedRun, prepare_derived


@dataclass(frozen=True)
class SwapRepair:
    """A run in which swaps are put right, ready to be written.

    Attributes
    ----------
    run : DerivedRun
    title : str
        Of the edit.
    """

    run: DerivedRun
    track_id: str
    title: str

    def write(self) -> None:
        """Write its files; a thread may do it."""
        self.run.write()

    def use(self, project: Project) -> UseRun:
        """Register the run and return the edit that lets the track show it."""
        return UseRun(self.track_id, RunKind.KEYPOINTS, self.run.register(project), self.title)


def prepare_repair(project: Project, track: Track, *, swaps: Sequence[Doubt]) -> SwapRepair:
    """Return the run a track shows with left and right exchanged where some doubts say so.

    Predictions are exchanged and not labelled: a person who repairs a swap says which side is which, not where every
    joint is. Labels in those frames stay where they are.

    Raises
    ------
    ProjectError
        If the track shows no predictions.
    """
    run_id, predictions = track.active_runs.get(RunKind.KEYPOINTS), project.keypoints(track.id)
    if run_id is None or predictions is None:
        raise ProjectError("There are no predictions to put right. Detect the climber first.")
    stretches = [Stretch.of(swap, load_skeleton(track.skeleton)) for swap in swaps]
    run = prepare_derived(
        project,
        track.clip_id,
        make=lambda: exchanged(predictions, stretches),
        skeleton=predictions.skeleton,
        parents=[run_id],
        how={"swapped": [asdict(stretch) for stretch in stretches]},
    )
    title = f"Repair swap at frame {swaps[0].start}" if len(swaps) == 1 else f"Repair {len(swaps)} swaps"
    return SwapRepair(run, track.id, title)
