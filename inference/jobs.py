"""The vocabulary of jobs, shared by those who ask for one (`app`) and the worker that carries it out.

A job is a folder: ``job.json`` says what to do, ``inputs.npz`` is the snapshot it works on (where the task needs one)
and ``events.jsonl`` is what happened. ``python -m inference FOLDER`` carries it out and prints one event per line.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias, get_args

from annotation.errors import JobError

JOB_FILE = "job.json"
INPUTS_FILE = "inputs.npz"
EVENTS_FILE = "events.jsonl"
RUN_FILE = "run.json"

CANCEL_LINE = "cancel"
"""What to write to the worker's stdin to cancel the job."""
STOP_LINE = "stop"
"""What to write there so that a job ends early and keeps what is done; tasks that cannot do that go on."""

EXIT_FAILED = 1
EXIT_CANCELLED = 3

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

_FORMAT_VERSION = 1


class TaskName(Enum):
    """What a job can do; the task lives in the module ``inference.tasks.<value>``."""

    DETECT = "detect"
    FIT = "fit"
    RENDER = "render"
    PROXY = "proxy"
    SYNTHESISE = "synthesise"
    PROPAGATE = "propagate"
    EXPORT = "export"
    SMOOTH = "smooth"
    ADD_MODEL = "add_model"
    TRAIN_SMOOTHER = "train_smoother"
    FINETUNE_SMOOTHER = "finetune_smoother"
    REPRODUCE = "reproduce"


@dataclass(frozen=True)
class JobSpec:
    """A request to compute.

    Attributes
    ----------
    task : TaskName
    parameters : Mapping
        What the task wants to know; JSON values only.
    output : Path
        The folder that appears, complete, when the job has finished; it must not exist before.
    """

    task: TaskName
    parameters: Mapping[str, Json]
    output: Path


@dataclass(frozen=True)
class Progress:
    """`done` of `total` steps are behind us; total 0 means that nobody knows how many there are."""

    done: int
    total: int
    message: str = ""


@dataclass(frozen=True)
class Measured:
    """Figures found on the way, for curves.

    Attributes
    ----------
    values : dict
        Numbers by name (``{"training_loss": 0.31, "pck@0.05": 0.52}``).
    step : int
        Where on the curves they belong, upwards: the epoch of a training.
    of : str
        Whose figures they are, where a job has several (``conv3d``); one set of curves for each.
    """

    values: dict[str, float]
    step: int
    of: str = ""


@dataclass(frozen=True)
class Log:
    """Something worth knowing that is no failure."""

    message: str


@dataclass(frozen=True)
class Finished:
    """The output folder is complete and in its place; always the last event."""

    output: Path
    summary: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """The job came to nothing; `reason` is for people, `details` (a traceback) for reports. Always the last event."""

    reason: str
    details: str = ""


@dataclass(frozen=True)
class Cancelled:
    """The job stopped because it was asked to, and left nothing; always the last event."""


Event: TypeAlias = Progress | Measured | Log | Finished | Failed | Cancelled

_EVENT_TYPES: dict[str, type[Event]] = {kind.__name__.lower(): kind for kind in get_args(Event)}


class JobCancelled(Exception):  # noqa: N818 - an outcome, not an error
    """Raised in a task at a cancellation point, and by whoever waits for a job that was cancelled."""


def _ignore(_told: object) -> None:
    pass


def _never() -> bool:
    return False


@dataclass(frozen=True)
class TaskContext:
    """What a task's ``run(context)`` is given.

    Attributes
    ----------
    parameters : Mapping
        Of the `JobSpec`; the task checks them, as they come from a file.
    folder : Path
        The job folder, with ``inputs.npz`` where there is one.
    output : Path
        An empty folder for the results; it is moved into place when the task has returned.
    report : callable
        ``report(done, total, message)`` tells the progress. It is a cancellation point: it raises `JobCancelled`.
    log : callable
        ``log(message)`` tells something worth knowing.
    measured : callable
        ``measured(Measured(...))`` tells figures found on the way.
    stopped : callable
        ``stopped()`` tells whether a person wants no more than what is done so far.
    """

    parameters: Mapping[str, Any]
    folder: Path
    output: Path
    report: Callable[[int, int, str], None]
    log: Callable[[str], None] = _ignore
    stopped: Callable[[], bool] = _never
    measured: Callable[[Measured], None] = _ignore


def write_job(folder: Path, spec: JobSpec) -> None:
    """Write a request into a job folder, which is made if need be; a relative output becomes absolute.

    Raises
    ------
    JobError
        If the folder cannot be written.
    """
    content = {
        "version": _FORMAT_VERSION,
        "task": spec.task.value,
        "parameters": spec.parameters,
        "output": str(spec.output.absolute()),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / JOB_FILE).write_text(json.dumps(content, indent=1, default=plain), encoding="utf-8")
    except OSError as error:
        reason = f"The job folder {folder} cannot be written ({error.strerror}). Free space or choose another folder."
        raise JobError(reason) from error


def read_job(folder: Path) -> JobSpec:
    """Read the request in a job folder.

    Raises
    ------
    JobError
        If there is none, or it is not one this version understands.
    """
    path = folder / JOB_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise JobError(f"There is no readable job in {folder} ({error.strerror}). Start the job again.") from error
    except ValueError as error:
        raise JobError(f"{path} is not JSON ({error}). Start the job again.") from error
    fault = _fault(content)
    if fault:
        raise JobError(f"{path} is not a job: {fault}. Start the job again.")
    return JobSpec(TaskName(content["task"]), content["parameters"], Path(content["output"]))


def partial_folder(output: Path) -> Path:
    """Return where the results lie while the job runs; it is gone when the job has ended, whatever the outcome."""
    return output.with_name(f"{output.name}.partial")


def to_json_line(event: Event) -> str:
    """Return an event as one line of JSON, without the line end."""
    return json.dumps({"event": type(event).__name__.lower(), **asdict(event)}, default=plain)


def parse_event(line: str) -> Event | None:
    """Return the event in a line, or None for anything else that was printed (native libraries do)."""
    try:
        content = json.loads(line)
        kind = _EVENT_TYPES[content.pop("event")]
        if not all(_fits(name, value) for name, value in content.items()):
            return None
        if kind is Measured:
            content["values"] = {str(name): float(value) for name, value in content["values"].items()}
        if kind is Finished:
            content["output"] = Path(content["output"])
        return kind(**content)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def plain(value: Any) -> Any:
    """Return what JSON can hold for a path or a numpy value; the ``default`` of `json.dumps`."""
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is no JSON value")


_FIELD_TYPES: dict[str, type] = {
    "done": int,
    "total": int,
    "message": str,
    "output": str,
    "summary": dict,
    "reason": str,
    "details": str,
    "values": dict,
    "step": int,
    "of": str,
}


def _fits(name: str, value: object) -> bool:
    return isinstance(value, _FIELD_TYPES.get(name, object))


def _fault(content: Any) -> str:
    """Say what is wrong with the content of a job file; empty if nothing is."""
    if not isinstance(content, dict):
        return "it holds no object"
    if content.get("version") != _FORMAT_VERSION:
        return f"its version is {content.get('version')!r}, and this program knows {_FORMAT_VERSION}"
    if content.get("task") not in [task.value for task in TaskName]:
        return f"the task {content.get('task')!r} is none of {', '.join(task.value for task in TaskName)}"
    if not isinstance(content.get("parameters"), dict):
        return "its parameters are no object"
    if not isinstance(content.get("output"), str) or not Path(content["output"]).is_absolute():
        return "its output is no absolute path"
    return ""
