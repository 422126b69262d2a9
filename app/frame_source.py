"""Frames on request: picture, body and overlay in step; the latest request wins, and is never waited for."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal

from annotation.body import Body
from annotation.clip import Clip
from annotation.poses import MeshSequence
from app.decoders import ExactDecoder, QuickDecoder
from app.frame_request import Direction, Look, Request, ShownFrame
from app.threads import begin_thread, end_thread

LATE_MS = 2000
_CLOSE_MS = 1000
_PACE_SHARE, _MAX_STEP = 0.2, 8


class FrameSource(QObject):
    """Asks the decoder threads for frames and emits what they answer.

    A frame that is not decoded yet is answered by the proxy first, if there is one, and by itself later.

    Parameters
    ----------
    cache_bytes : int, optional
        How much to keep of the decoded frames; by default what suits the machine.
    """

    ready = Signal(object)
    """`ShownFrame`; never older than the one before."""
    late = Signal(int)
    """Frame that is waited for: the disk, or the network, does not answer."""
    cache_filled = Signal(object)
    """`CacheFill`."""
    proxy_opened = Signal(object)
    """Bytes of the proxy that is used now, None for none."""

    _wanted = Signal(object)
    _wanted_quickly = Signal(object)
    _clip_wanted = Signal(object)
    _proxy_wanted = Signal(object, object)
    _mesh_wanted = Signal(object, object)

    def __init__(self, *, cache_bytes: int | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._exact, self._quick = ExactDecoder(cache_bytes=cache_bytes), QuickDecoder()
        self._clip: Clip | None = None
        self._generation = self._clip_since = 0
        self._answered = (0, True)
        self._frame, self._look = 0, Look()
        self._direction: Direction = 1
        self._step, self._pace, self._steady = 0, 0.0, False
        self._proxy: tuple[Path | None, bool] = (None, False)
        self._patience = QTimer(self, singleShot=True, interval=LATE_MS)
        self._patience.timeout.connect(lambda: self.late.emit(self._frame))
        self._threads = [self._start(self._exact), self._start(self._quick)]
        self._connect()

    def _start(self, decoder: ExactDecoder | QuickDecoder) -> QThread:
        thread = begin_thread(decoder, owner=self)
        decoder.ready.connect(self._answer, Qt.ConnectionType.QueuedConnection)
        self._mesh_wanted.connect(decoder.set_mesh, Qt.ConnectionType.QueuedConnection)
        thread.start()
        return thread

    def _connect(self) -> None:
        queued = Qt.ConnectionType.QueuedConnection
        self._wanted.connect(self._exact.show, queued)
        self._wanted_quickly.connect(self._quick.show, queued)
        self._clip_wanted.connect(self._exact.set_clip, queued)
        self._proxy_wanted.connect(self._quick.set_proxy, queued)
        self._exact.cache_filled.connect(self.cache_filled, queued)
        self._quick.opened.connect(self._use_proxy, queued)

    @property
    def busy(self) -> bool:
        """Whether the latest request is still unanswered; playback skips then instead of queueing."""
        return self._answered[0] != self._generation

    @property
    def exact(self) -> bool:
        """Whether what was answered last is the latest request, exactly."""
        return self._answered == (self._generation, True)

    def set_clip(self, clip: Clip | None) -> None:
        """Decode another clip from now on, without a proxy; answers for the one before are dropped."""
        self._clip = clip
        self._clip_since = self._next()
        self._begin_epoch()
        self._answered = (self._generation, True)
        self._patience.stop()
        self.set_proxy(None)
        self._clip_wanted.emit(clip)

    def set_proxy(self, path: Path | None) -> None:
        """Answer from this proxy of the clip where the exact frame takes time."""
        self._proxy = (path, False)
        self._proxy_wanted.emit(self._clip, path)

    def set_mesh(self, mesh: MeshSequence | None, body: Body | None) -> None:
        """Deliver the body of this motion with every frame from now on."""
        self._begin_epoch()
        self._mesh_wanted.emit(mesh, body)

    def set_playing(self, step: int, *, steady: bool = False) -> None:
        """Say how many frames on the next one will be, negative for back, 0 when it does not play.

        Frames that are due next get prepared.

        When playing ends, the frame on screen is asked for again, with every pixel.

        Parameters
        ----------
        steady : bool
            Wait for the exact frames: they are read ahead, and those of the proxy would flicker.
        """
        if not self._step:
            self._pace = float(abs(step))
        self._step, self._steady = step, steady
        if not step and self._look.within is not None:
            self.request(self._frame, overlay=self._look.overlay)

    def request(self, frame: int, *, overlay: bool, within: tuple[int, int] | None = None) -> None:
        """Ask for a frame, with the body drawn over it or not; while it plays, with pixels for the room on screen."""
        step = self._next_step(frame)
        ahead = self._step or frame - self._frame
        if ahead:
            self._direction = 1 if ahead > 0 else -1
        self._frame, self._exact.resting = frame, False
        look = self._look = Look(self._look.epoch, within if self._step else None, overlay)
        prepared = self._exact.prepared.take(frame, look=look) if self._step else None
        request = Request(self._next(), frame, look, self._direction, step, answered=prepared is not None)
        if self._proxy[1] and not self._steady and prepared is None and not self._exact.has(frame):
            self._wanted_quickly.emit(request)
        self._wanted.emit(request)
        if prepared is not None:
            self._answer(request.generation, prepared)
        elif not self._patience.isActive():
            self._patience.start()

    def rest(self) -> None:
        """Read nothing ahead until the next request."""
        self._exact.resting = True

    def close(self) -> bool:
        """End the threads; tell whether they did, for one may hang in a network drive."""
        self._next()
        self._patience.stop()
        for thread in self._threads:
            thread.quit()
        decoders = (self._exact, self._quick)
        ends = [end_thread(*pair, wait_ms=_CLOSE_MS) for pair in zip(self._threads, decoders, strict=True)]
        return all(ends)

    def _next(self) -> int:
        self._generation += 1
        self._exact.latest = self._quick.latest = self._generation
        return self._generation

    def _next_step(self, frame: int) -> int:
        """Return how far on the next frame will be: where the computer cannot keep up, as far as it was of late."""
        if not self._step:
            return 0
        skipped = abs(frame - self._frame)
        if skipped <= _MAX_STEP:  # beyond that it jumped, as at the end of a loop
            self._pace += _PACE_SHARE * (skipped - self._pace)
        return max(abs(self._step), round(self._pace))

    def _begin_epoch(self) -> None:
        self._look = replace(self._look, epoch=self._look.epoch + 1)

    def _use_proxy(self, path: Path | None, n_bytes: int | None) -> None:
        if path == self._proxy[0]:
            self._proxy = (path, n_bytes is not None)
            self.proxy_opened.emit(n_bytes)

    def _answer(self, generation: int, shown: ShownFrame) -> None:
        """Pass on what is newer than what was passed on last, so that scrubbing shows where it is."""
        if generation <= self._clip_since or (generation, shown.exact) <= self._answered:
            return
        self._answered = (generation, shown.exact)
        self._patience.stop()
        self.ready.emit(shown)
