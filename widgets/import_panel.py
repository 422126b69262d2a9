"""What comes in from another tool: which file, for which video and climber, joint by joint, and what would happen."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from widgets.form import FormPanel, beside, choice_box, choose, fill, said_below

_LEFT_OUT = (None, "left out")
_TABLE_ROWS = 7
_ROWS_AT_ONCE = 5


@dataclass(frozen=True)
class JointRow:
    """A joint of the file, and the one it becomes here; None: it is left out."""

    theirs: str
    ours: str | None


class ImportPanel(FormPanel):
    """A file, a preview of what would come in, and the choices.

    Signals
    -------
    file_changed : str
        The user typed another path.
    format_changed : str
        The user says which format it is.
    changed
        The user chose another video, climber, joint or what happens to labels that are there.
    truth_changed
        The user typed another COCO file that results belong to.
    browse_requested, folder_requested, truth_requested, import_requested
    """

    file_changed = Signal(str)
    format_changed = Signal(str)
    changed = Signal()
    browse_requested = Signal()
    folder_requested = Signal()
    truth_changed = Signal()
    truth_requested = Signal()
    import_requested = Signal()

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__("Import", parent=parent)
        self._file = QLineEdit()
        self._file.setAccessibleName("File")
        self._file.setPlaceholderText("Drop a file here, or browse")
        self._browse, self._folder = QPushButton("Browse…"), QPushButton("Folder…")
        self._truth = QLineEdit()
        self._truth.setAccessibleName("COCO file")
        self._truth.setPlaceholderText("The COCO file these results belong to")
        self._truth_browse = QPushButton("Browse…")
        self._truth_browse.setAccessibleName("Browse for the COCO file")
        self._truth_row = QWidget()
        self._format = choice_box("Format")
        self._video = choice_box("Video")
        self._climber = choice_box("Climber")
        self._joints = QTableWidget(0, 2)
        self._joints.setAccessibleName("Joints of the file and what they become")
        self._joints.setHorizontalHeaderLabels(["In the file", "Here"])
        self._joints.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._joints.verticalHeader().hide()
        self._changed_joints: dict[str, str | None] = {}
        self._shown: object = None
        self._waiting: list[tuple[int, JointRow]] = []
        self._choices: list[tuple[str | None, str]] = []
        self._more = QTimer(self, singleShot=True, interval=0)
        self._more.timeout.connect(self._fill_some)
        self._replace = QCheckBox("Replace labels that are there already")
        self._preview = said_below()
        self._import = QPushButton("Import")
        self._import.setProperty("primary", True)
        self._lay_out()
        self._connect()
        self.show_truth(shown=False)
        self.set_joints([], choices=[])
        self.set_preview("", possible=False)

    # --- setters ---------------------------------------------------------------------------------------------

    def set_formats(self, formats: Sequence[tuple[str, str]]) -> None:
        """Offer formats, (key, title)."""
        fill(self._format, formats)

    def set_file(self, path: str) -> None:
        """Show which file it is."""
        self._file.setText(path)

    def set_format(self, key: str) -> None:
        """Show which format it is."""
        self._format.blockSignals(True)
        choose(self._format, key)
        self._format.blockSignals(False)

    def set_truth(self, path: str) -> None:
        """Show which COCO file results belong to."""
        self._truth.setText(path)

    def show_truth(self, *, shown: bool) -> None:
        """Ask for the COCO file that results belong to, or not."""
        self.form.setRowVisible(self._truth_row, shown)

    def set_videos(self, videos: Sequence[tuple[str | None, str]]) -> None:
        """Offer videos it may belong to, (id, name)."""
        fill(self._video, videos)

    def set_climbers(self, climbers: Sequence[tuple[str, str]]) -> None:
        """Offer climbers it may be, (value, words)."""
        fill(self._climber, climbers)

    def set_joints(self, rows: Sequence[JointRow], *, choices: Sequence[tuple[str, str]]) -> None:
        """Show which joint of the file becomes which of ours, of (key, title)."""
        shown = (tuple(rows), tuple(choices))
        if shown == self._shown:
            return
        self._shown = shown
        self._joints.setRowCount(len(rows))
        self._waiting = [*enumerate(rows)]
        self._choices = [_LEFT_OUT, *choices]
        self._fill_some()
        height = self._joints.horizontalHeader().sizeHint().height() + 4
        row_height = self._joints.verticalHeader().defaultSectionSize()
        self._joints.setFixedHeight(height + row_height * min(max(len(rows), 1), _TABLE_ROWS))
        self.form.setRowVisible(self._joints, bool(rows))

    def _fill_some(self) -> None:
        """Fill some rows now and the others in later events: a box to choose from takes milliseconds to make."""
        now, self._waiting = self._waiting[:_ROWS_AT_ONCE], self._waiting[_ROWS_AT_ONCE:]
        for n, row in now:
            theirs = QTableWidgetItem(row.theirs)
            theirs.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self._joints.setItem(n, 0, theirs)
            box = choice_box(f"What {row.theirs} becomes", self._choices)
            choose(box, row.ours)
            box.currentIndexChanged.connect(lambda _index, name=row.theirs, box=box: self._map(name, box.currentData()))
            self._joints.setCellWidget(n, 1, box)
        if self._waiting:
            self._more.start()

    def forget_joints(self) -> None:
        """Forget which joints the user chose, for another file."""
        self._changed_joints = {}

    def offer_replacing(self, *, offered: bool) -> None:
        """Ask whether labels are replaced, or not: a body has none."""
        self.form.setRowVisible(self._replace, offered)

    def set_preview(self, text: str, *, possible: bool) -> None:
        """Say what would come in, and whether anything would."""
        self._preview.setText(text)
        self._import.setEnabled(possible)

    def set_outdated(self) -> None:
        """Offer no import until the preview follows what was chosen."""
        self._import.setEnabled(False)

    # --- what is chosen --------------------------------------------------------------------------------------

    @property
    def truth(self) -> str:
        """The COCO file that results belong to, as typed."""
        return self._truth.text().strip()

    @property
    def video(self) -> str | None:
        """The id of the chosen video; None to find it by name."""
        value = self._video.currentData()
        return None if value is None else str(value)

    @property
    def climber(self) -> str:
        """What stands for the chosen climber."""
        return str(self._climber.currentData() or "")

    @property
    def joints(self) -> dict[str, str | None]:
        """The joints the user chose: name in the file -> ours, or None to leave it out."""
        return dict(self._changed_joints)

    @property
    def replaces(self) -> bool:
        """Whether labels that are there already are replaced."""
        return self._replace.isChecked()

    # --- building --------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        form = self.form
        form.addRow("File", self._file)
        form.addRow("", beside(None, self._browse, self._folder))
        form.addRow("Format", self._format)
        truth = beside(self._truth, self._truth_browse)
        truth.setContentsMargins(0, 0, 0, 0)
        self._truth_row.setLayout(truth)
        form.addRow("Belongs to", self._truth_row)
        form.addRow("Video", self._video)
        form.addRow("Climber", self._climber)
        form.addRow(self._preview)
        form.addRow(self._joints)
        form.addRow(self._replace)
        self.set_footer(beside(None, self._import))

    def _connect(self) -> None:
        self._file.editingFinished.connect(lambda: self.file_changed.emit(self._file.text().strip()))
        self._truth.editingFinished.connect(self._truth_typed)
        self._truth_browse.clicked.connect(self.truth_requested)
        self._browse.clicked.connect(self.browse_requested)
        self._folder.clicked.connect(self.folder_requested)
        self._format.currentIndexChanged.connect(lambda: self.format_changed.emit(str(self._format.currentData())))
        self._video.currentIndexChanged.connect(self.changed)
        self._climber.currentIndexChanged.connect(self.changed)
        self._replace.toggled.connect(self.changed)
        self._import.clicked.connect(self.import_requested)

    def _truth_typed(self) -> None:
        if self._truth.isModified():
            self._truth.setModified(False)
            self.truth_changed.emit()

    def _map(self, theirs: str, ours: str | None) -> None:
        self._changed_joints[theirs] = ours
        self.changed.emit()
