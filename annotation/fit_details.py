"""How sure a fitted body is, frame by frame: written beside the mesh of a run."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation.arrays import read_arrays
from annotation.body import Body, KeypointRig
from annotation.errors import ProjectError
from annotation.known_facts import Contact, Limb
from annotation.labels import ResolvedTrack
from annotation.poses import MeshSequence

DETAILS_FILE = "fit.npz"


@dataclass(frozen=True)
class FitDetails:
    """What the solver knows of its own result.

    Attributes
    ----------
    joints : tuple of str
        K joints of the skeleton that was fitted.
    residual_px : (T,) float32 array
        Median distance of the body from the points of a frame, pixels; NaN without points.
    joint_sd_m : (T, K) float32 array
        Standard deviation of a joint's place relative to the hips, metres.
    depth_sd_m : (T, K) float32 array
        The same for its depth relative to the joint it hangs on; NaN where there is none.
    depth_open : (T, K) bool array
        Whether nothing tells if the joint is nearer or farther than the one it hangs on: the picture cannot.
    contacts : tuple of Contact
        Given or found.
    swapped_arms, swapped_legs : (T,) bool array
        Frames in which the fit exchanged left and right of arms and torso, or of the legs; empty where nobody noted it.
    """

    joints: tuple[str, ...]
    residual_px: NDArray[np.float32]
    joint_sd_m: NDArray[np.float32]
    depth_sd_m: NDArray[np.float32]
    depth_open: NDArray[np.bool_]
    contacts: tuple[Contact, ...] = ()
    swapped_arms: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    swapped_legs: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))

    def __len__(self) -> int:
        return len(self.residual_px)


def median_off_px(
    mesh: MeshSequence, body: Body, rig: KeypointRig, resolved: ResolvedTrack, *, frames: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Return how far a body is off the points of some frames (N,), the median in pixels; NaN without points."""
    points = body.keypoints(rig, mesh.betas, mesh.pose[frames], transl=mesh.transl[frames])
    off = np.linalg.norm(mesh.camera.project(points) - resolved.xy[frames], axis=-1)
    off[resolved.confidence[frames] <= 0] = np.nan
    result = np.full(len(frames), np.nan, np.float32)
    known = np.isfinite(off).any(axis=1) & mesh.valid[frames]
    result[known] = np.nanmedian(off[known], axis=1)
    return result


_ARRAYS = ("residual_px", "joint_sd_m", "depth_sd_m", "depth_open")
_REPAIRS = ("swapped_arms", "swapped_legs")


def save_details(folder: Path, details: FitDetails) -> None:
    """Write the details of a fit into a run folder."""
    limbs = list(Limb)
    np.savez_compressed(
        folder / DETAILS_FILE,
        **{name: getattr(details, name) for name in (*_ARRAYS, *_REPAIRS)},
        joints=np.array(details.joints),
        contacts=np.array([[limbs.index(c.limb), c.start, c.end] for c in details.contacts], np.int64).reshape(-1, 3),
        contact_walls=np.array([c.wall for c in details.contacts], str),
    )


def load_details(folder: Path) -> FitDetails | None:
    """Read the details of a fit; None for a run that has none.

    Raises
    ------
    ProjectError
        If the file is damaged.
    """
    path = folder / DETAILS_FILE
    if not path.exists():
        return None
    try:
        data = read_arrays(path)
        limbs = list(Limb)
        walls = data.get("contact_walls", np.full(len(data["contacts"]), ""))
        contacts = tuple(
            Contact(limbs[int(limb)], int(start), int(end), str(wall))
            for (limb, start, end), wall in zip(data["contacts"], walls, strict=True)
        )
        arrays = {name: data[name] for name in _ARRAYS}
        arrays |= {name: data[name] for name in _REPAIRS if name in data}
        return FitDetails(tuple(str(j) for j in data["joints"]), **arrays, contacts=contacts)
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise ProjectError(f"The run file {path} cannot be read ({error}). Fit again to replace it.") from error
