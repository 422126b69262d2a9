"""The synthetic climb as a file: the video shows what the truth says."""

from pathlib import Path

import numpy as np
import pytest

from annotation.body import builtin_body
from annotation.climb_truth import ClimbTruth, load_truth
from annotation.errors import JobError, ProjectError
from annotation.known_facts import overhang_deg
from annotation.raster import render_mesh
from annotation.skeletons import load_skeleton
from annotation.video import VideoReader
from annotation.walls import WallShape
from inference.climb.choreography import Fold
from inference.climb.generate import generate_climb
from inference.jobs import JobCancelled, TaskContext
from inference.tasks import synthesise

SIZE = (180, 320)


def ignore(_done: int, _total: int, _message: str) -> None:
    pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("climb")
    parameters = {"seed": 4, "duration_s": 2.0, "fps": 10, "size_px": list(SIZE)}
    summary = synthesise.run(TaskContext(parameters, output, output, ignore))
    assert summary["frames"] == 20
    return output


@pytest.fixture(scope="module")
def truth(folder: Path) -> ClimbTruth:
    return load_truth(folder / "truth.npz")


def test_video_and_truth_have_the_same_frames(folder: Path, truth: ClimbTruth) -> None:
    with VideoReader(folder / "climb.mp4") as reader:
        assert len(reader) == len(truth) == 20
        assert reader.size == SIZE == truth.camera.size_px
        assert reader.timeline.fps == pytest.approx(10)


def test_2d_is_the_projection_of_3d_and_stays_in_the_picture(truth: ClimbTruth) -> None:
    np.testing.assert_allclose(truth.camera.project(truth.keypoints3d), truth.xy, atol=0.02)
    assert ((truth.xy > 0) & (truth.xy < SIZE)).all()
    assert truth.visible.mean() > 0.7
    nose, shoulder = (load_skeleton("climbalong25").index(name) for name in ("nose", "left_shoulder"))
    assert truth.visible[:, nose].mean() < truth.visible[:, shoulder].mean()  # seen from behind


def test_the_parameters_give_the_joints(truth: ClimbTruth) -> None:
    joints = builtin_body().joints(truth.betas, truth.pose, transl=truth.transl)
    np.testing.assert_allclose(joints, truth.joints3d, atol=1e-4)


def test_the_climber_is_seen_upright_from_behind_before_the_wall(truth: ClimbTruth) -> None:
    skeleton = load_skeleton("climbalong25")
    left, right, ankle = (truth.xy[:, skeleton.index(n)] for n in ("left_shoulder", "right_shoulder", "left_ankle"))
    assert (left[:, 0] < right[:, 0]).all()
    assert (left[:, 1] < ankle[:, 1]).all()
    assert truth.wall.distance(truth.joints3d).min() > 0.03
    assert truth.wall.distance(np.zeros(3)) > 3


def test_the_climber_is_in_the_video_where_the_truth_says(folder: Path, truth: ClimbTruth) -> None:
    """The pixels that differ from the empty wall are those of the body (and its shadow)."""
    body = builtin_body()
    with VideoReader(folder / "climb.mp4") as reader:
        first, last = (reader.rgb(n).astype(int) for n in (0, len(truth) - 1))
    masks = []
    for frame in (0, len(truth) - 1):
        vertices, _ = body.forward(truth.betas, truth.pose[[frame]], transl=truth.transl[[frame]])
        colors = np.zeros_like(vertices[0])
        masks.append(render_mesh(vertices[0], body.faces, camera=truth.camera, colors=colors).covered)
    changed = np.abs(first - last).sum(-1) > 60
    only_one = masks[0] ^ masks[1]
    assert only_one.sum() > 100
    assert changed[only_one].mean() > 3 * changed[~(masks[0] | masks[1])].mean()


def test_a_wall_that_is_folded_is_filmed_with_both_its_planes(tmp_path: Path) -> None:
    fold, report = Fold(1.5, 35.0), ignore
    generate_climb(tmp_path, seed=4, duration_s=0.3, fps=10, size_px=SIZE, report=report, fold=fold)
    truth = load_truth(tmp_path / "truth.npz")
    assert [wall.name for wall in truth.walls] == ["Vertical", "Overhang"]
    assert overhang_deg(truth.walls[1]) - overhang_deg(truth.walls[0]) == pytest.approx(35.0, abs=1.0)
    skeleton = load_skeleton("climbalong25")
    hands = truth.keypoints3d[:, [skeleton.index("left_index"), skeleton.index("right_index")]]
    shape = WallShape(truth.walls)
    assert (shape.nearest(hands) == 1).all() and np.median(shape.distances(hands).min(axis=0)) < 0.12
    assert truth.mesh.walls == truth.walls
    with VideoReader(tmp_path / "climb.mp4") as reader:
        picture = reader.rgb(0).astype(int)
    x, y = np.median(truth.xy[0, [skeleton.index("left_hip"), skeleton.index("right_hip")]], axis=0).astype(int)
    assert np.ptp(picture[: int(y)].sum(axis=-1)) > 150, "holds and wall above the fold are there"
    assert np.abs(picture[y, x] - picture[y, 5]).max() > 30, "the climber is before it"


def test_another_seed_makes_another_climb(folder: Path, truth: ClimbTruth, tmp_path: Path) -> None:
    synthesise.run(
        TaskContext({"seed": 5, "duration_s": 0.2, "fps": 10, "size_px": list(SIZE)}, tmp_path, tmp_path, ignore)
    )
    other = load_truth(tmp_path / "truth.npz")
    assert not np.allclose(other.xy[0], truth.xy[0], atol=1)


def test_cancelling_ends_the_work(tmp_path: Path) -> None:
    def cancel(done: int, _total: int, _message: str) -> None:
        if done == 2:
            raise JobCancelled

    parameters = {"seed": 1, "duration_s": 2, "fps": 10, "size_px": list(SIZE)}
    with pytest.raises(JobCancelled):
        synthesise.run(TaskContext(parameters, tmp_path, tmp_path, cancel))


@pytest.mark.parametrize(
    "wrong", [{"size_px": [719, 1280]}, {"size_px": "big"}, {"duration_s": 0}, {"fps": "fast"}, {"seed": -1}]
)
def test_parameters_that_make_no_sense_are_refused_by_name(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(JobError, match=next(iter(wrong))):
        synthesise.run(TaskContext(wrong, tmp_path, tmp_path, ignore))


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    missing = tmp_path / "not there"
    parameters = {"duration_s": 0.2, "fps": 10, "size_px": list(SIZE)}
    with pytest.raises(JobError, match="cannot be written"):
        synthesise.run(TaskContext(parameters, tmp_path, missing, ignore))


def test_a_damaged_truth_is_said(tmp_path: Path) -> None:
    (tmp_path / "truth.npz").write_bytes(b"PK nonsense")
    with pytest.raises(ProjectError, match="Make the climb again"):
        load_truth(tmp_path / "truth.npz")


def test_a_file_that_is_missing_or_of_another_kind_is_not_called_damaged(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="There is no file"):
        load_truth(tmp_path / "gone.npz")
    np.savez(tmp_path / "motion.npz", poses=np.zeros(3))
    with pytest.raises(ProjectError, match="is no truth of a climb"):
        load_truth(tmp_path / "motion.npz")
