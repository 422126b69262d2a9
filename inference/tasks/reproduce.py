"""The job ``reproduce``: the thesis' tables on temporal smoothing with our figures beside."""

from pathlib import Path
from typing import Any

from annotation.errors import JobError
from inference.jobs import TaskContext
from inference.smoothing.training.job import number

PAGE = "smoothing.md"


def run(context: TaskContext) -> dict[str, Any]:
    """Carry out the trainings and write ``smoothing.md``.

    Parameters of the job: ``small`` (flag), ``folder`` (keeps every run, so that an interrupted job goes on), ``seed``,
    ``capture`` (a motion-captured climb, or null: the shipped weights are scored on it too), ``command``.

    Raises
    ------
    JobError
        If a parameter makes no sense.
    """
    from inference.smoothing.training import reproduction  # torch takes seconds to import
    from inference.smoothing.training.page import page
    from inference.smoothing.training.recipes import hardware
    from inference.smoothing.training.shipped_figures import shipped_section
    from inference.smoothing.training.thesis_figures import MODELS

    parameters = context.parameters
    if "folder" not in parameters:
        raise JobError("The job to reproduce does not say in which folder. Start it again.")
    small = bool(parameters.get("small"))
    seed = int(number(parameters, "seed", 0, least=0, most=2**31))
    size = reproduction.SMALL if small else reproduction.FULL
    folder = Path(str(parameters["folder"])) / ("small" if small else "full")
    runs = reproduction.all_runs(size, folder, seed=seed, report=context.report)
    context.report(0, 0, "timing the models")
    times = {model: reproduction.milliseconds(model) for model in MODELS}
    capture = parameters.get("capture")
    more = shipped_section(seed=seed, capture=Path(str(capture)) if capture else None, small=small)
    motion, clips = size.motion, size.clips
    told = {
        "motion": f"{motion.n_climbs} made-up climbs of {motion.seconds:g} s seen by {motion.n_views} cameras each",
        "clips": f"{clips.n_climbs} made-up climbs of {clips.seconds:g} s",
        "schedule": _SMALL if small else _FULL,
    }
    text = page(runs, times, command=str(parameters.get("command", "")), hardware=hardware(), told=told, more=more)
    (context.output / PAGE).write_text(text, encoding="utf-8")
    return {"runs": len(runs), "seconds": round(sum(each.seconds for each in runs))}


_SMALL = (
    "Schedule: a few batches where the thesis has up to fifty epochs; the models start as a running mean and the "
    "bi-ConvLSTMs learn on parts of the maps. These figures show that everything runs, not how good it gets."
)
_FULL = "Schedule: the thesis' own."
