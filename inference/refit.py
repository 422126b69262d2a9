"""The warm worker: holds one fitted clip and fits it again round every edit; see `inference.jobs.RefitRequest`."""

import contextlib
import json
import os
import queue
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

import numpy as np

from annotation.errors import BetascopeError
from annotation.labels import Source
from annotation.runs import load_mesh
from inference.fitting.live import ChangedPoint, LiveFit
from inference.jobs import Failed, Log, Progress, RefitRequest, Refitted, parse_refit, read_job, to_json_line
from inference.tasks.fit import read_fit


def serve(job: Path, run: Path) -> int:
    """Load the clip of a fit's job folder and its run; answer requests until stdin ends. Return the exit code."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        parameters = read_job(job).parameters
        given = read_fit(job, parameters)
        mesh = load_mesh(run)
        live = LiveFit(given.points, mesh, body=given.body, times_s=given.times_s, facts=given.facts)
    except BetascopeError as error:
        _say(out, to_json_line(Failed(str(error))))
        return 1
    requests = _Requests(out, n_frames=len(live), n_joints=len(given.points.skeleton))
    _say(out, to_json_line(Progress(1, 1, "Ready to follow corrections")))
    while (request := requests.wait()) is not None:
        started = time.perf_counter()
        live.change(_changed(request))
        stretch = live.refit(goes_on=requests.is_empty)
        if stretch is None:
            continue
        answer = Refitted(
            request.number,
            stretch.start,
            np.round(stretch.pose.reshape(len(stretch.pose), -1).astype(float), 5).tolist(),
            np.round(stretch.transl.astype(float), 5).tolist(),
            round(1000 * (time.perf_counter() - started), 1),
        )
        _say(out, json.dumps({"event": "refitted", **asdict(answer)}))
    return 0


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
    """Reads requests from stdin; those that pile up become one, with the number of the latest."""

    def __init__(self, out: TextIO, *, n_frames: int, n_joints: int) -> None:
        self._out, self._n_frames, self._n_joints = out, n_frames, n_joints
        self._queue: queue.Queue[RefitRequest | None] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def is_empty(self) -> bool:
        """Tell whether nothing newer waits."""
        return self._queue.empty()

    def wait(self) -> RefitRequest | None:
        """Return all that was asked for since the last time as one request; None when nobody will ask any more."""
        latest = self._queue.get()
        if latest is None:
            return None
        with contextlib.suppress(queue.Empty):
            while (newer := self._queue.get_nowait()) is not None:
                latest = RefitRequest(newer.number, latest.points + newer.points)
            self._queue.put(None)
        return latest

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
        return all(
            0 <= p.frame < self._n_frames and 0 <= p.joint < self._n_joints and p.source in sources
            for p in request.points
        )


def _say(out: TextIO, line: str) -> None:
    with contextlib.suppress(OSError):
        out.write(line + "\n")
        out.flush()
