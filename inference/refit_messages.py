"""What a window and the warm worker say to each other, one line of JSON each; `app` knows these words, too.

``python -m inference --refit FIT_JOB_FOLDER RUN_FOLDER`` starts the warm worker. It holds one fitted clip, reads a
`RefitRequest` a line from stdin and answers on stdout: first `Progress` (1 of 1) when it is ready, then with as many
`Refitted` as it takes. The first is about the frames round the one that is looked at, and comes early; those that
follow are about all that the edit reaches, the frames looked at first. When nothing was asked for a while, `Sureness`
follows. Requests are numbered by whoever sends them, upwards; what a newer request overtakes is fitted with the newer
one's. What cannot be read is answered by `Log`. The end of stdin ends the worker.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from inference.jobs import plain

REFIT_OPTION = "--refit"


@dataclass(frozen=True)
class RefitPoint:
    """What a joint of a frame amounts to after an edit.

    Attributes
    ----------
    frame, joint : int
        Indices; the joint's in the skeleton of the fit.
    xy : (float, float) or None
        Pixels; None where there is no point any more.
    confidence : float
    source : int
        Value of `annotation.labels.Source`.
    """

    frame: int
    joint: int
    xy: tuple[float, float] | None
    confidence: float
    source: int


@dataclass(frozen=True)
class RefitRequest:
    """A wish to the warm worker: take in what is other now, and fit the frames round it again.

    Attributes
    ----------
    number : int
    points : tuple of RefitPoint
        Those that changed.
    frame : int or None
        The one that is looked at; it is fitted first.
    facts : mapping or None
        What is known besides the points (`annotation.known_facts_json`), where that changed.
    world : mapping
        Where the detector's own 3D changed, by frame: (K, 3) metres as in `ClipPoints`, NaN where missing.
    """

    number: int
    points: tuple[RefitPoint, ...]
    frame: int | None = None
    facts: Mapping[str, Any] | None = None
    world: Mapping[int, Sequence[Sequence[float]]] = field(default_factory=dict)

    def followed_by(self, newer: "RefitRequest") -> "RefitRequest":
        """Return both as one, with the number of the newer one."""
        return RefitRequest(
            newer.number,
            self.points + newer.points,
            self.frame if newer.frame is None else newer.frame,
            self.facts if newer.facts is None else newer.facts,
            {**self.world, **newer.world},
        )


@dataclass(frozen=True)
class Refitted:
    """The new motion of the frames from `start` on.

    Attributes
    ----------
    pose : sequence of N x 72 floats
        Rotation vectors of the 24 joints, radians.
    transl : sequence of N x 3 floats
        Metres.
    valid : sequence of N bools
        Whether there are enough points to tell where the body is.
    milliseconds : float
        What the refit took.
    done : bool
        Whether all requests up to `number` are answered; else more follows.
    """

    number: int
    start: int
    pose: Sequence[Sequence[float]]
    transl: Sequence[Sequence[float]]
    valid: Sequence[bool] = ()
    milliseconds: float = 0.0
    done: bool = True


@dataclass(frozen=True)
class Sureness:
    """How sure the fit is of the frames from `start` on; see `annotation.fit_details.FitDetails`.

    Attributes
    ----------
    joint_sd_m, depth_sd_m : sequence of N x K floats
        NaN where nothing is known.
    depth_open : sequence of N x K bools
    """

    start: int
    joint_sd_m: Sequence[Sequence[float]]
    depth_sd_m: Sequence[Sequence[float]]
    depth_open: Sequence[Sequence[bool]]


def refit_line(request: RefitRequest) -> str:
    """Return a request as one line of JSON, without the line end."""
    return json.dumps(asdict(request), default=plain)


def parse_refit(line: str) -> RefitRequest | None:
    """Return the request in a line; None if it holds none."""
    try:
        content = json.loads(line)
        points = tuple(
            RefitPoint(
                int(point["frame"]),
                int(point["joint"]),
                None if point["xy"] is None else (float(point["xy"][0]), float(point["xy"][1])),
                float(point["confidence"]),
                int(point["source"]),
            )
            for point in content["points"]
        )
        frame, facts, world = content.get("frame"), content.get("facts"), content.get("world") or {}
        if facts is not None and not isinstance(facts, dict):
            return None
        rows = {int(at): [[float(value) for value in place] for place in places] for at, places in world.items()}
        return RefitRequest(int(content["number"]), points, None if frame is None else int(frame), facts, rows)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        return None


def answer_line(answer: Refitted | Sureness) -> str:
    """Return an answer as one line of JSON, without the line end."""
    return json.dumps({"event": type(answer).__name__.lower(), **asdict(answer)})


def parse_answer(line: str) -> Refitted | Sureness | None:
    """Return the answer in a line of the warm worker; None for anything else."""
    try:
        content = json.loads(line)
        match content.pop("event"):
            case "refitted":
                return Refitted(**content)
            case "sureness":
                return Sureness(**content)
        return None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
