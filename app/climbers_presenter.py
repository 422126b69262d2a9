"""The climbers of a clip: their list, how the others look in the picture, and what a person does to them."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QAction, QColor, QCursor, QIcon, QPixmap
from PySide6.QtWidgets import QMenu, QWidget

from annotation.climber_colors import CLIMBER_COLORS, color_of
from annotation.edits import AddTrack, Edit, RemoveTrack
from annotation.errors import BetascopeError
from annotation.labels import RunKind, Track
from annotation.project import Project
from annotation.skeletons import load_skeleton
from annotation.splicing import FrameRange
from app import climber_splicing, climbers, review
from app.actions import Act
from app.document import Document
from app.view_state import ViewState
from app.window_actions import Actions, Handlers
from widgets.climber_badge import ClimberBadge
from widgets.climber_list import ClimberEntry
from widgets.other_climbers import FaintPose, OtherClimbers
from widgets.side_panel import SidePanel
from widgets.video_view import VideoView

_MENU = (
    Act.RENAME_CLIMBER,
    Act.LOCK_CLIMBER,
    Act.HIDE_CLIMBER,
    Act.DETECT_THIS,
    Act.MERGE_CLIMBER,
    Act.SPLIT_CLIMBER,
    Act.SWAP_CLIMBERS,
    Act.REMOVE_CLIMBER,
)
_SWATCH_PX = 16


class ClimbersPresenter(QObject):
    """Lists the climbers, draws those one does not work on, and turns wishes about them into edits."""

    message = Signal(str)
    failed = Signal(str)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        *,
        video: VideoView,
        side: SidePanel,
        badge: ClimberBadge,
        actions: Actions,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._document, self._view, self._video, self._side = document, view, video, side
        self._badge, self._actions, self._window = badge, actions, window
        self._others = OtherClimbers(video, parent=self)
        self._shown = 0
        actions[Act.SHOW_OTHERS].setChecked(True)
        document.opened.connect(self.refresh)
        document.changed.connect(self.refresh)
        view.track_changed.connect(self.refresh)
        side.track_selected.connect(view.show_track)
        side.track_renamed.connect(self._rename_to)
        side.track_menu_requested.connect(self._show_menu)
        self._others.clicked.connect(view.show_track)

    def handlers(self) -> Handlers:
        """Return what the actions about climbers do."""
        return {
            Act.NEXT_CLIMBER: lambda: self._go(1),
            Act.PREVIOUS_CLIMBER: lambda: self._go(-1),
            Act.ADD_CLIMBER: self._add,
            Act.RENAME_CLIMBER: self._rename,
            Act.NEXT_COLOR: self._next_color,
            Act.LOCK_CLIMBER: lambda: self._for_track(lambda _p, t: climbers.set_locked(t, locked=not t.locked)),
            Act.HIDE_CLIMBER: lambda: self._for_track(lambda _p, t: climbers.set_hidden(t, hidden=not t.hidden)),
            Act.SHOW_OTHERS: self._show_others,
            Act.MERGE_CLIMBER: lambda: self._choose_other(self._merge, "Merge into {name}"),
            Act.SPLIT_CLIMBER: self._split,
            Act.SWAP_CLIMBERS: lambda: self._choose_other(self._swap, "Swap {name} with"),
            Act.REMOVE_CLIMBER: lambda: self._for_track(lambda _p, t: RemoveTrack(t.id, f"Remove {t.name}")),
        }

    def show_frame(self, frame: int) -> None:
        """Draw the other climbers as they are in the frame that is on screen now."""
        self._shown = frame
        project, clip, active = self._document.project, self._view.clip, self._view.track
        if project is None or clip is None or not self._actions[Act.SHOW_OTHERS].isChecked():
            self._others.set_poses([])
            return
        tracks = project.tracks_of(clip.id)
        others = [track for track in tracks if track is not active and not track.hidden]
        self._others.set_poses(
            [pose for track in others if (pose := self._faint(project, track, frame=frame)) is not None]
        )

    def refresh(self) -> None:
        """Show the list and the others anew."""
        project, clip, track = self._document.project, self._view.clip, self._view.track
        tracks = [] if project is None or clip is None else project.tracks_of(clip.id)
        if project is not None:
            self._side.set_tracks([_entry(project, other, color=color_of(other, tracks)) for other in tracks])
        self._side.set_selected_track(None if track is None else track.id)
        if track is None:
            self._badge.set_climber("", "")
        else:
            color = color_of(track, tracks)
            self._badge.set_climber(track.name, color, locked=track.locked, hidden=track.hidden)
        self._actions[Act.LOCK_CLIMBER].setChecked(track is not None and track.locked)
        self._actions[Act.HIDE_CLIMBER].setChecked(track is not None and track.hidden)
        self._actions[Act.SHOW_OTHERS].setEnabled(len(tracks) > 1)
        self.show_frame(self._shown)

    def _faint(self, project: Project, track: Track, *, frame: int) -> FaintPose | None:
        if frame >= project.clip(track.clip_id).n_frames:
            return None
        try:
            xy = project.pose(track.id, frame)
        except BetascopeError:  # said when one works on that climber
            return None
        color = color_of(track, project.tracks_of(track.clip_id))
        bones = load_skeleton(track.skeleton).bones
        return FaintPose(track.id, track.name, color, xy, bones)

    # --- wishes ----------------------------------------------------------------------------------------------

    def _for_track(self, make: Callable[[Project, Track], Edit]) -> bool:
        """Make and push an edit about the climber on screen; tell whether that was possible."""
        project, track = self._document.project, self._view.track
        if project is None or track is None:
            return False
        try:
            edit = make(project, track)
        except BetascopeError as error:
            self.failed.emit(str(error))
            self.refresh()
            return False
        done = self._document.push(edit)
        self.refresh()
        return done

    def _go(self, step: int) -> None:
        project, clip, track = self._document.project, self._view.clip, self._view.track
        if project is not None and clip is not None and track is not None:
            ids = [other.id for other in project.tracks_of(clip.id)]
            self._view.show_track(ids[(ids.index(track.id) + step) % len(ids)])

    def _add(self) -> None:
        project, clip = self._document.project, self._view.clip
        if project is not None and clip is not None:
            track = climbers.new_climber(project, clip.id)
            if self._document.push(AddTrack(track)):
                self._view.show_track(track.id)

    def _rename(self) -> None:
        if self._view.track is not None:
            self._side.edit_track_name(self._view.track.id)

    def _rename_to(self, track_id: str, name: str) -> None:
        self._view.show_track(track_id)
        self._for_track(lambda project, track: climbers.rename(project, track.id, name=name))

    def _next_color(self) -> None:
        def make(project: Project, track: Track) -> Edit:
            names = list(CLIMBER_COLORS)
            color = color_of(track, project.tracks_of(track.clip_id))
            place = list(CLIMBER_COLORS.values()).index(color) if color in CLIMBER_COLORS.values() else -1
            return climbers.set_color(track, names[(place + 1) % len(names)])

        self._for_track(make)

    def _show_others(self) -> None:
        self.show_frame(self._shown)

    def _frames(self) -> FrameRange:
        """The selected range, else everything from the frame on screen on."""
        clip = self._view.clip
        assert clip is not None
        return FrameRange(*(self._view.range or (self._view.frame, clip.n_frames - 1)))

    def _split(self) -> None:
        frames = self._frames() if self._view.clip is not None else FrameRange(0, 0)
        names: list[str] = []

        def make(project: Project, track: Track) -> Edit:
            name = climbers.new_climber(project, track.clip_id).name
            names.extend((track.name, name))
            return climber_splicing.split(project, track.id, frames, name=name)[0]

        if self._for_track(make):
            self.message.emit(f"Frames {frames.start} to {frames.end} of {names[0]} are {names[1]} now.")

    def _merge(self, other: Track) -> None:
        name = other.name
        if self._for_track(lambda project, track: climber_splicing.merge(project, track.id, other_id=other.id)):
            into = "" if self._view.track is None else self._view.track.name
            self.message.emit(f"{name} is part of {into} now.")

    def _swap(self, other: Track) -> None:
        frames = self._frames()
        if self._for_track(lambda project, track: climber_splicing.swap(project, track.id, other.id, frames)):
            self.message.emit(f"Swapped with {other.name} in frames {frames.start} to {frames.end}.")

    # --- menus -----------------------------------------------------------------------------------------------

    def _choose_other(self, act: Callable[[Track], object], title: str) -> None:
        """Do something with the other climber; where there are several, let a menu say with which."""
        project, track = self._document.project, self._view.track
        if project is None or track is None:
            return
        others = [other for other in project.tracks_of(track.clip_id) if other is not track]
        if not others:
            self.failed.emit("There is only one climber in this clip. Detect another one first.")
        elif len(others) == 1:
            act(others[0])
        else:
            menu = self._new_menu()
            menu.addSection(title.format(name=track.name))
            for other in others:
                entry = menu.addAction(_swatch(color_of(other, project.tracks_of(track.clip_id))), other.name)
                entry.triggered.connect(lambda _checked=False, other=other: act(other))
            menu.popup(self._place_of_menu())
            menu.setActiveAction(menu.actions()[1])

    def _place_of_menu(self) -> QPoint:
        """Return where a menu opens: at the cursor if it is over the window, else in its middle."""
        cursor = QCursor.pos()
        inside = self._window.rect().contains(self._window.mapFromGlobal(cursor))
        return cursor if inside else self._window.mapToGlobal(self._window.rect().center())

    def _show_menu(self, track_id: str, position: QPoint) -> None:
        """Show what can be done with a climber, with its keys."""
        self._view.show_track(track_id)
        menu = self._new_menu()
        menu.addActions([self._actions[act] for act in _MENU[:1]])
        menu.addMenu(self._color_menu(menu))
        menu.addActions([self._actions[act] for act in _MENU[1:]])
        menu.popup(position)

    def _color_menu(self, parent: QMenu) -> QMenu:
        menu = QMenu("Colour", parent)
        track, project = self._view.track, self._document.project
        current = "" if track is None or project is None else color_of(track, project.tracks_of(track.clip_id))
        for name, color in CLIMBER_COLORS.items():
            entry: QAction = menu.addAction(_swatch(color), name.capitalize())
            entry.setCheckable(True)
            entry.setChecked(color == current)
            entry.triggered.connect(partial(self._set_color, name))
        return menu

    def _set_color(self, name: str, _checked: bool = False) -> None:  # noqa: FBT001, FBT002 - what Qt hands over
        self._for_track(lambda _project, track: climbers.set_color(track, name))

    def _new_menu(self) -> QMenu:
        menu = QMenu(self._window)
        menu.aboutToHide.connect(menu.deleteLater)
        return menu


def _entry(project: Project, track: Track, *, color: str) -> ClimberEntry:
    words = _words(project, track)
    return ClimberEntry(track.id, track.name, words, color=color, locked=track.locked, hidden=track.hidden)


def _words(project: Project, track: Track) -> str:
    """Say how far the review of a climber has come, or what there is to review."""
    if track.reviewed:
        return review.progress_words(track, n_frames=project.clip(track.clip_id).n_frames)
    n_keyframes = len(track.table.keyframes())
    words = f"{n_keyframes} keyframe{'' if n_keyframes == 1 else 's'}"
    if RunKind.KEYPOINTS in track.active_runs:
        return words
    return f"not detected yet, {words}" if n_keyframes else "not detected yet"


def _swatch(color: str) -> QIcon:
    pixmap = QPixmap(_SWATCH_PX, _SWATCH_PX)
    pixmap.fill(QColor(color))
    return QIcon(pixmap)
