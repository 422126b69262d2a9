"""Stating what no picture tells, by key and by pulling in the 3D view: depths of joints, hands and feet on holds."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from annotation.body import SMPL_JOINTS
from annotation.edits import Edit
from annotation.fit_details import FitDetails
from annotation.known_facts import FARTHEST_M, Contact, Limb, Order, depth_parent
from annotation.labels import RunKind, Track
from annotation.skeletons import Skeleton, joint_title, load_skeleton
from app import stating
from app.actions import Act
from app.depth_notes import depth_notes
from app.document import Document
from app.frame_presenter import FramePresenter
from app.shown_fit import ShownFit
from app.view_state import ViewState
from app.window_actions import Actions, Handlers
from widgets.body_view import BodyView, OpenDepths
from widgets.inspector import Section
from widgets.side_panel import SidePanel
from widgets.timeline import Timeline
from widgets.timeline_data import MarkKind

_LIMBS = {
    Act.LEFT_HAND_HOLDS: Limb.LEFT_HAND,
    Act.RIGHT_HAND_HOLDS: Limb.RIGHT_HAND,
    Act.LEFT_FOOT_HOLDS: Limb.LEFT_FOOT,
    Act.RIGHT_FOOT_HOLDS: Limb.RIGHT_FOOT,
}
_SMPL_END = {
    Limb.LEFT_HAND: "left_hand",
    Limb.RIGHT_HAND: "right_hand",
    Limb.LEFT_FOOT: "left_foot",
    Limb.RIGHT_FOOT: "right_foot",
}
_HOW = "Select it and press {JOINT_NEARER} or {JOINT_FARTHER}, or pull it here with Alt."
_RINGS = (
    "A ring: the picture does not tell whether this joint is nearer or farther\n"
    "than the one it hangs on; the bar shows by how much.\n"
    "{JOINT_NEARER} and {JOINT_FARTHER} say it of the selected joint,\n"
    "{NEXT_QUESTION} goes to where that helps most."
)
DEPTHS, ASKED = "depth stated", "depth asked"
_LEAST_REACH_M = 0.08


class StatingPresenter(QObject):
    """Turns keys into edits of a track's facts, and shows the facts and what the fit thinks of them."""

    failed = Signal(str)
    message = Signal(str)
    told = Signal()
    """The sections for the inspector are others."""

    def __init__(
        self,
        document: Document,
        view: ViewState,
        frames: FramePresenter,
        *,
        fit: ShownFit,
        body_view: BodyView,
        side: SidePanel,
        timeline: Timeline,
        actions: Actions,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._frames, self._actions = document, view, frames, actions
        self._body_view, self._side, self._timeline = body_view, side, timeline
        self._fit = fit
        self._asked = self._shown = 0
        self._lanes: dict[str, tuple[int, ...]] = {}
        body_view.joint_pulled.connect(self._pull)
        for signal in (document.changed, document.opened, view.track_changed, fit.changed):
            signal.connect(self._show)
        frames.shown.connect(self._take_frame)
        frames.body_followed.connect(self._show_frame)

    def handlers(self) -> Handlers:
        """Return what the actions do."""
        return {
            Act.JOINT_NEARER: partial(self._state, Order.NEARER),
            Act.JOINT_FARTHER: partial(self._state, Order.FARTHER),
            Act.FORGET_DEPTH: partial(self._state, None),
            Act.NEXT_QUESTION: self._ask,
            **{act: partial(self._toggle_contact, limb) for act, limb in _LIMBS.items()},
        }

    def sections(self) -> list[Section]:
        """Return what the inspector shows about statements and about how sure the fit is of this frame."""
        track, details, frame = self._view.track, self._fit.details, self._view.frame
        if track is None:
            return []
        said = [s for s in track.facts.depths if s.frame == frame]
        rows = [
            (joint_title(s.joint), f"{stating.depth_words(track, s)}, {stating.said_by(s)}".rstrip(", ")) for s in said
        ]
        questions = self._questions(track)
        if questions:
            where, joint = questions[0]
            rows.append(("would help most", f"depth of the {joint_title(joint)} in frame {where}"))
        if details is not None and frame < len(details):
            rows += _sureness(details, frame)
        return [("Depth", rows)] if rows else []

    # --- stating

    def _push(self, make: Callable[[Track], Edit | None]) -> bool:
        return self._document.push_made(self._view.track, make, refused=self.failed.emit)

    def _state(self, depth: Order | None) -> None:
        track, frame = self._view.track, self._view.frame
        if track is None:
            return
        names = load_skeleton(track.skeleton).joints
        chosen = [names[joint] for joint in sorted(self._view.joints)]
        if not chosen:
            self.failed.emit("Select a joint first: then say whether it is nearer or farther than the one it hangs on.")
        for joint in chosen:
            self._push(lambda track, joint=joint: stating.state_depth(track, frame, joint, depth))  # type: ignore[misc]

    def _pull(self, joint: int, farther_m: float) -> None:
        """Set the depth of a joint that was pulled in the 3D view, compared to the one it hangs on."""
        track, frame = self._view.track, self._view.frame
        joints = self._frames.joints_at(frame)
        name = SMPL_JOINTS[joint]
        if track is None or joints is None:
            return
        parents = [SMPL_JOINTS.index(p) for p in depth_parent(load_skeleton(track.skeleton), name) if p in SMPL_JOINTS]
        if not parents:
            self.failed.emit(f"The {joint_title(name)} hangs on no joint of the labels. Pull a wrist, elbow or knee.")
            return
        depth = float(joints[joint, 2] + farther_m - joints[parents, 2].mean())
        self._push(lambda track: stating.state_depth(track, frame, name, depth))

    def _toggle_contact(self, limb: Limb) -> None:
        details = self._fit.details
        found: tuple[Contact, ...] = () if details is None else details.contacts
        first, last = self._view.range_or_frame
        self._push(lambda track: stating.toggle_contact(track, limb, first, last, found=found))

    def _ask(self) -> None:
        """Go to where one statement about depth would change most; again for the next one."""
        track = self._view.track
        if track is None or RunKind.BODY not in track.active_runs:
            self.failed.emit("Fit the body first ({FIT}): then it is known where depth is open.")
            return
        open_ones = self._questions(track)
        if not open_ones:
            self.message.emit("No more questions about depth. Fit the body again to find new ones.")
            return
        frame, joint = open_ones[self._asked % len(open_ones)]
        self._asked += 1
        self._view.show_frame(int(frame))
        self._view.show_joint(load_skeleton(track.skeleton).index(joint))
        parents = " and ".join(joint_title(name) for name in depth_parent(load_skeleton(track.skeleton), joint))
        keys = "nearer ({JOINT_NEARER}) or farther ({JOINT_FARTHER})"
        self.message.emit(f"Is the {joint_title(joint)} {keys} than the {parents}?")

    def _questions(self, track: Track) -> list[tuple[int, str]]:
        """Return frame and joint of the statements that would change most and were not made, the best first."""
        said = {(s.frame, s.joint) for s in track.facts.depths}
        asked = ((int(q["frame"]), str(q["joint"])) for q in self._fit.summary.get("questions", []))
        return [question for question in asked if question not in said]

    # --- showing

    def _contacts(self) -> tuple[Contact, ...]:
        track, details = self._view.track, self._fit.details
        if track is not None and track.facts.contacts is not None:
            return track.facts.contacts
        return () if details is None else details.contacts

    def _show(self) -> None:
        track, contacts = self._view.track, self._contacts()
        lanes: dict[str, tuple[int, ...]] = {DEPTHS: (), ASKED: ()}
        if track is not None:
            lanes[DEPTHS] = tuple(sorted({s.frame for s in track.facts.depths}))
            lanes[ASKED] = tuple(sorted({frame for frame, _ in self._questions(track)}))
        for limb in Limb:
            frames = (frame for c in contacts if c.limb is limb for frame in range(c.start, c.end + 1))
            lanes[f"{limb.value.replace('_', ' ')} holds"] = tuple(sorted(frames))
        for name, marked in lanes.items():
            if self._lanes.get(name, ()) != marked:
                kind = MarkKind.DOUBT if name == ASKED else MarkKind.STATE
                self._timeline.set_marks(name, marked, kind=kind)
        self._lanes = lanes
        self._show_frame()

    def _take_frame(self, frame: int) -> None:
        self._shown = frame
        self._show_frame()

    def _show_frame(self) -> None:
        """Mark what belongs to the frame on screen, which may not be yet the one that was gone to."""
        frame, joints = self._shown, self._frames.joints_at(self._shown)
        held = [c.limb for c in self._contacts() if c.start <= frame <= c.end]
        ends = [SMPL_JOINTS.index(_SMPL_END[limb]) for limb in held]
        self._body_view.set_contacts(None if joints is None or not ends else joints[ends])
        details, track = self._fit.details, self._view.track
        asked = [] if track is None else [joint for at, joint in self._questions(track) if at == frame]
        self._side.set_joint_notes({} if track is None else depth_notes(track, frame, asked=asked))
        if joints is None or details is None or track is None or frame >= len(details):
            self._body_view.set_open_depths(OpenDepths())
        else:
            said = {s.joint for s in track.facts.depths if s.frame == frame}
            how, about = self._actions.with_keys(_HOW), self._actions.with_keys(_RINGS)
            depths = _open_depths(details, frame, joints, said=said, skeleton=load_skeleton(track.skeleton), how=how)
            self._body_view.set_open_depths(replace(depths, about=about))
        self.told.emit()


def _sureness(details: FitDetails, frame: int) -> list[tuple[str, str]]:
    rows = []
    if np.isfinite(details.residual_px[frame]):
        rows.append(("off the points", f"{float(details.residual_px[frame]):.1f} px median"))
    deviations = details.joint_sd_m[frame]
    if np.isfinite(deviations).any():
        worst = int(np.nanargmax(deviations))
        sure = f"± {100 * float(np.nanmedian(deviations)):.0f} cm"
        rows.append(("joints are sure to", f"{sure}, {joint_title(details.joints[worst])} least"))
    if details.depth_open[frame].any():
        rows.append(("nearer or farther is open", ", ".join(map(joint_title, _open(details, frame)))))
    return rows


def _open_depths(
    details: FitDetails, frame: int, joints: NDArray[np.float64], *, said: set[str], skeleton: Skeleton, how: str
) -> OpenDepths:
    """Return the joints (of 24) whose depth is open and by how much: to the other side of what they hang on, too."""
    names = [name for name in _open(details, frame) if name in SMPL_JOINTS and name not in said]
    if not names:
        return OpenDepths()
    deviations = details.depth_sd_m[frame, [details.joints.index(name) for name in names]]
    reach = np.clip(np.nan_to_num(deviations, nan=_LEAST_REACH_M), _LEAST_REACH_M, FARTHEST_M)
    words = (_ring_words(name, reach_m, skeleton, how) for name, reach_m in zip(names, reach.tolist(), strict=True))
    return OpenDepths(joints[[SMPL_JOINTS.index(name) for name in names]], reach, tuple(words))


def _ring_words(name: str, reach_m: float, skeleton: Skeleton, how: str) -> str:
    parents = " and ".join(joint_title(parent) for parent in depth_parent(skeleton, name))
    asked = f"is it nearer or farther than the {parents}?\n{how}" if parents else "nothing tells how far away it is."
    return f"{joint_title(name).capitalize()}: open by ± {100 * reach_m:.0f} cm, {asked}"


def _open(details: FitDetails, frame: int) -> list[str]:
    """Return the joints of which nothing tells whether they are nearer or farther than what they hang on."""
    return [details.joints[joint] for joint in np.flatnonzero(details.depth_open[frame])]
