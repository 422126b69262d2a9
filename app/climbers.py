"""What a person's wishes about climbers mean as edits and jobs; command line and window share it."""

import re

from annotation.climber_colors import CLIMBER_COLORS, free_color
from annotation.edits import Edit, RenameTrack
from annotation.errors import ProjectError
from annotation.labels import Track
from annotation.project import Project, new_id
from annotation.skeletons import DEFAULT_SKELETON
from annotation.track_edits import SetTrackLook
from app.job_preparation import PersonBox, PreparedJob, prepare_detect, prepare_detect_another
from app.operations import present_clip


def new_climber(project: Project, clip_id: str, *, name: str | None = None) -> Track:
    """Return another climber for a clip, with a name nobody there has."""
    taken = {track.name for track in project.tracks_of(clip_id)}
    numbered = (f"Climber {n}" for n in range(len(taken) + 1, 2 * len(taken) + 2))
    name = name or next(n for n in numbered if n not in taken)
    return Track(new_id(), clip_id, name, DEFAULT_SKELETON, color=free_color(project.tracks_of(clip_id)))


def rename(project: Project, track_id: str, *, name: str) -> Edit:
    """Give a climber another name.

    Raises
    ------
    ProjectError
        If it is empty, or somebody else in the clip has it.
    """
    track, name = project.unlocked_track(track_id), name.strip()
    if not name:
        raise ProjectError("A climber needs a name. Type one, or press Esc to keep the old one.")
    if any(other.name == name for other in project.tracks_of(track.clip_id) if other is not track):
        raise ProjectError(f"There is a climber {name} in this video already. Choose another name.")
    return RenameTrack(track_id, name)


def set_color(track: Track, color: str) -> Edit:
    """Give a climber a colour.

    Raises
    ------
    ProjectError
        If it is neither one of `CLIMBER_COLORS` nor ``#rrggbb``.
    """
    value = CLIMBER_COLORS.get(color.lower(), color.lower())
    if not re.fullmatch("#[0-9a-f]{6}", value):
        names = ", ".join(CLIMBER_COLORS)
        raise ProjectError(f"{color!r} is no colour. Choose one of {names}, or write it as #rrggbb.")
    return SetTrackLook(track.id, value, track.locked, track.hidden, f"Colour of {track.name}")


def set_locked(track: Track, *, locked: bool) -> Edit:
    """Lock a climber, so that nothing of it can be changed, or unlock it."""
    title = f"{'Lock' if locked else 'Unlock'} {track.name}"
    return SetTrackLook(track.id, track.color, locked, track.hidden, title)


def set_hidden(track: Track, *, hidden: bool) -> Edit:
    """Leave a climber out of the picture, or show it again."""
    title = f"{'Hide' if hidden else 'Show'} {track.name}"
    return SetTrackLook(track.id, track.color, track.locked, hidden, title)


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
    present_clip(project, clip_id)
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
