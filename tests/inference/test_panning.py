"""A camera that pans: its turns are found in the background, and the body stays where it is."""

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.body import builtin_body
from annotation.poses import Camera
from annotation.skeletons import load_skeleton
from inference.fitting.clip_fit import FitOptions, fit_clip
from inference.fitting.points import ClipPoints
from inference.fitting.rotations import exp, log, transposed
from inference.tasks.camera_motion import view_turns

N_FRAMES, SIZE = 24, (480, 640)
CAMERA = Camera.guess(SIZE)


def pan() -> NDArray[np.float64]:
    """Return the turns of a camera that swings by 6 degrees to the side and 2 up, with a little roll."""
    share = np.linspace(0, 1, N_FRAMES)[:, None]
    return exp(share * np.radians([2.0, 6.0, 1.0]))


def film(path: Path, turns: NDArray[np.float64]) -> None:
    """Write a video of a far, textured background; in the middle of the picture something moves by itself."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (60, 60), np.uint8)
    texture = np.kron(coarse, np.ones((8, 8), np.uint8)).astype(np.float32)
    y, x = np.mgrid[: SIZE[1], : SIZE[0]] + 0.5
    rays = np.stack([(x - CAMERA.center_px[0]), (y - CAMERA.center_px[1]), np.full(x.shape, CAMERA.focal_px)], -1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = SIZE[0], SIZE[1], "yuv420p"
        stream.options = {"crf": "12"}
        for n, turn in enumerate(turns):
            far = rays @ turn  # the rays in the frame of the first frame
            u = (far[..., 0] / far[..., 2] * 600 + 240).astype(int) % 480
            v = (far[..., 1] / far[..., 2] * 600 + 240).astype(int) % 480
            picture = np.repeat(texture[v, u][..., None], 3, axis=-1).astype(np.uint8)
            picture[200:440, 180 + 2 * n : 300 + 2 * n] = (30, 90, 200)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


def climber(turns: NDArray[np.float64]) -> ClipPoints:
    """Return the points of somebody standing still before a panning camera."""
    body, skeleton = builtin_body(), load_skeleton("climbalong25")
    pose = np.zeros((N_FRAMES, 24, 3))
    pose[:, 0] = (0, 0, np.pi)
    pose[:, 16, 2], pose[:, 17, 2] = 0.7, -0.7
    transl = np.tile([0.0, 0.0, 4.5], (N_FRAMES, 1))
    still = body.keypoints(body.keypoint_rig(skeleton.name), np.zeros(10), pose, transl=transl)
    seen = still @ transposed(turns)
    hips = seen[:, [15, 16]].mean(axis=1, keepdims=True)
    return ClipPoints.from_arrays(
        skeleton,
        xy=CAMERA.project(seen),
        confidence=np.ones(still.shape[:2]),
        source=np.ones(still.shape[:2], np.uint8),
        world=seen - hips,
    )


def off_deg(found: NDArray[np.float64], wanted: NDArray[np.float64]) -> float:
    return float(np.degrees(np.linalg.norm(log(transposed(found) @ wanted), axis=-1)).max())


def test_turns_are_found_in_the_background(tmp_path: Path) -> None:
    turns = pan()
    film(tmp_path / "pan.mp4", turns)
    points = climber(turns)
    found = view_turns(tmp_path / "pan.mp4", points, CAMERA, report=lambda *_: None, log=pytest.fail)
    assert found is not None
    assert off_deg(found, turns) < 0.5


def test_a_static_camera_is_told_from_one_that_pans(tmp_path: Path) -> None:
    still = np.tile(np.eye(3), (N_FRAMES, 1, 1))
    film(tmp_path / "still.mp4", still)
    points = climber(still)
    assert view_turns(tmp_path / "still.mp4", points, CAMERA, report=lambda *_: None, log=pytest.fail) is None


def test_somebody_who_stands_still_does_so_before_a_panning_camera() -> None:
    turns = pan()
    points = climber(turns)
    times_s, body = np.arange(N_FRAMES) / 25, builtin_body()
    result = fit_clip(points, body=body, camera=CAMERA, times_s=times_s, options=FitOptions(view_turns=turns))
    mesh = result.mesh
    seen = body.keypoints(body.keypoint_rig("climbalong25"), mesh.betas, mesh.pose, transl=mesh.transl)
    assert np.nanmedian(np.linalg.norm(mesh.camera.project(seen) - points.xy, axis=-1)) < 3, "it lies on its pictures"
    assert mesh.view_turns is not None
    fixed = seen @ mesh.view_turns
    assert np.linalg.norm(fixed - fixed[0], axis=-1).max() < 0.05
    assert np.linalg.norm(seen - seen[0], axis=-1).max() > 0.3
