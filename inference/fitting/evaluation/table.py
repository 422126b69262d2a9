"""The figures the fit is judged by, as one table: what was asked and what was measured, also where it is missed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from annotation.body_doubts import REACH_PX
from annotation.evaluation3d import body_joints
from annotation.known_facts import Climber, Facts
from annotation.metrics import mean, pa_mpjpe, pck, torso_length
from annotation.poses import Camera
from inference.fitting.clip_fit import FitResult, fit_clip
from inference.fitting.evaluation import annotator, capture, climbs, faults, pose2sim
from inference.fitting.evaluation.views import Fit, Outcome, View, flips, measure, plain_fit
from inference.fitting.kinematics import TURNED
from inference.fitting.limits import beyond_limits
from inference.fitting.reach import bridged, within_reach
from inference.fitting.rotations import log
from inference.fitting.swaps import repair_swaps

CAPTURE_FILE = "mocap/cmu-01_03-climb-hang-swing.bvh"
EVERY = 10
SET_DEPTH_ERROR_M = 0.04
SPIN_DEG = 45.0
"""Climbers turn their limbs more slowly than by this in 1/30 s."""
THROWS = 6


@dataclass(frozen=True)
class Row:
    """A figure: what it is, what was asked of it, what was measured, and whether that is good enough."""

    what: str
    asked: str
    measured: str
    reached: bool | None = None


def knowing(facts: Callable[[View], Facts]) -> Fit:
    """Return a fit that is told facts about each view."""

    def fit(view: View) -> FitResult:
        return fit_clip(view.points, body=view.body, camera=view.camera, times_s=view.times_s, facts=facts(view))

    return fit


def _with_guessed_camera(view: View) -> FitResult:
    camera = Camera.guess(view.camera.size_px)
    return fit_clip(view.points, body=view.body, camera=camera, times_s=view.times_s)


class Table:
    """Measures group by group and keeps the outcomes for what is asked of all of them.

    Parameters
    ----------
    data : Path
        The folder with ``pose2sim`` and ``mocap``.
    cache : Path
        Where detections and filmed climbs are kept.
    """

    def __init__(self, data: Path, cache: Path) -> None:
        self._data, self._cache = data, cache
        self.outcomes: list[Outcome] = []
        self.groups: dict[str, Callable[[], Iterator[Row]]] = {
            "pose2sim": self.pose2sim,
            "cmu": self.capture,
            "climbs": self.climbs,
            "folded": self.folded,
            "filmed": self.filmed,
            "folded-filmed": self.folded_filmed,
            "faulty": self.faulty,
        }

    def _measured(self, views: Iterable[View], fit: Fit = plain_fit) -> list[Outcome]:
        done = [measure(view, fit=fit) for view in views]
        self.outcomes += done
        return done

    def pose2sim(self) -> Iterator[Row]:
        """Yield the figures of the two calibrated cameras."""
        folder, inputs = self._data / "pose2sim", pose2sim.Input
        views = {
            (name, given): pose2sim.view(folder, name, given, cache=self._cache)
            for name in pose2sim.CAMERAS
            for given in inputs
        }
        for name, least in (("cam01", 65.0), ("cam02", 85.0)):
            view = views[name, inputs.DETECTED]
            raw = float(mean(pa_mpjpe(pose2sim.raw_world(view), view.truth.of(view.names))))
            yield Row(f"Pose2Sim {name}, detector's own 3D: PA-MPJPE", "-", f"{raw:.0f} mm")
            (detected,) = self._measured([view])
            yield _limit(f"Pose2Sim {name}, detected: PA-MPJPE", detected.accuracy.pa_mpjpe_mm, least, "mm")
            yield _acceleration(f"Pose2Sim {name}, detected", detected, 3.5)
            yield _sides(view, 0.95 if name == "cam02" else None)
            yield _baseline(view)
            unknown = measure(view, fit=_with_guessed_camera)
            yield Row(f"Pose2Sim {name}, detected, focal length unknown", "-", _mm(unknown.accuracy.pa_mpjpe_mm))
        for given in (inputs.CORRECTED, inputs.EVERY_FIFTH):
            found = self._measured([views[name, given] for name in pose2sim.CAMERAS])
            yield _limit(f"Pose2Sim, {given.value}: mean PA-MPJPE", _mean_pa(found), 58.0, "mm")
            for outcome in found:
                yield Row(f"  {outcome.view.name}: PA-MPJPE", "-", _mm(outcome.accuracy.pa_mpjpe_mm))
                yield _acceleration(f"  {outcome.view.name}", outcome, 2.5)
                yield _labels(outcome.view.name, [outcome])

    def capture(self) -> Iterator[Row]:
        """Yield the figures of the motion capture climb."""
        views = capture.views(self._data / CAPTURE_FILE)
        told: list[tuple[str, float | None, Callable[[View], Facts]]] = [
            ("no hint", 95.0, lambda view: Facts()),
            ("contacts", 70.0, lambda view: Facts(contacts=annotator.contacts(view.truth))),
            (
                f"nearer or farther said every {EVERY} frames",
                50.0,
                lambda v: Facts(depths=annotator.depth_orders(v.truth, v.points.skeleton, every=EVERY)),
            ),
            (
                f"depths set every {EVERY} frames, {SET_DEPTH_ERROR_M * 100:.0f} cm off",
                50.0,
                lambda v: Facts(
                    depths=annotator.depths(v.truth, v.points.skeleton, every=EVERY, error_m=SET_DEPTH_ERROR_M, seed=1)
                ),
            ),
        ]
        for name, least, facts in told:
            found = self._measured(views, knowing(facts))
            median = float(np.median([outcome.accuracy.pa_mpjpe_mm for outcome in found]))
            yield _limit(f"CMU climb, {name}: median PA-MPJPE", median, least, "mm")
            for kind in capture.KINDS:
                yield Row(f"  {kind}: mean PA-MPJPE", "-", _mm(_mean_pa(_of_kind(found, kind))))
            fast = float(np.mean([outcome.accuracy.fastest_pa_mpjpe_mm for outcome in found]))
            yield Row(
                "  fastest tenth of the frames / all: mean PA-MPJPE", "-", f"{_mm(fast)} / {_mm(_mean_pa(found))}"
            )
            yield _labels(f"CMU climb, {name}", found)

    def climbs(self) -> Iterator[Row]:
        """Yield the figures of synthetic climbs with perfect points."""
        views = [view for seed in climbs.EVALUATION_SEEDS for view in climbs.perfect(seed)]
        known = knowing(_size_and_wall)
        for name, fit, least in (("nothing known", plain_fit, None), ("height and wall known", known, 30.0)):
            found = self._measured(views, fit)
            yield _limit(f"Synthetic climbs, perfect points, {name}: mean PA-MPJPE", _mean_pa(found), least, "mm")
            for kind in climbs.KINDS:
                yield Row(f"  {kind}: mean PA-MPJPE", "-", _mm(_mean_pa(_of_kind(found, kind))))
            yield _labels(f"Synthetic climbs, {name}", found)

    def folded(self) -> Iterator[Row]:
        """Yield the figures of synthetic climbs that go over to an overhang, with one plane stated and with both."""
        views = [view for seed in climbs.EVALUATION_SEEDS for view in climbs.perfect(seed, fold=climbs.FOLD)]
        for name, planes in (("one plane", slice(1)), ("both planes", slice(2))):
            stated = [replace(view, walls=view.walls[planes]) for view in views]
            found = self._measured(stated, knowing(_size_and_wall))
            title = f"Synthetic climbs onto an overhang of {climbs.FOLD.angle_deg:.0f}°, {name} stated"
            yield Row(f"{title}: mean PA-MPJPE", "-", _mm(_mean_pa(found)))
            for kind in climbs.KINDS:
                yield Row(f"  {kind}: mean PA-MPJPE", "-", _mm(_mean_pa(_of_kind(found, kind))))

    def filmed(self) -> Iterator[Row]:
        """Yield the figures of synthetic climbs that were filmed and detected."""
        views = [climbs.filmed(seed, cache=self._cache) for seed in climbs.FILMED_SEEDS]
        found = self._measured(views)
        yield _limit("Synthetic climbs, detected: mean PA-MPJPE", _mean_pa(found), 60.0, "mm")
        found = self._measured(views, knowing(_size_and_wall))
        yield Row("  height and wall known", "-", _mm(_mean_pa(found)))

    def folded_filmed(self) -> Iterator[Row]:
        """Yield the figures of climbs onto an overhang that were filmed and detected, and what is suggested there."""
        views = [
            climbs.filmed(seed, cache=self._cache, fold=fold, seconds=seconds)
            for seed, fold, seconds in climbs.FILMED_FOLDS
        ]
        for name, planes in (("no wall", slice(0)), ("one plane", slice(1)), ("both planes", slice(2))):
            found = self._measured([replace(view, walls=view.walls[planes]) for view in views], knowing(_size_and_wall))
            each = ", ".join(f"{outcome.accuracy.pa_mpjpe_mm:.0f}" for outcome in found)
            yield Row(
                f"Climbs onto an overhang, detected, {name} stated: PA-MPJPE", "-", f"{_mean_pa(found):.1f} mm; {each}"
            )
            if planes.stop == 0:
                told = [bool(outcome.summary["suggested_walls"]) for outcome in found]
                yield Row("  two planes suggested", "-", ", ".join("yes" if two else "no" for two in told))

    def faulty(self) -> Iterator[Row]:
        """Yield the figures of synthetic climbs with a detector's faults, without and with limbs thrown aside."""
        for name, throws in (("jitter and drift", 0), ("limbs thrown aside too", THROWS)):
            views = [
                faults.detected(view, seed=seed, throws=throws)[0]
                for seed in climbs.EVALUATION_SEEDS
                for view in climbs.perfect(seed)
            ]
            found = self._measured(views)
            accelerations = [outcome.accuracy.acceleration_mm_per_frame2 for outcome in found]
            measured = f"{_mean_pa(found):.1f} mm; {np.mean(accelerations):.1f} mm/frame²"
            yield Row(f"Synthetic climbs, {name}, 30 fps: mean PA-MPJPE; acceleration error", "-", measured)

    def human(self) -> Iterator[Row]:
        """Yield whether all that was fitted moves like a human being."""
        if not self.outcomes:
            return
        figures = [flips(outcome) for outcome in self.outcomes]
        spread = max(figure["bone_spread"] for figure in figures)
        yield Row("Largest change of a bone's length over a clip", "0", f"{100 * spread:.2f} %", spread < 1e-3)
        turn = max(figure["largest_turn_deg"] for figure in figures)
        yield Row("Largest turn of the body per 1/30 s", "no flips (< 90°)", f"{turn:.0f}°", turn < 90)
        turn = max(figure["largest_joint_turn_deg"] for figure in figures)
        yield Row("Largest turn of a limb per 1/30 s", f"no spins (< {SPIN_DEG:g}°)", f"{turn:.0f}°", turn < SPIN_DEG)
        beyond = max(_beyond_limits_deg(outcome) for outcome in self.outcomes)
        yield Row("Farthest beyond a joint's limit", "0°", f"{beyond:.1f}°", beyond < 0.5)


def _baseline(view: View) -> Row:
    """Return what SMPLify makes of a view."""
    from inference.smplify.fit import fit_smplify  # needs torch, which nothing else here does

    mesh, _ = fit_smplify(view.points, body=view.body, camera=view.camera)
    found = body_joints(mesh, view.body, view.names, are_centres=view.truth.are_centres)
    error = float(mean(pa_mpjpe(found, view.truth.of(view.names))))
    return Row(f"  {view.name}, SMPLify: PA-MPJPE", "-", _mm(error))


def _size_and_wall(view: View) -> Facts:
    return Facts(climber=Climber(height_m=view.height_m), walls=view.walls)


def _of_kind(outcomes: list[Outcome], kind: str) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.view.name.endswith(kind)]


def _mean_pa(outcomes: list[Outcome]) -> float:
    return float(np.mean([outcome.accuracy.pa_mpjpe_mm for outcome in outcomes]))


def _limit(what: str, value: float, most: float | None, unit: str) -> Row:
    if most is None:
        return Row(what, "-", f"{value:.0f} {unit}")
    return Row(what, f"<= {most:g} {unit}", f"{value:.1f} {unit}", value <= most)


def _mm(value: float) -> str:
    return f"{value:.0f} mm"


def _acceleration(name: str, outcome: Outcome, most: float) -> Row:
    value = outcome.accuracy.acceleration_mm_per_frame2
    fps = outcome.view.fps
    return _limit(f"{name}: acceleration error at {fps:.0f} fps", value, most, "mm/frame²")


def _labels(name: str, outcomes: list[Outcome]) -> Row:
    off = np.concatenate([outcome.labelled_px for outcome in outcomes])
    median, high = np.percentile(off, [50, 95])
    told = sum(outcome.summary["n_contradicting_labels"] for outcome in outcomes)
    beyond = off > REACH_PX
    rest = float(np.percentile(off[~beyond], 95))
    measured = (
        f"{median:.1f} / {high:.1f} px; {100 * np.mean(beyond):.1f} % farther off than {REACH_PX:g} px, "
        f"{min(told, int(beyond.sum()))} of these {beyond.sum()} told; without them {rest:.1f} px"
    )
    kept = median <= 2 and (high <= REACH_PX or told >= beyond.sum())
    return Row(f"  {name}: labels off, median / p95", "2 / 4 px at 1080p, or told", measured, kept)


def _sides(view: View, least: float | None) -> Row:
    """Return how many points are right in the picture: as detected, with sides repaired, and with strays bridged."""
    skeleton = view.points.skeleton
    columns = [skeleton.index(name) for name in view.names]
    truth = np.asarray(view.camera.project(view.truth.of(skeleton.joints)), np.float64)
    scale, truth = torso_length(truth, skeleton), truth[:, columns]
    repaired = repair_swaps(view.points).points
    reached, left_out = within_reach(repaired, fps=view.fps)
    shares = [
        pck(xy[:, columns], truth, threshold=0.2, scale=scale)
        for xy in (view.points.xy, repaired.xy, bridged(reached.xy, left_out))
    ]
    what = f"  {view.name}: PCK@0.2 as detected / left and right repaired / and points out of reach bridged"
    asked = "-" if least is None else f">= {least:g}"
    return Row(
        what, asked, " / ".join(f"{share:.3f}" for share in shares), None if least is None else shares[-1] >= least
    )


def _beyond_limits_deg(outcome: Outcome) -> float:
    """Return by how many degrees any joint is beyond its range at most."""
    rotations = outcome.result.state.rotations[:, list(TURNED)]
    return float(np.degrees(np.abs(beyond_limits(rotations, log(rotations)).angle).max()))


def as_text(rows: list[Row]) -> str:
    """Return rows as a Markdown table."""
    lines = ["| what | asked | measured | |", "|---|---|---|---|"]
    for row in rows:
        mark = {True: "reached", False: "missed", None: ""}[row.reached]
        lines.append(f"| {row.what} | {row.asked} | {row.measured} | {mark} |")
    return "\n".join(lines)


def as_json(rows: list[Row]) -> list[dict[str, Any]]:
    """Return rows as JSON values."""
    return [asdict(row) | {"reached": None if row.reached is None else bool(row.reached)} for row in rows]
