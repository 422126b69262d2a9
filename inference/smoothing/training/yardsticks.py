"""What smoothers are worth on whole clips: made-up climbs, a motion-captured climb, and the filters users know beside.

The noise is the thesis' (experiment 1), drawn once for a clip, so that every smoother is given the same points.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import resources
from annotation.evaluation2d import Candidate, Figures, evaluate
from annotation.labels import Keypoints2D
from annotation.model_cards import weights_for
from annotation.skeletons import convert, load_skeleton
from annotation.truth2d import Truth2d
from inference.smoothing.classical import Butterworth, Classical, Median, OneEuro, SavitzkyGolay
from inference.smoothing.clip import smooth_clip
from inference.smoothing.smoothers import Smoother, open_smoother
from inference.smoothing.training.data import PointSequence
from inference.smoothing.training.noise import confidence_of, disturb, experiment
from inference.smoothing.training.synthesiser import SKELETON

Floats = NDArray[np.float64]
IDENTITY = "identity"
_FILM_PX = (720, 1280)


@dataclass(frozen=True, eq=False)
class NoisyClip:
    """A clip whose truth is known, and what a detector made of it.

    Attributes
    ----------
    truth : (T, K, 2) array
        Pixels; NaN where unknown.
    given : Keypoints2D
    times_s : (T,) array
    """

    name: str
    truth: Floats
    given: Keypoints2D
    times_s: Floats


def noisy(sequence: PointSequence, *, k: float, seed: int) -> NoisyClip:
    """Disturb a sequence as in the thesis' experiment 1; how blurred a point is stands in its confidence."""
    skeleton = load_skeleton(sequence.skeleton)
    made = disturb(np.random.default_rng(seed), sequence.xy[None], experiment(1, k=k), skeleton)
    sure = confidence_of(made.xy[0], made.spread[0])
    given = Keypoints2D(made.xy[0].astype(np.float32), sure.astype(np.float32), sequence.skeleton)
    return NoisyClip(sequence.name, sequence.xy.astype(np.float64), given, np.arange(len(sequence)) / sequence.fps)


def captured(file: Path) -> list[PointSequence]:
    """Return the motion-captured climb as cameras would see it (`inference.fitting.evaluation.capture`)."""
    from inference.fitting.evaluation.capture import SKELETON as CAPTURED
    from inference.fitting.evaluation.capture import views

    source, target = load_skeleton(CAPTURED), load_skeleton(SKELETON)
    return [
        PointSequence(view.name, convert(view.points.xy, source, target).astype(np.float32), SKELETON, view.fps)
        for view in views(file)
    ]


def filmed(folder: Path, *, seed: int, seconds: float, fps: int) -> NoisyClip:
    """Return what the default detector finds in the video of a made-up climb; both are kept in a folder."""
    from annotation.climb_truth import load_truth
    from inference.climb.generate import TRUTH_FILE, VIDEO_FILE, generate_climb
    from inference.fitting.evaluation.pose2sim import detected

    place = folder / f"climb-{seed}"
    if not (place / TRUTH_FILE).exists():
        place.mkdir(parents=True, exist_ok=True)
        generate_climb(place, seed=seed, duration_s=seconds, fps=fps, size_px=_FILM_PX, report=lambda *_: None)
    truth = np.asarray(load_truth(place / TRUTH_FILE).xy, np.float64)
    given = detected(place / VIDEO_FILE, cache=folder)
    return NoisyClip(place.name, truth, given, np.arange(len(truth)) / fps)


Smooth = Callable[[NoisyClip], Floats]


def with_smoother(smoother: Smoother, *, strength: float | None = None, steady: bool = False) -> Smooth:
    """Return what smooths a clip with a smoother."""

    def smooth(clip: NoisyClip) -> Floats:
        found = smooth_clip(clip.given, smoother=smoother, times_s=clip.times_s, strength=strength, steady=steady)
        return found.xy.astype(np.float64)

    return smooth


def shipped(key: str) -> Smoother:
    """Return a learned smoother with the weights that come with the program.

    Raises
    ------
    BetascopeError
        If there are none.
    """
    folder = resources.resource_path() / "models"
    return open_smoother(key, skeleton=SKELETON, weights=weights_for(key, [folder]))


def with_filter(smooth: Classical) -> Smooth:
    """Return what smooths a clip with a filter."""
    return lambda clip: smooth(clip.given.xy.astype(np.float64), clip.times_s)


def filters() -> dict[str, dict[str, Classical]]:
    """Return the filters users know, each with the settings that are tried."""
    cutoffs = (0.15, 0.3, 0.5, 0.8, 1.2, 2.0, 3.0, 4.5, 7.0)
    lengths = (0.17, 0.23, 0.3, 0.37, 0.5, 0.63, 0.77, 0.9, 1.2)
    return {
        "one-euro": {
            f"{cutoff:g} Hz, beta {beta:g}": OneEuro(min_cutoff_hz=cutoff, beta=beta)
            for cutoff in cutoffs
            for beta in (0.0, 0.1, 0.5, 2.0)
        },
        "savitzky-golay": {f"{length:g} s": SavitzkyGolay(window_s=length) for length in lengths},
        "butterworth": {f"{cutoff:g} Hz": Butterworth(cutoff_hz=cutoff) for cutoff in cutoffs},
        "median": {f"{length:g} s": Median(window_s=length) for length in lengths},
    }


def tuned(clips: Sequence[NoisyClip]) -> dict[str, tuple[str, Classical]]:
    """Return for each filter the setting with the best mean PCK on clips."""
    best = {}
    for key, settings in filters().items():
        quality = {name: _mean_pck(figures_of(clips, with_filter(smooth))) for name, smooth in settings.items()}
        name = max(quality, key=lambda setting: quality[setting])
        best[key] = (name, settings[name])
    return best


def _mean_pck(figures: Figures) -> float:
    return float(np.mean(list(figures.pck.values())))


def figures_of(clips: Iterable[NoisyClip], smooth: Smooth | None) -> Figures:
    """Return the figures of a smoother over clips; None leaves the points as they are."""
    truths: list[Floats] = []
    points: list[Floats] = []
    skeleton = ""
    for clip in clips:
        found = clip.given.xy.astype(np.float64) if smooth is None else smooth(clip)
        gap = np.full((2, *found.shape[1:]), np.nan)
        truths += [clip.truth, gap]
        points += [found, gap]
        skeleton = clip.given.skeleton
    xy = np.concatenate(truths)
    truth = Truth2d("truth", load_skeleton(skeleton), xy, xy, np.asarray(np.isfinite(xy).all(-1)))
    return evaluate([Candidate(IDENTITY, IDENTITY, np.concatenate(points))], truth).overall[IDENTITY]
