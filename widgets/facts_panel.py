"""What is known of a climb that no picture tells: how large the climber is, and where the wall stands."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from widgets.form import FormPanel, heading, said_below
from widgets.number_field import NumberField
from widgets.planes_form import PlanesForm

_RECTANGLE_M = 2.0
_LIMBS = {
    "left_hand": "Left hand",
    "right_hand": "Right hand",
    "left_foot": "Left foot",
    "right_foot": "Right foot",
}


class FactsPanel(FormPanel):
    """Fields for the climber and for the wall; an empty field is not known.

    Signals
    -------
    height_stated, span_stated, mass_stated, angle_stated : str
        The user wrote something else; empty to take it back. A span that begins with a sign is the ape index.
    size_changed
        The rectangle is of another width or height.
    corners_requested : float, float
        The user wants to click the corners of a rectangle of this width and height, metres.
    finding_requested
        The wall is to be found from hands and feet.
    fit_requested
    """

    height_stated = Signal(str)
    span_stated = Signal(str)
    mass_stated = Signal(str)
    angle_stated = Signal(str)
    size_changed = Signal()
    corners_requested = Signal(float, float)
    finding_requested = Signal()
    fit_requested = Signal()

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__("Climber and wall", parent=parent)
        self.height_cm = NumberField("Height", "cm")
        self.span_cm = NumberField("Arm span", "cm")
        self.mass_kg = NumberField("Mass", "kg")
        self.angle_deg = NumberField("Overhang", "degrees")
        self.width_m, self.tall_m = NumberField("Width of the rectangle", "m"), NumberField("Its height", "m")
        self._ape, self._measured, self._wall, self._said = said_below(), said_below(), said_below(), said_below()
        self._corners = QPushButton("Click its four corners")
        self._find = QPushButton("Find it from hands and feet")
        self._fit = QPushButton("Fit body with this")
        self._fit.setProperty("primary", True)
        self.setFocusProxy(self.height_cm)
        self._lay_out()
        self._connect()

    def set_climber(self, *, height_cm: float | None, span_cm: float | None, mass_kg: float | None) -> None:
        """Show what is stated about the climber."""
        self.height_cm.set_number(height_cm)
        self.span_cm.set_number(span_cm)
        self.mass_kg.set_number(mass_kg)
        ape = ""
        if height_cm is not None and span_cm is not None:
            ape = f"ape index {span_cm - height_cm:+.0f} cm ({span_cm / height_cm:.2f})"
        self._ape.setText(ape)
        self.form.setRowVisible(self._ape, bool(ape))

    def set_fitted(self, guesses: tuple[str, str, str], measured: str) -> None:
        """Show the size of the fitted body: height, span and mass where they are not stated, and all lengths."""
        for field, words in zip((self.height_cm, self.span_cm, self.mass_kg), guesses, strict=True):
            field.set_guess(words)
        self._measured.setText(measured)
        self.form.setRowVisible(self._measured, bool(measured))

    def set_wall(self, words: str, *, angle_deg: float | None, guess: str) -> None:
        """Say how the wall is known; `guess` stands for an inclination that is not stated."""
        self._wall.setText(words)
        self.angle_deg.set_number(angle_deg, digits=0 if angle_deg is None or angle_deg == int(angle_deg) else 1)
        self.angle_deg.set_guess(guess)

    def set_message(self, text: str, *, fit: bool = False) -> None:
        """Say what is wrong with what was written, or what comes next; offer the fit with it."""
        self._said.setText(text)
        self._said.setVisible(bool(text))
        self._fit.setVisible(fit)

    def ask_for_corners(self) -> None:
        """Ask for corners as the button does."""
        size = self.rectangle_m
        if size is not None:
            self.corners_requested.emit(*size)

    @property
    def rectangle_m(self) -> tuple[float, float] | None:
        """Width and height of the rectangle; None, and said so, where they are not there."""
        width, height = self.width_m.number, self.tall_m.number
        if width is not None and height is not None and min(width, height) > 0:
            return width, height
        self.set_message("Write the width and the height of the rectangle in metres first.")
        (self.width_m if width is None or width <= 0 else self.tall_m).setFocus()
        return None

    def _lay_out(self) -> None:
        form = self.form
        form.addRow(heading("Climber"))
        form.addRow("Height, cm", self.height_cm)
        form.addRow("Arm span, cm", self.span_cm)
        self.span_cm.setToolTip("From fingertip to fingertip; +5 or -3 for the ape index")
        form.addRow("", self._ape)
        form.addRow("Mass, kg", self.mass_kg)
        form.addRow("Fitted body", self._measured)
        form.addRow(heading("Wall"))
        form.addRow(self._wall)
        form.addRow("Overhang, degrees", self.angle_deg)
        self.angle_deg.setToolTip("0 is vertical, 90 a roof, negative a slab")
        self.width_m.set_number(_RECTANGLE_M)
        self.tall_m.set_number(_RECTANGLE_M)
        size, across = QWidget(), QHBoxLayout()
        across.setContentsMargins(0, 0, 0, 0)
        for part in (self.width_m, QLabel("×"), self.tall_m):
            across.addWidget(part)
        size.setLayout(across)
        form.addRow("Rectangle on it, m", size)
        form.addRow(self._corners)
        form.addRow(self._find)
        self.planes = PlanesForm(form, limbs=_LIMBS, parent=self)
        self.set_footer(self._said, self._fit)
        self.set_fitted(("", "", ""), "")
        self.set_climber(height_cm=None, span_cm=None, mass_kg=None)
        self.set_message("")

    def _connect(self) -> None:
        self.height_cm.stated.connect(self.height_stated)
        self.span_cm.stated.connect(self.span_stated)
        self.mass_kg.stated.connect(self.mass_stated)
        self.angle_deg.stated.connect(self.angle_stated)
        for field in (self.width_m, self.tall_m):
            field.stated.connect(self.size_changed)
        self._corners.clicked.connect(self.ask_for_corners)
        self._find.clicked.connect(self.finding_requested)
        self._fit.clicked.connect(self.fit_requested)
