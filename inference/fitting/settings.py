"""The weights of the fit: how much it trusts points, the detector's depth, calm motion and plain poses.

Residuals are divided by these standard deviations, so 1 is one sigma. Measured on synthetic motion, a real climb and
calibrated views; calm motion counts less than elsewhere, for fast climbing.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from inference.fitting.kinematics import TURNED


@dataclass(frozen=True)
class FitWeights:
    """Standard deviations (`sigma_*`) and inverse ones (the others).

    Attributes
    ----------
    sigma_predicted, sigma_stated : float
        2D error of predicted, and of labelled and interpolated points, in torso lengths.
    sigma_correction : float
        2D error of a stated point alone among predicted ones: it must outweigh those it contradicts. Where all are
        stated there is nothing to outweigh, and `sigma_stated` leaves room for bodies that are not quite alike.
    reach_predicted, reach_stated : float
        2D errors, in torso lengths, beyond which a point loses influence (Cauchy loss).
    hint : float
        Weight of the detector's bone directions (unit vectors).
    cauchy_hint : float
        Direction error beyond which a hint loses influence.
    turn : float
        Weight of the second difference of rotations at 60 fps, per radian.
    move, move_depth : float
        Weight of the second difference of the translation at 60 fps, per metre: across and along the view.
    cauchy_motion : float
        Second differences, in sigmas, beyond which they are taken for a real jerk.
    prior : float
        Weight of the plain pose, per radian, times `pose_prior`.
    limit, limit_margin_deg : float
        Weight of joint limits, per radian, and how far within them it begins to count.
    shape : float
        Weight of the shape coefficients, per square root of the frames with points: errors of a detector are alike
        over frames, so many frames do not make the shape surer.
    height_m, sigma_height_m, known_height_m, sigma_known_height_m : float
        Expected body height, and how sure that is: for people at large, and, by frame, for a height that was given.
    span_m, sigma_span_m : float or None, float
        Arm span, where it is known, and how sure that is by frame.
    mass_kg, sigma_mass_kg : float or None, float
        Body mass, where it is known; bodies of one volume differ in mass.
    sigma_log_focal : float
        How far the focal length may be off, as a share, where it is solved for.
    contact, known_contact : float
        Weight of resting hands and feet on the wall, and of anything behind it, per metre, for a wall that was found
        from the motion and for one that is known; `cauchy_contact_m` is where it loses influence.
    behind_m : float
        How far a point may be behind a wall that was found, for walls are not flat.
    still : float
        Weight of resting points' moves from frame to frame, per metre.
    depth_order, depth_margin_m, sigma_depth_m : float
        Weight of statements that a joint is nearer or farther, per metre, and by how much at least; standard
        deviation of depths that were stated.
    apart : float
        Weight of limbs inside each other, per metre.
    obey_px, obey_between_px, obey_reach_px, obey_turn, obey_depth : float
        The last stage, in which stated points are obeyed: standard deviation of labels, and of what is interpolated
        between them, in pixels of a picture 1080 wide, the distance beyond which they lose influence, and weights of
        staying close to what was found before, per radian and per metre of depth.
    """

    sigma_predicted: float = 0.05
    sigma_stated: float = 0.03
    sigma_correction: float = 0.01
    reach_predicted: float = 0.15
    reach_stated: float = 0.3
    hint: float = 3.0
    cauchy_hint: float = 0.5
    turn: float = 120.0
    move: float = 450.0
    move_depth: float = 3000.0
    cauchy_motion: float = 30.0
    prior: float = 1.0
    limit: float = 100.0
    limit_margin_deg: float = 1.0
    shape: float = 0.7
    height_m: float = 1.72
    sigma_height_m: float = 0.10
    known_height_m: float | None = None
    sigma_known_height_m: float = 0.03
    contact: float = 10.0
    cauchy_contact_m: float = 0.4
    behind_m: float = 0.1
    span_m: float | None = None
    sigma_span_m: float = 0.06
    mass_kg: float | None = None
    sigma_mass_kg: float = 10.0
    sigma_log_focal: float = 0.1
    known_contact: float = 40.0
    still: float = 600.0
    depth_order: float = 200.0
    depth_margin_m: float = 0.03
    sigma_depth_m: float = 0.03
    apart: float = 150.0
    obey_px: float = 1.5
    obey_between_px: float = 3.0
    obey_reach_px: float = 12.0
    obey_turn: float = 10.0
    obey_depth: float = 30.0
    pose_prior: NDArray[np.float64] = field(default_factory=lambda: _pose_prior())
    plain_pose: NDArray[np.float64] = field(default_factory=lambda: _plain_pose())


def _pose_prior() -> NDArray[np.float64]:
    """Return how much each rotation component (A, 3) prefers the plain pose."""
    stiffness: dict[tuple[int, ...], float | tuple[float, float, float]] = {
        (0,): 0.0,
        (3, 9): 4.0,
        (12,): 1.5,
        (13, 14): 6.0,
        (4, 5): (0.5, 10.0, 10.0),
        (18, 19): (2.0, 0.5, 8.0),
        (7, 8): (1.5, 4.0, 4.0),
        (20, 21): 3.0,
    }
    result = np.ones((len(TURNED), 3))
    for joints, values in stiffness.items():
        for joint in joints:
            result[TURNED.index(joint)] = values
    return result


def _plain_pose() -> NDArray[np.float64]:
    """Return the rotation vectors (A, 3) the prior pulls to: a T-pose with slightly bent knees and elbows."""
    result = np.zeros((len(TURNED), 3))
    for joint, vector in {4: (0.4, 0, 0), 5: (0.4, 0, 0), 18: (0, -0.4, 0), 19: (0, 0.4, 0)}.items():
        result[TURNED.index(joint)] = vector
    return result
