"""Every format Betascope reads or writes, in one table; command line, window and README are made from it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotation.errors import BetascopeError
from annotation.formats.coco import write_coco, write_coco_results
from annotation.formats.coco_reader import read_coco, read_coco_results
from annotation.formats.cvat import read_cvat
from annotation.formats.cvat_writer import write_cvat
from annotation.formats.deeplabcut import read_deeplabcut, write_deeplabcut
from annotation.formats.export_tables import ExportChoice, TrackLabels
from annotation.formats.openpose import read_openpose, write_openpose
from annotation.formats.parquet_table import write_parquet
from annotation.formats.point_table import write_point_table
from annotation.formats.pose_table import ImportedPoses
from annotation.formats.sleap import read_slp
from annotation.formats.sleap_analysis import read_sleap_analysis, write_sleap_analysis, write_sleap_csv
from annotation.formats.yolo import read_yolo, write_yolo

Reader = Callable[[Path], ImportedPoses]
Writer = Callable[[Sequence[TrackLabels], ExportChoice, Path], int]
"""Writes what a choice leaves of some tracks; returns how many poses it wrote, 0 if there were none and no file is."""


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes
    ----------
    suffix : str
        Of the file; empty where it is a folder.
    loses : tuple of str
        What a project has and the format cannot carry.
    """

    key: str
    title: str
    suffix: str
    read: Reader | None
    write: Writer | None
    loses: tuple[str, ...] = ()


_BESIDE = "events, contacts, depths, wall and body"
"""What a project knows beside points, which no format for points has a place for."""

_TABLE_LOSES = ("spans", "events, contacts, depths and wall", "the turns and the mesh of the body")

_SLEAP_LOSES = (
    "labels (all read as predictions)",
    "absent and occluded joints",
    "who labelled",
    "review state",
    _BESIDE,
)

FORMATS = (
    Format(
        "coco",
        "COCO keypoints",
        ".json",
        read_coco,
        write_coco,
        (
            "absent joints (for other tools: they read as unlabelled)",
            "who labelled and when",
            "interpolation kinds",
            "review state",
            "events, contacts, depths and body",
        ),
    ),
    Format(
        "coco-results",
        "COCO results (predictions)",
        ".json",
        read_coco_results,
        write_coco_results,
        ("labels", "climbers' names", "frames, without the COCO file they belong to", _BESIDE),
    ),
    Format(
        "cvat",
        "CVAT for video 1.1",
        ".xml",
        read_cvat,
        write_cvat,
        (
            "climbers' names",
            "predictions (they read as labels)",
            "confidences",
            "whether the ends of a range are labels (they read as labels)",
            "who labelled and when",
            "interpolation kinds other than linear",
            "review state",
            _BESIDE,
        ),
    ),
    Format(
        "yolo",
        "YOLO pose",
        "",
        read_yolo,
        write_yolo,
        (
            "which points are keyframes (all read as labels)",
            "absent joints",
            "joints outside the picture",
            "climbers' names",
            "confidences",
            "who labelled and when",
            "review state",
            _BESIDE,
        ),
    ),
    Format(
        "openpose",
        "OpenPose JSON, one file a frame",
        "",
        read_openpose,
        write_openpose,
        ("labels (all read as predictions)", "absent and occluded joints", "climbers' names", "review state", _BESIDE),
    ),
    Format("sleap", "SLEAP project (.slp)", ".slp", read_slp, None, ("edges, suggestions and embedded pictures",)),
    Format("sleap-h5", "SLEAP analysis HDF5", ".h5", read_sleap_analysis, write_sleap_analysis, _SLEAP_LOSES),
    Format("sleap-csv", "SLEAP analysis CSV", ".csv", None, write_sleap_csv, _SLEAP_LOSES),
    Format(
        "deeplabcut",
        "DeepLabCut CSV (reads its HDF5 of labelled frames too)",
        ".csv",
        read_deeplabcut,
        write_deeplabcut,
        (
            "absent and occluded joints",
            "which points are keyframes (all read as labels; with --points predicted all as predictions)",
            "who labelled and when",
            "review state",
            _BESIDE,
        ),
    ),
    Format("csv", "Table of points (CSV)", ".csv", None, write_point_table, _TABLE_LOSES),
    Format("parquet", "Table of points (Parquet; needs pyarrow)", ".parquet", None, write_parquet, _TABLE_LOSES),
)


def find_format(key: str) -> Format:
    """Return a format by key.

    Raises
    ------
    BetascopeError
        If there is none; the message names those there are.
    """
    for item in FORMATS:
        if item.key == key:
            return item
    raise BetascopeError(f"There is no format {key!r}. Known: {', '.join(item.key for item in FORMATS)}.")
