"""Connects the batch window with the batch queue."""

from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices

from app.domain.batch.batch import BatchJob, BatchState, Entry
from app.domain.error_texts import batch_texts
from app.domain.errors import BatchError, Problem
from app.domain.images.attachments import DOCUMENT_SUFFIXES, IMAGE_SUFFIXES
from app.domain.models.engine_status import EngineStatus
from app.services.batch.batch_queue import BatchQueue
from app.services.batch.batch_results import BatchResults
from app.services.batch.batch_run import BatchRun
from app.services.models.model_engine import ModelEngine
from app.services.settings.preferences import Preferences
from app.ui.batch.batch_window import BatchWindow
from app.ui.shell.main_window import MainWindow
from app.ui.widgets import file_dialogs, ui_text
from app.ui.widgets.i18n import tr
from app.ui.widgets.notice import Action, Notice, Severity, notice_of


class BatchController(QObject):
    """Wires the batch's window to the queue. An unfinished batch is offered again at the next start.

    One that watches folders goes on by itself then. `document_wanted(Path)` to open a file beside its text.
    """

    document_wanted = Signal(Path)

    def __init__(
        self,
        window: MainWindow,
        queue: BatchQueue,
        results: BatchResults,
        model: ModelEngine,
        preferences: Preferences,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._results = results
        self._failed_shown = 0
        self._is_displaced = False
        """Whether a finished batch, files of which were corrected, is shown in place of the preview of another one."""
        self._window = window
        self._queue = queue
        self._model = model
        self._preferences = preferences
        self.batch = BatchWindow(window)
        window.batch_triggered.connect(self.show_batch)
        window.many_dropped.connect(self._on_many_dropped)
        self._notice: Notice | None = None
        self._wire_window()
        queue.state_changed.connect(self._on_state_changed)
        queue.found.connect(self._on_found)
        queue.previewed.connect(self.batch.show_preview)
        queue.item_changed.connect(self.batch.show_changed)
        queue.progress_changed.connect(self.batch.set_progress)
        queue.problem_met.connect(self._on_problem_met)
        queue.recalled.connect(self._on_recalled)
        self.batch.form.parallel.setValue(preferences.settings.batch_at_once)
        model.status_changed.connect(self._on_model_status_changed)

    def _wire_window(self) -> None:
        batch, queue = self.batch, self._queue
        batch.files_dropped.connect(self._on_many_dropped)
        batch.start_clicked.connect(self._on_start_clicked)
        batch.pause_clicked.connect(queue.pause)
        batch.resume_clicked.connect(queue.resume)
        batch.stop_clicked.connect(self._on_stop_clicked)
        batch.retry_clicked.connect(queue.retry)
        batch.repeat_clicked.connect(self._on_repeat_clicked)
        batch.document_wanted.connect(self._on_document_wanted)
        batch.sources_changed.connect(self._on_sources_changed)
        batch.result_wanted.connect(self._results.find)
        self._results.entry_found.connect(self._on_entry_found)
        self._results.picture_found.connect(self._on_picture_found)
        batch.open_folder_clicked.connect(self._on_open_folder_clicked)
        batch.form.files_clicked.connect(self._on_files_clicked)
        batch.form.folder_clicked.connect(self._on_folder_clicked)
        batch.form.target_clicked.connect(self._on_target_clicked)

    def begin(self) -> None:
        """Look for an unfinished batch of an earlier run."""
        if folder := self._preferences.settings.batch_folder:
            self._queue.recall(Path(folder))

    @Slot()
    def show_batch(self) -> None:
        """Show the batch window and bring it to the front."""
        if self._notice:
            self._window.notices.dismiss(self._notice)
            self._notice = None
        self.batch.show()
        self.batch.raise_()
        self.batch.activateWindow()

    @Slot(tuple)
    def _on_many_dropped(self, files: tuple[Path, ...]) -> None:
        if self._queue.state in {BatchState.IDLE, BatchState.DONE}:
            self.batch.add_sources(files)
            if self.batch.form.target is None:
                first = files[0]
                name = tr("{name} read", name=first.name if first.is_dir() else first.parent.name)
                folder = first.parent if first.is_dir() else first.parent.parent
                self.batch.set_target(folder / name, is_default=True)
        else:
            self.batch.show_problem(batch_texts.RUNNING.problem())
        self.show_batch()

    @Slot()
    def _on_sources_changed(self) -> None:
        form = self.batch.form
        if form.sources and form.target and self._queue.state in {BatchState.IDLE, BatchState.DONE}:
            self._queue.preview([str(source) for source in form.sources], form.target)

    @Slot(int)
    def _on_document_wanted(self, row: int) -> None:
        if (path := self.batch.list.items.path(row)) is not None:
            self.document_wanted.emit(path)

    @Slot(int)
    def _on_repeat_clicked(self, row: int) -> None:
        self._queue.repeat([row])

    @Slot(int, object)
    def _on_entry_found(self, row: int, entry: Entry | None) -> None:
        if row == self.batch.list.current:
            self.batch.result_pane.show_entry(entry)

    @Slot(int, bytes)
    def _on_picture_found(self, row: int, png: bytes) -> None:
        if row == self.batch.list.current:
            self.batch.result_pane.show_picture(png)

    @Slot()
    def _on_start_clicked(self) -> None:
        form = self.batch.form
        info = self._model.status.info
        model = self._model.title if info and info.policy.can_read_documents else ""
        parallel = form.parallel.value()
        if form.target is None:
            return
        try:
            options = form.options(model)
        except BatchError as error:
            self.batch.show_problem(error.problem)
            return
        self.batch.show_problem(None)
        self._preferences.change(batch_at_once=parallel)
        watches = form.watches.isChecked()
        self._keep(str(form.target), watches=watches)
        job = BatchJob(tuple(str(source) for source in form.sources), options)
        self._queue.start(job, form.target, watches=watches, parallel=parallel if self._model.server else 0)

    @Slot(EngineStatus)
    def _on_model_status_changed(self, status: EngineStatus) -> None:
        self.batch.form.set_model(status.info)

    @Slot()
    def _on_stop_clicked(self) -> None:
        self._queue.stop()
        self._keep("")
        self._on_sources_changed()

    @Slot(BatchState)
    def _on_state_changed(self, state: BatchState) -> None:
        run = self._queue.run
        if state is BatchState.RUNNING and self.batch.is_preview and run:  # Files of it were corrected.
            self._is_displaced = True
            self.batch.show_run(run)
        self.batch.set_state(state)
        if state is BatchState.DONE and self._is_displaced:
            self._is_displaced = False
            self._on_sources_changed()
        elif state is BatchState.DONE:
            self._keep("")
            if not self.batch.isVisible():
                self._show_end()
        elif state is BatchState.WATCHING and not self.batch.isVisible():
            self._show_failed()

    @Slot(BatchRun)
    def _on_found(self, run: BatchRun) -> None:
        self.batch.show_run(run)

    @Slot(Problem)
    def _on_problem_met(self, problem: Problem) -> None:
        self.batch.show_problem(problem)
        if not self.batch.isVisible():
            self._show_notice(notice_of(problem, self._show_action()))

    @Slot(BatchJob, Path)
    def _on_recalled(self, job: BatchJob, out: Path) -> None:
        self.batch.form.set_sources([Path(source) for source in job.sources])
        self.batch.form.show_options(job.options)
        self.batch.set_target(out)
        if self._preferences.settings.batch_watches:
            self.batch.form.watches.setChecked(True)
            self._on_start_clicked()
            return
        text = tr("A batch was not finished. Start it to resume where it stopped.")
        self._show_notice(Notice(Severity.INFO, text, actions=(self._show_action(),)))

    @Slot()
    def _on_open_folder_clicked(self) -> None:
        target = self.batch.form.target
        if target and not QDesktopServices.openUrl(QUrl.fromLocalFile(str(target))):
            self._on_problem_met(batch_texts.FOLDER_NOT_SHOWN.problem(folder=str(target)))

    @Slot()
    def _on_files_clicked(self) -> None:
        wanted = file_dialogs.patterns(tr("Images and documents"), (*IMAGE_SUFFIXES, *DOCUMENT_SUFFIXES))
        file_dialogs.open_files(self.batch, tr("Add files to the batch"), self._on_many_dropped, wanted)

    @Slot()
    def _on_folder_clicked(self) -> None:
        file_dialogs.choose_folder(self.batch, tr("Add a folder to the batch"), self._add_folder)

    @Slot()
    def _on_target_clicked(self) -> None:
        title = tr("Choose the output folder")
        file_dialogs.choose_folder(self.batch, title, self.batch.set_target, file_dialogs.Purpose.SAVE)

    def _add_folder(self, folder: Path) -> None:
        self._on_many_dropped((folder,))

    def _show_end(self) -> None:
        failed, text = self.batch.list.items.failed, tr("The batch is finished.")
        detail = tr("{count} failed", count=ui_text.number(failed)) if failed else ""
        severity = Severity.WARNING if failed else Severity.SUCCESS
        open_folder = Action(tr("Open folder"), self._on_open_folder_clicked)
        self._show_notice(Notice(severity, text, detail, (self._show_action(), open_folder)))

    def _show_failed(self) -> None:
        """Show that more files of the watched folders have failed, if any."""
        failed, before = self.batch.list.items.failed, self._failed_shown
        self._failed_shown = failed
        if failed > before:
            text = tr("A file in a watched folder could not be processed.")
            detail = tr("{count} failed", count=ui_text.number(failed))
            self._show_notice(Notice(Severity.WARNING, text, detail, (self._show_action(),)))

    def _show_action(self) -> Action:
        return Action(tr("Show batch"), self.show_batch)

    def _show_notice(self, notice: Notice) -> None:
        """Show what the batch has come to, in place of what it had come to before."""
        if self._notice:
            self._window.notices.dismiss(self._notice)
        self._notice = self._window.notices.show_notice(notice)

    def _keep(self, folder: str, *, watches: bool = False) -> None:
        """Keep the folder of an unfinished batch for the next start; empty if there is none."""
        self._preferences.change(batch_folder=folder, batch_watches=watches)
