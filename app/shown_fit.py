"""What is known about the fit whose body is on screen: its figures, kept up to date while the body follows."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from annotation.body import SMPL_JOINTS, Body, KeypointRig
from annotation.errors import BetascopeError
from annotation.fit_details import FitDetails, load_details, median_off_px
from annotation.known_facts import Facts
from annotation.known_facts_json import facts_from_json
from annotation.labels import RunKind
from annotation.poses import MeshSequence
from annotation.walls import WallShape
from app import operations
from app.document import Document
from app.frame_presenter import FramePresenter
from app.view_state import ViewState
from inference.refit_messages import Sureness

Rows = list[tuple[str, str]]
_SHOWN_SD = 0.05
_LATER_MS = 80
"""Figures wait so long for the body to be on screen."""


class ShownFit(QObject):
    """The figures of the body on screen.

    Attributes
    ----------
    details : FitDetails or None
        How sure the fit is, frame by frame; where the body followed corrections, how far off it is now.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(
        self, document: Document, view: ViewState, frames: FramePresenter, *, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._frames = document, view, frames
        self.details: FitDetails | None = None
        self._summary: dict[str, Any] = {}
        self._facts = Facts()
        self._sized: tuple[Body, bytes] | None = None
        self._measured = (0.0, 0.0, 0.0)
        self._lengths: Rows = []
        self._moved: set[int] = set()
        self._later = QTimer(self, singleShot=True, interval=_LATER_MS)
        self._later.timeout.connect(self.catch_up)
        self._rig: tuple[Body, KeypointRig] | None = None
        frames.body_changed.connect(self._read)
        frames.body_followed.connect(self._follow)
        self._read()

    @property
    def summary(self) -> dict[str, Any]:
        """What the fit said about itself."""
        return self._summary

    def knows(self, facts: Facts) -> bool:
        """Tell whether the fit was given the climber's size and the wall as they are stated now."""
        return self._facts.same_size_and_wall(facts)

    @property
    def measured(self) -> tuple[float, float, float] | None:
        """Height and arm span in metres and mass in kilograms of the fitted body; None where there is none."""
        mesh, body = self._frames.mesh, self._frames.body
        if mesh is None or body is None:
            return None
        betas = mesh.betas.tobytes()
        if self._sized is None or self._sized[0] is not body or self._sized[1] != betas:
            self._sized = body, betas
            self._measured = body.height_m(mesh.betas), body.span_m(mesh.betas), body.mass_kg(mesh.betas)
            self._lengths = [(name, f"{100 * length:.0f} cm") for name, length in limb_lengths(body, mesh).items()]
        return self._measured

    @property
    def sizes(self) -> Rows:
        """Names and values of the body's size."""
        measured = self.measured
        if measured is None:
            return []
        height_m, span_m, mass_kg = measured
        sizes = [("height", f"{height_m:.2f} m"), ("arm span", f"{span_m:.2f} m"), ("mass", f"{mass_kg:.0f} kg")]
        return [*sizes, *self._lengths]

    def body_rows(self, frame: int) -> Rows:
        """Return the numbers about the body in a frame."""
        mesh, body = self._frames.mesh, self._frames.body
        if mesh is None or body is None:
            return []
        rows = [*self.sizes]
        reprojection = self._reprojection()
        if reprojection:
            rows.append(("reprojection", reprojection))
        if origin := self._summary.get("focal_from"):
            rows.append(("focal length", f"{mesh.camera.focal_px:.0f} px, from {origin}"))
        joints = self._frames.joints_at(frame)
        if mesh.wall is not None and joints is not None:
            rows.append(("hips to wall", _before_wall(mesh, mesh.in_first_frame(joints[0], frame))))
        return rows

    def shape_rows(self) -> Rows:
        """Return in what the fitted body differs from the average one, in standard deviations."""
        mesh, body = self._frames.mesh, self._frames.body
        return [] if mesh is None or body is None else _proportions(body, mesh)

    def _reprojection(self) -> str:
        if self.details is not None and np.isfinite(self.details.residual_px).any():
            return f"{float(np.nanmedian(self.details.residual_px)):.1f} px median"
        pixels, share = (
            self._summary.get(name) for name in ("median_reprojection_px", "median_reprojection_box_fraction")
        )
        if not isinstance(pixels, float) or not isinstance(share, float):
            return ""
        return f"{pixels:.1f} px median, {100 * share:.1f} % of the box"

    def _read(self) -> None:
        """Take over another run."""
        project, track = self._document.project, self._view.track
        run_id = "" if track is None else track.active_runs.get(RunKind.BODY, "")
        mesh = self._frames.mesh
        self._summary, self._facts, self.details = {}, Facts(), None
        self._moved.clear()
        if project is not None and run_id and mesh is not None:
            record = operations.run_summary(project, run_id)
            self._summary = record.get("summary", {})
            try:
                self._facts = facts_from_json(record.get("parameters", {}).get("facts") or {})
                self.details = load_details(project.run_folder(run_id))
            except BetascopeError as error:
                self.failed.emit(str(error))
        self.changed.emit()

    def _follow(self, frames: slice) -> None:
        """Note frames that moved; how far they are off their points now is worked out when there is time."""
        self._moved.update(range(frames.start, frames.stop))
        self._later.start()

    def take(self, sureness: Sureness) -> None:
        """Take in how sure the fit is of some frames since the body followed there."""
        details, frames = self.details, slice(sureness.start, sureness.start + len(sureness.depth_open))
        if details is None or frames.stop > len(details):
            return
        joint_sd, depth_sd, depth_open = (
            details.joint_sd_m.copy(),
            details.depth_sd_m.copy(),
            details.depth_open.copy(),
        )
        joint_sd[frames], depth_sd[frames] = sureness.joint_sd_m, sureness.depth_sd_m
        depth_open[frames] = sureness.depth_open
        self.details = replace(details, joint_sd_m=joint_sd, depth_sd_m=depth_sd, depth_open=depth_open)
        self.changed.emit()

    def catch_up(self) -> None:
        """Work out how far the frames that moved are off their points now."""
        self._later.stop()
        mesh, body, moved = self._frames.mesh, self._frames.body, np.array(sorted(self._moved), np.intp)
        self._moved.clear()
        project, track = self._document.project, self._view.track
        if self.details is None or project is None or track is None or mesh is None or body is None:
            return
        if len(moved) and len(self.details) == len(mesh):
            if self._rig is None or self._rig[0] is not body:
                self._rig = body, body.keypoint_rig(track.skeleton)
            residual = self.details.residual_px.copy()
            residual[moved] = median_off_px(mesh, body, self._rig[1], project.resolved(track.id), frames=moved)
            self.details = replace(self.details, residual_px=residual)
            self.changed.emit()


def limb_lengths(body: Body, mesh: MeshSequence) -> dict[str, float]:
    """Return how long the limbs of a fitted body are, from joint to joint, metres."""
    joints = dict(zip(SMPL_JOINTS, body.rest_joints(mesh.betas), strict=True))

    def between(one: str, other: str) -> float:
        pairs = ((joints[f"{side}_{one}"], joints[f"{side}_{other}"]) for side in ("left", "right"))
        return float(np.mean([np.linalg.norm(a - b) for a, b in pairs]))

    return {
        "upper arm": between("shoulder", "elbow"),
        "forearm": between("elbow", "wrist"),
        "thigh": between("hip", "knee"),
        "shank": between("knee", "ankle"),
    }


def _proportions(body: Body, mesh: MeshSequence) -> Rows:
    names = body.shape_names or tuple(f"shape {n + 1}" for n in range(len(mesh.betas)))
    return [
        (name.replace("_", " "), f"{value:+.1f} SD")
        for name, value in zip(names, mesh.betas, strict=False)
        if abs(value) > _SHOWN_SD
    ]


def _before_wall(mesh: MeshSequence, point: NDArray[np.floating]) -> str:
    """Return how far a point (3,) of the first frame is before the wall, and before which of several planes."""
    shape = WallShape(mesh.walls)
    plane = mesh.walls[int(shape.nearest(point))]
    words = f"{100 * float(shape.distance(point)):.0f} cm"
    return f"{words}, {plane.name}" if len(mesh.walls) > 1 else words
