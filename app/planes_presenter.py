"""The planes of a wall of several: clicked, named, taken back, and which of them hands and feet are on."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, QRectF, Signal

from annotation.camera_tags import camera_of
from annotation.errors import BetascopeError
from annotation.known_facts import Contact, Facts, Limb, overhang_deg
from annotation.known_facts_json import suggested_in
from annotation.labels import Track
from annotation.poses import Camera, Plane
from annotation.track_edits import SetFacts
from annotation.walls import WallShape, check_bend, in_first_frame
from app import stating_walls
from app.actions import Act
from app.document import Document
from app.frame_presenter import FramePresenter
from app.playback import Playback
from app.shown_fit import ShownFit
from app.view_state import ViewState
from app.wall_options import overhang_words, size_m
from app.window_actions import Handlers
from app.window_layout import Layout
from widgets.corner_picker import CornerPicker
from widgets.entry_list import Entry
from widgets.theme import colors_of
from widgets.wall_outlines import WallOutlines

_MEETING = (
    "one end of the line where they meet",
    "the other end of that line",
    "a point of the new plane, as far as it reaches",
)
_SHOWN_REACH_M = 4.0


class PlanesPresenter(QObject):
    """Turns what is clicked and chosen about planes into edits, and shows them in panel and video."""

    message = Signal(str)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        frames: FramePresenter,
        *,
        fit: ShownFit,
        playback: Playback,
        layout: Layout,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._frames, self._fit = document, view, frames, fit
        self._playback, self._layout = playback, layout
        self._panel, self._form = layout.facts, layout.facts.planes
        self._picker = CornerPicker(layout.video)
        self._outlines = WallOutlines(colors_of(layout.video).accent)
        layout.video.add_beneath(self._outlines)
        self._bend_deg: float | None = None
        self._frame, self._in_sight = 0, False
        self._pictured = ""
        self._connect()
        self._show()

    def handlers(self) -> Handlers:
        """Return what the actions do."""
        return {Act.CLICK_PLANE: self._pick_corners, Act.BEND_PLANE: self._form.ask_for_meeting}

    def _connect(self) -> None:
        form = self._form
        form.corners_requested.connect(self._pick_corners)
        form.bend_requested.connect(self._pick_meeting)
        form.removed.connect(lambda name: self._push(lambda track: stating_walls.remove_plane(track, name)))
        form.renamed.connect(lambda name, new: self._push(lambda track: stating_walls.rename_plane(track, name, new)))
        form.suggestion_taken.connect(
            lambda: self._push(lambda track: stating_walls.state_planes(track, self._suggested()))
        )
        form.hold_stated.connect(self._state_hold)
        self._picker.picked.connect(self._take)
        self._panel.shown.connect(self._show)
        self._layout.dock_of(self._panel).visibilityChanged.connect(self._see)
        for signal in (self._view.clip_changed, self._view.track_changed):
            signal.connect(self._picker.leave)
        for signal in (self._document.changed, self._document.opened, self._view.track_changed, self._fit.changed):
            signal.connect(self._show)
        self._frames.shown.connect(self._show_picture)

    def _see(self, in_sight: bool) -> None:  # noqa: FBT001
        """Take note that the panel came to the front of its column, or went behind another: then it is not hidden."""
        self._in_sight = in_sight
        self._show()

    # --- stating

    def _push(self, make: Callable[[Track], SetFacts | None]) -> bool:
        said = self._panel.set_message
        return self._document.push_made(self._view.track, make, refused=said, unchanged=self._show)

    def _pick_corners(self) -> None:
        size = self._panel.rectangle_m
        if size is not None:
            self._bend_deg = None
            self._pick(f"Another plane of the wall: a rectangle of {size[0]:g} × {size[1]:g} m, all of it", None)

    def _pick_meeting(self, bend_deg: float) -> None:
        try:
            check_bend(bend_deg)  # before three points are clicked for nothing
        except BetascopeError as error:
            self._panel.set_message(str(error))
            return
        self._bend_deg = bend_deg
        on = self._form.chosen or "the wall"
        self._pick(f"Another plane, that meets {on} bent by {bend_deg:g}°", _MEETING)

    def _pick(self, title: str, asks: tuple[str, ...] | None) -> None:
        width, height = self._layout.video.frame_size
        if self._view.track is not None and width:
            self._playback.pause()
            picture = QRectF(0, 0, width, height)
            if asks is None:
                self._picker.pick(title, picture)
            else:
                self._picker.pick(title, picture, asks=asks)

    def _take(self, points: list[QPointF]) -> None:
        camera, size, bend = self._camera(), self._panel.rectangle_m, self._bend_deg
        if camera is None:
            return
        clicked, on, turn = np.array([(point.x(), point.y()) for point in points]), self._form.chosen, self._turn()

        def make(track: Track) -> SetFacts | None:
            xy = in_first_frame(clicked, camera, turn=turn)
            if bend is not None:
                found = self._found()
                return stating_walls.state_bend(track, xy, bend_deg=bend, camera=camera, on=on, found=found)
            assert size is not None
            return stating_walls.state_corners(track, xy, size_m=size, camera=camera, name="")

        if (bend is not None or size is not None) and self._push(make):
            self.message.emit("The plane stands. Fit the body: each hand and foot goes to the plane it is on.")

    def _state_hold(self, limb: str, plane: str) -> None:
        found = () if self._fit.details is None else self._fit.details.contacts
        frame = self._frame
        self._push(lambda t: stating_walls.state_plane_of_contact(t, Limb(limb), frame, plane, found=found))

    # --- showing

    def _camera(self) -> Camera | None:
        clip = self._view.clip
        return None if clip is None else camera_of(clip, self._frames.mesh)

    @property
    def _clip_id(self) -> str:
        return "" if self._view.clip is None else self._view.clip.id

    def _turn(self) -> NDArray[np.float32] | None:
        """Return how a panning camera is turned in the frame on screen."""
        mesh = self._frames.mesh
        return None if mesh is None else mesh.view_turn(self._frame)

    def _found(self) -> tuple[Plane, ...]:
        return () if self._frames.mesh is None else self._frames.mesh.walls

    def _suggested(self) -> tuple[Plane, ...]:
        try:
            return suggested_in(self._fit.summary)
        except BetascopeError:
            return ()

    def _facts(self) -> Facts:
        return Facts() if self._view.track is None else self._view.track.facts

    def _show(self) -> None:
        walls, suggested = self._facts().walls, self._suggested()
        entries = [Entry(plane.name, plane.name, _detail(plane)) for plane in walls if plane.name]
        self._form.set_planes(entries)
        words = ""
        if suggested and not walls:
            angles = " and ".join(overhang_words(overhang_deg(plane)) for plane in suggested)
            words = f"The holds may not lie in one plane: two, {angles}, come closer. Look at them before you use them."
        self._form.set_suggestion(words)
        self._show_outlines(walls)
        self._show_frame(self._frame)

    def _show_outlines(self, walls: tuple[Plane, ...]) -> None:
        """Show where the planes are over the video while the panel is in sight.

        They wait for the first picture of a clip, over which they lie.
        """
        asked = walls and self._in_sight and self._pictured == self._clip_id
        camera = self._camera() if asked else None
        if camera is None:
            self._outlines.set_outlines([])
            return
        shape, turn = WallShape(walls), self._turn()
        outlines = []
        for index, plane in enumerate(walls):
            corners = np.array(plane.outline).reshape(-1, 3)
            if len(corners) and len(walls) > 1:
                corners = shape.polygon(index, around=corners.mean(axis=0), reach_m=_SHOWN_REACH_M)
            corners = corners if turn is None else corners @ turn.T
            outlines.append((plane.name or "Wall", camera.project(corners)))
        self._outlines.set_outlines(outlines, size_px=camera.size_px)

    def _show_picture(self, frame: int) -> None:
        if self._pictured == self._clip_id:
            self._show_frame(frame)
        else:
            self._pictured, self._frame = self._clip_id, frame
            self._show()

    def _show_frame(self, frame: int) -> None:
        """Show on which planes hands and feet are in the frame on screen, and where a panning camera sees these."""
        moved, self._frame = frame != self._frame, frame
        if moved and self._turn() is not None:
            self._show_outlines(self._facts().walls)
        details, facts = self._fit.details, self._facts()
        found: tuple[Contact, ...] = () if details is None else details.contacts
        stated = facts.contacts if facts.contacts is not None else ()
        holds = {}
        for limb in Limb:
            said, near = (_at(contacts, limb, frame) for contacts in (stated, found))
            if said is not None or (near is not None and facts.contacts is None):
                holds[limb.value] = ("" if said is None else said.wall, "" if near is None else near.wall)
        self._form.set_holds([plane.name for plane in facts.walls], holds)


def _at(contacts: tuple[Contact, ...], limb: Limb, frame: int) -> Contact | None:
    return next((c for c in contacts if c.limb is limb and c.start <= frame <= c.end), None)


def _detail(plane: Plane) -> str:
    words = overhang_words(overhang_deg(plane))
    size = size_m(plane)
    words += f", {size[0]:.1f} × {size[1]:.1f} m" if size else ""
    return words if plane.hinge is None else f"{words}, hangs on {plane.hinge.on}"
