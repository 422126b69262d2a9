"""The review video: right frames, right times, points and body where they belong."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotation.body import BUILTIN_BODY, builtin_body
from annotation.errors import BetascopeError, JobError
from annotation.labels import Source, Visibility
from annotation.poses import Camera, MeshSequence, Plane
from annotation.runs import save_mesh
from annotation.skeletons import load_skeleton
from annotation.video import VideoReader
from inference import drawing
from inference.jobs import JobCancelled, TaskContext
from inference.tasks import render
from inference.video_writer import VideoWriter

SIZE = (201, 320)  # an odd width, as cropped videos have
PTS = [0, 3, 4, 9, 12, 20]  # hundredths of a second: a variable rate
GREY = 90
SKELETON = load_skeleton("climbalong25")
ELBOW = SKELETON.index("left_elbow")


@pytest.fixture
def job(tmp_path: Path) -> TaskContext:
    """A job with a grey video of variable rate, one point and no body."""
    with VideoWriter(tmp_path / "clip.mp4", size_px=SIZE, time_base=Fraction(1, 100), fps=30, crf=10) as writer:
        for pts in PTS:
            writer.add(np.full((SIZE[1], SIZE[0], 3), GREY, np.uint8), pts=pts)
    write_points(tmp_path, Source.LABELLED)
    return context(tmp_path)


def context(folder: Path, **changes: Any) -> TaskContext:
    parameters = {
        "video": str(folder / "clip.mp4"),
        "size_px": [202, 320],
        "skeleton": SKELETON.name,
        "points": True,
        "mesh": False,
        "mesh_run": None,
        "side_view": False,
        "output_name": "review.mp4",
        "body": BUILTIN_BODY,
        "bodies_dir": None,
    }
    output = folder / "output"
    output.mkdir(exist_ok=True)
    return TaskContext({**parameters, **changes}, folder, output, lambda *_: None)


def write_points(folder: Path, source: Source, *, confidence: float = 1.0) -> None:
    shape = (len(PTS), len(SKELETON))
    xy = np.full((*shape, 2), np.nan, np.float32)
    xy[:, ELBOW] = (60.0, 100.0)
    sources = np.where(np.isnan(xy[..., 0]), Source.MISSING, source).astype(np.uint8)
    visibility = np.full(shape, Visibility.VISIBLE, np.uint8)
    np.savez(
        folder / "inputs.npz",
        xy=xy,
        confidence=np.full(shape, confidence, np.float32),
        source=sources,
        visibility=visibility,
    )


def save_body(folder: Path, *, valid: np.ndarray) -> MeshSequence:
    """A body in a T-pose, upright (the camera's y points down), 4 m away, its back to the camera."""
    n = len(PTS)
    orient = np.tile(np.array([0.0, 0.0, np.pi], np.float32), (n, 1))
    transl = np.tile(np.array([0, 0, 4], np.float32), (n, 1))
    camera = Camera(300.0, (101.0, 160.0), (202, 320))
    pose = np.zeros((n, 23, 3), np.float32)
    wall = Plane((0.0, 0.0, -1.0), -4.4)
    mesh = MeshSequence(BUILTIN_BODY, np.zeros(10, np.float32), orient, pose, transl, valid, camera, (wall,))
    folder.mkdir()
    save_mesh(folder, mesh)
    return mesh


def rendered(job: TaskContext) -> tuple[VideoReader, list[np.ndarray]]:
    render.run(job)
    with VideoReader(job.output / "review.mp4") as reader:
        return reader, [reader.rgb(n).astype(int) for n in range(len(reader))]


def test_every_frame_keeps_its_time(job: TaskContext) -> None:
    reader, pictures = rendered(job)
    np.testing.assert_allclose(reader.timeline.times_s, np.array(PTS) / 100, atol=1e-4)
    assert len(pictures) == len(PTS)
    assert reader.size == (202, 320)


def test_a_labelled_point_is_a_disc_of_its_side_where_it_was_put(job: TaskContext) -> None:
    _, pictures = rendered(job)
    for picture in pictures:
        red, _, blue = picture[100, 60]
        assert blue > 180 > red
        assert np.abs(picture[250, 150] - GREY).max() < 8


def test_how_a_point_is_drawn_says_where_it_comes_from(tmp_path: Path) -> None:
    """Inked pixels: a disc with a ring, a ring with an empty middle, a small dot that fades with its confidence."""
    inked, middle = {}, {}
    for name, source, confidence in (
        ("labelled", Source.LABELLED, 1.0),
        ("interpolated", Source.INTERPOLATED, 1.0),
        ("sure", Source.PREDICTED, 1.0),
        ("doubtful", Source.PREDICTED, 0.1),
    ):
        write_points(tmp_path, source, confidence=confidence)
        track = render._track(context(tmp_path), (202, 320))
        picture = np.full((320, 202, 3), GREY, np.uint8)
        drawing.draw_skeleton(picture, track, frame=0)
        difference = np.abs(picture.astype(int) - GREY).sum(-1)
        inked[name], middle[name] = (difference > 40).sum(), difference[99:101, 59:61].mean()
    assert inked["labelled"] > inked["interpolated"] > inked["sure"] >= inked["doubtful"] > 0
    assert middle["interpolated"] == 0
    assert middle["labelled"] > 60
    assert middle["sure"] > 2 * middle["doubtful"]


def test_left_and_right_are_told_apart_by_colour() -> None:
    assert drawing.joint_color("left_knee") == (0x3B, 0x8E, 0xEA)
    assert drawing.joint_color("right_knee") == (0xF2, 0x8C, 0x28)
    assert drawing.bone_color("left_hip", "right_hip") == drawing.joint_color("nose") == drawing.MIDDLE


def test_the_body_covers_the_climber_only_where_it_was_fitted(job: TaskContext) -> None:
    valid = np.array([True, True, False, True, True, True])
    mesh = save_body(job.folder / "run", valid=valid)
    _, pictures = rendered(context(job.folder, points=False, mesh=True, mesh_run=str(job.folder / "run")))
    chest = builtin_body().joints(mesh.betas, mesh.pose, transl=mesh.transl)[0, 9]
    x, y = mesh.camera.project(chest).astype(int)
    covered = [bool(np.abs(picture[y, x] - GREY).max() > 25) for picture in pictures]
    assert covered == valid.tolist()


def test_the_side_view_shows_the_body_between_viewer_and_wall(job: TaskContext) -> None:
    save_body(job.folder / "run", valid=np.ones(len(PTS), bool))
    side_job = context(job.folder, points=False, mesh_run=str(job.folder / "run"), side_view=True)
    reader, pictures = rendered(side_job)
    panel = pictures[0][:, 202:]
    assert reader.size[0] > 202 and reader.size[0] % 2 == 0
    saturation = panel.max(-1) - panel.min(-1)
    rows, columns = np.nonzero(saturation > 60)  # clothes and skin; panel and wall are grey
    assert np.ptp(rows) > 2 * np.ptp(columns)
    assert columns.max() < panel.shape[1] - 3
    orange = (panel[..., 0] > 150) & (panel[..., 2] < 90)
    blue = (panel[..., 2] > 120) & (panel[..., 0] < 60)
    assert np.nonzero(blue)[0].mean() < np.nonzero(orange)[0].mean()  # the shirt is above the shoes


def test_cancelling_ends_the_work(job: TaskContext) -> None:
    def cancel(done: int, _total: int, _message: str) -> None:
        if done == 3:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        render.run(TaskContext(job.parameters, job.folder, job.output, cancel))


def test_progress_reaches_the_end(job: TaskContext) -> None:
    reports: list[tuple[int, int]] = []
    summary = render.run(
        TaskContext(job.parameters, job.folder, job.output, lambda done, total, _: reports.append((done, total)))
    )
    assert reports == [(n + 1, len(PTS)) for n in range(len(PTS))]
    assert summary["frames"] == len(PTS)


@pytest.mark.parametrize("name", ["../review.mp4", "review.txt", ""])
def test_a_name_that_is_no_video_is_refused(job: TaskContext, name: str) -> None:
    with pytest.raises(JobError, match="name for a video"):
        render.run(context(job.folder, output_name=name))


def test_missing_video_points_and_folder_are_said(job: TaskContext) -> None:
    with pytest.raises(BetascopeError, match=r"gone\.mp4"):
        render.run(context(job.folder, video=str(job.folder / "gone.mp4")))
    with pytest.raises(JobError, match="cannot be written"):
        render.run(TaskContext(job.parameters, job.folder, job.folder / "not there", lambda *_: None))
    (job.folder / "inputs.npz").unlink()
    with pytest.raises(JobError, match=r"inputs\.npz"):
        render.run(job)


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    (tmp_path / "full.mp4").symlink_to(full)
    noise = np.random.default_rng(0).integers(0, 255, (320, 320, 3), dtype=np.uint8)
    with (
        pytest.raises(JobError, match="cannot be written"),
        VideoWriter(tmp_path / "full.mp4", size_px=(320, 320), time_base=Fraction(1, 25), fps=25) as writer,
    ):
        for n in range(60):
            writer.add(np.roll(noise, 7 * n, axis=1), pts=n)
