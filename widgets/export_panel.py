"""What goes out to other tools: format, frames, points, climbers, parts, images, and where to."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QSpacerItem,
    QSpinBox,
    QWidget,
)

from annotation.formats.export_tables import ExportChoice, Frames, Points
from annotation.formats.pictures import Images
from annotation.formats.splitting import Split, SplitRule
from widgets.form import FormPanel, beside, choice_box, choose, fill, said_below, show_instead
from widgets.progress_line import ProgressLine

_FRAMES = {Frames.LABELLED: "Labelled", Frames.REVIEWED: "Reviewed", Frames.ALL: "All in which anything is known"}
_POINTS = {
    Points.LABELS: "Labels only",
    Points.INTERPOLATED: "Labels and interpolated",
    Points.PREDICTED: "Predictions too, from confidence",
}
_SPLITS = {
    None: "Do not split",
    SplitRule.CLIP: "Whole videos, drawn by lot",
    SplitRule.BLOCKS: "Blocks of one video test, others train",
    SplitRule.RULE: "Windows: 60 % train, the rest in turn",
}
_IMAGES = {"": "No images", "jpg": "JPEG of these frames", "png": "PNG of these frames"}
_OWN = ("", "Each climber's own")
_MAX_CLIMBER_ROWS = 4


@dataclass(frozen=True)
class FormatRow:
    """A format to choose: what it cannot carry, whether it can be parted for training, and whether it is a motion."""

    key: str
    title: str
    loses: Sequence[str]
    splits: bool = False
    motion: bool = False


class ExportPanel(FormPanel):
    """The choices of an export; it says beforehand what will go out.

    Signals
    -------
    changed
        The user chose otherwise.
    browse_requested, export_requested, cancel_requested
    """

    changed = Signal()
    browse_requested = Signal()
    export_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__("Export", parent=parent)
        self._rows: dict[str, FormatRow] = {}
        self._format = choice_box("Format")
        self._frames = choice_box("Frames", _FRAMES.items())
        self._in_range = QCheckBox("Only the range")
        self._range: tuple[int, int] | None = None
        self._points = choice_box("Points", _POINTS.items())
        choose(self._points, Points.INTERPOLATED)
        self._confidence = QDoubleSpinBox(minimum=0, maximum=1, singleStep=0.05, decimals=2, value=0.5)
        self._confidence.setAccessibleName("Least confidence of predictions")
        self._skeleton = choice_box("Skeleton", [_OWN])
        self._climbers = QListWidget()
        self._climbers.setAccessibleName("Climbers to export")
        self._split = choice_box("Split for training", _SPLITS.items())
        self._seed = QSpinBox(minimum=0, maximum=9999, prefix="seed ")
        self._seed.setAccessibleName("Seed of the lot")
        self._images = choice_box("Images", _IMAGES.items())
        self._every = QSpinBox(minimum=0, maximum=1000)
        self._every.setSpecialValueText("no other frames")
        self._every.setAccessibleName("Further images, every so many frames")
        self._every.setPrefix("and every ")
        self._every.setSuffix(". frame")
        self._amount, self._loses = said_below(), said_below()
        self._loses.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._target = QLineEdit()
        self._target.setAccessibleName("Where to")
        self._browse = QPushButton("Browse…")
        self._export, self._cancel = QPushButton("Export"), QPushButton("Cancel")
        self._export.setProperty("primary", True)
        self._progress = ProgressLine("Progress of the export")
        self._lay_out()
        self._connect()
        self.set_range(None)
        self.set_running(fraction=None)
        self._follow()

    # --- setters ---------------------------------------------------------------------------------------------

    def set_formats(self, rows: Sequence[FormatRow]) -> None:
        """Offer formats."""
        self._rows = {row.key: row for row in rows}
        fill(self._format, [(row.key, row.title) for row in rows])
        self._follow()

    def set_skeletons(self, skeletons: Sequence[tuple[str, str]]) -> None:
        """Offer skeletons, (key, title), to convert to."""
        fill(self._skeleton, [_OWN, *skeletons])

    def set_climbers(self, climbers: Sequence[tuple[str, str]]) -> None:
        """Show climbers, (id, name); those that were left out stay so."""
        left_out = {item.data(Qt.ItemDataRole.UserRole) for item in self._items() if not _checked(item)}
        self._climbers.blockSignals(True)
        self._climbers.clear()
        for id_, name in climbers:
            item = QListWidgetItem(name, self._climbers)
            item.setData(Qt.ItemDataRole.UserRole, id_)
            item.setCheckState(Qt.CheckState.Unchecked if id_ in left_out else Qt.CheckState.Checked)
        self._climbers.blockSignals(False)
        rows = min(max(len(climbers), 1), _MAX_CLIMBER_ROWS)
        self._climbers.setFixedHeight(rows * (self.fontMetrics().height() + 8) + 4)

    def set_range(self, frames: tuple[int, int] | None) -> None:
        """Say which range of frames is selected."""
        self._range = frames
        self._in_range.setEnabled(frames is not None)
        words = "none is selected" if frames is None else f"{frames[0]} to {frames[1]}"
        self._in_range.setText(f"Only the range ({words})")

    def set_target(self, path: str) -> None:
        """Show where it goes."""
        self._target.setText(path)

    def set_amount(self, text: str, *, possible: bool) -> None:
        """Say what would go out, and whether anything would."""
        self._amount.setText(text)
        self._export.setEnabled(possible)

    def set_running(self, *, fraction: float | None) -> None:
        """Show that an export is at work, and how far it is; None when none is."""
        running = fraction is not None
        self._progress.set_fraction(fraction or 0.0)
        busy, idle = (self._progress, self._cancel), (self._export,)
        show_instead(busy if running else idle, of=idle if running else busy)

    # --- what is chosen --------------------------------------------------------------------------------------

    def choose(self, key: str, *, skeleton: str = "") -> None:
        """Choose a format and a skeleton; without one each climber's own."""
        choose(self._format, key)
        choose(self._skeleton, skeleton)

    @property
    def format(self) -> str:
        """The key of the chosen format; empty before there are any."""
        return str(self._format.currentData() or "")

    @property
    def target(self) -> str:
        """Where it goes, as typed."""
        return self._target.text().strip()

    @property
    def climbers(self) -> tuple[str, ...]:
        """The ids of the chosen climbers."""
        return tuple(str(item.data(Qt.ItemDataRole.UserRole)) for item in self._items() if _checked(item))

    @property
    def images(self) -> Images | None:
        """Which images are wanted."""
        suffix = str(self._images.currentData())
        return Images(suffix, self._every.value()) if suffix else None

    @property
    def choice(self) -> ExportChoice:
        """What is to go out."""
        points, rule = self._points.currentData(), self._split.currentData()
        images = self.images
        return ExportChoice(
            self._frames.currentData(),
            points,
            str(self._skeleton.currentData()),
            self._range if self._in_range.isChecked() else None,
            self._confidence.value() if points is Points.PREDICTED else 0.0,
            Split(rule, self._seed.value()) if rule is not None and self._split.isEnabled() else None,
            "jpg" if images is None else images.suffix,
        )

    # --- building --------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        form = self.form
        form.addRow("Format", self._format)
        form.addRow("", self._loses)
        points, split = beside(self._points, self._confidence), beside(self._split, self._seed)
        form.addRow("Frames", self._frames)
        form.addRow("", self._in_range)
        form.addRow("Points", points)
        form.addRow("Skeleton", self._skeleton)
        form.addRow("Climbers", self._climbers)
        form.addRow("Split", split)
        form.addRow("Images", self._images)
        form.addRow("", self._every)
        self._of_points: tuple[QWidget | QLayout, ...] = (
            *(self._frames, self._in_range, points, self._skeleton, split, self._images, self._every),
        )
        form.addRow("Where to", beside(self._target, self._browse))
        # what room is left stays below, not between the few rows of a motion
        form.addItem(QSpacerItem(0, 0, QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Expanding))
        self.set_footer(self._amount, self._progress, beside(None, self._cancel, self._export))

    def _connect(self) -> None:
        for box in (self._format, self._frames, self._points, self._skeleton, self._split, self._images):
            box.currentIndexChanged.connect(self._user_changed)
        for spin in (self._confidence, self._seed, self._every):
            spin.valueChanged.connect(self._user_changed)
        self._in_range.toggled.connect(self._user_changed)
        self._climbers.itemChanged.connect(self._user_changed)
        self._target.textChanged.connect(self._user_changed)
        self._browse.clicked.connect(self.browse_requested)
        self._export.clicked.connect(self.export_requested)
        self._cancel.clicked.connect(self.cancel_requested)

    def _user_changed(self) -> None:
        self._follow()
        self.changed.emit()

    def _follow(self) -> None:
        """Offer only what goes with what is chosen."""
        row = self._rows.get(self.format)
        self._loses.setText("" if row is None or not row.loses else f"Does not carry: {'; '.join(row.loses)}.")
        motion = row is not None and row.motion
        for part in self._of_points:
            self.form.setRowVisible(part, not motion)
        self._split.setEnabled(row is not None and row.splits)
        self._split.setToolTip("" if self._split.isEnabled() else "COCO and YOLO can be split")
        self._confidence.setVisible(self._points.currentData() is Points.PREDICTED and not motion)
        self._seed.setVisible(self._split.currentData() is SplitRule.CLIP and not motion)
        self.form.setRowVisible(self._every, bool(self._images.currentData()) and not motion)

    def _items(self) -> list[QListWidgetItem]:
        return [self._climbers.item(n) for n in range(self._climbers.count())]


def _checked(item: QListWidgetItem) -> bool:
    return item.checkState() is Qt.CheckState.Checked
