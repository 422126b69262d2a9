"""Figures of a fit: how well it lies on its points, how big the body is, how calm it moves."""

from typing import Any

import numpy as np

from annotation.body_doubts import REACH_PX
from annotation.known_facts import Contact, contact_frames
from annotation.labels import Source
from annotation.poses import Plane
from annotation.walls import WallShape
from inference.fitting.contacts import limb_columns
from inference.fitting.kinematics import State, pose
from inference.fitting.points import ClipPoints, box_sides
from inference.fitting.problem import Problem
from inference.fitting.residuals import in_view
from inference.fitting.rotations import Array, log, transposed
from inference.fitting.swaps import SwapRepair

CONFIDENT = 0.5


def reprojection_px(problem: Problem, state: State, points: ClipPoints) -> Array:
    """Return how many pixels the fitted keypoints are off the points (T, K); NaN where there is none."""
    seen = in_view(problem, pose(problem.rig, state).points)
    focal = problem.camera.focal_px * np.exp(state.log_focal)
    shown = seen[..., :2] / np.where(seen[..., 2:] > 1e-6, seen[..., 2:], np.nan) * focal
    off = np.linalg.norm(shown + np.array(problem.camera.center_px) - points.xy, axis=-1)
    return np.asarray(np.where(points.found & problem.rig.known, off, np.nan))


def contradictions(problem: Problem, off_px: Array, points: ClipPoints) -> list[dict[str, Any]]:
    """Return the labels that no body of this size can obey, worst first.

    More weight on them does not bring them in: on climbers who are built a little differently from the body it moved
    the misses from one label to the next and made them more.
    """
    unit = min(problem.camera.size_px) / 1080
    wrong = (points.source == Source.LABELLED) & (np.nan_to_num(off_px) > REACH_PX * unit)
    frames, columns = np.nonzero(wrong)
    order = np.argsort(-off_px[frames, columns])
    return [
        {"frame": int(f), "joint": points.skeleton.joints[k], "off_px": round(float(off_px[f, k]), 1)}
        for f, k in zip(frames[order], columns[order], strict=True)
    ]


def describe(
    repair: SwapRepair, problem: Problem, state: State, walls: tuple[Plane, ...], contacts: tuple[Contact, ...]
) -> dict[str, Any]:
    """Return the figures of a fit: reprojection, swaps, size, calmness and reach of the wall."""
    points, rig = repair.points, problem.rig
    off = reprojection_px(problem, state, points)
    confident = points.found & rig.known & (points.confidence > CONFIDENT)
    share = off / np.maximum(box_sides(points.xy, confident), 1)[:, None]
    turn = np.linalg.norm(log(transposed(state.rotations[:-1, 0]) @ state.rotations[1:, 0]), axis=-1)
    betas, labelled = state.betas, (points.source == Source.LABELLED) & points.found & rig.known
    return {
        "frames": len(points),
        "frames_fitted": int(points.valid.sum()),
        "median_reprojection_px": _rounded(_median(off[confident]), 2),
        "median_reprojection_box_fraction": _rounded(_median(share[confident]), 4),
        "labelled_median_px": _rounded(_median(off[labelled]), 2),
        "labelled_p95_px": _rounded(_percentile(off[labelled], 95), 2),
        "contradicting_labels": (wrong := contradictions(problem, off, points))[:20],
        "n_contradicting_labels": len(wrong),
        "swapped_frames_arms": int(repair.swapped_arms.sum()),
        "swapped_frames_legs": int(repair.swapped_legs.sum()),
        "height_m": _rounded(rig.height.at(betas), 3),
        "span_m": _rounded(rig.span.at(betas), 3),
        "mass_kg": _rounded(rig.mass.at(betas), 1),
        "focal_px": _rounded(problem.camera.focal_px * float(np.exp(state.log_focal)), 1),
        "largest_root_turn_deg": _rounded(float(np.degrees(turn.max(initial=0))), 1),
        "wall_distance_p90_m": _wall_distance(problem, state, points, walls, contacts),
        "contacts": len(contacts),
    }


def _wall_distance(
    problem: Problem, state: State, points: ClipPoints, walls: tuple[Plane, ...], contacts: tuple[Contact, ...]
) -> float | None:
    """Return within what distance of the wall nine tenths of what holds on are, metres."""
    positions = pose(problem.rig, state).points
    held = [
        positions[contact_frames(contacts, limb, len(points)) > 0, column]
        for limb, column in limb_columns(points.skeleton).items()
    ]
    if not walls or not any(len(some) for some in held):
        return None
    distance = WallShape(walls).distances(np.concatenate(held)).min(axis=0)
    return _rounded(float(np.percentile(distance, 90)), 3)


def _percentile(values: Array, percent: float) -> float | None:
    return float(np.percentile(values, percent)) if len(values) else None


def _median(values: Array) -> float | None:
    return float(np.median(values)) if len(values) else None


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
