"""The task that makes a synthetic climb with its truth."""

from typing import Any

from annotation.errors import JobError
from inference.jobs import TaskContext

_MAX_SIDE_PX = 4096
_MAX_SECONDS = 600


def run(context: TaskContext) -> dict[str, Any]:
    """Write ``climb.mp4`` and ``truth.npz`` into the output folder.

    Parameters of the job: ``seed``, ``duration_s``, ``fps`` and ``size_px`` ([width, height]); all optional.

    Raises
    ------
    JobError
        If a parameter makes no sense or the folder cannot be written.
    """
    from inference.climb.generate import TRUTH_FILE, VIDEO_FILE, generate_climb

    seed = _number(context, "seed", default=0, least=0, most=2**31)
    duration_s = _number(context, "duration_s", default=10.0, least=0.2, most=_MAX_SECONDS)
    fps = _number(context, "fps", default=25, least=1, most=120)
    width, height = _size(context)
    try:
        truth = generate_climb(
            context.output,
            seed=int(seed),
            duration_s=duration_s,
            fps=int(fps),
            size_px=(width, height),
            report=context.report,
        )
    except OSError as error:
        raise JobError(
            f"The climb cannot be written to {context.output} ({error.strerror}). Free some space or choose another "
            "folder, then start again."
        ) from error
    return {"video": VIDEO_FILE, "truth": TRUTH_FILE, "frames": len(truth), "fps": truth.fps, "seed": int(seed)}


def _number(context: TaskContext, name: str, *, default: float, least: float, most: float) -> float:
    value = context.parameters.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise JobError(f"A climb needs a {name} from {least} to {most}, not {value!r}.")
    return float(value)


def _size(context: TaskContext) -> tuple[int, int]:
    value = context.parameters.get("size_px", [720, 1280])
    fits = isinstance(value, list | tuple) and len(value) == 2
    if not fits or not all(isinstance(side, int) and 64 <= side <= _MAX_SIDE_PX and side % 2 == 0 for side in value):
        raise JobError(f"A climb needs a size_px of two even numbers from 64 to {_MAX_SIDE_PX}, not {value!r}.")
    return value[0], value[1]
