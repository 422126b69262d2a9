"""Brings the wanted frame on screen: picture, skeleton, body and overlay in step."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from annotation.appearance import clothes
from annotation.body import SMPL_JOINTS, SMPL_PARENTS, Body
from annotation.body_identity import body_of
from annotation.errors import BetascopeError
from annotation.labels import RunKind
from annotation.poses import MeshSequence
from app.document import Document
from app.frame_request import ShownFrame
from app.frame_source import FrameSource
from app.settings import bodies_path
from app.view_state import ViewState
from widgets.body_view import BodyView
from widgets.video_view import VideoView


class FramePresenter(QObject):
    """Asks the frame source for what `ViewState` wants and hands the answer to the views."""

    shown = Signal(int)
    """The frame that is on screen now."""
    damaged = Signal(object)
    """Frames that cannot be decoded, as a set."""
    body_changed = Signal()
    """Another motion, or none, is shown."""
    body_followed = Signal(object)
    """The same body moves otherwise in these frames (a slice), after corrections."""
    failed = Signal(str)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        source: FrameSource,
        *,
        video: VideoView,
        body_view: BodyView,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._source = document, view, source
        self._video, self._body_view = video, body_view
        self._overlay = False
        self._exact = True
        self._frame = 0
        self._loaded: tuple[MeshSequence, Body] | None = None
        self._shown_body: Body | None = None
        self._followed: tuple[str, str, MeshSequence, bool] | None = None
        source.ready.connect(self._show)
        source.late.connect(self._say_late)
        view.clip_changed.connect(self._show_clip)
        view.track_changed.connect(self.refresh_body)
        view.frame_changed.connect(self._request)
        document.changed.connect(self.refresh_body)
        self._set_up_body_view()

    @property
    def mesh(self) -> MeshSequence | None:
        """The motion that is shown."""
        return None if self._loaded is None else self._loaded[0]

    @property
    def body(self) -> Body | None:
        """The body that is shown."""
        return None if self._loaded is None else self._loaded[1]

    def joints_at(self, frame: int) -> NDArray[np.float64] | None:
        """Return the joints (24, 3) of the body in a frame, m in the CAMERA frame; None where there is none."""
        if self._loaded is None or frame >= len(self._loaded[0]) or not self._loaded[0].valid[frame]:
            return None
        (mesh, body), one = self._loaded, slice(frame, frame + 1)
        return np.asarray(body.joints(mesh.betas, mesh.pose_of(one), transl=mesh.transl[one])[0])

    @property
    def exact(self) -> bool:
        """Whether the picture on screen is the frame itself, not its coarser copy."""
        return self._exact

    @property
    def overlay(self) -> bool:
        """Whether the body is drawn over the video."""
        return self._overlay

    def set_overlay(self, *, shown: bool) -> None:
        """Draw the body over the video, or not."""
        self._overlay = shown
        self._request()

    def refresh_clip(self) -> None:
        """Open the video anew, for instance after it was relinked."""
        self._source.set_clip(self._view.clip)
        self._request()

    def refresh_body(self) -> None:
        """Show the motion the track uses now."""
        mesh = self._current_mesh()
        if mesh is self.mesh:
            return
        self._loaded = None
        if mesh is not None:
            try:
                self._loaded = (mesh, body_of(mesh, bodies_dir=bodies_path()))
            except BetascopeError as error:
                self.failed.emit(str(error))
        self._source.set_mesh(self.mesh, self.body)
        self._set_up_body_view()
        self.body_changed.emit()
        self._request()

    def show_followed(self, track_id: str, run_id: str, mesh: MeshSequence, *, frames: slice, current: bool) -> None:
        """Show a motion in the place of the run it comes from: it follows corrections and is no run yet.

        It is another one than before in some `frames`; `current` tells whether it fits all points.
        """
        before = self.mesh
        self._followed = track_id, run_id, mesh, current
        if self._loaded is None or before is None or self._current_mesh() is not mesh or before.body != mesh.body:
            self.refresh_body()
            return
        self._loaded = mesh, self._loaded[1]
        if frames.start <= self._frame < frames.stop:
            self._show_followed_at_once()
        self._source.set_mesh(*self._loaded)
        self._request()
        self.body_followed.emit(frames)

    def keep_followed(self, track_id: str, run_id: str, mesh: MeshSequence, *, current: bool) -> None:
        """Take the motion on screen for that of a run it is about to become; nothing looks otherwise."""
        self._followed = track_id, run_id, mesh, current

    def mark_current(self, *, current: bool) -> None:
        """Say whether the motion that follows fits all points."""
        if self._followed is not None:
            self._followed = (*self._followed[:3], current)

    def _show_followed_at_once(self) -> None:
        """Show the body of the frame on screen now; what comes from the decoder thread has to wait for the video."""
        assert self._loaded is not None
        mesh, body = self._loaded
        if self._frame < len(mesh) and mesh.valid[self._frame]:
            one = slice(self._frame, self._frame + 1)
            vertices, joints = body.forward(mesh.betas, mesh.pose_of(one), transl=mesh.transl[one])
            self._body_view.show_pose(vertices[0], joints[0], parents=SMPL_PARENTS, names=SMPL_JOINTS, at_once=True)

    def follows(self, track_id: str) -> bool:
        """Tell whether the motion of a track is one that follows corrections and fits all points."""
        project, followed = self._document.project, self._followed
        if project is None or followed is None or track_id not in project.tracks:
            return False
        run_id = project.track(track_id).active_runs.get(RunKind.BODY)
        return followed[3] and followed[:2] == (track_id, run_id)

    def _current_mesh(self) -> MeshSequence | None:
        project, track = self._document.project, self._view.track
        if project is None or track is None:
            return None
        if self._followed is not None and self._followed[:2] == (track.id, track.active_runs.get(RunKind.BODY)):
            return self._followed[2]
        try:
            return project.mesh(track.id)
        except BetascopeError as error:
            self.failed.emit(str(error))
            return None

    def _set_up_body_view(self) -> None:
        if self._loaded is None:
            self._body_view.set_vertices(None)
            self._body_view.set_joints(None)
            self._body_view.set_walls(())
            self._body_view.set_message("Fit the body to see it here.")
            return
        mesh, body = self._loaded
        self._body_view.set_message(None)
        if body is not self._shown_body:
            self._body_view.set_mesh_topology(body.faces, colors=clothes(body))
            self._shown_body = body
        joints = body.joints(mesh.betas, mesh.pose, transl=mesh.transl)[mesh.valid]
        center = joints[:, 0].mean(axis=0) if len(joints) else np.zeros(3)
        self._body_view.set_camera(mesh.camera)
        self._body_view.set_walls(mesh.walls, center=center)

    def _show_clip(self) -> None:
        self._source.set_clip(self._view.clip)
        self._video.set_frame(None)
        self._request()

    def _request(self) -> None:
        if self._view.clip is not None:
            self._source.request(self._view.frame, overlay=self._overlay, within=self._video.room_px)

    def _show(self, shown: ShownFrame) -> None:
        self._video.set_message(shown.problem)
        self._exact, self._frame = shown.exact, shown.frame
        clip = self._view.clip
        if shown.picture is not None and clip is not None:
            self._video.set_frame(shown.picture, size=clip.size)
        else:
            self._show_blank(shown.damaged)
        overlay = shown.overlay
        if overlay is None:
            self._video.set_mesh_overlay(None)
        else:
            self._video.set_mesh_overlay(overlay.rgba, box=overlay.box)
        if self._loaded is not None:
            self._body_view.set_view_turn(self._loaded[0].view_turn(shown.frame))
            self._body_view.show_pose(shown.vertices, shown.joints, parents=SMPL_PARENTS, names=SMPL_JOINTS)
        self.shown.emit(shown.frame)

    def _show_blank(self, damaged: frozenset[int]) -> None:
        """Show no picture where there is none; within a clip, the view stays where it is."""
        width, height = self._video.frame_size
        if width and height:
            self._video.set_frame(np.zeros((1, 1, 3), np.uint8), size=(width, height))
            self.damaged.emit(damaged)
        else:
            self._video.set_frame(None)

    def _say_late(self, frame: int) -> None:
        self._video.set_message(f"Waiting for frame {frame}: the drive, the network or the processor is busy.")
