"""A project with a smoothed run over its detection, which nobody smoothed, and labels between the two."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from annotation.edits import SetLabels, UseRun
from annotation.labels import Keypoints2D, Label, Run, RunKind
from annotation.project import Project
from annotation.runs import save_keypoints
from annotation.store import Access

LABELLED = range(3, 9)
MOVED_PX, LARGEST, MOST_PX = 2.0, 41, 12.0


def lay_smoothed(folder: Path, *, borders: tuple[int, ...] = ()) -> np.ndarray:
    """Lay a run 2 px to the right and below over the first detection, 12 px in frame 41, and label between them.

    Returns the places of the labels (T, 25, 2), in all frames.
    """
    with Project.open(folder, access=Access.WRITE) as project:
        track = next(iter(project.tracks.values()))
        detected = project.keypoints(track.id)
        assert detected is not None
        xy = detected.xy + np.float32(MOVED_PX / np.sqrt(2))
        xy[LARGEST] = detected.xy[LARGEST] + np.float32(MOST_PX / np.sqrt(2))
        run_folder = project.run_folder("smooth")
        run_folder.mkdir(parents=True)
        save_keypoints(run_folder, Keypoints2D(xy, detected.confidence, detected.skeleton))
        record = {"task": "smooth", "parameters": {"parents": ["first"]}, "summary": {"window_borders": list(borders)}}
        (run_folder / "run.json").write_text(json.dumps(record))
        now = datetime.now(UTC)
        project.add_run(Run("smooth", track.clip_id, RunKind.KEYPOINTS, "smooth", "DeciWatch", now, "climbalong25"))
        project.push(UseRun(track.id, RunKind.KEYPOINTS, "smooth", "Smooth with DeciWatch"))
        truth = detected.xy + np.float32(1.2)
        labels = {(f, k): Label(tuple(map(float, truth[f, k]))) for f in LABELLED for k in range(25)}
        project.push(SetLabels(track.id, labels))
        return truth
