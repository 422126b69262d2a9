"""COCO keypoints: labels as ground truth, predictions as results, both for the same images.

Coordinates are ours unchanged: COCO's x and y are continuous too, with (0, 0) the top-left corner of the top-left
pixel, so no half pixel is added. Points outside the picture stay where they are. Joint indices in ``skeleton`` are
1-based, as the format asks.
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.formats.export_tables import ExportChoice, TrackLabels, clip_names, export_table, of_part, parts_of
from annotation.formats.files import write_json, write_json_files
from annotation.formats.known_wall import known_wall_to_json
from annotation.formats.pose_table import PoseTable
from annotation.formats.splitting import Part
from annotation.labels import Keypoints2D, Source
from annotation.skeletons import DEFAULT_SKELETON, Skeleton, load_skeleton

CATEGORY_ID = 1
BOX_MARGIN = 0.1
"""Added on every side of the box, as a share of its longer side: the flesh around the joints."""
_IMAGES_PER_CLIP = 1_000_000
_SOURCE_NAMES = {int(source): source.name.lower() for source in Source}


class ResultFrames(Enum):
    """Which frames the results are written for."""

    LABELLED = "labelled"
    """Those of `coco_truth`, to be scored against it: a detection elsewhere would count as a false one."""
    ALL = "all"
    """Every frame with a prediction."""


def coco_truth(tracks: Sequence[TrackLabels], *, skeleton: str, choice: ExportChoice | None = None) -> dict[str, Any]:
    """Return the labels and what was interpolated between them as a COCO keypoint data set.

    Every chosen frame becomes an image, by default those in which a person said something about a joint of `skeleton`,
    with an annotation unless nothing of the climber is in it. Visible is 2, occluded 1, absent 0. Unless they were
    chosen, joints that were only predicted have visibility 0 as well: they are nobody's statement.

    ``bbox`` spans all points of the frame, predicted ones too, with `BOX_MARGIN`, cut to the picture: a box around one
    corrected wrist would not be the climber's. ``area``, the scale of OKS, is that of the box.

    Keys beside COCO's: ``clip_id``, ``video`` and ``frame`` of images; ``attributes`` (track and keyframe, as CVAT
    reads them) and ``betascope`` (source of every joint, track, frame, time) of annotations; ``betascope`` of the info:
    the ``walls`` of the climbers, see `annotation.formats.known_wall`.
    """
    choice = replace(choice or ExportChoice(), skeleton=skeleton)
    return _document(tracks, [export_table(item, choice) for item in tracks], choice)


def image_path(clip_name: str, frame: int, suffix: str) -> str:
    """Return the name of an image, below the folder of images."""
    return f"{clip_name}/{frame:06d}.{suffix}"


def _document(tracks: Sequence[TrackLabels], tables: Sequence[PoseTable], choice: ExportChoice) -> dict[str, Any]:
    names = clip_names(tracks)
    annotations = [
        annotation
        for number, (item, table) in enumerate(zip(tracks, tables, strict=True), start=1)
        for annotation in _track_annotations(item, table, track_number=number, clip_number=_number(item, names))
    ]
    return {
        "info": {"description": "Betascope labels", "version": "1.0", **_walls(tracks)},
        "licenses": [],
        "images": _images(tracks, tables, names, suffix=choice.image_suffix),
        "categories": [_category(load_skeleton(choice.skeleton))],
        "annotations": [{"id": i, **annotation} for i, annotation in enumerate(annotations, start=1)],
    }


def _walls(tracks: Sequence[TrackLabels]) -> dict[str, Any]:
    walls = [
        {"video": item.clip.path.name, "track_name": item.track.name, **known_wall_to_json(item.wall)}
        for item in tracks
        if item.wall is not None
    ]
    return {"betascope": {"walls": walls}} if walls else {}


def write_coco(tracks: Sequence[TrackLabels], choice: ExportChoice, out: Path) -> int:
    """Write the labels as a COCO data set; return how many annotations are in it.

    With a split it is one file for each part that has frames, named ``labels-train.json`` and so on.

    Raises
    ------
    ProjectError
        If a file cannot be written, or there are too few videos for the split.
    """
    choice = replace(choice, skeleton=choice.skeleton or DEFAULT_SKELETON)
    tables = [export_table(item, choice) for item in tracks]
    if choice.split is None or not any(map(len, tables)):
        documents = {out: _document(tracks, tables, choice)}
    else:
        parts = parts_of(tracks, tables, split=choice.split)
        documents = {
            part_file(out, part): _document(
                tracks,
                [of_part(item, table, parts=parts, part=part) for item, table in zip(tracks, tables, strict=True)],
                choice,
            )
            for part in Part
        }
    counts = {path: len(data["annotations"]) for path, data in documents.items()}
    write_json_files({path: data for path, data in documents.items() if counts[path]})
    return sum(counts.values())


def part_file(out: Path, part: Part) -> Path:
    """Return the file of a part of a split data set."""
    return out.with_name(f"{out.stem}-{part.value}{out.suffix}")


def write_coco_results(tracks: Sequence[TrackLabels], choice: ExportChoice, out: Path) -> int:
    """Write the predictions as COCO results; return how many there are.

    They are those of the labelled frames, which can be scored against the labels; where nothing is labelled, those of
    every frame.

    Raises
    ------
    ProjectError
        If the file cannot be written.
    """
    skeleton = choice.skeleton or DEFAULT_SKELETON
    labelled = any(len(export_table(item, ExportChoice(skeleton=skeleton))) for item in tracks)
    frames = ResultFrames.LABELLED if labelled else ResultFrames.ALL
    entries = coco_results(tracks, skeleton=skeleton, frames=frames)
    if entries:
        write_json(entries, out)
    return len(entries)


def coco_results(
    tracks: Sequence[TrackLabels], *, skeleton: str, frames: ResultFrames = ResultFrames.LABELLED
) -> list[dict[str, Any]]:
    """Return the predictions in COCO's results format; image ids and category are those of `coco_truth`.

    The third number of a keypoint is its confidence; missing ones are 0, 0, 0. The score is the mean confidence of the
    joints found.
    """
    target, names = load_skeleton(skeleton), clip_names(tracks)
    return [
        result
        for item in tracks
        if item.predictions is not None
        for result in _track_results(
            item, item.predictions.converted(skeleton), frames=frames, target=target, clip_number=_number(item, names)
        )
    ]


def _number(item: TrackLabels, names: dict[str, str]) -> int:
    return list(names).index(item.clip.id)


def _image_id(clip_number: int, frame: int) -> int:
    return clip_number * _IMAGES_PER_CLIP + frame + 1


def _images(
    tracks: Sequence[TrackLabels], tables: Sequence[PoseTable], names: dict[str, str], *, suffix: str
) -> list[dict[str, Any]]:
    images: dict[int, dict[str, Any]] = {}
    for item, table in zip(tracks, tables, strict=True):
        clip = item.clip
        width, height = clip.size
        for frame in table.frames.tolist():
            image_id = _image_id(_number(item, names), frame)
            images[image_id] = {
                "id": image_id,
                "file_name": image_path(names[clip.id], frame, suffix),
                "width": width,
                "height": height,
                "clip_id": clip.id,
                "video": clip.path.name,
                "frame": frame,
            }
    return [images[image_id] for image_id in sorted(images)]


def _category(skeleton: Skeleton) -> dict[str, Any]:
    return {
        "id": CATEGORY_ID,
        "name": "person",
        "supercategory": "person",
        "keypoints": list(skeleton.joints),
        "skeleton": [[a + 1, b + 1] for a, b in skeleton.bones],
    }


def _track_annotations(
    item: TrackLabels, table: PoseTable, *, track_number: int, clip_number: int
) -> list[dict[str, Any]]:
    there = np.flatnonzero(~np.isnan(item.resolved.xy[table.frames]).all(axis=(1, 2)))
    table = table.taken(there)
    boxes = _boxes(item.resolved.xy[table.frames], size=item.clip.size)
    stated = table.visibility > 0
    keypoints = _triplets(np.where(stated[..., None], table.xy, np.nan), table.visibility)
    keyframes = set(item.track.keyframes())
    times_s = item.clip.timeline.times_s[table.frames].round(6).tolist()
    columns = (table.frames.tolist(), keypoints, stated.sum(axis=1).tolist(), boxes, table.source.tolist(), times_s)
    return [
        {
            "image_id": _image_id(clip_number, frame),
            "category_id": CATEGORY_ID,
            "keypoints": points,
            "num_keypoints": n_stated,
            "bbox": box,
            "area": round(box[2] * box[3], 3),
            "segmentation": [],
            "iscrowd": 0,
            "attributes": {"track_id": track_number, "keyframe": frame in keyframes},
            "betascope": {
                "sources": [_SOURCE_NAMES[code] for code in sources],
                "track": item.track.id,
                "track_name": item.track.name,
                "frame": frame,
                "time_s": time_s,
            },
        }
        for frame, points, n_stated, box, sources, time_s in zip(*columns, strict=True)
    ]


def _track_results(
    item: TrackLabels, predictions: Keypoints2D, *, frames: ResultFrames, target: Skeleton, clip_number: int
) -> list[dict[str, Any]]:
    wanted = np.arange(len(predictions.xy))
    if frames is ResultFrames.LABELLED:
        stated = export_table(item, ExportChoice(skeleton=target.name)).frames
        wanted = stated[stated < len(predictions.xy)]
    known: NDArray[np.bool_] = ~np.any(np.isnan(predictions.xy[wanted]), axis=-1)
    wanted, known = wanted[known.any(axis=1)], known[known.any(axis=1)]
    confidence = predictions.confidence[wanted]
    scores = np.where(known, confidence, 0).sum(axis=1, dtype=np.float64) / known.sum(axis=1)
    keypoints = _triplets(predictions.xy[wanted], confidence)
    return [
        {
            "image_id": _image_id(clip_number, frame),
            "category_id": CATEGORY_ID,
            "keypoints": points,
            "score": score,
        }
        for frame, points, score in zip(wanted.tolist(), keypoints, scores.round(6).tolist(), strict=True)
    ]


def _triplets(xy: NDArray[np.floating], third: NDArray[Any]) -> list[list[float]]:
    """Return for each row (N, K) x, y and a third number joint by joint, 0, 0, 0 where x or y is NaN."""
    missing = np.isnan(xy).any(axis=-1)
    places = np.where(missing[..., None], 0.0, xy.astype(np.float64)).round(3)
    numbers = np.where(missing, 0, third)
    numbers = numbers if numbers.dtype.kind in "iu" else numbers.astype(np.float64).round(6)
    triplets = np.concatenate([places, places[..., :1]], axis=-1)
    rows: list[list[float]] = triplets.reshape(len(xy), 3 * xy.shape[1]).tolist()
    for row, own in zip(rows, numbers.tolist(), strict=True):
        row[2::3] = own  # whole numbers stay whole
    return rows


def _boxes(xy: NDArray[np.floating], *, size: tuple[int, int]) -> list[list[float]]:
    """Return x, y, width, height around the known points (N, K, 2), at least a pixel each way, inside the picture."""
    missing, points = np.isnan(xy).any(axis=-1, keepdims=True), xy.astype(np.float64)
    low, high = np.where(missing, np.inf, points).min(axis=1), np.where(missing, -np.inf, points).max(axis=1)
    margin = np.maximum(BOX_MARGIN * (high - low).max(axis=1, keepdims=True), 0.5)
    limit = np.array(size, dtype=np.float64)
    low = np.clip(low - margin, 0, limit - 1)
    high = np.clip(high + margin, low + 1, limit)
    boxes: list[list[float]] = np.concatenate([low, high - low], axis=1).round(3).tolist()
    return boxes
