"""What comes next: one sentence and one button above the video, and the numbers in the inspector."""

from dataclasses import dataclass

import numpy as np

from annotation.labels import ResolvedTrack, RunKind, Source, Track, Visibility
from annotation.project import Project
from app import operations
from app.actions import Act

Rows = list[tuple[str, str]]
Sections = list[tuple[str, Rows]]
_SOURCES = {
    Source.MISSING: "not found",
    Source.PREDICTED: "predicted",
    Source.INTERPOLATED: "interpolated",
    Source.LABELLED: "labelled",
}


@dataclass(frozen=True)
class Step:
    """The next thing to do."""

    text: str
    button: str | None
    act: Act | None
    detail: str = ""


def next_step(
    project: Project,
    track: Track,
    resolved: ResolvedTrack | None,
    *,
    running: bool,
    present: bool,
    followed: bool = False,
) -> Step:
    """Return what a person would do next with a track, whose video is `present` or not.

    `followed`: the body on screen follows the corrections, whatever the run says.
    """
    if not project.writable:
        text = "You are looking at a project that another window edits. Nothing can be changed here."
        return Step(text, "Reload project", Act.RELOAD)
    if not present:
        return Step(
            "The video is not where it was.", "Relink video…", Act.RELINK, str(project.clip(track.clip_id).path)
        )
    if running:
        return Step("Working. You can go on playing and correcting.", None, None)
    if RunKind.KEYPOINTS not in track.active_runs and not track.labels:
        return Step("Find the climber's joints in every frame.", "Detect climber", Act.DETECT)
    if RunKind.BODY not in track.active_runs:
        text = "Drag joints that are wrong; every few frames, {LABEL_ALL} accepts a whole pose. Then fit the body."
        return Step(text, "Fit body", Act.FIT)
    if not followed and resolved is not None and not operations.body_is_current(project, track.id, resolved=resolved):
        if operations.body_is_imported(project, track.id):
            return Step("This body was imported. Fitting one to the points replaces it.", "Fit body", Act.FIT)
        return Step(_what_changed(project, track), "Fit body again", Act.FIT)
    return Step("The body is fitted to your points. Correct more, or export.", "Export…", Act.EXPORT)


def _what_changed(project: Project, track: Track) -> str:
    given, facts = operations.fitted_facts(project, track.active_runs[RunKind.BODY]), track.facts
    if given.climber != facts.climber:
        return "The climber's size changed since the body was fitted."
    if (given.walls, given.wall_angle_deg) != (facts.walls, facts.wall_angle_deg):
        return "The wall changed since the body was fitted."
    return "The points changed since the body was fitted."


def inspector_sections(
    project: Project,
    track: Track,
    *,
    resolved: ResolvedTrack,
    frame: int,
    joint: int,
    body: Rows,
) -> Sections:
    """Return the numbers about the frame, the joint, the `body` (as given) and the clip."""
    clip = project.clip(track.clip_id)
    sections: Sections = [("Frame", _frame_rows(track, resolved, frame=frame))]
    if joint >= 0:
        sections.append(("Joint", _joint_rows(resolved, frame, joint=joint)))
    if body:
        sections.append(("Body", body))
    sections.append(
        (
            "Clip",
            [
                ("size", f"{clip.size[0]} × {clip.size[1]} px"),
                ("length", f"{clip.timeline.duration_s:.2f} s, {clip.n_frames} frames"),
                ("rate", f"{clip.timeline.fps:.2f} fps"),
                ("codec", clip.codec),
            ],
        )
    )
    return sections


def _frame_rows(track: Track, resolved: ResolvedTrack, *, frame: int) -> list[tuple[str, str]]:
    source = resolved.source[frame]
    counts = [(words, int(np.sum(source == value))) for value, words in _SOURCES.items()]
    joints = ", ".join(f"{count} {words}" for words, count in reversed(counts) if count)
    return [
        ("joints", joints),
        ("keyframes", f"{len(track.table.keyframes())} with {len(track.labels)} labels"),
    ]


def _joint_rows(resolved: ResolvedTrack, frame: int, *, joint: int) -> list[tuple[str, str]]:
    x, y = resolved.xy[frame, joint]
    place = "–" if np.isnan(x) else f"{x:.1f}, {y:.1f} px"
    return [
        ("name", resolved.skeleton.joints[joint].replace("_", " ")),
        ("position", place),
        ("source", _SOURCES[Source(int(resolved.source[frame, joint]))]),
        ("visibility", Visibility(int(resolved.visibility[frame, joint])).name.lower()),
        ("confidence", f"{100 * float(resolved.confidence[frame, joint]):.0f} %"),
    ]
