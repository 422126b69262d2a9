"""The whole job in one go: a climb, detection, corrections, the body, the review video, COCO labels, a report."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from annotation.body_identity import body_of
from annotation.climb_truth import ClimbTruth, load_truth
from annotation.edits import SetLabels
from annotation.errors import ProjectError
from annotation.exporting import export_items
from annotation.formats.export_tables import ExportChoice
from annotation.formats.files import write_json
from annotation.labels import Label, LabelKey
from annotation.metrics import mean, mpjpe, pa_mpjpe, pck, torso_length
from annotation.project import Project
from annotation.store import SUFFIX
from app import commands, job_preparation, job_running, operations
from app.exchange_commands import write_format
from app.settings import bodies_path, load_settings, settings_path

REVIEW, COCO, RESULTS, REPORT = "review.mp4", "coco.json", "coco-results.json", "report.json"
_MARK = ".betascope-demo"
_WRONG_TORSO = 0.1
"""The simulated annotator corrects what is farther off than this fraction of the torso."""


def run_demo(options: argparse.Namespace) -> commands.Result:
    """Carry out the demo and, with a screen, open the window on its result."""
    out: Path = options.out.absolute()
    _claim_folder(out)
    quiet: bool = options.json
    truth = None
    video = options.clip
    if video is None:
        job = job_preparation.prepare_climb(out, seed=options.seed, duration_s=options.seconds)
        job_running.carry_out(job, quiet=quiet)
        video = job_preparation.deliver_climb(job, out)
        truth = load_truth(out / job_preparation.CLIMB_TRUTH)
    with operations.open_for_video(video, folder=_free_name(out / f"{video.stem}{SUFFIX}")) as project:
        report = whole_job(project, truth, out=out, quiet=quiet)
    write_json(report, out / REPORT)
    text = report_text(report, out=out)
    if not options.headless and not quiet:
        text += _show(project.folder)
    return report, text


def whole_job(project: Project, truth: ClimbTruth | None, *, out: Path, quiet: bool) -> dict[str, Any]:
    """Detect, correct (where there is a truth to correct by), fit, render and export; return the report."""
    track = next(iter(project.tracks.values()))
    clip = project.clip(track.clip_id)
    report: dict[str, Any] = {"video": str(clip.path), "project": str(project.folder), "frames": clip.n_frames}
    report["detection"] = job_running.run_for_track(
        project, job_preparation.prepare_detect(project, track.id), quiet=quiet
    )
    stages = ["detected"] if truth is None else ["detected", "corrected"]
    report["accuracy"] = {}
    for stage in stages:
        if stage == "corrected":
            assert truth is not None
            report["labels"] = correct(project, track.id, truth=truth)
        body = load_settings(settings_path()).body
        job = job_preparation.prepare_fit(project, track.id, body=body, bodies_dir=bodies_path())
        report["fit"] = job_running.run_for_track(project, job, quiet=quiet)
        if truth is not None:
            report["accuracy"][stage] = accuracy(project, track.id, truth=truth)
    report["render"] = commands.render_video(project, track.id, out=out / REVIEW, quiet=quiet)
    items = export_items(project, [project.track(track.id)])
    report["exports"] = [
        write_format(key, items, choice=ExportChoice(), out=out / name)[0]
        for key, name in (("coco-results", RESULTS), *([("coco", COCO)] if truth is not None else []))
    ]
    return report


def correct(project: Project, track_id: str, *, truth: ClimbTruth) -> int:
    """Play an annotator who, at every keyframe of the stride, puts wrong joints right; return the labels set."""
    track = project.track(track_id)
    resolved = project.resolved(track_id)
    torso = torso_length(truth.xy, resolved.skeleton)
    error = np.linalg.norm(resolved.xy - truth.xy, axis=-1)
    wrong = ~(error < _WRONG_TORSO * torso[:, None])  # not found counts as wrong
    count = 0
    for frame in range(0, len(resolved), track.stride):
        labels: dict[LabelKey, Label | None] = {}
        for joint in np.flatnonzero(wrong[frame]):
            x, y = truth.xy[frame, joint]
            labels[frame, int(joint)] = Label((float(x), float(y)))
        if labels:
            project.push(SetLabels(track_id, labels, f"Correct frame {frame}"))
            count += len(labels)
    return count


def accuracy(project: Project, track_id: str, *, truth: ClimbTruth) -> dict[str, float]:
    """Score what a track amounts to, in 2D and in 3D, against the truth."""
    resolved = project.resolved(track_id)
    torso = torso_length(truth.xy, resolved.skeleton)
    mesh = project.mesh(track_id)
    assert mesh is not None
    body = body_of(mesh, bodies_dir=bodies_path())
    joints = body.joints(mesh.betas, mesh.pose, transl=mesh.transl)
    return {
        "pck_0.1_torso": pck(resolved.xy, truth.xy, threshold=0.1, scale=torso),
        "pck_0.2_torso": pck(resolved.xy, truth.xy, threshold=0.2, scale=torso),
        "mpjpe_mm": float(mean(mpjpe(joints, truth.joints3d, root=[0]))),
        "pa_mpjpe_mm": float(mean(pa_mpjpe(joints, truth.joints3d))),
    }


def report_text(report: dict[str, Any], *, out: Path) -> str:
    """Return the report for people."""
    found = report["detection"]["frames_with_person"]
    lines = [
        "",
        f"Found the climber in {found} of {report['frames']} frames at {report['detection']['fps']:.0f} frames/s.",
        f"Fitted the body in {report['fit']['seconds']:.1f} s, median reprojection error "
        f"{report['fit']['median_reprojection_px']:.1f} px.",
    ]
    if report["accuracy"]:
        lines += ["", f"{'against the truth':<42}PCK@0.1  PCK@0.2    MPJPE  PA-MPJPE"]
        names = {"detected": "detected", "corrected": f"corrected ({report.get('labels', 0)} labels, every 5th frame)"}
        for stage, score in report["accuracy"].items():
            lines.append(
                f"{names[stage]:<42}{score['pck_0.1_torso']:>7.3f}  {score['pck_0.2_torso']:>7.3f}  "
                f"{score['mpjpe_mm']:>4.0f} mm   {score['pa_mpjpe_mm']:>4.0f} mm"
            )
    files = [path.name for path in sorted(out.iterdir()) if not path.name.startswith(".")]
    return "\n".join([*lines, "", f"In {out}: {', '.join(files)}"])


def _claim_folder(out: Path) -> None:
    """Make the folder the demo's own; one that holds other people's files by the names of ours is refused."""
    ours = (job_preparation.CLIMB_VIDEO, job_preparation.CLIMB_TRUTH, REVIEW, COCO, RESULTS, REPORT)
    taken = [name for name in ours if (out / name).exists()]
    if taken and not (out / _MARK).exists():
        raise ProjectError(f"{out} holds {taken[0]} already, and not from a demo. Choose another folder with --out.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / _MARK).write_text("made by betascope demo\n", encoding="utf-8")
    except OSError as error:
        raise ProjectError(f"{out} cannot be written ({error.strerror}). Choose another folder with --out.") from error


def _free_name(folder: Path) -> Path:
    """Return a name for a new project; what was labelled in an earlier one stays."""
    number = 1
    candidate = folder
    while candidate.exists():
        number += 1
        candidate = folder.with_name(f"{folder.stem}-{number}{folder.suffix}")
    return candidate


def _show(folder: Path) -> str:
    if not has_screen():
        program = sys.argv[0] if Path(sys.argv[0]).stem == "betascope" else "betascope"
        return f"\n\nThere is no screen here, so no window was opened. On a machine with one: {program} {folder}"
    from app.window_process import open_window  # Qt only where there is a window

    print(f"Opening {folder} ...", flush=True)
    open_window(folder)
    return ""


def has_screen() -> bool:
    """Tell whether a window can be opened."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
