"""Smoothers there are, and the cards of trained weights; read without torch, so that the window can list them.

Weights lie in ``NAME.safetensors`` with a card ``NAME.json`` beside it; NAME is what a person chooses them by.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from annotation.card_checks import card_fault
from annotation.errors import BetascopeError, MissingWeightsError, ModelFileError

WEIGHTS_SUFFIX, CARD_SUFFIX = ".safetensors", ".json"
TRAIN_COMMAND = "betascope train smoother --model {key}"

DETECTED = "default detector"
"""Under this name cards have what weights are worth on the default detector's points."""

_MAP_SIZE = 56
_FORMAT = "betascope model card 1"


class SmootherKind(Enum):
    """What a smoother works on."""

    HEATMAPS = "heatmaps"
    COORDINATES = "coordinates"
    CLASSICAL = "classical"


@dataclass(frozen=True)
class SmootherEntry:
    """A smoother a person can choose.

    Attributes
    ----------
    key : str
    title, summary : str
        For people.
    kind : SmootherKind
    strength : float
        How strongly it smooths unless said otherwise, 0 (not at all) to 1.
    any_skeleton : bool
        Whether one set of weights fits every skeleton.
    source, licence : str
        Where the method comes from; what our implementation may be used under.
    good_for : str
        When to take it, for people.
    frame_ms : float
        About how long a processor core takes for a frame of a window, milliseconds, with all cores at work.
    """

    key: str
    title: str
    summary: str
    kind: SmootherKind
    strength: float = 1.0
    any_skeleton: bool = False
    source: str = ""
    good_for: str = ""
    frame_ms: float = 0.02
    licence: str = "Apache-2.0"

    @property
    def learned(self) -> bool:
        """Whether it needs trained weights."""
        return self.kind is not SmootherKind.CLASSICAL

    @property
    def adjustable(self) -> bool:
        """Whether its strength makes a difference."""
        return self.key != "identity"


_THESIS = "bouldering thesis, chapter 3"
SMOOTHERS: tuple[SmootherEntry, ...] = (
    SmootherEntry(
        "conv3d",
        "3DConv",
        "one convolution over heatmaps of 5 frames",
        SmootherKind.HEATMAPS,
        source=_THESIS,
        good_for="a detector's points, in seconds",
        frame_ms=0.5,
    ),
    SmootherEntry(
        "convlstm-s",
        "bi-ConvLSTM S",
        "convolutional memory over heatmaps, both directions summed",
        SmootherKind.HEATMAPS,
        source=_THESIS,
        good_for="a detector's points, exact, slow",
        frame_ms=22.0,
    ),
    SmootherEntry(
        "convlstm-c",
        "bi-ConvLSTM C",
        "convolutional memory over heatmaps, both directions combined by layers",
        SmootherKind.HEATMAPS,
        source=_THESIS,
        good_for="a detector's points, exact, slow",
        frame_ms=26.0,
    ),
    SmootherEntry(
        "deciwatch",
        "DeciWatch",
        "a transformer that looks at every fifth pose and recovers the others",
        SmootherKind.COORDINATES,
        source="Zeng et al. 2022",
        good_for="a detector's points and strong jitter, most exact, in seconds; looks at 1.7 s at a time",
        frame_ms=0.1,
    ),
    SmootherEntry(
        "smoothnet",
        "SmoothNet",
        "linear layers over time; the same weights for every skeleton",
        SmootherKind.COORDINATES,
        any_skeleton=True,
        source="Zeng et al. 2022",
        good_for="strong jitter of every frame for itself, on any skeleton; rounds off fast moves",
    ),
    SmootherEntry(
        "steady",
        "Steady path",
        "keeps still what rests and quick what moves, and drops jumps of a few frames",
        SmootherKind.CLASSICAL,
        0.5,
        True,
        "trend filtering, Kim et al. 2009",
        good_for="a detector's points on any skeleton, at once; keeps moves, moves no joint to another place",
    ),
    SmootherEntry(
        "one-euro",
        "One-Euro",
        "smooths much at rest and little in fast moves",
        SmootherKind.CLASSICAL,
        0.4,
        True,
        "Casiez et al. 2012",
        good_for="points that jitter all the time",
    ),
    SmootherEntry(
        "savitzky-golay",
        "Savitzky-Golay",
        "fits a parabola round each frame",
        SmootherKind.CLASSICAL,
        0.4,
        True,
        "Savitzky and Golay 1964",
        good_for="strong jitter of every frame for itself",
    ),
    SmootherEntry(
        "butterworth",
        "Butterworth",
        "keeps slow movement, drops fast jitter",
        SmootherKind.CLASSICAL,
        0.4,
        True,
        "Winter 2009",
        good_for="measuring speeds and accelerations of slow moves",
    ),
    SmootherEntry(
        "median",
        "Median",
        "drops single wrong frames",
        SmootherKind.CLASSICAL,
        0.3,
        True,
        "Tukey 1977",
        good_for="a few wrong frames in points that are good otherwise",
    ),
    SmootherEntry("identity", "No smoothing", "for comparison", SmootherKind.CLASSICAL, 0.0, True),
)


@dataclass(frozen=True)
class ModelCard:
    """What trained weights are: how to build their model, what they were trained for, and how well they do.

    Attributes
    ----------
    model : str
        Key of the smoother (`SMOOTHERS`).
    title : str
        For people.
    skeleton : str
        Its name, "" if any will do.
    joints : tuple of str
        The joints in order, empty if any will do.
    fps : float
        The frame rate the windows had, 1/s.
    window : int
        T, frames.
    n_parameters : int
    options : mapping
        How the model is built and fed, where it differs from the usual: ``sample_every``, ``width`` (of the
        transformer), ``spread`` (the narrowest and the widest input map, map pixels).
    recipe, figures : mapping
        How it was trained, and what it reached.
    hardware, source, licence, created : str
        What it was trained on, where data and method come from, what it may be used under, when it was made.
    """

    model: str
    title: str
    skeleton: str
    joints: tuple[str, ...]
    fps: float
    window: int
    n_parameters: int
    options: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    hardware: str = ""
    source: str = ""
    licence: str = ""
    created: str = ""

    @property
    def entry(self) -> SmootherEntry:
        """The smoother these are weights of."""
        return smoother_entry(self.model)


@dataclass(frozen=True)
class FoundWeights:
    """Weights on the disk.

    Attributes
    ----------
    weights : Path
        The ``.safetensors`` file.
    card : ModelCard or None
    problem : str
        Why they cannot be used; empty if nothing speaks against it.
    """

    weights: Path
    card: ModelCard | None
    problem: str = ""

    @property
    def name(self) -> str:
        """What a person chooses them by."""
        return self.weights.stem


def smoother_entry(key: str) -> SmootherEntry:
    """Return a smoother by its key.

    Raises
    ------
    BetascopeError
        If there is none; the message names those there are.
    """
    for entry in SMOOTHERS:
        if entry.key == key:
            return entry
    raise BetascopeError(f"There is no smoother {key!r}. There are: {', '.join(entry.key for entry in SMOOTHERS)}.")


def card_path(weights: Path) -> Path:
    """Return where the card of weights lies."""
    return weights.with_suffix(CARD_SUFFIX)


def write_card(weights: Path, card: ModelCard) -> None:
    """Write the card of weights beside them."""
    content = {"format": _FORMAT, **asdict(card)}
    card_path(weights).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_card(weights: Path) -> ModelCard:
    """Read the card beside weights.

    Raises
    ------
    ModelFileError
        If there is none or it is no card of ours.
    """
    path = card_path(weights)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        reason = (
            f"{weights.name} has no model card beside it ({path.name}), so nobody knows what it is. Copy both files."
        )
        raise ModelFileError(reason) from error
    except (OSError, ValueError) as error:
        raise ModelFileError(f"The model card {path} cannot be read ({error}). Copy it again.") from error
    fault = card_fault(content, form=_FORMAT, models=[entry.key for entry in SMOOTHERS if entry.learned])
    if fault:
        raise ModelFileError(f"{path} is no model card of this program: {fault}. Train or copy the model again.")
    known = {name: content[name] for name in ModelCard.__dataclass_fields__ if name in content}
    return ModelCard(**{**known, "joints": tuple(known["joints"])})


def find_weights(folders: Sequence[Path]) -> list[FoundWeights]:
    """Return all weights in folders, those of the first folder first, by name; names in later folders do not count."""
    found: dict[str, FoundWeights] = {}
    for folder in folders:
        for weights in sorted(folder.glob(f"*{WEIGHTS_SUFFIX}")):
            if weights.stem not in found:
                found[weights.stem] = _described(weights)
    return list(found.values())


def weights_for(name: str, folders: Sequence[Path]) -> Path | None:
    """Return the weights a name means: a file, a set of weights by name, or those named like a smoother.

    Returns None for a smoother that needs no weights.

    Raises
    ------
    BetascopeError
        If nothing has that name.
    MissingWeightsError
        If the smoother needs weights and there are none; the message says which command trains them.
    ModelFileError
        If the weights there are cannot be used.
    """
    if name.endswith(WEIGHTS_SUFFIX):
        if not Path(name).is_file():
            raise ModelFileError(f"There is no file {name}. Choose weights ending in {WEIGHTS_SUFFIX}.")
        return Path(name)
    there = find_weights(folders)
    for found in there:
        if found.name == name:
            if found.problem:
                raise ModelFileError(found.problem)
            return found.weights
    if name not in [entry.key for entry in SMOOTHERS]:
        names = [entry.key for entry in SMOOTHERS] + [found.name for found in there]
        raise BetascopeError(f"There is no smoother {name!r}. There are: {', '.join(dict.fromkeys(names))}.")
    entry = smoother_entry(name)
    if not entry.learned:
        return None
    raise missing_weights(entry)


def missing_weights(entry: SmootherEntry) -> MissingWeightsError:
    """Return the error that says how a learned smoother gets weights."""
    return MissingWeightsError(
        f"{entry.title} has no weights yet. Train them with: {TRAIN_COMMAND.format(key=entry.key)} - or choose a "
        "smoother that needs none, such as one-euro."
    )


def check_joints(card: ModelCard, joints: Sequence[str], *, name: str) -> None:
    """Do nothing if a model fits joints.

    Raises
    ------
    ModelFileError
        If it was trained for others; the message names the skeleton.
    """
    if not card.joints or tuple(joints) == card.joints:
        return
    missing = [joint for joint in joints if joint not in card.joints]
    which = f"which lacks {missing[0].replace('_', ' ')}" if missing else "whose joints differ"
    raise ModelFileError(
        f"{name} was trained for the skeleton {card.skeleton or 'of somebody else'} with {len(card.joints)} joints, "
        f"{which}. Choose weights for this skeleton, or a smoother that fits every skeleton, such as one-euro."
    )


def n_parameters(key: str, *, n_joints: int) -> int:
    """Return how many parameters a smoother has in its usual size; 0 for the classical ones."""
    k, maps, width = n_joints, n_joints * _MAP_SIZE**2, 128
    cell = 8 * (9 * k * k + k) + 7 * maps
    three = 9 * k * width + width + 2 * (9 * width * width + width)
    last = width * k + k
    sizes = {
        "conv3d": 125 * k * k + k,
        "convlstm-s": 2 * (cell + three + width * width + width + last),
        "convlstm-c": 2 * (cell + three) + 2 * width * width + width + last,
        "deciwatch": 1_657_088 + 1_026 * 2 * k,
        "smoothnet": 50_224,
    }
    return sizes.get(key, 0)


def _described(weights: Path) -> FoundWeights:
    try:
        return FoundWeights(weights, read_card(weights))
    except ModelFileError as error:
        return FoundWeights(weights, None, str(error))
