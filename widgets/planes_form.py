"""The planes of a wall of several: their names, a further one, and which of them hands and feet are on."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject, QSignalBlocker, Signal
from PySide6.QtWidgets import QFormLayout, QLineEdit, QPushButton

from widgets.entry_list import Entry, EntryList
from widgets.form import beside, choice_box, choose, fill, heading, said_below
from widgets.number_field import NumberField

_BEND_DEG = 30.0


class PlanesForm(QObject):
    """Rows of a form about the planes of a wall.

    Signals
    -------
    renamed : str, str
        A plane, and what it is to be called.
    removed : str
    corners_requested
        The corners of a further plane are to be clicked; its size is that of the rectangle.
    bend_requested : float
        Where a further plane meets the chosen one is to be clicked; by how many degrees it is bent.
    suggestion_taken
        The planes that the fit suggests are to be stated.
    hold_stated : str, str
        A limb, and the name of the plane it is on; empty for the nearest.
    """

    renamed = Signal(str, str)
    removed = Signal(str)
    corners_requested = Signal()
    bend_requested = Signal(float)
    suggestion_taken = Signal()
    hold_stated = Signal(str, str)

    def __init__(self, form: QFormLayout, *, limbs: Mapping[str, str], parent: QObject | None = None) -> None:
        """Add the rows; `limbs` are names for people by what the signals name."""
        super().__init__(parent)
        self._form = form
        self.planes = EntryList("Planes of the wall", max_rows=5)
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the plane")
        self.bend_deg = NumberField("Bend", "degrees")
        self.bend_deg.set_number(_BEND_DEG)
        self.bend_deg.setToolTip("Towards the climber, as an overhang above; negative where it falls away")
        self.remove = QPushButton("Remove")
        self.corners = QPushButton("Click the corners of another")
        self.meets = QPushButton("Click where another meets it")
        self.suggested, self.take = said_below(), QPushButton("Use both planes")
        self.holds = {limb: choice_box(f"{words} is on") for limb, words in limbs.items()}
        self._named = beside(self.name, self.remove)
        self._lay_out(limbs)
        self._connect()

    @property
    def chosen(self) -> str:
        """The name of the chosen plane; empty where there is none."""
        return self.planes.selected or ""

    def set_planes(self, planes: Sequence[Entry]) -> None:
        """Show the planes; the first is chosen if the one that was is gone."""
        self.planes.set_entries(planes)
        if planes and not self.chosen:
            self.planes.set_selected(planes[0].id)
        self._show_name()
        for row in (self.planes, self._named):
            self._form.setRowVisible(row, bool(planes))

    def set_suggestion(self, words: str) -> None:
        """Say that several planes would fit the holds better; nothing with an empty text."""
        self.suggested.setText(words)
        for row in (self.suggested, self.take):
            self._form.setRowVisible(row, bool(words))

    def set_holds(self, planes: Sequence[str], holds: Mapping[str, tuple[str, str]]) -> None:
        """Show on which planes the limbs are that hold now: the plane stated, if any, and the one that was nearest."""
        for limb, box in self.holds.items():
            shown = limb in holds and len(planes) > 1
            self._form.setRowVisible(box, shown)
            if shown:
                stated, nearest = holds[limb]
                with QSignalBlocker(box):
                    fill(box, [("", f"nearest: {nearest}" if nearest else "nearest"), *((n, n) for n in planes)])
                    choose(box, stated)

    def _lay_out(self, limbs: Mapping[str, str]) -> None:
        form = self._form
        form.addRow(heading("Planes of the wall"))
        form.addRow(self.suggested)
        form.addRow(self.take)
        form.addRow(self.planes)
        form.addRow("Name", self._named)
        form.addRow(self.corners)
        form.addRow("Bend, degrees", self.bend_deg)
        form.addRow(self.meets)
        for limb, words in limbs.items():
            form.addRow(f"{words} is on", self.holds[limb])
        self.set_planes(())
        self.set_suggestion("")
        self.set_holds((), {})

    def _connect(self) -> None:
        self.planes.entry_selected.connect(self._show_name)
        self.name.editingFinished.connect(self._rename)
        self.remove.clicked.connect(lambda: self.removed.emit(self.chosen))
        self.corners.clicked.connect(self.corners_requested)
        self.meets.clicked.connect(self.ask_for_meeting)
        self.take.clicked.connect(self.suggestion_taken)
        for limb, box in self.holds.items():
            box.activated.connect(lambda _, limb=limb, box=box: self.hold_stated.emit(limb, box.currentData()))

    def ask_for_meeting(self) -> None:
        """Ask for where planes meet as the button does."""
        bend = self.bend_deg.number
        if bend is None:
            self.bend_deg.setFocus()
        else:
            self.bend_requested.emit(bend)

    def _show_name(self) -> None:
        self.name.setText(self.chosen)
        self.name.setModified(False)

    def _rename(self) -> None:
        if self.name.isModified() and self.name.text() != self.chosen:
            self.renamed.emit(self.chosen, self.name.text())
        self.name.setModified(False)
