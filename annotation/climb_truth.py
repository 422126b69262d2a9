"""The exact truth of a synthetic climb."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation.arrays import read_arrays
from annotation.body import BUILTIN_BODY
from annotation.errors import ProjectError
from annotation.known_facts_json import wall_from_json, wall_to_json
from annotation.poses import Camera, MeshSequence, Plane

SKELETON = "climbalong25"


@dataclass(frozen=True)
class ClimbTruth:
    """What is known of a synthetic climb of T frames; the built-in body climbed it. 3D is in the CAMERA frame.

    Attributes
    ----------
    xy : (T, 25, 2) float32 array
        Pixels of the joints of `SKELETON`, hidden ones too.
    visible : (T, 25) bool array
        Whether the joint is inside the picture with nothing but its own flesh before it.
    keypoints3d : (T, 25, 3) float32 array
        The same joints in metres.
    joints3d : (T, 24, 3) float32 array
        SMPL's joints, metres.
    betas : (B,) float32 array
        Shape coefficients.
    pose : (T, 24, 3) float32 array
        Rotation vectors, radians.
    transl : (T, 3) float32 array
        Metres, added after posing.
    contacts : (T, 4) bool array
        Whether left hand, right hand, left foot, right foot hold on.
    camera : Camera
        Static.
    walls : tuple of Plane
        Normals towards the camera's side; a flat wall has one, without a name.
    fps : float
    """

    xy: NDArray[np.float32]
    visible: NDArray[np.bool_]
    keypoints3d: NDArray[np.float32]
    joints3d: NDArray[np.float32]
    betas: NDArray[np.float32]
    pose: NDArray[np.float32]
    transl: NDArray[np.float32]
    contacts: NDArray[np.bool_]
    camera: Camera
    walls: tuple[Plane, ...]
    fps: float

    def __len__(self) -> int:
        return len(self.xy)

    @property
    def wall(self) -> Plane:
        """The first plane of the wall."""
        return self.walls[0]

    @property
    def mesh(self) -> MeshSequence:
        """The truth as a fit would state it."""
        valid = np.ones(len(self), bool)
        return MeshSequence(
            BUILTIN_BODY, self.betas, self.pose[:, 0], self.pose[:, 1:], self.transl, valid, self.camera, self.walls
        )


_ARRAYS = ("xy", "visible", "keypoints3d", "joints3d", "betas", "pose", "transl", "contacts")


def save_truth(path: Path, truth: ClimbTruth) -> None:
    """Write the truth to an ``.npz`` file."""
    camera = truth.camera
    np.savez_compressed(
        path,
        **{name: getattr(truth, name) for name in _ARRAYS},
        focal_px=np.array(camera.focal_px),
        center_px=np.array(camera.center_px),
        size_px=np.array(camera.size_px),
        wall=np.array([*truth.wall.normal, truth.wall.offset_m]),
        fps=np.array(truth.fps),
        walls=np.array(json.dumps([wall_to_json(wall) for wall in truth.walls])),
    )


def load_truth(path: Path) -> ClimbTruth:
    """Read what `save_truth` wrote.

    Raises
    ------
    ProjectError
        If the file is missing or damaged.
    """
    try:
        data = read_arrays(path)
        size, center = data["size_px"].tolist(), data["center_px"].tolist()
        walls = json.loads(str(data["walls"])) if "walls" in data else [data["wall"].tolist()]
        return ClimbTruth(
            **{name: data[name] for name in _ARRAYS},
            camera=Camera(float(data["focal_px"]), (center[0], center[1]), (size[0], size[1])),
            walls=tuple(wall_from_json(wall) for wall in walls),
            fps=float(data["fps"]),
        )
    except FileNotFoundError as error:
        raise ProjectError(f"There is no file {path}. Give the truth.npz of a climb.") from error
    except KeyError as error:
        raise ProjectError(
            f"{path} is no truth of a climb: it holds no {error}. Give the climb's truth.npz."
        ) from error
    except (OSError, ValueError) as error:
        raise ProjectError(
            f"The truth of the climb in {path} cannot be read ({error}). Make the climb again."
        ) from error
