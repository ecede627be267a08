"""Many images at once: what is done with them, and how far it is."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.domain.batch import BatchState, ItemsView, Progress
from app.domain.errors import Problem
from app.ui import words
from app.ui.batch_form import BatchForm
from app.ui.batch_list import BatchList
from app.ui.buttons import Role, button
from app.ui.discard import discard
from app.ui.incoming_images import incoming_images
from app.ui.labels import label
from app.ui.problem_box import ProblemBox
from app.ui.translation import mark, tr

WIDTH, HEIGHT = 680, 640
_MAIN = {
    BatchState.IDLE: mark("Start"),
    BatchState.LOOKING: mark("Start"),
    BatchState.RUNNING: mark("Pause"),
    BatchState.PAUSED: mark("Go on"),
    BatchState.DONE: mark("Start"),
}


class BatchWindow(QDialog):
    """Stands beside the chat, and may be closed while it works.

    `start_clicked()`, `pause_clicked()`, `resume_clicked()`, `stop_clicked()`, `retry_clicked()`,
    `open_folder_clicked()`, `files_dropped(tuple[Path, ...])`.
    """

    start_clicked = Signal()
    pause_clicked = Signal()
    resume_clicked = Signal()
    stop_clicked = Signal()
    retry_clicked = Signal()
    open_folder_clicked = Signal()
    files_dropped = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Many images at once"))
        self.resize(WIDTH, HEIGHT)
        self.setAcceptDrops(True)
        self._state = BatchState.IDLE
        self._progress: Progress | None = None
        self.form = BatchForm(self)
        self.list = BatchList(self)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress of the batch"))
        self.words = label("", "muted", parent=self)
        self.main = button(tr("Start"), Role.PRIMARY, parent=self)
        self.stop = button(tr("Stop"), Role.PLAIN, tr("Let go of the batch; what is done stays done"), self)
        self.retry = button(tr("Try again what was not done"), Role.PLAIN, parent=self)
        self.open_folder = button(tr("Open the folder"), Role.SOFT, tr("Show the outputs"), self)
        self._problem: ProblemBox | None = None
        self._lay_out()
        self.main.clicked.connect(self._on_main_clicked)
        self.stop.clicked.connect(self.stop_clicked)
        self.retry.clicked.connect(self.retry_clicked)
        self.open_folder.clicked.connect(self.open_folder_clicked)
        self.form.changed.connect(self._on_form_changed)
        self.set_state(BatchState.IDLE)

    def add_sources(self, sources: Sequence[Path]) -> None:
        """Add files and folders to those that are chosen."""
        self.form.set_sources((*self.form.sources, *sources))
        self._on_form_changed()

    def set_target(self, target: Path) -> None:
        """Show the output folder."""
        self.form.set_target(target)
        self._on_form_changed()

    def show_run(self, run: ItemsView) -> None:
        """Show the images that were found."""
        self.list.items.set_run(run)
        self.show_problem(None)

    def set_state(self, state: BatchState) -> None:
        """Offer what can be done now."""
        self._state = state
        is_under_way = state in {BatchState.LOOKING, BatchState.RUNNING, BatchState.PAUSED}
        self.form.setEnabled(not is_under_way)
        self.main.setText(tr(_MAIN[state]))
        self.main.setAccessibleName(self.main.text())
        self.stop.setVisible(is_under_way)
        self.bar.setVisible(state is not BatchState.IDLE)
        if state is BatchState.LOOKING:
            self.bar.setRange(0, 0)
            self.words.setText(tr("Looking for images …"))
        elif state is BatchState.IDLE:
            self._progress = None
            self.list.items.set_run(None)
            self.words.setText("")
        self._show_progress()
        self._on_form_changed()

    def set_progress(self, progress: Progress) -> None:
        """Show how far it is."""
        self._progress = progress
        self._show_progress()

    def show_problem(self, problem: Problem | None) -> None:
        """Say why it paused or did not start; None for nothing to say."""
        if self._problem:
            discard(self._problem)
            self._problem = None
        if problem:
            self._problem = ProblemBox(problem, is_dismissible=True, parent=self)
            self._problem.remedy.hide()
            self._problem.dismissed.connect(self._on_problem_dismissed)
            self._column.insertWidget(self._column.indexOf(self.bar), self._problem)
            self._problem.show()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files and folders."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take files and folders."""
        event.acceptProposedAction()
        if files := incoming_images(event.mimeData(), "").files:
            self.files_dropped.emit(files)

    def _show_progress(self) -> None:
        if self._progress is None or self._state is BatchState.LOOKING:
            return
        self.bar.setRange(0, max(self._progress.total, 1))
        self.bar.setValue(self._progress.total - self._progress.left)
        self.words.setText(words.batch_progress(self._progress, self._state))
        self.retry.setVisible(self._state is BatchState.DONE and bool(self.list.items.failed))

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        for widget in (self.main, self.stop, self.retry):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.open_folder)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addWidget(self.form)
        column.addWidget(self.list, 1)
        column.addWidget(self.bar)
        column.addWidget(self.words)
        column.addLayout(row)

    @Slot()
    def _on_form_changed(self) -> None:
        is_ready = bool(self.form.sources) and self.form.target is not None
        self.main.setEnabled(is_ready and self._state is not BatchState.LOOKING)
        self.open_folder.setEnabled(self.form.target is not None and self._state is not BatchState.IDLE)
        self.retry.setVisible(self._state is BatchState.DONE and bool(self.list.items.failed))

    @Slot()
    def _on_main_clicked(self) -> None:
        match self._state:
            case BatchState.RUNNING:
                self.pause_clicked.emit()
            case BatchState.PAUSED:
                self.resume_clicked.emit()
            case BatchState.IDLE | BatchState.DONE:
                self.start_clicked.emit()

    @Slot()
    def _on_problem_dismissed(self) -> None:
        self.show_problem(None)
