"""YOLO pose (Ultralytics): a folder with ``data.yaml`` and text files, all in shares of the picture.

A line is ``class cx cy w h``, then ``x y v`` for every joint, v 0 not labelled, 1 occluded, 2 visible; missing joints
are 0 0 0. ``flip_idx`` in ``data.yaml`` is the permutation that swaps left and right, 0-based.
https://docs.ultralytics.com/datasets/pose/
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from annotation.errors import ProjectError
from annotation.formats.export_tables import ExportChoice, TrackLabels, clip_names, export_table, parts_of
from annotation.formats.files import write_folder
from annotation.formats.pose_table import NORMALISED, ImportedPoses, PoseTable, VideoHint
from annotation.formats.reading import FormatError, check_extent, check_size, frame_number, saying_what_is_wrong
from annotation.formats.splitting import Part, Parts
from annotation.labels import Source, Visibility
from annotation.skeletons import load_skeleton

CONFIG = "data.yaml"
_WHAT = "a YOLO pose data set"
_NUMBER = re.compile(r"^(.*?)[_-]?(\d+)$")
_BOX_MARGIN = 0.1
_MAX_FILES = 500_000
_BOX_COLUMNS = 5


def read_yolo(path: Path) -> ImportedPoses:
    """Read a data set by its ``data.yaml`` or its folder; file names end in the number of the frame.

    Raises
    ------
    FormatError
        If it is none, or holds no labels.
    """
    config = path / CONFIG if path.is_dir() else path
    folder = config.parent
    notes: list[str] = []
    with saying_what_is_wrong(config, what=_WHAT):
        joints, with_visibility = _read_config(config)
        rows: dict[tuple[str, int], dict[int, NDArray[np.float64]]] = {}
        files = sorted(folder.rglob("labels/**/*.txt")) or sorted(folder.rglob("*.txt"))
        if len(files) > _MAX_FILES:
            raise FormatError(f"{folder} holds {len(files)} label files, more than are read at once. Split it.")
        for file in files:
            found = _NUMBER.match(file.stem)
            if found is None or file.is_symlink():
                notes.append(f"{file.name} has no frame number at the end of its name and is left out")
                continue
            for person, points in enumerate(_read_file(file, len(joints), with_visibility=with_visibility)):
                rows.setdefault((found.group(1), person), {})[frame_number(found.group(2))] = points
        tables = [
            _table(joints, video, person=person, frames=frames, config=config)
            for (video, person), frames in rows.items()
        ]
    if not tables:
        raise FormatError(f"{folder} holds no labels. Its text files belong into a folder named labels.")
    if any(person for _, person in rows):
        notes.append("the format does not say who is who; people are numbered as they stand in each file")
    return ImportedPoses(tuple(tables), tuple(notes))


def _read_config(config: Path) -> tuple[tuple[str, ...], bool]:
    check_size(config)
    try:
        content = yaml.safe_load(config.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"{CONFIG} is damaged: {str(error).splitlines()[0]}") from error
    n_joints, n_numbers = (int(value) for value in content["kpt_shape"])
    check_extent(config, n_frames=1, n_joints=n_joints)
    if n_joints < 1 or n_numbers not in (2, 3):
        raise ValueError(f"kpt_shape is {content['kpt_shape']}")
    names = content.get("kpt_names") or [f"joint_{number}" for number in range(1, n_joints + 1)]
    if isinstance(names, dict):
        names = next(iter(names.values()))
    if len(names) != n_joints:
        raise ValueError(f"kpt_names has {len(names)} names for {n_joints} joints")
    return tuple(str(name) for name in names), n_numbers == 3


def _read_file(file: Path, n_joints: int, *, with_visibility: bool) -> list[NDArray[np.float64]]:
    """Return the joints (K, 3) of every person: x, y as shares of the picture, visibility."""
    check_size(file)
    people = []
    for line in file.read_text(encoding="utf-8").splitlines():
        numbers = np.array(line.split(), np.float64)
        if not len(numbers):
            continue
        width = 3 if with_visibility else 2
        wanted = _BOX_COLUMNS + width * n_joints
        if len(numbers) not in (wanted, wanted + 1) or not np.isfinite(numbers).all():
            raise ValueError(f"{file.name} has a line of {len(numbers)} numbers, not {wanted}")
        points = numbers[_BOX_COLUMNS:wanted].reshape(n_joints, width)
        if not with_visibility:
            points = np.column_stack([points, np.where(points.any(axis=1), 2, 0)])
        people.append(points)
    return people


def _table(
    joints: tuple[str, ...], video: str, *, person: int, frames: dict[int, NDArray[np.float64]], config: Path
) -> PoseTable:
    check_extent(config, n_frames=len(frames), n_joints=len(joints))
    numbers = np.array(sorted(frames), np.int64)
    points = np.stack([frames[number] for number in numbers.tolist()])
    hint = VideoHint(video, NORMALISED)
    table = PoseTable.empty(f"Climber {person + 1}", joints, numbers, video=hint)
    given = points[..., 2] > 0
    table.xy[given] = points[given, :2]
    table.visibility[given] = np.clip(points[given, 2], Visibility.OCCLUDED, Visibility.VISIBLE).astype(np.uint8)
    table.source[given], table.confidence[given] = Source.LABELLED, 1
    return table


def write_yolo(tracks: Sequence[TrackLabels], choice: ExportChoice, out: Path) -> int:
    """Write the poses as a data set folder; return how many there are.

    Raises
    ------
    ProjectError
        If the climbers have different skeletons, or the folder cannot be written.
    """
    tables = [(item, export_table(item, choice)) for item in tracks]
    tables = [(item, table) for item, table in tables if len(table)]
    if not tables:
        return 0
    skeletons = {table.skeleton for _, table in tables}
    if len(skeletons) > 1:
        raise ProjectError("A YOLO data set has one skeleton, the climbers have several. Choose one for all of them.")
    lines = _lines(tables, choice)
    parts = [part for part in Part if any(key is part for key, _ in lines)]

    def write(folder: Path) -> None:
        for part in parts:
            (folder / "labels" / part.value).mkdir(parents=True)
            (folder / "images" / part.value).mkdir(parents=True)
        for (part, name), poses in lines.items():
            (folder / "labels" / part.value / f"{name}.txt").write_text("\n".join(poses) + "\n", encoding="utf-8")
        (folder / CONFIG).write_text(_config(skeletons.pop(), parts), encoding="utf-8")

    if lines:
        write_folder(out, write)
    return sum(map(len, lines.values()))


def image_path(clip_name: str, frame: int, suffix: str, *, part: Part | None) -> str:
    """Return the name of an image in the folder of the data set; one without labels lies where none is trained on."""
    return f"images/{'unlabelled' if part is None else part.value}/{_stem(clip_name, frame)}.{suffix}"


def _stem(clip_name: str, frame: int) -> str:
    return f"{clip_name}_{frame:06d}"


def _lines(tables: Sequence[tuple[TrackLabels, PoseTable]], choice: ExportChoice) -> dict[tuple[Part, str], list[str]]:
    """Return the lines of each label file, by part and name."""
    items, all_tables = zip(*tables, strict=True)
    names = clip_names(items)
    parts: Parts = {} if choice.split is None else parts_of(items, all_tables, split=choice.split)
    lines: dict[tuple[Part, str], list[str]] = {}
    for item, table in tables:
        for row, frame in enumerate(table.frames.tolist()):
            text = _line(table.xy[row], table.visibility[row], size=item.clip.size)
            if text:
                part = parts.get((item.clip.id, frame), Part.TRAIN)
                lines.setdefault((part, _stem(names[item.clip.id], frame)), []).append(text)
    return lines


def _config(skeleton_name: str, parts: Sequence[Part]) -> str:
    """Return the ``data.yaml``; it must name what to validate on, also where nothing was set aside for that."""
    skeleton = load_skeleton(skeleton_name)
    train = Part.TRAIN if Part.TRAIN in parts else parts[0]
    content = {
        "path": ".",
        "train": f"images/{train.value}",
        "val": f"images/{(Part.VAL if Part.VAL in parts else train).value}",
        **({"test": f"images/{Part.TEST.value}"} if Part.TEST in parts else {}),
        "kpt_shape": [len(skeleton), 3],
        "flip_idx": skeleton.mirror.tolist(),
        "names": {0: "climber"},
        "kpt_names": {0: list(skeleton.joints)},
    }
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    return text


def _line(xy: NDArray[np.float64], visibility: NDArray[np.uint8], *, size: tuple[int, int]) -> str:
    """Return one pose; joints outside the picture are not labelled, for the format has no room for them."""
    shares = xy / np.array(size)
    inside = (visibility > 0) & ((shares >= 0) & (shares <= 1)).all(axis=1)
    if not inside.any():
        return ""
    low, high = shares[inside].min(axis=0), shares[inside].max(axis=0)
    margin = _BOX_MARGIN * (high - low).max()
    low, high = np.clip(low - margin, 0, 1), np.clip(high + margin, 0, 1)
    joints = np.column_stack([np.where(inside[:, None], shares, 0), np.where(inside, visibility, 0)])
    box = " ".join(f"{value:.8f}" for value in (*(low + high) / 2, *(high - low)))
    return f"0 {box} " + " ".join(f"{x:.8f} {y:.8f} {int(v)}" for x, y, v in joints)
