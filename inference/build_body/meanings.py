"""What +1 of each shape coefficient does, measured on the body and said in plain words."""

import numpy as np
from numpy.typing import NDArray

from inference.build_body.shapes import (
    ELBOW_STEP_M,
    HIP_STEP_M,
    KNEE_STEP_M,
    LIMB_STEP,
    NECK_STEP_M,
    SHAPE_NAMES,
    SHOULDER_STEP_M,
)
from inference.build_body.surface import volume

Array = NDArray[np.float64]

DENSITY = 1000.0  # kg per cubic metre: people float, just

_WORDS = {
    "height": "taller all over",
    "weight": "heavier",
    "muscle": "more muscle",
    "gender": "towards a woman's build, -1 towards a man's",
    "proportions": "a more idealised build",
    "arm_length": f"arms {LIMB_STEP:.0%} longer, hands as they are",
    "leg_length": f"legs {LIMB_STEP:.0%} longer, feet as they are",
    "shoulder_width": f"each shoulder {SHOULDER_STEP_M * 100:.1f} cm further out",
    "torso_length": f"torso {LIMB_STEP:.0%} longer",
    "age": "older",
    "forearm_share": f"forearms {ELBOW_STEP_M * 100:.1f} cm longer, upper arms shorter by as much",
    "shin_share": f"shins {KNEE_STEP_M * 100:.1f} cm longer, thighs shorter by as much",
    "hip_width": f"each hip {HIP_STEP_M * 100:.1f} cm further out",
    "neck_length": f"neck {NECK_STEP_M * 100:.1f} cm longer",
    "foot_length": f"feet {LIMB_STEP:.0%} longer",
    "hand_length": f"hands {LIMB_STEP:.0%} longer",
}


def describe(template: Array, *, directions: Array, faces: NDArray[np.int64]) -> tuple[str, ...]:
    """Return a phrase for each of the shape directions (V, 3, B), such as ``"taller all over (+7.1 cm, +4 kg)"``."""
    height, mass = np.ptp(template[:, 1]), volume(template, faces) * DENSITY
    phrases = []
    for name, direction in zip(SHAPE_NAMES, np.moveaxis(directions, 2, 0), strict=True):
        shaped = template + direction
        grown_cm = (np.ptp(shaped[:, 1]) - height) * 100
        gained_kg = volume(shaped, faces) * DENSITY - mass
        effects = [f"{grown_cm:+.1f} cm"] if abs(grown_cm) >= 0.1 else []
        effects += [f"{gained_kg:+.1f} kg"] if abs(gained_kg) >= 0.1 else []
        phrases.append(_WORDS[name] + (f" ({', '.join(effects)})" if effects else ""))
    return tuple(phrases)
