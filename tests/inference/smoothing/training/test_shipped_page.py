"""The page that says what the shipped weights are worth."""

from pathlib import Path

import numpy as np

from annotation.climb_truth import ClimbTruth, save_truth
from annotation.labels import Keypoints2D
from annotation.poses import Camera, Plane
from annotation.runs import save_keypoints
from inference.climb.generate import TRUTH_FILE
from inference.smoothing.training import shipped_figures
from inference.smoothing.training.synthesiser import SKELETON, MotionRecipe, synthesise


def keep(folder: Path, *, n_frames: int) -> None:
    """Put a climb and what a detector found in its video where both are looked for."""
    (sequence,) = synthesise(MotionRecipe(1, 1, 3.0), seed=4, first=400_000)
    xy = sequence.xy[:n_frames]
    truth = ClimbTruth(
        xy=xy,
        visible=np.ones(xy.shape[:2], bool),
        keypoints3d=np.zeros((*xy.shape[:2], 3), np.float32),
        joints3d=np.zeros((n_frames, 24, 3), np.float32),
        betas=np.zeros(10, np.float32),
        pose=np.zeros((n_frames, 24, 3), np.float32),
        transl=np.zeros((n_frames, 3), np.float32),
        contacts=np.zeros((n_frames, 4), bool),
        camera=Camera.guess((720, 1280)),
        walls=(Plane((0.0, 0.0, -1.0), 0.0),),
        fps=30.0,
    )
    (folder / "climb-9").mkdir()
    (folder / "climb-9-climb").mkdir()
    save_truth(folder / "climb-9" / TRUTH_FILE, truth)
    found = xy + np.random.default_rng(0).normal(0, 3, xy.shape).astype(np.float32)
    save_keypoints(folder / "climb-9-climb", Keypoints2D(found, np.ones(xy.shape[:2], np.float32), SKELETON))


def test_every_learned_smoother_stands_beside_the_detectors_points(
    tmp_path: Path,
) -> None:
    keep(tmp_path, n_frames=70)
    every = shipped_figures.learned()
    assert len(every) == 5
    quick = {name: every[name] for name in ("3DConv", "DeciWatch")}
    films = (shipped_figures.Film("Climb 9", 9, 3.0, 30),)
    text = shipped_figures.detector_section(quick, tmp_path, films, report=lambda done, total: None)
    rows = {row.split("|")[1].strip(): row.split("|")[2:-1] for row in text.splitlines() if row.startswith("| ")}
    assert list(rows)[2:] == ["no smoothing", "3DConv", "3DConv, steadied", "DeciWatch", "DeciWatch, steadied"]
    before, after = (float(rows[name][3]) for name in ("no smoothing", "DeciWatch, steadied"))
    assert after < 0.5 * before
