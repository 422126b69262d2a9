"""Trains a smoother: one epoch after the other, each saved, so that a killed training goes on where it was.

The noise and the order of an epoch come from its number and the seed alone, so on a processor a training that was
interrupted gives the same weights as one that was not, and the same seed gives the same weights; on a GPU, whose sums
are added up in any order, nearly the same.
"""

import json
import pickle
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from annotation.errors import BetascopeError
from inference.smoothing.training.data import Split, TrainingDataError, Window
from inference.smoothing.training.feeding import Feeder
from inference.smoothing.training.history import write_history
from inference.smoothing.training.objectives import Objective
from inference.smoothing.training.schedule import Decay, Plateau, Schedule
from inference.smoothing.training.scoring import Score, bfloat16, generator_for, score, thinned

STATE_FILE = "training.pt"

_BETAS = (0.9, 0.999)
_VALIDATION, _DROPOUT = 7, 11
_CHECKED_EVERY = 50
"""Batches after which the loss is looked at: to look, a GPU has to be waited for."""


class TrainingFailed(BetascopeError):  # noqa: N818 - an outcome, not a programming error
    """A training came to nothing."""


@dataclass(frozen=True)
class EpochFigures:
    """What an epoch came to.

    Attributes
    ----------
    epoch : int
        From 1.
    training_loss : float
    validation : Score
    learning_rate : float
        Of its last batch.
    """

    epoch: int
    training_loss: float
    validation: Score
    learning_rate: float

    def named(self) -> dict[str, float]:
        """Return the figures by name."""
        losses = {"training loss": self.training_loss, "validation loss": self.validation.loss}
        return losses | self.validation.named()


@dataclass(frozen=True)
class Listener:
    """Who is told how a training goes.

    Attributes
    ----------
    progress : callable
        ``progress(done, total, message)`` in batches; what it raises ends the training, which can be gone on with.
    epoch : callable
        Told the figures of each epoch.
    stopped : callable
        Whether a person wants no more than what there is.
    """

    progress: Callable[[int, int, str], None] = lambda done, total, message: None
    epoch: Callable[[EpochFigures], None] = lambda figures: None
    stopped: Callable[[], bool] = lambda: False


@dataclass
class _State:
    """Where a training stands.

    Attributes
    ----------
    average : dict
        The weights averaged over batches; empty without averaging.
    best : dict
        The weights of the epoch with the best validation loss.
    """

    epoch: int = 0
    plateau: Plateau = field(default_factory=Plateau)
    average: dict[str, Tensor] = field(default_factory=dict)
    best: dict[str, Tensor] = field(default_factory=dict)
    history: list[EpochFigures] = field(default_factory=list)


@dataclass(frozen=True)
class Trained:
    """What a training came to; the model it was given holds the weights of the best epoch."""

    best_epoch: int
    history: tuple[EpochFigures, ...]


class Trainer:
    """Trains one model on the windows of a split.

    Parameters
    ----------
    model : nn.Module
        Changed in place.
    feeder : Feeder
    split : Split
        Whose `test` is not touched.
    folder : Path
        Where the state is kept from epoch to epoch; a state in it is gone on with.
    seed : int

    Attributes
    ----------
    model : nn.Module
    """

    def __init__(
        self,
        model: nn.Module,
        objective: Objective,
        feeder: Feeder,
        split: Split,
        *,
        schedule: Schedule,
        folder: Path,
        seed: int,
    ) -> None:
        if not split.train or not split.validation:
            raise TrainingDataError(
                "There are too few frames to train with: no window is left for training or for checking. "
                "Add longer or more clips."
            )
        self.model, self._objective, self._feeder = model, objective, feeder
        self._train, self._schedule, self._seed = split.train, schedule, seed
        self._validation = thinned(split.validation, schedule.scored)
        self._folder = folder
        self._device = next(model.parameters()).device
        learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
        fused = self._device.type == "cuda"
        self._optimizer = torch.optim.Adam(learning, lr=schedule.learning_rate, betas=_BETAS, fused=fused)
        self._state = _State()
        self._n_batches = schedule.batches_per_epoch or -(-len(split.train) // schedule.batch_size)

    def run(self, listener: Listener | None = None) -> Trained:
        """Train to the end, from where an earlier run was interrupted.

        Raises
        ------
        TrainingFailed
            If the loss is no number any more; the folder keeps the best weights so far.
        BetascopeError
            If the folder holds another training.
        """
        listener = listener or Listener()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._resume()
        state = self._state
        while not self._finished() and not (listener.stopped() and state.best):
            loss = self._epoch(state.epoch + 1, listener)
            self._end_of_epoch(loss)
            listener.epoch(state.history[-1])
        self.model.load_state_dict(state.best)
        return Trained(state.plateau.best_epoch, tuple(state.history))

    def _finished(self) -> bool:
        state, schedule = self._state, self._schedule
        exhausted = schedule.decay is Decay.PLATEAU and state.plateau.exhausted
        return state.epoch >= schedule.last_epoch or exhausted

    def _epoch(self, epoch: int, listener: Listener) -> float:
        """Train one epoch and return its mean loss."""
        rng = np.random.default_rng([self._seed, epoch])
        torch.manual_seed(int(np.random.default_rng([self._seed, epoch, _DROPOUT]).integers(2**31)))
        generator = generator_for(self._device, self._seed, epoch)
        self.model.train()
        total = torch.zeros((), device=self._device)
        for number, windows in enumerate(self._batches(rng)):
            done = (epoch - 1) * self._n_batches + number
            told = f"epoch {epoch} of at most {self._schedule.last_epoch}"
            listener.progress(done, self._n_batches * self._schedule.last_epoch, told)
            total += self._step(windows, generator, batch=done)
            if number % _CHECKED_EVERY == 0 and not bool(total.isfinite()):
                break
        if not bool(total.isfinite()):
            raise TrainingFailed(self._no_number(epoch))
        return float(total) / self._n_batches

    def _batches(self, rng: np.random.Generator) -> list[list[Window]]:
        size = self._schedule.batch_size
        n_wanted = self._n_batches * size
        order = rng.permutation(len(self._train))
        while len(order) < n_wanted and self._schedule.batches_per_epoch:
            order = np.concatenate([order, rng.permutation(len(self._train))])
        order = order[:n_wanted]
        return [[self._train[index] for index in order[start : start + size]] for start in range(0, len(order), size)]

    def _step(self, windows: Sequence[Window], generator: torch.Generator, *, batch: int) -> Tensor:
        for group in self._optimizer.param_groups:
            group["lr"] = self._schedule.rate(batch=batch, n_batches=self._n_batches, drops=self._state.plateau.drops)
        fed = self._feeder.batch(windows, generator)
        self._optimizer.zero_grad(set_to_none=True)
        with bfloat16(self._device, wanted=self._objective.rough):
            loss = self._objective.loss(self.model, fed)
        loss.backward()  # type: ignore[no-untyped-call]
        if self._schedule.steepest:
            nn.utils.clip_grad_norm_(self.model.parameters(), self._schedule.steepest)
        self._optimizer.step()
        self._average(batch)
        return loss.detach()

    def _average(self, batch: int) -> None:
        if not self._schedule.averaging:
            return
        keep = min(self._schedule.averaging, (1 + batch) / (10 + batch))
        weights, average = self.model.state_dict(), self._state.average
        if not average:
            average.update({name: value.clone() for name, value in weights.items()})
        mean = get_ema_multi_avg_fn(keep)  # type: ignore[no-untyped-call]
        mean([average[name] for name in weights], list(weights.values()), None)

    def _end_of_epoch(self, training_loss: float) -> None:
        state = self._state
        state.epoch += 1
        weights = self.model.state_dict()
        current = {name: value.clone() for name, value in weights.items()}
        if state.average:
            self.model.load_state_dict(state.average)
        found = score(self.model, self._objective, self._feeder, self._validation, seed=self._seed + _VALIDATION)
        if not np.isfinite(found.loss):
            raise TrainingFailed(self._no_number(state.epoch))
        state.plateau = state.plateau.after(state.epoch, found.loss)
        if state.plateau.best_epoch == state.epoch:
            state.best = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.model.load_state_dict(current)
        rate = float(self._optimizer.param_groups[0]["lr"])
        state.history.append(EpochFigures(state.epoch, training_loss, found, rate))
        self._save()

    def _no_number(self, epoch: int) -> str:
        kept = (
            f"The weights of epoch {self._state.plateau.best_epoch} are kept in {self._folder}."
            if self._state.best
            else "There are no good weights yet."
        )
        return (
            f"The loss of epoch {epoch} is no number any more. {kept} Train again with a smaller learning rate, and "
            "look whether the data hold wild points."
        )

    @property
    def _identity(self) -> str:
        """What must be the same for a training to be gone on with."""
        schedule = {name: getattr(value, "value", value) for name, value in asdict(self._schedule).items()}
        content = [schedule, self._seed, len(self._train), type(self.model).__name__]
        return json.dumps([*content, repr(self._feeder.noise), self._feeder.box_of.value, *self._feeder.digest()])

    def _save(self) -> None:
        state = self._state
        content: dict[str, Any] = {
            "identity": self._identity,
            "epoch": state.epoch,
            "plateau": asdict(state.plateau),
            "model": self.model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "average": state.average,
            "best": state.best,
            "history": [asdict(figures) for figures in state.history],
        }
        draft = self._folder / f"{STATE_FILE}.new"
        torch.save(content, draft)
        draft.replace(self._folder / STATE_FILE)
        write_history(self._folder, state.history)

    def _resume(self) -> None:
        path = self._folder / STATE_FILE
        if not path.exists():
            return
        content = read_state(path)
        if content["identity"] != self._identity:
            raise TrainingFailed(
                f"{self._folder} holds a training with other settings or data. Remove that folder and train again "
                "(the command: --again), or train under another name."
            )
        self.model.load_state_dict(content["model"])
        self._optimizer.load_state_dict(content["optimizer"])
        history = [EpochFigures(**{**f, "validation": Score(**f["validation"])}) for f in content["history"]]
        average = {name: value.to(self._device) for name, value in content["average"].items()}
        self._state = _State(content["epoch"], Plateau(**content["plateau"]), average, content["best"], history)


def read_state(path: Path) -> dict[str, Any]:
    """Read the state of a training.

    Raises
    ------
    TrainingFailed
        If it cannot be read.
    """
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        reason = f"The training in {path.parent} cannot be gone on with: its state is damaged. Remove the folder."
        raise TrainingFailed(reason) from error
    return content
