"""What goes with the picture: the line about the video, the pictures along the timeline, the proxy."""

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from app.actions import Act
from app.document import Document
from app.frame_presenter import FramePresenter
from app.frame_request import CacheFill
from app.frame_source import FrameSource
from app.jobs_presenter import JobsPresenter
from app.playback import Playback
from app.preferences import Preferences
from app.proxies import ProxyPresenter
from app.thumbnails import Thumbnails
from app.view_state import ViewState
from app.window_actions import Actions, Handlers
from app.window_layout import Layout

_REST_MS = 300


class VideoPresenter(QObject):
    """Tells the status line what is on screen and how decoding fares; owns the thumbnails and the proxy."""

    proxies_changed = Signal()
    failed = Signal(str)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        *,
        source: FrameSource,
        frames: FramePresenter,
        playback: Playback,
        jobs: JobsPresenter,
        layout: Layout,
        actions: Actions,
        preferences: Preferences,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view, self._frames, self._status = view, frames, layout.video_status
        self._auto_proxy, self._preferences = actions[Act.AUTO_PROXY], preferences
        self._auto_proxy.setChecked(preferences.settings.auto_proxy)
        self._times_s = np.zeros(1)
        view.clip_changed.connect(self._show_clip)
        frames.shown.connect(self._show_frame)
        source.proxy_opened.connect(self._show_file)
        source.cache_filled.connect(self._show_cache)
        playback.dropped_changed.connect(self._status.set_dropped)
        self._thumbnails = Thumbnails(view, timeline=layout.timeline, parent=self)
        self._source = source
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._resume_thumbnails)
        view.frame_changed.connect(self._pause_thumbnails)
        self._proxies = ProxyPresenter(
            document,
            view,
            source=source,
            frames=frames,
            thumbnails=self._thumbnails,
            jobs=jobs,
            automatic=preferences.settings.auto_proxy,
            parent=self,
        )
        self._proxies.changed.connect(self.proxies_changed)
        self._proxies.failed.connect(self.failed)

    def handlers(self) -> Handlers:
        """Return what the actions about proxies do."""
        return {
            Act.MAKE_PROXY: self._proxies.make,
            Act.DELETE_PROXY: self._proxies.delete,
            Act.AUTO_PROXY: self._toggle_auto_proxy,
        }

    def refresh_clip(self) -> None:
        """Read from the video anew, for instance after it was relinked."""
        self._thumbnails.refresh_clip()
        self._proxies.refresh_clip()

    def stand_back(self) -> None:
        """Leave the processor to something that a person waits for: what is not on screen yet can wait."""
        self._source.rest()
        self._pause_thumbnails()

    def close(self) -> bool:
        """End the thread of the thumbnails; tell whether it did."""
        return self._thumbnails.close()

    def _toggle_auto_proxy(self) -> None:
        automatic = self._auto_proxy.isChecked()
        self._proxies.set_automatic(automatic=automatic)
        self._preferences.change(auto_proxy=automatic)

    def _pause_thumbnails(self) -> None:
        """Leave the processor to what is on screen, until it has come to rest."""
        self._thumbnails.set_paused(paused=True)
        self._rest.start()

    def _resume_thumbnails(self) -> None:
        if self._source.exact:
            self._thumbnails.set_paused(paused=False)
        else:
            self._rest.start()

    def _show_clip(self) -> None:
        clip = self._view.clip
        self._times_s = np.zeros(1) if clip is None else clip.timeline.times_s
        self._status.set_dropped(0)
        self._show_file(None)

    def _show_file(self, proxy_bytes: int | None) -> None:
        clip = self._view.clip
        if clip is None:
            self._status.set_clip(None)
            return
        timeline = clip.timeline
        self._status.set_clip(
            clip.size, codec=clip.codec, fps=timeline.fps, variable_fps=timeline.variable, proxy_bytes=proxy_bytes
        )

    def _show_frame(self, frame: int) -> None:
        if frame < len(self._times_s):
            self._status.set_frame(frame, float(self._times_s[frame]), exact=self._frames.exact)

    def _show_cache(self, fill: CacheFill) -> None:
        self._status.set_cache(fill.used, fill.limit)
