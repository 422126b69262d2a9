"""The warm worker: holds one fitted clip and fits it again round every edit; see `inference.refit_messages`."""

import contextlib
import functools
import os
import queue
import sys
import threading
import time
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from annotation.body_identity import check_body
from annotation.errors import BetascopeError
from annotation.known_facts_json import facts_from_json
from annotation.labels import Source
from annotation.runs import load_mesh
from inference.fitting.live import ChangedPoint, LiveFit, Stretch
from inference.jobs import Failed, Log, Progress, read_job, to_json_line
from inference.refit_messages import RefitRequest, Refitted, Sureness, answer_line, parse_refit
from inference.tasks.fit import read_fit

REST_S = 1.0
"""After so long without a request there is time to tell how sure the fit is."""


def serve(job: Path, run: Path) -> int:
    """Load the clip of a fit's job folder and its run; answer requests until stdin ends. Return the exit code."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        parameters = read_job(job).parameters
        given = read_fit(job, parameters)
        mesh = load_mesh(run)
        check_body(mesh, given.body)
        live = LiveFit(given.points, mesh, body=given.body, times_s=given.times_s, facts=given.facts)
    except BetascopeError as error:
        _say(out, to_json_line(Failed(str(error))))
        return 1
    requests = _Requests(out, n_frames=len(live), n_joints=len(given.points.skeleton))
    _say(out, to_json_line(Progress(1, 1, "Ready to follow corrections")))
    _answer_all(live, requests, out)
    return 0


def _answer_all(live: LiveFit, requests: "_Requests", out: TextIO) -> None:
    """Answer until nobody asks any more; what is not done when something newer comes is done with it."""
    latest: RefitRequest | None = None
    while not requests.ended:
        wait_s = 0.0 if not live.is_done else None if live.is_sure else REST_S
        request = requests.take(wait_s=wait_s)
        if request is not None:
            latest = request
            try:
                _take_in(live, request)
            except BetascopeError as error:
                _say(out, to_json_line(Log(str(error))))
            _answer_first(live, request, out)
        elif not live.is_done and latest is not None:
            _answer(live, latest, requests, out)
        elif not live.is_sure:
            _tell_sureness(live, out)


def _take_in(live: LiveFit, request: RefitRequest) -> None:
    live.change(_changed(request))
    if request.world:
        live.see({frame: np.array(places, np.float64) for frame, places in request.world.items()})
    if request.facts is not None:
        live.learn(facts_from_json(request.facts))


def _answer_first(live: LiveFit, request: RefitRequest, out: TextIO) -> None:
    """Answer early about the frame that is looked at; where nothing is to be fitted at all, say that it is."""
    started = time.perf_counter()
    if live.is_done:
        _say(out, answer_line(Refitted(request.number, 0, [], [])))
    elif request.frame is not None and (stretch := live.refit_first(request.frame)) is not None:
        _say(out, answer_line(_refitted(request, stretch, started, done=False)))


def _answer(live: LiveFit, request: RefitRequest, requests: "_Requests", out: TextIO) -> None:
    started = time.perf_counter()
    stretch = live.refit(near=request.frame, goes_on=requests.is_empty)
    if stretch is not None:
        _say(out, answer_line(_refitted(request, stretch, started, done=live.is_done)))


def _refitted(request: RefitRequest, stretch: Stretch, started: float, *, done: bool) -> Refitted:
    return Refitted(
        request.number,
        stretch.start,
        np.round(stretch.pose.reshape(len(stretch.pose), -1).astype(float), 5).tolist(),
        np.round(stretch.transl.astype(float), 5).tolist(),
        stretch.valid.tolist(),
        round(1000 * (time.perf_counter() - started), 1),
        done,
    )


def _tell_sureness(live: LiveFit, out: TextIO) -> None:
    told = live.sureness()
    if told is not None:
        start, joint_sd, depth_sd, depth_open = told
        _say(out, answer_line(Sureness(start, _rounded(joint_sd), _rounded(depth_sd), depth_open.tolist())))


def _rounded(array: NDArray[np.float32]) -> list[list[float]]:
    rounded: list[list[float]] = np.round(array.astype(float), 4).tolist()
    return rounded


def _changed(request: RefitRequest) -> list[ChangedPoint]:
    return [
        ChangedPoint(
            point.frame,
            point.joint,
            (np.nan, np.nan) if point.xy is None else point.xy,
            point.confidence,
            Source.MISSING if point.xy is None else Source(point.source),
        )
        for point in request.points
    ]


class _Requests:
    """Reads requests from stdin; those that pile up become one, with the number of the latest.

    Attributes
    ----------
    ended : bool
        Nobody will ask any more.
    """

    def __init__(self, out: TextIO, *, n_frames: int, n_joints: int) -> None:
        self._out, self._n_frames, self._n_joints = out, n_frames, n_joints
        self._queue: queue.Queue[RefitRequest | None] = queue.Queue()
        self.ended = False
        threading.Thread(target=self._listen, daemon=True).start()

    def is_empty(self) -> bool:
        """Tell whether nothing newer waits."""
        return self._queue.empty()

    def take(self, *, wait_s: float | None) -> RefitRequest | None:
        """Return all that was asked for since the last time as one request; None if nothing was, or will be.

        Waits so long for a request; None for as long as it takes.
        """
        asked: list[RefitRequest | None] = []
        with contextlib.suppress(queue.Empty):
            asked.append(self._queue.get(block=wait_s != 0, timeout=wait_s or None))
            while True:
                asked.append(self._queue.get_nowait())
        self.ended = None in asked
        requests = [request for request in asked if request is not None]
        if self.ended or not requests:
            return None
        return functools.reduce(RefitRequest.followed_by, requests)

    def _listen(self) -> None:
        for line in sys.stdin:
            request = parse_refit(line)
            if request is None or not self._fits(request):
                _say(self._out, to_json_line(Log("A request for a refit could not be read and was left out.")))
            else:
                self._queue.put(request)
        self._queue.put(None)

    def _fits(self, request: RefitRequest) -> bool:
        sources = {int(source) for source in Source}
        n_frames, n_joints = self._n_frames, self._n_joints
        shapes = {(len(places), *{len(place) for place in places}) for places in request.world.values()}
        return (
            all(0 <= p.frame < n_frames and 0 <= p.joint < n_joints and p.source in sources for p in request.points)
            and all(0 <= frame < n_frames for frame in request.world)
            and shapes <= {(n_joints, 3)}
        )


def _say(out: TextIO, line: str) -> None:
    with contextlib.suppress(OSError):
        out.write(line + "\n")
        out.flush()
