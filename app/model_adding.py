"""Adding somebody else's weights to those a person can choose."""

import re
import shutil
from pathlib import Path

from annotation.errors import ModelFileError
from annotation.model_cards import CARD_SUFFIX, WEIGHTS_SUFFIX, card_path
from app.job_preparation import PreparedJob, write_request
from app.settings import models_path
from inference.jobs import Finished, TaskName

_WORDS = re.compile(r"[\w][\w .+-]*")


def prepare_add_model(file: Path, *, name: str | None, skeleton: str) -> PreparedJob:
    """Ask for weights to be read and checked; `take_model` keeps them.

    Raises
    ------
    ModelFileError
        If there is no such file, or the name is taken or no name.
    """
    name = name or file.name.split(".")[0]
    if not file.is_file():
        raise ModelFileError(
            f"There is no file {file}. Choose weights (.safetensors) or an official checkpoint (.pth)."
        )
    if not _WORDS.fullmatch(name):
        raise ModelFileError(f"{name!r} is no name for weights. Use letters, digits, - and _ with --name.")
    if (models_path() / f"{name}{WEIGHTS_SUFFIX}").exists():
        raise ModelFileError(f"There are weights called {name} already. Choose another name with --name.")
    folder = models_path() / f".adding-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    job = PreparedJob(folder, f"Add {name}", TaskName.ADD_MODEL, "", "", None, folder / "output")
    return write_request(job, {"file": str(file.absolute()), "name": name, "skeleton": skeleton})


def take_model(finished: Finished) -> Path:
    """Move weights that were read to where they can be chosen; return their file.

    Raises
    ------
    ModelFileError
        If they cannot be moved.
    """
    made = finished.output / f"{finished.summary['name']}{WEIGHTS_SUFFIX}"
    weights = models_path() / made.name
    try:
        shutil.move(card_path(made), weights.with_suffix(CARD_SUFFIX))
        shutil.move(made, weights)
    except OSError as error:
        raise ModelFileError(
            f"The weights cannot be kept in {weights.parent} ({error.strerror}). Free space there."
        ) from error
    return weights
