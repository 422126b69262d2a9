"""What the commands of the command line do; each returns its result for machines and its text for people."""

import argparse
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from annotation.body_files import add_body, list_bodies, load_body
from annotation.errors import BetascopeError, ProjectError
from annotation.fact_checks import misfit
from annotation.known_facts_json import facts_from_json
from annotation.labels import Source
from annotation.project import Project
from annotation.store import Access
from app import climbers, job_preparation, operations
from app.climber_commands import tracks
from app.doubt_commands import doubts, keyframes
from app.effort_commands import effort
from app.evaluate_commands import evaluate
from app.exchange_commands import export, formats, import_labels
from app.facts_commands import facts
from app.fit_options import fit_wishes
from app.job_running import carry_out, run_for_track
from app.label_commands import labels
from app.model_commands import models, smooth
from app.pack_commands import pack_project, unpack_project
from app.settings import bodies_path, load_settings, save_settings, settings_path
from app.state_commands import state
from app.train_commands import reproduce, train
from app.video_commands import video
from app.wording import counted

Result = tuple[dict[str, Any], str]


def detect(options: argparse.Namespace) -> Result:
    """Predict 2D keypoints."""
    with operations.open_for_video(options.video, folder=options.project) as project:
        clip = operations.find_clip(project, options.video)
        assert clip is not None
        box = None if options.box is None else job_preparation.PersonBox(options.frame, *options.box)
        job, name = climbers.detection(project, clip.id, name=options.track, box=box)
        summary = run_for_track(project, job, quiet=options.json)
        text = (
            f"Found {name} in {summary['frames_with_person']} of {summary['frames']} frames "
            f"({summary['fps']:.0f} frames/s). Project: {project.folder}\n"
            f"Next: betascope fit {project.folder}"
        )
        if summary["damaged"]:
            text = f"Only part of the video could be read: {summary['damaged']}\n{text}"
        return {"project": str(project.folder), "track": name, **summary}, text


def propagate(options: argparse.Namespace) -> Result:
    """Follow labelled joints by optical flow."""
    with Project.open(options.project, access=Access.WRITE) as project:
        track = operations.only_track(project, track_name=options.track)
        operations.present_clip(project, track.clip_id)
        job = job_preparation.prepare_propagate(project, track.id, start=options.start, end=options.end)
        summary = run_for_track(project, job, quiet=options.json)
        share = 100 * summary["joints_followed_to_the_end"]
        text = f"Followed through {summary['frames']} frames; {share:.0f} % of the joints to frame {options.end}."
        return {"project": str(project.folder), "track": track.name, **summary}, text


def fit(options: argparse.Namespace) -> Result:
    """Fit the body."""
    with Project.open(options.project, access=Access.WRITE) as project:
        track = operations.only_track(project, track_name=options.track)
        operations.look_at_lenses(project)
        body = options.body or load_settings(settings_path()).body
        wishes = fit_wishes(options, video=project.clip(track.clip_id).path, known_facts=track.facts)
        job = job_preparation.prepare_fit(project, track.id, body=body, bodies_dir=bodies_path(), wishes=wishes)
        summary = run_for_track(project, job, quiet=options.json)
        share = 100 * summary["median_reprojection_box_fraction"]
        wrong = misfit(
            facts_from_json(wishes["facts"]), height_m=summary["height_m"], n_contacts=summary.get("contacts")
        )
        text = (
            f"Fitted in {summary['seconds']:.1f} s: median reprojection error "
            f"{summary['median_reprojection_px']:.1f} px ({share:.1f} % of the person's box), "
            f"height {summary['height_m']:.2f} m.\n"
            f"Focal length {summary['focal_px']:.0f} px, from {summary['focal_from']}.\n"
            f"{wrong}{chr(10) if wrong else ''}"
            f"Next: betascope {project.folder}"
        )
        return {"project": str(project.folder), "track": track.name, **summary}, text


def render(options: argparse.Namespace) -> Result:
    """Make the review video."""
    with Project.open(options.project, access=Access.WRITE) as project:
        track = operations.only_track(project, track_name=options.track)
        summary = render_video(project, track.id, out=options.out, quiet=options.json)
        return summary, f"Wrote {summary['frames']} frames to {options.out}"


def render_video(project: Project, track_id: str, *, out: Path, quiet: bool) -> dict[str, Any]:
    """Render the review video of a track to a file.

    Raises
    ------
    ProjectError
        If the target cannot be written.
    """
    if not out.parent.is_dir():
        raise ProjectError(f"There is no folder {out.parent}. Make it first, or choose another target.")
    operations.present_clip(project, project.track(track_id).clip_id)
    job = job_preparation.prepare_render(project, track_id, out=out, bodies_dir=bodies_path())
    finished = carry_out(job, quiet=quiet)
    try:
        shutil.move(finished.output / out.name, out)
    except OSError as error:
        raise ProjectError(f"{out} cannot be written ({error.strerror}). Choose another place.") from error
    shutil.rmtree(job.folder, ignore_errors=True)
    return {**finished.summary, "file": str(out)}


def info(options: argparse.Namespace) -> Result:
    """Say what is in a project."""
    with Project.open(options.project, access=Access.READ) as project:
        clips = [_clip_info(project, clip_id) for clip_id in project.clips]
    lines = [f"{options.project.name}: {counted(len(clips), 'clip')}"]
    for clip in clips:
        width, height = clip["size"]
        missing = "" if clip["present"] else "  MISSING: use betascope relink"
        lines.append(f"  {clip['path']}{missing}")
        lines.append(f"    {width}x{height}, {clip['frames']} frames, {clip['fps']:.2f} fps, {clip['codec']}")
        for track in clip["tracks"]:
            body = {True: "fitted", False: "fitted, before the last changes", None: "none"}[track["body_current"]]
            lines.append(
                f"    {track['name']}: {counted(track['labelled_frames'], 'keyframe')} "
                f"with {counted(track['labels'], 'label')}, "
                f"{track['predicted_frames']} frames predicted, body: {body}"
            )
    return {"project": str(options.project), "clips": clips}, "\n".join(lines)


def _clip_info(project: Project, clip_id: str) -> dict[str, Any]:
    clip = project.clip(clip_id)
    tracks = []
    for track in project.tracks_of(clip_id):
        resolved = project.resolved(track.id)
        source = resolved.source
        fitted = project.mesh(track.id) is not None
        tracks.append(
            {
                "name": track.name,
                "skeleton": track.skeleton,
                "labels": len(track.labels),
                "labelled_frames": len(track.table.keyframes()),
                "predicted_frames": int(np.sum((source == Source.PREDICTED).any(axis=1))),
                "body_current": operations.body_is_current(project, track.id, resolved=resolved) if fitted else None,
            }
        )
    return {
        "path": str(clip.path),
        "present": operations.is_there(clip.path),
        "size": list(clip.size),
        "frames": clip.n_frames,
        "fps": clip.timeline.fps,
        "codec": clip.codec,
        "tracks": tracks,
    }


def relink(options: argparse.Namespace) -> Result:
    """Point a project at the place its video moved to."""
    with Project.open(options.project, access=Access.WRITE) as project:
        clips = list(project.clips.values())
        missing = [clip for clip in clips if not operations.is_there(clip.path)] or clips
        problems: list[BetascopeError] = []
        for clip in missing:
            try:
                project.push(operations.relink(project, clip.id, video=options.video))
                return {"video": str(options.video)}, f"{project.name} now uses {options.video}"
            except ProjectError as error:
                problems.append(error)
        raise problems[0]


def body(options: argparse.Namespace) -> Result:
    """List the bodies, or add one."""
    if options.action == "add":
        if options.file is None:
            raise BetascopeError("Say which file: betascope body add FILE (your SMPL file, .pkl or .npz).")
        added = add_body(options.file, bodies_dir=bodies_path())
        _use_body(added.name)
        return {
            "added": added.name
        }, f"Added {added.name}; it is fitted from now on (back: betascope body use betascope)."
    if options.action == "use":
        if options.file is None:
            raise BetascopeError("Say which body: betascope body use NAME (see: betascope body list).")
        chosen = load_body(str(options.file), bodies_dir=bodies_path())
        _use_body(chosen.name)
        return {"used": chosen.name}, f"{chosen.name} is fitted from now on."
    current = load_settings(settings_path()).body
    bodies = list_bodies(bodies_path())
    rows = [
        {"name": item.name, "used": item.name == current, "vertices": item.n_vertices, "problem": item.problem}
        for item in bodies
    ]
    lines = [f"{'*' if row['used'] else ' '} {row['name']}  {row['problem'] or ''}".rstrip() for row in rows]
    return {"bodies": rows}, "\n".join(lines)


def _use_body(name: str) -> None:
    save_settings(replace(load_settings(settings_path()), body=name), path=settings_path())


def demo(options: argparse.Namespace) -> Result:
    """Go through the whole job."""
    from app.demo import run_demo  # keeps the other commands quick

    return run_demo(options)


COMMANDS: dict[str, Callable[[argparse.Namespace], Result]] = {
    "detect": detect,
    "tracks": tracks,
    "propagate": propagate,
    "facts": facts,
    "state": state,
    "fit": fit,
    "evaluate": evaluate,
    "effort": effort,
    "doubts": doubts,
    "keyframes": keyframes,
    "labels": labels,
    "export": export,
    "import": import_labels,
    "formats": formats,
    "pack": pack_project,
    "unpack": unpack_project,
    "render": render,
    "info": info,
    "relink": relink,
    "body": body,
    "demo": demo,
    "models": models,
    "smooth": smooth,
    "video": video,
    "train": train,
    "reproduce": reproduce,
}
