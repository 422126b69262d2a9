"""Exports with images: the pictures are the frames, under the names the labels give; all of it appears, or nothing."""

import json
from pathlib import Path

import av
import numpy as np
import pytest

from annotation.edits import SetLabels
from annotation.errors import ProjectError
from annotation.exporting import ExportOrder, amount, carry_out, ordered_items
from annotation.formats.export_tables import ExportChoice, Frames, Points
from annotation.formats.pictures import Images
from annotation.formats.splitting import Split, SplitRule
from annotation.labels import Label
from annotation.project import Project
from annotation.store import Access
from app import operations
from app.cli import main
from app.job_process import run_job
from inference.jobs import JobSpec, TaskName, write_job
from tests.conftest import ReadCode

LABELLED = (3, 17, 42)


def quiet(_done: int, _total: int, _message: str) -> None:
    pass


@pytest.fixture
def labelled(video: Path) -> Path:
    with operations.open_for_video(video) as project:
        track = next(iter(project.tracks.values()))
        labels = {(frame, joint): Label((50 + joint, 60)) for frame in LABELLED for joint in range(25)}
        project.push(SetLabels(track.id, labels))
        return project.folder


def code_of(path: Path, read_code: ReadCode) -> int:
    with av.open(str(path)) as container:
        return read_code(next(container.decode(video=0)).to_ndarray(format="rgb24"))


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_images_are_the_frames_the_labels_name(
    suffix: str, labelled: Path, tmp_path: Path, read_code: ReadCode
) -> None:
    out = tmp_path / "labels.json"
    command = [
        "export",
        "coco",
        str(labelled),
        "--out",
        str(out),
        "--images",
        suffix,
        "--every",
        "20",
        "--points",
        "labels",
    ]
    assert main(command) == 0
    named = {image["file_name"]: image["frame"] for image in json.loads(out.read_text())["images"]}
    assert sorted(named.values()) == list(LABELLED)
    folder = tmp_path / "labels-images"
    for name, frame in named.items():
        assert code_of(folder / name, read_code) == frame
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
    assert written == {*named, *(f"climb/{frame:06d}.{suffix}" for frame in (0, 20, 40))}


def test_yolo_puts_images_beside_their_labels_and_the_others_where_none_is_trained_on(
    labelled: Path, tmp_path: Path, read_code: ReadCode
) -> None:
    out = tmp_path / "set"
    command = [
        "export",
        "yolo",
        str(labelled),
        "--out",
        str(out),
        "--images",
        "jpg",
        "--every",
        "30",
        "--points",
        "labels",
    ]
    assert main([*command, "--split", "rule"]) == 0
    for labels in (out / "labels").rglob("*.txt"):
        image = out / "images" / labels.relative_to(out / "labels").with_suffix(".jpg")
        assert code_of(image, read_code) == int(labels.stem[-6:])
    assert {path.name for path in (out / "images/unlabelled").iterdir()} == {"climb_000000.jpg", "climb_000030.jpg"}
    assert main(command) == 1, "nothing is written over"


def test_a_name_stays_when_only_one_climber_is_exported(video: Path, labelled: Path, tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    twin = tmp_path / "second" / "climb.mp4"
    twin.write_bytes(video.read_bytes() + b"\0" * 8)
    with operations.open_for_video(twin, folder=labelled) as project:
        track = list(project.tracks.values())[1]
        project.push(SetLabels(track.id, {(5, 0): Label((50, 60))}))
        order = ExportOrder("coco", tmp_path / "one.json", tracks=(track.id,))
        carry_out(ordered_items(project, order), order, report=quiet)
    assert json.loads((tmp_path / "one.json").read_text())["images"][0]["file_name"] == "climb-2/000005.jpg"


class EnoughError(Exception):
    """Stands for a cancel."""


def test_cancelling_leaves_nothing_behind(labelled: Path, tmp_path: Path) -> None:
    order = ExportOrder("coco", tmp_path / "labels.json", images=Images("png", 1))

    def cancel(done: int, _total: int, _message: str) -> None:
        if done == 10:
            raise EnoughError

    before = sorted(tmp_path.rglob("*"))
    with Project.open(labelled, access=Access.READ) as project, pytest.raises(EnoughError):
        carry_out(ordered_items(project, order), order, report=cancel)
    assert [path for path in sorted(tmp_path.rglob("*")) if path.parent != labelled] == [
        path for path in before if path.parent != labelled
    ]


def test_what_goes_out_is_known_before(labelled: Path, tmp_path: Path) -> None:
    choice = ExportChoice(points=Points.LABELS)
    order = ExportOrder("coco", tmp_path / "labels.json", choice, images=Images("png", 20))
    with Project.open(labelled, access=Access.READ) as project:
        items = ordered_items(project, order)
        expected = amount(items, order)
        exported = carry_out(items, order, report=quiet)
    assert (expected.n_frames, expected.n_poses, expected.n_images) == (3, 3, 6)
    assert (exported.n_poses, exported.n_images) == (3, 6)


def test_the_worker_does_the_same(labelled: Path, tmp_path: Path) -> None:
    choice = ExportChoice(Frames.LABELLED, Points.LABELS, "coco17", (0, 20), 0.3, Split(SplitRule.RULE, 4))
    order = ExportOrder("yolo", tmp_path / "set", choice, (), Images("jpg"))
    assert ExportOrder.from_json(json.loads(json.dumps(order.to_json()))) == order
    job = tmp_path / "job"
    write_job(job, JobSpec(TaskName.EXPORT, {"project": str(labelled), "order": order.to_json()}, job / "output"))
    finished = run_job(job, on_event=lambda _event: None)
    assert (finished.summary["poses"], finished.summary["images"]) == (2, 2)
    assert sum(1 for _ in (tmp_path / "set").rglob("*.jpg")) == 2


@pytest.mark.parametrize("format", ["cvat", "csv"])
def test_formats_without_parts_say_so(format: str, labelled: Path, tmp_path: Path) -> None:
    order = ExportOrder(format, tmp_path / "out", ExportChoice(split=Split(SplitRule.RULE)))
    with Project.open(labelled, access=Access.READ) as project, pytest.raises(ProjectError, match="COCO or YOLO"):
        carry_out(ordered_items(project, order), order, report=quiet)


def test_images_need_the_video(video: Path, labelled: Path, tmp_path: Path) -> None:
    video.unlink()
    order = ExportOrder("coco", tmp_path / "labels.json", images=Images())
    with Project.open(labelled, access=Access.READ) as project, pytest.raises(ProjectError, match="Relink"):
        carry_out(ordered_items(project, order), order, report=quiet)
    assert not order.out.exists()


def test_jpeg_keeps_the_colours(tmp_path: Path) -> None:
    from annotation.formats.pictures import write_picture

    colours = np.zeros((64, 65, 3), np.uint8)
    colours[:, :32], colours[:, 32:] = (200, 40, 30), (20, 60, 220)
    write_picture(tmp_path / "a.jpg", colours)
    with av.open(str(tmp_path / "a.jpg")) as container:
        back = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert np.abs(back[:, 8:24].astype(int) - colours[:, 8:24]).max() < 8
    assert np.abs(back[:, 40:56].astype(int) - colours[:, 40:56]).max() < 8


@pytest.mark.parametrize(
    ("key", "name", "reason"),
    [
        ("coco", "motion.bvh", "Write it to motion.json"),
        ("cvat", "labels.json", "Write it to labels.xml"),
        ("yolo", "labels.json", "YOLO pose is a folder"),
        ("coco", "folder", "is a folder"),
    ],
)
def test_no_file_of_another_kind_is_written_over(
    key: str, name: str, reason: str, labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    if name != "folder":
        (tmp_path / name).write_text("months of work")
    assert main(["export", key, str(labelled), "--out", str(tmp_path / name)]) == 1
    assert reason in capsys.readouterr().err
    assert name == "folder" or (tmp_path / name).read_text() == "months of work"
    with Project.open(labelled, access=Access.READ) as project:
        order = ExportOrder(key, tmp_path / name)
        with pytest.raises(ProjectError, match=reason):
            amount(ordered_items(project, order), order)


def test_an_export_is_made_again_and_a_name_without_ending_is_taken(labelled: Path, tmp_path: Path) -> None:
    for name in ("again.json", "again.json", "again.JSON", "labels"):
        assert main(["export", "coco", str(labelled), "--out", str(tmp_path / name)]) == 0
        assert len(json.loads((tmp_path / name).read_text())["annotations"]) >= len(LABELLED)
