"""The commands that train smoothers, fine-tune them on corrections, and reproduce the thesis' tables."""

import argparse
import shutil
from pathlib import Path
from typing import Any

from annotation.errors import BetascopeError, ProjectError
from annotation.model_cards import CARD_SUFFIX, SMOOTHERS, WEIGHTS_SUFFIX
from annotation.project import Project
from annotation.store import Access
from app.job_preparation import PreparedJob, write_request
from app.job_running import carry_out
from app.settings import models_path
from app.training_jobs import prepare_fine_tuning, prepare_training, scored_words, training_folder
from inference.jobs import TaskName

Result = tuple[dict[str, Any], str]

_LEARNED = [entry.key for entry in SMOOTHERS if entry.learned]
_FIGURES = ("pck@0.05", "pck@0.1", "pck@0.2", "oks", "acc-err")


def add_train_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add ``betascope train`` and ``betascope reproduce``."""
    text = "Train a smoother, or fine-tune one on the corrections in a project."
    kinds = commands.add_parser("train", help=text, description=text).add_subparsers(dest="what", required=True)
    kept = argparse.ArgumentParser(add_help=False, parents=[common])
    kept.add_argument("--name", default="", help="of the new weights")
    kept.add_argument("--out", type=Path, metavar="DIR", help="where to put them (default: where they are found)")
    kept.add_argument("--epochs", type=int, metavar="N", help="at most")
    kept.add_argument("--seed", type=int, default=0, help="the same seed gives the same weights")
    kept.add_argument("--again", action="store_true", help="do not go on with a training that was interrupted")
    add_device(kept)
    text = "Train a smoother from the beginning; an interrupted training goes on with the same command."
    _add_training(kinds.add_parser("smoother", parents=[kept], help=text, description=text))
    text = "Go on training a smoother with the corrected clips of a project; says what it is worth before and after."
    finetune = kinds.add_parser("finetune", parents=[kept], help=text, description=text)
    finetune.add_argument("project", type=Path, metavar="PROJECT", help="a folder *.betascope")
    finetune.add_argument("--model", required=True, metavar="NAME", help="weights to start from (see betascope models)")

    text = "Make the thesis' tables with our figures beside; an interrupted run goes on with the same command."
    things = commands.add_parser("reproduce", help=text, description=text).add_subparsers(dest="what", required=True)
    smoothing = things.add_parser("smoothing", parents=[common], help=text, description=text)
    smoothing.add_argument("--small", action="store_true", help="little motion, few batches: minutes instead of days")
    _add_output(smoothing)
    smoothing.add_argument("--data", type=Path, nargs="+", metavar="PATH", help="pretrain with these (as train --data)")
    smoothing.add_argument("--batches", type=int, metavar="N", help="an epoch is N random batches, not every window")
    smoothing.add_argument("--seconds", type=float, metavar="S", help="end each training after so many")
    smoothing.add_argument("--at-once", type=int, metavar="N", help="trainings side by side (default: one a processor)")
    add_device(smoothing)
    text = "Score the weights that come with the program: on made-up and captured climbs, and on the detector's points."
    shipped = things.add_parser("shipped", parents=[common], help=text, description=text)
    shipped.add_argument("--capture", type=Path, metavar="FILE", help="motion-captured climb (.bvh) to score on")
    shipped.add_argument(
        "--small", action="store_true", help="instead: train each model a little, score it on short clips"
    )
    _add_output(shipped)
    add_device(shipped)


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="for the page and what is worth keeping")
    parser.add_argument("--seed", type=int, default=0)


def _add_training(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", required=True, choices=_LEARNED)
    parser.add_argument(
        "--preset",
        choices=("shipped", "thesis"),
        default="shipped",
        help="as the weights that come with the program (default), or as in the thesis",
    )
    parser.add_argument("--experiment", type=int, choices=(1, 2, 3), default=1, help="of the thesis")
    parser.add_argument("--k", type=float, default=1.0, help="shifting scalar of the thesis' noise (1 or 2)")
    parser.add_argument("--climbs", type=int, metavar="N", help="how many climbs to make up (default 240)")
    parser.add_argument("--views", type=int, metavar="N", help="cameras that see each (default 6)")
    text = "instead: COCO keypoint files, or folders of such, of Penn Action or of BRACE"
    parser.add_argument("--data", type=Path, nargs="+", metavar="PATH", help=text)
    parser.add_argument(
        "--fps", type=float, metavar="X", help="frame rate of --data where it does not say (default 30)"
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """Let a command say what computes."""
    text = "auto (default): a GPU where PyTorch finds one, else the processor; or cpu, or cuda"
    parser.add_argument("--device", default="auto", metavar="NAME", help=text)


def train(options: argparse.Namespace) -> Result:
    """Train or fine-tune a smoother."""
    return _finetune(options) if options.what == "finetune" else _train(options)


def _train(options: argparse.Namespace) -> Result:
    name = options.name or options.model
    folder = _begun_folder(name, again=options.again)
    wishes = {
        "preset": options.preset,
        "experiment": options.experiment,
        "k": options.k,
        "climbs": options.climbs,
        "views": options.views,
        "epochs": options.epochs,
        "seed": options.seed,
        "data": [str(file.resolve()) for file in options.data or ()],
        "fps": options.fps,
        "folder": str(folder),
        "device": options.device,
        "command": _command(options),
    }
    job = prepare_training(_job_folder(folder), model=options.model, name=name, wishes=wishes)
    summary = carry_out(job, quiet=options.json).summary
    weights = _deliver(job, summary, target=options.out or models_path())
    shutil.rmtree(folder, ignore_errors=True)
    text = f"{weights}\n{_table(summary)}\n{_scored(summary)}"
    return {**summary, "weights": str(weights)}, text


def _finetune(options: argparse.Namespace) -> Result:
    with Project.open(options.project, access=Access.WRITE) as project:
        name = options.name or f"{Path(options.model).stem}-{project.folder.stem}"
        folder = _begun_folder(name, again=options.again)
        wishes = {
            "folder": str(folder),
            "epochs": options.epochs,
            "seed": options.seed,
            "device": options.device,
            "command": _command(options),
        }
        job = prepare_fine_tuning(project, model=options.model, name=name, wishes=wishes)
        summary = carry_out(job, quiet=options.json).summary
        weights = _deliver(job, summary, target=options.out or models_path())
    shutil.rmtree(folder, ignore_errors=True)
    text = (
        f"{weights}\n{_table(summary)}\n{_scored(summary)}\n"
        f"Next: betascope smooth {options.project} --model {name}, or remove the file."
    )
    return {**summary, "weights": str(weights)}, text


def reproduce(options: argparse.Namespace) -> Result:
    """Make the page of the thesis' tables, or that of the shipped weights."""
    folder: Path = options.out
    job_folder = _job_folder(folder)
    job = PreparedJob(job_folder, "Reproduce", TaskName.REPRODUCE, "", "", None, job_folder / "output")
    parameters: dict[str, Any] = {"folder": str(folder.resolve()), "seed": options.seed, "command": _command(options)}
    parameters |= {"small": options.small, "device": options.device}
    if options.what == "shipped":
        parameters |= {"shipped": True, "capture": None if options.capture is None else str(options.capture.resolve())}
    else:
        names = ("batches", "seconds", "at_once")
        parameters |= {name: getattr(options, name) for name in names}
        parameters["data"] = [str(path.resolve()) for path in options.data or ()]
    summary = carry_out(write_request(job, parameters), quiet=options.json).summary
    page = folder / summary["page"]
    _move(job.output / page.name, page)
    shutil.rmtree(job_folder, ignore_errors=True)
    trained = f" ({summary['runs']} trainings)" if summary["runs"] else ""
    return {**summary, "page": str(page)}, f"Wrote {page}{trained}."


def _begun_folder(name: str, *, again: bool) -> Path:
    """Return where a training is kept, with what an interrupted one left there unless it is to begin again."""
    folder = training_folder(name)
    if again:
        shutil.rmtree(folder, ignore_errors=True)
    return folder


def _job_folder(folder: Path) -> Path:
    job = folder / "job"
    shutil.rmtree(job, ignore_errors=True)
    return job


def _deliver(job: PreparedJob, summary: dict[str, Any], *, target: Path) -> Path:
    """Move finished weights and their card to where they are found, and return the weights."""
    weights = target / f"{summary['name']}{WEIGHTS_SUFFIX}"
    for suffix in (CARD_SUFFIX, WEIGHTS_SUFFIX):
        _move((job.output / weights.name).with_suffix(suffix), weights.with_suffix(suffix))
    return weights


def _move(source: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(source, target)
    except OSError as error:
        raise ProjectError(
            f"{target} cannot be written ({error.strerror}). Choose another folder with --out."
        ) from error


def _command(options: argparse.Namespace) -> str:
    """Return the command that does the same again."""
    if options.command == "reproduce" and options.what == "shipped":
        words = [
            "betascope reproduce shipped",
            *["--small"] * options.small,
            *["--capture FILE"] * bool(options.capture),
        ]
        return " ".join([*words, "--seed", str(options.seed), "--out DIR"])
    if options.command == "reproduce":
        words = ["betascope reproduce smoothing", *["--small"] * options.small]
        given = {"batches": options.batches, "seconds": options.seconds}
        words += [f"--{name} {value:g}" for name, value in given.items() if value is not None]
        words += ["--data PATH"] if options.data else []
        return " ".join([*words, "--seed", str(options.seed), "--out DIR"])
    if options.what == "finetune":
        words = ["betascope train finetune PROJECT --model", options.model]
    else:
        words = ["betascope train smoother --model", options.model, "--preset", options.preset]
        if options.preset == "thesis":
            words += ["--experiment", str(options.experiment), "--k", f"{options.k:g}"]
        words += [f"--{name} {value}" for name in ("climbs", "views") if (value := getattr(options, name)) is not None]
        words += ["--data PATH"] if options.data else []
    words += ["--epochs", str(options.epochs)] if options.epochs is not None else []
    return " ".join([*words, "--seed", str(options.seed)])


def _scored(summary: dict[str, Any]) -> str:
    text = scored_words(summary)
    return f"{text[:1].upper()}{text[1:]}."


def _table(summary: dict[str, Any]) -> str:
    """Return the figures of a summary as lines of text."""
    rows = [key for key in ("identity", "before", "after") if summary.get(key)]
    if not rows:
        raise BetascopeError("The training tells no figures. Train again.")
    shown = [name for name in _FIGURES if any(name in summary[row] for row in rows)]
    lines = [f"{'':10}" + "".join(f"{name:>10}" for name in shown)]
    lines += [f"{row:10}" + "".join(f"{summary[row].get(name, float('nan')):10.4f}" for name in shown) for row in rows]
    return "\n".join(lines)
