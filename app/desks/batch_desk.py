"""The batch: its window, and what is chosen and clicked there."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from app.domain.attachments import DOCUMENT_SUFFIXES, IMAGE_SUFFIXES
from app.domain.batch import BatchState, Job
from app.domain.engine_status import EngineStatus
from app.domain.errors import BatchError, Problem, ProblemKind
from app.services.batch_queue import BatchQueue
from app.services.batch_run import BatchRun
from app.services.model_engine import ModelEngine
from app.services.preferences import Preferences
from app.ui.batch_window import BatchWindow
from app.ui.main_window import MainWindow
from app.ui.translation import tr


class BatchDesk(QObject):
    """Wires the batch's window to the queue. A batch that was not finished is offered again at the next start."""

    def __init__(
        self, window: MainWindow, queue: BatchQueue, model: ModelEngine, preferences: Preferences, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._queue = queue
        self._model = model
        self._preferences = preferences
        self.batch = BatchWindow(window)
        window.batch_triggered.connect(self.show_batch)
        window.many_dropped.connect(self._on_many_dropped)
        window.notices.remedy_clicked.connect(self._on_remedy_clicked)
        self._wire_window()
        queue.state_changed.connect(self._on_state_changed)
        queue.found.connect(self._on_found)
        queue.item_changed.connect(self.batch.list.items.tell_changed)
        queue.progress_changed.connect(self.batch.set_progress)
        queue.problem_met.connect(self._on_problem_met)
        queue.recalled.connect(self._on_recalled)
        self.batch.form.at_once.setValue(preferences.settings.batch_at_once)
        model.status_changed.connect(self._on_model_status_changed)

    def _wire_window(self) -> None:
        batch, queue = self.batch, self._queue
        batch.files_dropped.connect(self._on_many_dropped)
        batch.start_clicked.connect(self._on_start_clicked)
        batch.pause_clicked.connect(queue.pause)
        batch.resume_clicked.connect(queue.resume)
        batch.stop_clicked.connect(self._on_stop_clicked)
        batch.retry_clicked.connect(queue.retry)
        batch.open_folder_clicked.connect(self._on_open_folder_clicked)
        batch.form.files_clicked.connect(self._on_files_clicked)
        batch.form.folder_clicked.connect(self._on_folder_clicked)
        batch.form.target_clicked.connect(self._on_target_clicked)

    def begin(self) -> None:
        """Look for a batch of an earlier start."""
        if folder := self._preferences.settings.batch_folder:
            self._queue.recall(Path(folder))

    @Slot()
    def show_batch(self) -> None:
        """Show the batch's window in front."""
        self.batch.show()
        self.batch.raise_()
        self.batch.activateWindow()

    @Slot(object)
    def _on_many_dropped(self, files: Sequence[Path]) -> None:
        if self._queue.state in {BatchState.IDLE, BatchState.DONE}:
            self.batch.add_sources(files)
            if self.batch.form.target is None:
                first = files[0]
                name = tr("{name} read", name=first.name if first.is_dir() else first.parent.name)
                self.batch.set_target(first.parent / name if first.is_dir() else first.parent.parent / name)
        else:
            self.batch.show_problem(
                Problem(
                    ProblemKind.BATCH,
                    tr("A batch is under way, so nothing was added."),
                    todo=tr("Let it finish, or stop it first."),
                )
            )
        self.show_batch()

    @Slot()
    def _on_start_clicked(self) -> None:
        form = self.batch.form
        info = self._model.status.info
        model = self._model.title if info and not info.is_demo else ""
        at_once = form.at_once.value()
        if form.target is None:
            return
        try:
            options = form.options(model)
        except BatchError as error:
            self.batch.show_problem(error.problem)
            return
        self.batch.show_problem(None)
        self._preferences.update(replace(self._preferences.settings, batch_at_once=at_once))
        self._keep(str(form.target))
        job = Job(tuple(str(source) for source in form.sources), options)
        self._queue.start(job, form.target, at_once=at_once if self._model.server else 0)

    @Slot(object)
    def _on_model_status_changed(self, status: EngineStatus) -> None:
        self.batch.form.set_model(status.info)

    @Slot()
    def _on_stop_clicked(self) -> None:
        self._queue.stop()
        self._keep("")

    @Slot(object)
    def _on_state_changed(self, state: BatchState) -> None:
        self.batch.set_state(state)
        if state is BatchState.DONE:
            self._keep("")
            if not self.batch.isVisible():
                self._tell(tr("The batch is done."))

    @Slot(object)
    def _on_found(self, run: BatchRun) -> None:
        self.batch.show_run(run)

    @Slot(object)
    def _on_problem_met(self, problem: Problem) -> None:
        self.batch.show_problem(problem)
        if not self.batch.isVisible():
            self._window.notices.show_problem(replace(problem, kind=ProblemKind.BATCH))

    @Slot(object, object)
    def _on_recalled(self, job: Job, out: Path) -> None:
        self.batch.form.set_sources([Path(source) for source in job.sources])
        self.batch.form.show_options(job.options)
        self.batch.set_target(out)
        self._tell(tr("A batch has not been finished. Start it, and it goes on where it was."))

    @Slot(object)
    def _on_remedy_clicked(self, kind: ProblemKind) -> None:
        if kind is ProblemKind.BATCH:
            self.show_batch()

    @Slot()
    def _on_open_folder_clicked(self) -> None:
        if self.batch.form.target:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.batch.form.target)))

    @Slot()
    def _on_files_clicked(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in (*IMAGE_SUFFIXES, *DOCUMENT_SUFFIXES))
        forms = f"{tr('Images and documents')} ({patterns});;{tr('All files')} (*)"
        dialog = QFileDialog(self.batch, tr("Add files to the batch"), "", forms)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self._on_files_selected)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot()
    def _on_folder_clicked(self) -> None:
        self._choose_folder(tr("Add a folder to the batch")).fileSelected.connect(self._on_folder_selected)

    @Slot()
    def _on_target_clicked(self) -> None:
        self._choose_folder(tr("Choose the folder for the outputs")).fileSelected.connect(self._on_target_selected)

    @Slot(object)
    def _on_files_selected(self, files: Sequence[str]) -> None:
        self._on_many_dropped([Path(file) for file in files])

    @Slot(str)
    def _on_folder_selected(self, folder: str) -> None:
        self._on_many_dropped([Path(folder)])

    @Slot(str)
    def _on_target_selected(self, folder: str) -> None:
        self.batch.set_target(Path(folder))

    def _choose_folder(self, title: str) -> QFileDialog:
        dialog = QFileDialog(self.batch, title)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def _tell(self, what: str) -> None:
        self._window.notices.show_problem(Problem(ProblemKind.BATCH, what))

    def _keep(self, folder: str) -> None:
        self._preferences.update(replace(self._preferences.settings, batch_folder=folder))
