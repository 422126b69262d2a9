"""Every smoother trained a little, by the recipe of the weights that come with the program: shows that all of it runs.

A window, a batch and an epoch are as there; there are only few of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from annotation.model_cards import CARD_SUFFIX, SMOOTHERS, WEIGHTS_SUFFIX, SmootherEntry, SmootherKind
from inference.smoothing.device import hardware
from inference.smoothing.smoothers import Smoother, open_smoother
from inference.smoothing.training.data import PointSequence
from inference.smoothing.training.recipes import Phase, Recipe, card_of, make, rate_of, save, shipped_recipe
from inference.smoothing.training.sequences import synthesised
from inference.smoothing.training.synthesiser import SKELETON, MotionRecipe
from inference.smoothing.training.trainer import Listener

Report = Callable[[int, int, str], None]

_GENTLY = 4
"""Over so many times the batches there are the learning rate would rise: so few batches bear no more of it."""


@dataclass(frozen=True)
class LittleTraining:
    """How little.

    Attributes
    ----------
    motion : MotionRecipe
    batches : int
        Of an epoch; there is one for each phase of a recipe.
    batch_size, batch_size_of_maps : int
    scored : int
        At most so many windows are scored.
    """

    motion: MotionRecipe
    batches: int = 6
    batch_size: int = 32
    batch_size_of_maps: int = 4
    scored: int = 12

    def recipe_for(self, entry: SmootherEntry, *, seed: int) -> Recipe:
        """Return the shipped recipe of a smoother, cut short."""
        recipe = shipped_recipe(entry.key, seed=seed, epochs=1)
        size = self.batch_size_of_maps if entry.kind is SmootherKind.HEATMAPS else self.batch_size

        def short(phase: Phase) -> Phase:
            few = replace(phase.schedule, batches_per_epoch=self.batches, batch_size=size, scored=self.scored)
            return replace(phase, schedule=replace(few, warm_up=_GENTLY * self.batches, averaging=0.5, ends=None))

        told = {"preset": "shipped, cut short"}
        return replace(recipe, phases=tuple(map(short, recipe.phases)), tested=self.scored, told=told)

    def in_words(self, device: torch.device) -> str:
        """Say what it comes to."""
        motion = self.motion
        return (
            f"Every smoother was trained for {self.batches} batches by the recipe of the weights that come with the "
            f"program, on {motion.n_climbs} made-up climbs of {motion.seconds:g} s, on {hardware(device)}. These "
            "figures show that all of it runs, not how good it gets."
        )


LITTLE = LittleTraining(MotionRecipe(6, 1, 4.0))


def train_a_little(
    training: LittleTraining, folder: Path, *, seed: int, device: torch.device, command: str, report: Report
) -> dict[str, Smoother]:
    """Train every smoother, write weights and cards into a folder, and return what they load as, by title.

    Weights that are there already are loaded as they are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    learned = [entry for entry in SMOOTHERS if entry.learned]
    motion = synthesised(folder, training.motion, seed=seed)
    found = {}
    for number, entry in enumerate(learned):
        weights = folder / f"{entry.key}{WEIGHTS_SUFFIX}"
        if not (weights.exists() and weights.with_suffix(CARD_SUFFIX).exists()):

            def heard(_done: int, _total: int, message: str, number: int = number, title: str = entry.title) -> None:
                report(number, len(learned), f"{title}, {message}")

            recipe = training.recipe_for(entry, seed=seed)
            _train(recipe, motion, weights, device=device, command=command, listener=Listener(heard))
        found[entry.title] = open_smoother(entry.key, skeleton=SKELETON, weights=weights)
    return found


def _train(
    recipe: Recipe,
    motion: list[PointSequence],
    weights: Path,
    *,
    device: torch.device,
    command: str,
    listener: Listener,
) -> None:
    made = make(recipe, motion, folder=weights.with_suffix(""), listener=listener, device=device)
    data = f"synthesised motion only: {len(motion)} sequences"
    card = card_of(recipe, made, skeleton=SKELETON, fps=rate_of(motion), data=data, command=command)
    save(made, card, weights, half=True)
