"""What people know about a climb that no picture tells: the climber's size, the wall, contacts, depth.

All of it is given to the fit as it is; labels with provenance and their edits live in the project.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from annotation.errors import BetascopeError
from annotation.poses import Camera, Plane, Point3
from annotation.skeletons import Skeleton


class Limb(Enum):
    """What holds on."""

    LEFT_HAND = "left_hand"
    RIGHT_HAND = "right_hand"
    LEFT_FOOT = "left_foot"
    RIGHT_FOOT = "right_foot"


@dataclass(frozen=True)
class Contact:
    """A hand or foot stays where it is from frame `start` to `end`, both included.

    Attributes
    ----------
    wall : str
        Name of the plane of the wall it is on; empty for the nearest one the limb can reach.
    """

    limb: Limb
    start: int
    end: int
    wall: str = ""

    def __post_init__(self) -> None:
        if self.start < 0 or self.end < self.start:
            raise BetascopeError(
                f"A contact cannot last from frame {self.start} to {self.end}. Give its first and last frame."
            )


class Order(Enum):
    """Where a joint is as the camera sees it, compared to the joint it hangs on."""

    NEARER = "nearer"
    FARTHER = "farther"


@dataclass(frozen=True)
class DepthStatement:
    """What a person says about the depth of a joint in a frame.

    Attributes
    ----------
    frame : int
    joint : str
        Name of the joint; `depth_parent` says what it is compared to.
    depth : Order or float
        Nearer or farther than the parent, or by how many metres farther (negative: nearer).
    author : str
        Who said so; empty where that is not known. Statements are equal if they say the same.
    time_s : float or None
        When, in seconds since 1970; None until it is kept.
    """

    frame: int
    joint: str
    depth: Order | float
    author: str = field(default="", compare=False)
    time_s: float | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.depth, float) and not abs(self.depth) < FARTHEST_M:
            raise BetascopeError(
                f"{self.joint} cannot be {self.depth:.2f} m from the joint it hangs on. Give less than {FARTHEST_M} m."
            )


@dataclass(frozen=True)
class RightSides:
    """Left and right of arms with torso, or of the legs, are right as predicted from frame `start` to `end`."""

    start: int
    end: int
    arms: bool
    legs: bool


FARTHEST_M = 1.0

_PARENTS = {
    "nose": ("left_shoulder", "right_shoulder"),
    "head": ("neck",),
    "neck": ("left_hip", "right_hip"),
    "left_hip": ("right_hip",),
    "right_hip": ("left_hip",),
    **{
        f"{side}_{joint}": (f"{side}_{parent}",)
        for side in ("left", "right")
        for joint, parent in (
            ("shoulder", "hip"),
            ("elbow", "shoulder"),
            ("wrist", "elbow"),
            ("index", "wrist"),
            ("hand", "wrist"),
            ("knee", "hip"),
            ("ankle", "knee"),
            ("heel", "ankle"),
            ("big_toe", "ankle"),
            ("foot", "ankle"),
        )
    },
}


def depth_parent(skeleton: Skeleton, joint: str) -> tuple[str, ...]:
    """Return the joints whose middle a joint's depth is compared to; empty if there is nothing to compare it to."""
    parents = _PARENTS.get(joint, ())
    return parents if joint in skeleton.joints and all(name in skeleton.joints for name in parents) else ()


def depth_joints(skeleton: Skeleton) -> tuple[str, ...]:
    """Return the joints about whose depth something can be said."""
    return tuple(joint for joint in skeleton.joints if depth_parent(skeleton, joint))


LEAST_HEIGHT_M, MOST_HEIGHT_M = 0.9, 2.3
LEAST_MASS_KG, MOST_MASS_KG = 12.0, 180.0
LARGEST_APE_M = 0.35


@dataclass(frozen=True)
class Climber:
    """The size of a climber as far as it is known.

    Attributes
    ----------
    height_m, span_m, mass_kg : float or None
        Body height, arm span from fingertip to fingertip, body mass.

    Raises
    ------
    BetascopeError
        If no climber is like that; the message says what would be.
    """

    height_m: float | None = None
    span_m: float | None = None
    mass_kg: float | None = None

    def __post_init__(self) -> None:
        if self.height_m is not None and not LEAST_HEIGHT_M <= self.height_m <= MOST_HEIGHT_M:
            raise BetascopeError(
                f"Nobody who climbs is {100 * self.height_m:g} cm tall. Give the height in centimetres, between "
                f"{100 * LEAST_HEIGHT_M:.0f} and {100 * MOST_HEIGHT_M:.0f}, or leave it out."
            )
        least, most = LEAST_HEIGHT_M - LARGEST_APE_M, MOST_HEIGHT_M + LARGEST_APE_M
        if self.height_m is not None:
            least, most = self.height_m - LARGEST_APE_M, self.height_m + LARGEST_APE_M
        if self.span_m is not None and not least <= self.span_m <= most:
            raise BetascopeError(
                f"An arm span of {100 * self.span_m:.0f} cm is none of this climber. Give it in centimetres, from "
                f"fingertip to fingertip, between {100 * least:.0f} and {100 * most:.0f}, or leave it out."
            )
        if self.mass_kg is not None and not LEAST_MASS_KG <= self.mass_kg <= MOST_MASS_KG:
            raise BetascopeError(
                f"Nobody who climbs weighs {self.mass_kg:g} kg. Give the mass in kilograms, between "
                f"{LEAST_MASS_KG:.0f} and {MOST_MASS_KG:.0f}, or leave it out."
            )


@dataclass(frozen=True)
class Facts:
    """All that is known of a climb besides its points.

    Attributes
    ----------
    climber : Climber
    walls : tuple of Plane
        Planes of the wall, CAMERA frame, normals towards the camera; empty where they are to be found.
    wall_angle_deg : float or None
        By how much the wall overhangs (90 is a roof, negative a slab), where only that is known.
    contacts : tuple of Contact or None
        None where they are to be found; empty where there are none.
    depths : tuple of DepthStatement
    hold_depth_m : float
        How far holds stand out of the wall.
    sides : tuple of RightSides
        Where left and right must not be exchanged.
    """

    climber: Climber = Climber()
    walls: tuple[Plane, ...] = ()
    wall_angle_deg: float | None = None
    contacts: tuple[Contact, ...] | None = None
    depths: tuple[DepthStatement, ...] = ()
    hold_depth_m: float = 0.12
    sides: tuple[RightSides, ...] = ()

    def same_size_and_wall(self, other: "Facts") -> bool:
        """Tell whether a body is fitted as a whole with these as with others; names of planes do not count."""
        walls = [[replace(wall, name="", hinge=None) for wall in facts.walls] for facts in (self, other)]
        return (self.climber, self.wall_angle_deg, walls[0]) == (other.climber, other.wall_angle_deg, walls[1])

    def right_sides(self, n_frames: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return in which frames (T,) the sides of arms with torso, and of the legs, are right as predicted."""
        arms, legs = np.zeros(n_frames, bool), np.zeros(n_frames, bool)
        for stretch in self.sides:
            frames = slice(stretch.start, stretch.end + 1)
            arms[frames] |= stretch.arms
            legs[frames] |= stretch.legs
        return arms, legs


def wall_from_corners(xy: NDArray[np.floating], *, width_m: float, height_m: float, camera: Camera) -> Plane:
    """Return the wall on which a rectangle of known size is seen, with that rectangle as its outline.

    Parameters
    ----------
    xy : (4, 2) array
        Pixels of its corners: top left, top right, bottom right, bottom left.
    width_m, height_m : float

    Raises
    ------
    BetascopeError
        If the corners are not those of such a rectangle.
    """
    corners = np.array([[0, 0], [width_m, 0], [width_m, -height_m], [0, -height_m]])
    H = _homography(corners, np.asarray(xy, np.float64))
    K_inverse = np.linalg.inv(
        np.array([[camera.focal_px, 0, camera.center_px[0]], [0, camera.focal_px, camera.center_px[1]], [0, 0, 1.0]])
    )
    columns = K_inverse @ H
    scale = 2 / (np.linalg.norm(columns[:, 0]) + np.linalg.norm(columns[:, 1]))
    columns = columns * scale * (1 if columns[2, 2] > 0 else -1)
    normal, origin = np.cross(columns[:, 0], columns[:, 1]), columns[:, 2]
    size = np.linalg.norm(normal)
    even = np.linalg.norm(columns[:, 0]) / max(float(np.linalg.norm(columns[:, 1])), 1e-9)
    if not np.isfinite(size) or size < 0.5 or not 0.6 < even < 1.7:
        raise BetascopeError(
            "These four points are not the corners of a rectangle of that size. Click top left, top right, bottom "
            "right, bottom left, and check the width and height."
        )
    normal = normal / size * (-1 if normal @ origin > 0 else 1)
    outline = corners @ columns[:, :2].T + origin
    return Plane(_point(normal), float(normal @ origin), outline=tuple(map(_point, outline)))


def _point(x: NDArray[np.float64]) -> Point3:
    return float(x[0]), float(x[1]), float(x[2])


def _homography(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the homography (3, 3) from four points (4, 2) to four others (direct linear transform)."""
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y, -u], [0, 0, 0, x, y, 1, -v * x, -v * y, -v]]
    return np.asarray(np.linalg.svd(np.array(rows))[2][-1].reshape(3, 3))


def inclined(angle_deg: float) -> tuple[float, float, float]:
    """Return the normal of a wall that overhangs by an angle, for a camera that is held level and looks at it.

    Raises
    ------
    BetascopeError
        If no wall is like that.
    """
    if not -60 <= angle_deg <= 90:
        raise BetascopeError(
            f"A wall cannot overhang by {angle_deg:.0f} degrees. Give 0 for a vertical wall, up to 90 for a roof, "
            "negative for a slab."
        )
    angle = np.radians(angle_deg)
    # Overhanging, it leans towards the climber: its normal points down (+y in the CAMERA frame).
    return 0.0, float(np.sin(angle)), float(-np.cos(angle))


def overhang_deg(wall: Plane) -> float:
    """Return by how many degrees a wall overhangs (90 is a roof, negative a slab), for a camera that is held level."""
    return float(np.degrees(np.arcsin(np.clip(wall.normal[1], -1, 1))))


def contact_frames(contacts: Iterable[Contact], limb: Limb, n_frames: int) -> NDArray[np.intp]:
    """Return for every frame (T,) the number of the contact a limb is in, counted from 1; 0 where it is in none."""
    result = np.zeros(n_frames, np.intp)
    for number, contact in enumerate((c for c in contacts if c.limb is limb), start=1):
        result[contact.start : contact.end + 1] = number
    return result
