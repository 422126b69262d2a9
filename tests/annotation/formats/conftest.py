"""Tables with a bit of everything: what people stated, what was put between, what a model said, gaps and absences."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.body import builtin_body
from annotation.formats.motion_table import MotionItem
from annotation.formats.pose_table import PoseTable, VideoHint
from annotation.labels import Source, Visibility
from annotation.poses import Camera, MeshSequence
from annotation.skeletons import load_skeleton

MakeTable = Callable[..., PoseTable]


def _make_table(
    *, n_frames: int = 40, skeleton: str = "coco17", seed: int = 3, track: str = "Ana", predicted: bool = False
) -> PoseTable:
    """Labels every fifth frame, interpolated between; a gap from 12 to 19; occluded, absent and unstated joints."""
    rng = np.random.default_rng(seed)
    joints = load_skeleton(skeleton).joints
    video = VideoHint("climb.mp4", (640, 480), n_frames + 10, 25.0)
    frames = np.array([n for n in range(n_frames) if not 12 <= n < 20])
    table = PoseTable.empty(track, joints, frames, video=video, skeleton=skeleton)
    keys = frames % 5 == 0
    table.source[:] = np.where(keys, Source.LABELLED, Source.INTERPOLATED)[:, None]
    table.source[np.isin(frames, (11, n_frames - 1))] = Source.LABELLED
    table.confidence[:] = 1
    table.visibility[:] = Visibility.VISIBLE
    table.visibility[frames >= 25, 3] = Visibility.OCCLUDED
    ways = rng.uniform((50, 50), (590, 430), (len(joints), 2)) + 30 * np.sin(frames / 9)[:, None, None]
    stated = table.source == Source.LABELLED
    for joint in range(len(joints)):
        rows = np.flatnonzero(stated[:, joint])
        for axis in range(2):
            table.xy[:, joint, axis] = np.interp(frames, frames[rows], np.round(ways[rows, joint, axis], 3))
    table.xy[(frames > 25) & (frames < 30), 5] = table.xy[frames == 25, 5]  # until called absent it stays where it was
    absent = (frames >= 30) & (frames < 35)
    table.xy[absent, 5] = np.nan
    table.visibility[absent, 5] = Visibility.ABSENT
    table.source[absent, 5] = Source.LABELLED
    unstated = frames < 10
    table.xy[unstated, 7] = np.nan
    table.visibility[unstated, 7], table.source[unstated, 7] = Visibility.ABSENT, Source.MISSING
    table.confidence[unstated, 7] = 0
    if predicted:
        table.source[:, 9] = Source.PREDICTED
        table.confidence[:, 9] = 0.5
    return table


@pytest.fixture
def make_table() -> MakeTable:
    """A function that makes a table; see `_make_table`."""
    return _make_table


def assert_same_statements(got: PoseTable, expected: PoseTable, *, atol: float = 1e-3) -> None:
    """Compare two tables by joint name and frame: sources, visibilities and positions of what is stated."""
    assert got.frames.tolist() == expected.frames.tolist()
    order = [got.joints.index(joint) for joint in expected.joints]
    np.testing.assert_array_equal(got.source[:, order], expected.source)
    np.testing.assert_array_equal(got.visibility[:, order], expected.visibility)
    np.testing.assert_allclose(got.xy[:, order], expected.xy, atol=atol)


FPS, N_FRAMES = 25.0, 20


def make_motion(
    *, lost: tuple[int, ...] = (), view_turns: NDArray[np.float32] | None = None, size: tuple[int, int] = (640, 480)
) -> MotionItem:
    """The built-in body, taller than it is, moving before a camera."""
    rng = np.random.default_rng(5)
    body = builtin_body()
    swing = np.sin(np.linspace(0, 3, N_FRAMES))[:, None, None] * rng.normal(scale=0.4, size=(24, 3))
    swing[:, 0] += (np.pi, 0, 0)  # upright before the camera, whose y points down
    betas = np.zeros(body.n_betas, np.float32)
    betas[:2] = 0.7, -0.4
    valid = np.ones(N_FRAMES, bool)
    valid[list(lost)] = False
    mesh = MeshSequence(
        body=body.name,
        betas=betas,
        global_orient=swing[:, 0].astype(np.float32),
        body_pose=swing[:, 1:].astype(np.float32),
        transl=(np.linspace(0, 0.5, N_FRAMES)[:, None] * (0.3, -1, 0.2) + (0, 0, 4)).astype(np.float32),
        valid=valid,
        camera=Camera(700.0, (size[0] / 2, size[1] / 2), size),
        view_turns=view_turns,
    )
    return MotionItem("Ana", mesh, body, FPS)
