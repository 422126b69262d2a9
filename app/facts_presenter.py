"""The climber's size and the wall: what is stated becomes edits, what the fit made of it is shown beside."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Signal

from annotation.camera_tags import camera_of
from annotation.errors import BetascopeError
from annotation.fact_checks import misfit
from annotation.known_facts import Climber, Facts, overhang_deg
from annotation.labels import RunKind, Track
from annotation.poses import Plane
from annotation.track_edits import SetFacts
from annotation.walls import in_first_frame
from app import stating, stating_walls
from app.actions import Act
from app.document import Document
from app.frame_presenter import FramePresenter
from app.playback import Playback
from app.shown_fit import ShownFit
from app.view_state import ViewState
from app.wall_options import overhang_words
from app.window_actions import Handlers
from app.window_layout import Layout
from widgets.corner_picker import CornerPicker
from widgets.number_field import number_in


class FactsPresenter(QObject):
    """Keeps the panel of climber and wall, and lets a person click the wall in the video."""

    failed = Signal(str)
    message = Signal(str)
    fit_requested = Signal()

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
        self._playback, self._layout, self._panel = playback, layout, layout.facts
        self._picker = CornerPicker(layout.video)
        self._size_m = (1.0, 1.0)
        self._picker.picked.connect(self._take_corners)
        for signal in (view.clip_changed, view.track_changed):
            signal.connect(self._picker.leave)
        for signal in (document.changed, document.opened, view.track_changed, fit.changed):
            signal.connect(self._show)
        self._connect()
        self._show()

    def handlers(self) -> Handlers:
        """Return what the actions do."""
        return {
            Act.CLIMBER_AND_WALL: lambda: self._layout.bring_up(self._panel),
            Act.CLICK_WALL: self._panel.ask_for_corners,
            Act.FIND_WALL: self._find_wall,
        }

    def _connect(self) -> None:
        panel = self._panel
        panel.height_stated.connect(lambda text: self._state_size("height", text))
        panel.span_stated.connect(lambda text: self._state_size("arm span", text))
        panel.mass_stated.connect(lambda text: self._state_size("mass", text))
        panel.angle_stated.connect(self._state_angle)
        panel.size_changed.connect(self._ask_anew)
        panel.corners_requested.connect(self._pick)
        panel.finding_requested.connect(self._find_wall)
        panel.fit_requested.connect(self.fit_requested)

    # --- stating

    def _push(self, make: Callable[[Track], SetFacts | None]) -> bool:
        """Make an edit; what cannot be is said in the panel, beside the field."""
        said = self._panel.set_message
        return self._document.push_made(self._view.track, make, refused=said, unchanged=self._show)

    def _state_size(self, what: str, text: str) -> None:
        number = number_in(text)
        if text and number is None:
            self._panel.set_message(f"{text} is no number. Write the {what} as a number, or leave it empty.")
            return

        def make(track: Track) -> SetFacts | None:
            known = track.facts.climber
            if what == "mass":
                return stating.state_climber(track, replace(known, mass_kg=number))
            metres = None if number is None else number / 100
            if what == "height":
                return stating.state_climber(track, replace(known, height_m=metres))
            if metres is not None and text[0] in "+-\N{MINUS SIGN}":
                metres += self._height_m(known)
            return stating.state_climber(track, replace(known, span_m=metres))

        self._push(make)

    def _height_m(self, known: Climber) -> float:
        """Return the height an ape index is about."""
        if known.height_m is None:
            raise BetascopeError("An ape index says how much longer the arms are than the height: write that first.")
        return known.height_m

    def _state_angle(self, text: str) -> None:
        number = number_in(text)
        if text and number is None:
            self._panel.set_message(f"{text} is no number. Write by how many degrees the wall overhangs.")
        else:
            self._push(lambda track: stating.state_wall_angle(track, number))

    def _find_wall(self) -> None:
        if not self._push(stating.forget_wall):
            self.message.emit("The wall is found from hands and feet already, each time the body is fitted.")

    # --- the wall in the video

    def _ask_anew(self) -> None:
        """Say that another size counts from the next corners on: those that were clicked keep theirs."""
        track = self._view.track
        if track is not None and track.facts.walls:
            self._panel.set_message("The wall stays as it was clicked. Click its corners for a rectangle of this size.")

    def _pick(self, width_m: float, height_m: float) -> None:
        width, height = self._layout.video.frame_size
        if self._view.track is None or not width:
            return
        self._playback.pause()
        self._size_m = width_m, height_m
        title = f"A rectangle of {width_m:g} × {height_m:g} m on the wall"
        self._picker.pick(title, QRectF(0, 0, width, height))

    def _take_corners(self, corners: list[QPointF]) -> None:
        clip = self._view.clip
        if clip is None:
            return
        xy = np.array([(corner.x(), corner.y()) for corner in corners])
        size, camera, chosen = self._size_m, camera_of(clip, self._frames.mesh), self._panel.planes.chosen
        turn = None if self._frames.mesh is None else self._frames.mesh.view_turn(self._view.frame)

        def make(track: Track) -> SetFacts | None:
            name = chosen if len(track.facts.walls) > 1 else None
            seen = in_first_frame(xy, camera, turn=turn)
            return stating_walls.state_corners(track, seen, size_m=size, camera=camera, name=name)

        if self._push(make):
            self.message.emit("The wall stands where the rectangle is. Fit the body to place the climber before it.")

    # --- showing

    def _show(self) -> None:
        track = self._view.track
        self._panel.setEnabled(track is not None)
        facts = Facts() if track is None else track.facts
        climber = facts.climber
        self._panel.set_climber(
            height_cm=None if climber.height_m is None else 100 * climber.height_m,
            span_cm=None if climber.span_m is None else 100 * climber.span_m,
            mass_kg=climber.mass_kg,
        )
        sizes = dict(self._fit.sizes)
        self._panel.set_fitted(
            self._guesses(),
            ", ".join(f"{name} {value}" for name, value in sizes.items()),
        )
        found = None if self._frames.mesh is None else self._frames.mesh.wall
        guess = "" if found is None else f"found: {overhang_deg(found):.0f}"
        if facts.walls:
            guess = "of each plane: below" if len(facts.walls) > 1 else f"clicked: {overhang_deg(facts.walls[0]):.0f}"
        self._panel.set_wall(_wall_words(facts, found), angle_deg=facts.wall_angle_deg, guess=guess)
        if self._frames.mesh is not None:
            self._layout.body.set_walls(facts.walls or self._frames.mesh.walls)
        self._judge(track)

    def _guesses(self) -> tuple[str, str, str]:
        """Return height and span in cm and mass in kg of the fitted body, for people."""
        measured = self._fit.measured
        if measured is None:
            return "", "", ""
        height_m, span_m, mass_kg = measured
        return f"fitted: {100 * height_m:.0f}", f"fitted: {100 * span_m:.0f}", f"fitted: {mass_kg:.0f}"

    def _judge(self, track: Track | None) -> None:
        """Say if the body was fitted with something else than what is stated."""
        facts = Facts() if track is None else track.facts
        fitted = track is not None and RunKind.BODY in track.active_runs
        behind = fitted and not self._fit.knows(facts)
        words = "The body was fitted with another size or wall than this." if behind else ""
        if fitted and not behind and self._fit.measured is not None:
            n_contacts = self._fit.summary.get("contacts")
            words = misfit(facts, height_m=self._fit.measured[0], n_contacts=n_contacts)
        self._panel.set_message(words, fit=behind)


def _wall_words(facts: Facts, found: Plane | None) -> str:
    if len(facts.walls) > 1:
        return f"{len(facts.walls)} planes: {', '.join(wall.name for wall in facts.walls)}."
    if facts.walls:
        return f"From four points: {_place(facts.walls[0])}."
    if facts.wall_angle_deg is not None:
        return "Its inclination is stated; where it stands is found from hands and feet."
    if found is not None:
        return f"Found from hands and feet: {_place(found)}."
    return "Found from hands and feet when the body is fitted."


def _place(wall: Plane) -> str:
    return f"{overhang_words(overhang_deg(wall))}, {abs(wall.offset_m):.1f} m from the camera"
