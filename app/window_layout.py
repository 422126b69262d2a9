"""Where the widgets of the main window sit: docks around the video, and the two workspaces."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, SignalInstance
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.actions import Act, Menu
from app.focus_keys import FocusKeys
from app.window_actions import Actions
from widgets.body_view import BodyView
from widgets.climber_badge import ClimberBadge
from widgets.doubt_list import DoubtList
from widgets.evaluation_panel import EvaluationPanel
from widgets.export_panel import ExportPanel
from widgets.facts_panel import FactsPanel
from widgets.history_panel import HistoryPanel
from widgets.import_panel import ImportPanel
from widgets.inspector import Inspector
from widgets.jobs_panel import JobsPanel
from widgets.next_step_bar import NextStepBar
from widgets.shortcut_editor import ShortcutEditor
from widgets.side_panel import SidePanel
from widgets.smoothing_panel import SmoothingPanel
from widgets.start_page import StartPage
from widgets.timeline import Timeline
from widgets.training_panel import TrainingPanel
from widgets.transport import Transport
from widgets.video_status import VideoStatus
from widgets.video_view import VideoView

SMALL_HEIGHT_PX = 850
"""Screens lower than this are small: the window fills them, and panels share one column."""
_FORM_LINES = 28.0
"""Lines of text that most forms are high."""
_BUTTONS = {
    "first": Act.FIRST,
    "previous_keyframe": Act.PREVIOUS_KEYFRAME,
    "stride_back": Act.STRIDE_BACK,
    "step_back": Act.STEP_BACK,
    "play_back": Act.PLAY_BACK,
    "play": Act.PLAY,
    "step_forward": Act.STEP_FORWARD,
    "stride_forward": Act.STRIDE_FORWARD,
    "next_keyframe": Act.NEXT_KEYFRAME,
    "last": Act.LAST,
    "loop": Act.LOOP,
}


class Layout:
    """The widgets of a main window and their docks."""

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self.start = StartPage()
        self.step = NextStepBar()
        self.video = VideoView()
        self.timeline = Timeline()
        self.transport = Transport()
        self.climber = ClimberBadge()
        self.time = _column(_row(self.climber, self.transport), self.timeline)
        self.side = SidePanel()
        self.body = BodyView()
        self.inspector = Inspector()
        self.facts = FactsPanel()
        self.jobs = JobsPanel()
        self.doubts = DoubtList()
        self.keys = ShortcutEditor()
        self.history = HistoryPanel()
        self.exports, self.imports = ExportPanel(), ImportPanel()
        self.smoothing, self.evaluation, self.training = SmoothingPanel(), EvaluationPanel(), TrainingPanel()
        self.search = QToolButton()
        self.video_status = VideoStatus()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.start)
        self._stack.addWidget(_column(self.step, self.video))
        window.setCentralWidget(self._stack)
        window.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        left, right, bottom = (
            Qt.DockWidgetArea.LeftDockWidgetArea,
            Qt.DockWidgetArea.RightDockWidgetArea,
            Qt.DockWidgetArea.BottomDockWidgetArea,
        )
        self._docks: dict[QWidget, QDockWidget] = {}
        self._brought_up: QWidget | None = None
        self._focus_keys = FocusKeys(window, home=self.video)
        self._optional: set[QDockWidget] = set()
        self._dock("Clips and joints", self.side, area=left)
        self._body = self._dock("Body", self.body, area=right)
        self._inspector = self._dock("Inspector", self.inspector, area=right)
        self._jobs = self._dock("Jobs", self.jobs, area=right, beside=self._inspector)
        self._dock("Doubts", self.doubts, area=right, beside=self._body)
        self._dock("History", self.history, area=right, beside=self._inspector, optional=True)
        self._dock("Timeline", self.time, area=bottom)
        self._dock("Climber and wall", self.facts, area=right, beside=self._inspector, optional=True)
        self._dock("Keys", self.keys, area=right, beside=self._inspector, optional=True)
        self._dock("Export", self.exports, area=right, beside=self._inspector, optional=True)
        self._dock("Import", self.imports, area=right, beside=self._inspector, optional=True)
        self._dock("Smoothing", self.smoothing, area=right, beside=self._inspector, optional=True)
        self._dock("Evaluation", self.evaluation, area=right, beside=self._inspector, optional=True)
        self._dock("Training", self.training, area=right, beside=self._inspector, optional=True)
        self._visible: list[QDockWidget] = self._standard()
        self._hidden = False
        self._arrange()
        self.show_start()

    @property
    def docks(self) -> list[QDockWidget]:
        """All panels."""
        return list(self._docks.values())

    def dock_of(self, widget: QWidget) -> QDockWidget:
        """Return the panel that holds a widget."""
        return self._docks[widget]

    @property
    def shows_work(self) -> bool:
        """Whether the video and its panels are shown, not the first screen."""
        return self._stack.currentIndex() == 1

    @property
    def panels_hidden(self) -> bool:
        """Whether everything but the video is hidden on demand."""
        return self._hidden

    def show_start(self) -> None:
        """Show the first screen alone."""
        self._stack.setCurrentIndex(0)
        for dock in self.docks:
            dock.hide()

    def show_work(self) -> None:
        """Show the video in place of the first screen; its panels come with an arrangement."""
        self._stack.setCurrentIndex(1)
        self.video.setFocus()

    def show_standard(self) -> None:
        """Show the panels that nobody asks for, the body in front."""
        arrangement = self._window.layout()
        assert arrangement is not None
        arrangement.setEnabled(False)  # arranged once, not after every panel
        for dock in self._standard():
            dock.show()
        self._body.raise_()
        arrangement.setEnabled(True)

    def set_panels_visible(self, *, visible: bool) -> None:
        """Hide everything but the video, or show again what was there."""
        self._hidden = not visible
        if not visible:
            self._visible = [dock for dock in self.docks if not dock.isHidden()]
        for dock in self._visible:
            dock.setVisible(visible)

    def bring_up(self, widget: QWidget) -> None:
        """Show the panel of a widget, bring it to the front of its column, and let the keyboard work it.

        Of the panels that wait to be asked for, one at a time is a tab: the names of all tabs can be read.
        """
        dock, self._brought_up = self._docks[widget], widget
        for other in self._optional - {dock} if dock in self._optional else ():
            if not other.isFloating() and self._window.tabifiedDockWidgets(other):
                other.hide()
        dock.show()
        dock.raise_()
        for bar in self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            bar.setElideMode(Qt.TextElideMode.ElideNone)  # names that can be read, and arrows where there are many
            bar.setUsesScrollButtons(True)
        if dock in self._optional and not dock.isFloating():
            self._make_room_for(dock)
        _focus_into(widget)

    def _make_room_for(self, dock: QDockWidget) -> None:
        """Let a panel below the body be as high as a form needs, if it is not; it never takes all from the body."""
        height = self._stack.height()
        wanted = min(int(_FORM_LINES * dock.fontMetrics().height()), 2 * height // 3)
        beside = [other for other in self._window.tabifiedDockWidgets(dock) if not other.visibleRegion().isEmpty()]
        if max((other.height() for other in beside), default=0) < wanted:
            self._window.resizeDocks([self._body, dock], [height - wanted, wanted], Qt.Orientation.Vertical)

    def next_panel(self, direction: int) -> None:
        """Bring up the next panel of the right column, in the order of its tabs, round and round."""
        right = Qt.DockWidgetArea.RightDockWidgetArea
        column = [widget for widget, dock in self._docks.items() if _is_in(self._window, dock, area=right)]
        in_front = [widget for widget in column if not self._docks[widget].visibleRegion().isEmpty()]
        focused = [widget for widget in in_front if widget.isAncestorOf(self._window.focusWidget() or self._window)]
        here = next(iter(focused or [widget for widget in in_front if widget is self._brought_up] or in_front), None)
        if column:
            place = column.index(here) + direction if here is not None else 0
            self.bring_up(column[place % len(column)])

    def panels(self) -> dict[str, Callable[[], None]]:
        """Return for each panel, by its title, what brings it up."""
        return {dock.windowTitle(): partial(self.bring_up, widget) for widget, dock in self._docks.items()}

    def set_actions(self, actions: Actions) -> None:
        """Make the menu bar from the table of actions, and let the buttons trigger them."""
        self.transport.set_actions({name: actions[act] for name, act in _BUTTONS.items()})
        self.search.setDefaultAction(actions[Act.FIND_ACTION])
        self.search.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.search.setMaximumHeight(self.search.fontMetrics().height() + 8)  # no higher than the menus beside it
        self._window.menuBar().setCornerWidget(self.search)
        for menu in Menu:
            entry = self._window.menuBar().addMenu(menu.value)
            for act in Act:
                if act.spec.menu is menu:
                    if act.spec.starts_group:
                        entry.addSeparator()
                    entry.addAction(actions[act])
            if menu is Menu.VIEW:
                entry.addSeparator()
                for dock in self.docks:
                    entry.addAction(dock.toggleViewAction())

    def _arrange(self) -> None:
        """On a low screen the body, the inspector and the jobs share one tabbed column."""
        screen = QGuiApplication.primaryScreen()
        if screen is not None and screen.availableGeometry().height() < SMALL_HEIGHT_PX:
            for dock in self.docks:
                if (
                    dock is not self._body
                    and self._window.dockWidgetArea(dock) is Qt.DockWidgetArea.RightDockWidgetArea
                ):
                    self._window.tabifyDockWidget(self._body, dock)
        self._inspector.raise_()
        self._body.raise_()

    def _standard(self) -> list[QDockWidget]:
        return [dock for dock in self.docks if dock not in self._optional]

    def _dock(
        self,
        title: str,
        widget: QWidget,
        *,
        area: Qt.DockWidgetArea,
        beside: QDockWidget | None = None,
        optional: bool = False,
    ) -> QDockWidget:
        """Put a widget into a panel, as a tab beside another if one is named; an optional one waits to be asked for."""
        dock = QDockWidget(title, self._window)
        dock.setObjectName(title)
        dock.setWidget(widget)
        shown = getattr(widget, "shown", None)
        if isinstance(shown, SignalInstance):  # what was not kept up to date behind another tab catches up
            dock.visibilityChanged.connect(lambda in_sight: shown.emit() if in_sight else None)
        self._window.addDockWidget(area, dock)
        if beside is not None:
            self._window.tabifyDockWidget(beside, dock)
        if optional:
            self._optional.add(dock)
            dock.toggleViewAction().triggered.connect(lambda shown: self.bring_up(widget) if shown else None)
        self._docks[widget] = dock
        right = Qt.DockWidgetArea.RightDockWidgetArea
        self._focus_keys.watch_panel(dock, leave=lambda: self._window.dockWidgetArea(dock) is right)
        return dock


def _is_in(window: QMainWindow, dock: QDockWidget, *, area: Qt.DockWidgetArea) -> bool:
    return not dock.isHidden() and not dock.isFloating() and window.dockWidgetArea(dock) is area


def _focus_into(widget: QWidget) -> None:
    """Give the focus to the first control in a widget that takes it."""
    inside = [widget, *widget.findChildren(QWidget)]
    takes = (w for w in inside if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.isEnabled() and w.isVisible())
    first = next(takes, None)
    if first is not None:
        first.setFocus(Qt.FocusReason.ShortcutFocusReason)


def _row(head: QWidget, rest: QWidget) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    layout.addWidget(head)
    layout.addWidget(rest, 1)
    return row


def _column(*widgets: QWidget) -> QWidget:
    column = QWidget()
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    for widget in widgets:
        layout.addWidget(widget)
    layout.setStretch(len(widgets) - 1, 1)
    return column
