"""Batch processing of many images: options and progress."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QMenu,
    QProgressBar,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.domain.batch.batch import BatchProgress, BatchState, FoundFiles, FoundItems, ItemsView
from app.domain.errors import Problem
from app.ui.batch.batch_form import BatchForm
from app.ui.batch.batch_list import BatchList
from app.ui.batch.batch_result_pane import BatchResultPane
from app.ui.widgets import ui_text
from app.ui.widgets.buttons import Role, button
from app.ui.widgets.discard import discard
from app.ui.widgets.file_drops import FileDrops
from app.ui.widgets.focus_keeper import FocusKeeper
from app.ui.widgets.i18n import mark, tr
from app.ui.widgets.labels import label
from app.ui.widgets.notice import notice_of
from app.ui.widgets.notice_box import NoticeBox
from app.ui.widgets.screen_fit import ScreenFit
from app.ui.widgets.scroll_if_low import ScrollIfLow
from app.ui.widgets.window_keys import add_close_key

WIDTH, HEIGHT = 920, 860
_MAIN = {
    BatchState.IDLE: mark("Start"),
    BatchState.SCANNING: mark("Start"),
    BatchState.RUNNING: mark("Pause"),
    BatchState.PAUSED: mark("Resume"),
    BatchState.DONE: mark("Start"),
    BatchState.WATCHING: mark("Start"),
}


class BatchWindow(QDialog):
    """The batch window, which may be closed while the batch runs.

    `start_clicked()`, `pause_clicked()`, `resume_clicked()`, `stop_clicked()`, `retry_clicked()`,
    `open_folder_clicked()`, `files_dropped(tuple[Path, ...])`, `sources_changed()`. For the row of an image:
    `result_wanted(int)` to show its result in `result_pane`, `document_wanted(int)`, `repeat_clicked(int)`.
    """

    start_clicked = Signal()
    pause_clicked = Signal()
    resume_clicked = Signal()
    stop_clicked = Signal()
    retry_clicked = Signal()
    open_folder_clicked = Signal()
    files_dropped = Signal(tuple)
    sources_changed = Signal()
    result_wanted = Signal(int)
    document_wanted = Signal(int)
    repeat_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Batch processing"))
        ScreenFit(self, WIDTH, HEIGHT)
        add_close_key(self)
        drops = FileDrops(self)
        drops.dropped.connect(self.files_dropped)
        drops.refused.connect(self.show_problem)
        self._state = BatchState.IDLE
        self.is_preview = False
        """Whether the images that are shown are those of a batch that has not begun."""
        self._shown: tuple[Path | None, bool] = (None, False)
        self._progress: BatchProgress | None = None
        self.form = BatchForm(self)
        self.list = BatchList(self)
        self.result_pane = BatchResultPane(self)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress of the batch"))
        self.status_label = label("", "muted", parent=self)
        self.left_out = label("", "muted", wraps=True, parent=self)
        self.main = button(tr("Start"), Role.PRIMARY, parent=self)
        self.stop = button(tr("Stop"), Role.PLAIN, tr("Stop the batch; finished files are kept"), self)
        self.retry = button(tr("Retry failed images"), Role.PLAIN, parent=self)
        self.options = button(tr("Options"), Role.PLAIN, tr("Show or hide the options of the batch"), self)
        self.options.setCheckable(True)
        self.options.setChecked(True)
        self.open_folder = button(tr("Open folder"), Role.SOFT, tr("Show the output files"), self)
        self._form_area = _FormArea(self.form, self)
        self._problem: NoticeBox | None = None
        self._lay_out()
        self.main.clicked.connect(self._on_main_clicked)
        self.stop.clicked.connect(self.stop_clicked)
        self.retry.clicked.connect(self.retry_clicked)
        self.open_folder.clicked.connect(self.open_folder_clicked)
        self.options.toggled.connect(self._form_area.setVisible)
        self.form.changed.connect(self._on_form_changed)
        self.form.sources_changed.connect(self.sources_changed)
        self.list.choice_changed.connect(self._show_chosen)
        self.list.activated.connect(self._on_activated)
        self.list.customContextMenuRequested.connect(self._on_menu_requested)
        self.result_pane.open_clicked.connect(self._on_open_clicked)
        self.result_pane.repeat_clicked.connect(self._on_repeat_clicked)
        FocusKeeper(self, self.list)
        self.set_state(BatchState.IDLE)

    def add_sources(self, sources: Sequence[Path]) -> None:
        """Add files and folders to the sources."""
        self.form.set_sources((*self.form.sources, *sources))
        self._on_form_changed()

    def set_target(self, target: Path, *, is_default: bool = False) -> None:
        """Show the output folder; one that is only the default goes with the sources."""
        self.form.set_target(target, is_default=is_default)
        self._on_form_changed()

    def show_run(self, run: ItemsView) -> None:
        """Show the images that were found."""
        self.is_preview = False
        self._show_items(run)
        self.show_problem(None)

    @Slot(FoundFiles)
    def show_preview(self, found: FoundFiles) -> None:
        """Show the images that a batch would process."""
        self.is_preview = True
        self.options.setChecked(True)
        self._show_items(FoundItems.of(found))
        self.status_label.setText(ui_text.image_count(len(found.sources)))

    @Slot(int)
    def show_changed(self, row: int) -> None:
        """Redraw a row, and show its new result if it is the chosen one, unless another batch is previewed."""
        if self.is_preview:
            return
        self.list.items.emit_changed(row)
        if row == self.list.current:
            self.result_wanted.emit(row)
            self._show_actions()

    def set_state(self, state: BatchState) -> None:
        """Offer the actions that are possible in this state."""
        if state in {BatchState.IDLE, BatchState.SCANNING}:
            self.options.setChecked(state is BatchState.IDLE)  # The results need the room once a batch runs.
        self._state = state
        is_under_way = state not in {BatchState.IDLE, BatchState.DONE}
        self.form.setEnabled(not is_under_way)
        self.main.setText(tr(_MAIN[state]))
        self.main.setAccessibleName(self.main.text())
        self.stop.setVisible(is_under_way)
        self.bar.setVisible(state is not BatchState.IDLE)
        if state is BatchState.SCANNING:
            self.bar.setRange(0, 0)
            self.status_label.setText(tr("Scanning for images…"))
        elif state is BatchState.IDLE:
            self._progress = None
            self.list.items.set_run(None)
            self.status_label.setText("")
            self._show_left_out("")
        self._show_progress()
        self._show_chosen()
        self._on_form_changed()
        self.list.viewport().update()  # Images that were being processed wait again after an error.

    @Slot(BatchProgress)
    def set_progress(self, progress: BatchProgress) -> None:
        """Show the progress."""
        self._progress = progress
        self._show_progress()

    @Slot(object)  # A Problem, or None.
    def show_problem(self, problem: Problem | None) -> None:
        """Show why the batch paused or did not start; None hides the problem."""
        if self._problem:
            gone, self._problem = self._problem, None
            discard(gone)
        if problem:
            self._problem = NoticeBox(notice_of(problem), is_dismissible=True, parent=self)
            self._problem.dismissed.connect(self._on_problem_dismissed)
            self._column.insertWidget(self._column.indexOf(self.bar), self._problem)
            self._problem.show()

    def _show_items(self, items: ItemsView) -> None:
        """Show the images; the chosen one stays chosen if it is among them."""
        chosen = self.list.items.path(self.list.current)
        self.list.items.set_run(items)
        row = next((row for row, source in enumerate(items.sources) if source.path == str(chosen)), -1)
        if row >= 0:
            self.list.choose(row)
        self._show_chosen()
        self._show_left_out(ui_text.left_out(items.left_out))

    def _show_progress(self) -> None:
        if self._progress is None or self._state is BatchState.SCANNING:
            return
        self.bar.setRange(0, max(self._progress.total, 1))
        self.bar.setValue(self._progress.total - self._progress.left)
        self.status_label.setText(ui_text.batch_progress(self._progress, self._state))
        self.retry.setVisible(self._state is BatchState.DONE and bool(self.list.items.failed))

    def _show_left_out(self, said: str) -> None:
        self.left_out.setText(said)
        self.left_out.setVisible(bool(said))

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        for widget in (self.main, self.stop, self.retry):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.options)
        row.addWidget(self.open_folder)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addWidget(self._form_area)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.addWidget(self.list)
        split.addWidget(self.result_pane)
        split.setChildrenCollapsible(False)
        split.setStretchFactor(0, 2)
        split.setStretchFactor(1, 3)
        self.result_pane.hide()
        column.addWidget(split, 1)
        column.addWidget(self.bar)
        column.addWidget(self.status_label)
        column.addWidget(self.left_out)
        column.addLayout(row)

    @Slot()
    def _on_form_changed(self) -> None:
        is_ready = bool(self.form.sources) and self.form.target is not None
        self.main.setEnabled(is_ready and self._state not in {BatchState.SCANNING, BatchState.WATCHING})
        self.open_folder.setEnabled(self.form.target is not None and self._state is not BatchState.IDLE)
        self.retry.setVisible(self._state is BatchState.DONE and bool(self.list.items.failed))

    @property
    def _has_result(self) -> bool:
        """Whether the chosen image may be processed again."""
        has_run = self._state not in {BatchState.IDLE, BatchState.SCANNING} and not self.is_preview
        return has_run and self.list.current >= 0

    def _show_actions(self) -> None:
        is_over = self._has_result and self.list.items.state(self.list.current).is_over
        self.result_pane.repeat.setEnabled(is_over)

    @Slot()
    def _show_chosen(self) -> None:
        """Show the result of the chosen image if there can be one and it is not shown yet."""
        chosen = (self.list.items.path(self.list.current), self._has_result)
        if chosen != self._shown:
            self._shown = chosen
            self.result_pane.setVisible(self._has_result)
            self.result_pane.clear()
            if self._has_result:
                self.result_wanted.emit(self.list.current)
        self._show_actions()

    @Slot(QModelIndex)
    def _on_activated(self, index: QModelIndex) -> None:
        self.document_wanted.emit(index.row())

    @Slot()
    def _on_open_clicked(self) -> None:
        self.document_wanted.emit(self.list.current)

    @Slot()
    def _on_repeat_clicked(self) -> None:
        self.repeat_clicked.emit(self.list.current)

    @Slot(QPoint)
    def _on_menu_requested(self, position: QPoint) -> None:
        index = self.list.indexAt(position)
        if not index.isValid():
            return
        self.list.choose(index.row())
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Open as document"), self._on_open_clicked)
        menu.addAction(tr("Copy text"), self.result_pane.copy_text).setEnabled(self.result_pane.copy.isEnabled())
        menu.addAction(tr("Process again"), self._on_repeat_clicked).setEnabled(self.result_pane.repeat.isEnabled())
        menu.popup(self.list.viewport().mapToGlobal(position))

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


class _FormArea(ScrollIfLow):
    """Scrolls the form if the window is too low for it, as with large text."""

    def __init__(self, form: BatchForm, parent: QWidget) -> None:
        super().__init__(form, parent)
        self._form = form

    def minimumSizeHint(self) -> QSize:
        """Return the width of the whole form, and the height of a row."""
        width = self._form.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(width, self._form.files.sizeHint().height())
