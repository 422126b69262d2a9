"""The centre of mass of a climber from the joints of the body.

Source: de Leva, "Adjustments to Zatsiorsky-Seluyanov's segment inertia parameters", J. Biomechanics 29 (1996), table 4:
mass fractions and places of the segments' centres. The means of women and men are used, for nobody says who climbs;
the two differ by less than 1 % of the mass of the body. The trunk is taken from the cervicale, for which the neck
joint stands, to the middle of the hips, the shank down to the joint. Two segments have other ends here: the head joint
lies at the base of the skull, so the head's centre is taken as far above it again as the neck is below; and a foot, in
the source from heel to toe, is taken from the ankle to the ball of the foot.

Checked against the tables for women and men in HAS-Motion's manual of Visual3D (wiki.has-motion.com, "Adjusted
Zatsiorsky-Seluyanov's segment inertia parameters").
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.body import SMPL_JOINTS


@dataclass(frozen=True)
class Segment:
    """A part of the body between two places, each the mean of some joints.

    Attributes
    ----------
    start, end : tuple of str
        Names of SMPL joints.
    mass : float
        Share of the body mass.
    place : float
        Where its centre lies from start (0) to end (1).
    """

    start: tuple[str, ...]
    end: tuple[str, ...]
    mass: float
    place: float


_HIPS = ("left_hip", "right_hip")
_LIMBS = (
    ("shoulder", "elbow", 0.0263, 0.5763),
    ("elbow", "wrist", 0.0150, 0.4567),
    ("wrist", "hand", 0.00585, 0.7687),
    ("hip", "knee", 0.1447, 0.3853),
    ("knee", "ankle", 0.0457, 0.4374),
    ("ankle", "foot", 0.0133, 0.45),
)
SEGMENTS = (
    Segment(("neck",), ("head",), 0.0681, 2.0),
    Segment(("neck",), _HIPS, 0.43015, 0.5051),
    *(
        Segment((f"{side}_{start}",), (f"{side}_{end}",), mass, place)
        for side in ("left", "right")
        for start, end, mass, place in _LIMBS
    ),
)


def centre_of_mass(joints: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the centre of mass (..., 3) of SMPL joints (..., 24, 3), in the same unit and frame of reference."""
    result: NDArray[np.floating] = np.einsum("k,...kd->...d", _weights(), joints)
    return result


def _weights() -> NDArray[np.float64]:
    """Return the share (24,) of every joint; they add up to 1."""
    weights = np.zeros(len(SMPL_JOINTS))
    for segment in SEGMENTS:
        for names, share in ((segment.start, 1 - segment.place), (segment.end, segment.place)):
            for name in names:
                weights[SMPL_JOINTS.index(name)] += segment.mass * share / len(names)
    return weights / sum(segment.mass for segment in SEGMENTS)
