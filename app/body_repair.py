"""Answers to doubts about the fitted body, as edits: what the fit exchanged stays, or the body turns around."""

from pathlib import Path

from annotation.body import SMPL_JOINTS
from annotation.body_identity import body_of
from annotation.doubt import Doubt, DoubtKind
from annotation.edits import Edit, Several
from annotation.errors import ProjectError
from annotation.exchange import Stretch
from annotation.known_facts import RightSides
from annotation.labels import Track
from annotation.project import Project
from annotation.skeletons import load_skeleton
from annotation.track_edits import DismissDoubts, SetFacts
from app import stating

SWAPS = (DoubtKind.SWAP, DoubtKind.FIT_SWAP)
ANSWERED = (*SWAPS, DoubtKind.FLIP)
"""The kinds one key can put right."""
ACCEPTS = {
    DoubtKind.SWAP: "repairs it",
    DoubtKind.FIT_SWAP: "exchanges the points too",
    DoubtKind.FLIP: "turns the body around",
}
REFUSES = {DoubtKind.FIT_SWAP: "has them kept as they were"}


def turn_around(project: Project, track: Track, doubt: Doubt, *, bodies_dir: Path) -> SetFacts:
    """Return the statement that turns the body around where front and back are exchanged.

    Raises
    ------
    ProjectError
        If there is no body any more.
    """
    mesh = project.mesh(track.id)
    if mesh is None or doubt.frame >= len(mesh):
        raise ProjectError("There is no body here any more. Fit the body again.")
    body, one = body_of(mesh, bodies_dir=bodies_dir), slice(doubt.frame, doubt.frame + 1)
    joints = body.joints(mesh.betas, mesh.pose[one], transl=mesh.transl[one])[0]
    left, right = (float(joints[SMPL_JOINTS.index(f"{side}_hip"), 2]) for side in ("left", "right"))
    edit = stating.turn_around(track, doubt.frame, left_hip_farther=left > right)
    if edit is None:
        raise ProjectError("That was said already. Fit the body again, so that it turns around.")
    return edit


def keep_sides(track: Track, doubt: Doubt) -> Edit:
    """Return the edit that dismisses an exchange of the fit, and has no fit make it again."""
    stretch = Stretch.of(doubt, load_skeleton(track.skeleton))
    kept = RightSides(stretch.start, stretch.end, stretch.arms, stretch.legs)
    dismissed = DismissDoubts(track.id, frozenset({doubt.key}))
    return Several((dismissed, stating.state_sides(track, kept)), "Left and right are right")
