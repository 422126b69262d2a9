"""What a person's wishes about climbers mean as edits and jobs; command line and window share it."""

from annotation.errors import ProjectError
from annotation.labels import Track
from annotation.project import Project, new_id
from annotation.skeletons import DEFAULT_SKELETON
from app.job_preparation import PersonBox, PreparedJob, prepare_detect, prepare_detect_another


def new_climber(project: Project, clip_id: str, *, name: str | None = None) -> Track:
    """Return another climber for a clip, with a name nobody there has."""
    taken = {track.name for track in project.tracks_of(clip_id)}
    numbered = (f"Climber {n}" for n in range(len(taken) + 1, 2 * len(taken) + 2))
    return Track(new_id(), clip_id, name or next(n for n in numbered if n not in taken), DEFAULT_SKELETON)


def detection(
    project: Project, clip_id: str, *, name: str | None = None, box: PersonBox | None = None
) -> tuple[PreparedJob, str]:
    """Return the job that detects a climber, and the climber's name.

    Without a name it is the first climber of the clip; where that one has points already and a box says who is
    meant, another one. A name nobody has is that of another climber.

    Raises
    ------
    ProjectError
        If the video is not where it was, or the box lies outside of it; or a new name comes without a box.
    """
    tracks = project.tracks_of(clip_id)
    track = next((track for track in tracks if name in (None, track.name)), None)
    taken = name is None and box is not None and track is not None and bool(track.labels or track.active_runs)
    if track is not None and not taken:
        return prepare_detect(project, track.id, box=box), track.name
    if box is None:
        names = ", ".join(repr(track.name) for track in tracks) or "nobody yet"
        raise ProjectError(f"There is no climber {name!r} in this video ({names}). A new one needs --box X,Y,W,H.")
    track = new_climber(project, clip_id, name=name)
    return prepare_detect_another(project, track, box=box), track.name
