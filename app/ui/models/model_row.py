"""The row of one model in the models window: description, fit, download progress, and actions."""

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.domain.models.downloads import DownloadProgress, DownloadStage
from app.domain.models.model_fit import Verdict
from app.ui.models import model_text
from app.ui.widgets import ui_text
from app.ui.widgets.buttons import Role, button
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import ElidedLabel, label


@dataclass(frozen=True, slots=True, kw_only=True)
class RowState:
    """The state of a row. `size` is exact once the hub has reported it; `fit` is the verdict with its arithmetic.

    `pending` is the received and the total bytes of a download that was begun. `can_start` is false while another
    model is being downloaded. `is_model` is false for the GPU support, which is neither chosen nor verified.
    """

    size: int
    is_exact: bool
    verdict: Verdict | None = None
    fit: str = ""
    arithmetic: str = ""
    pending: tuple[int, int] | None = None
    is_installed: bool = False
    is_open: bool = False
    can_start: bool = True
    is_model: bool = True


class ModelRow(QFrame):
    """`download_clicked()`, also to resume, `pause_clicked()`, `use_clicked()`, `verify_clicked()`, `delete_clicked()`.

    Deleting asks for a second click on the same button.
    """

    download_clicked = Signal()
    pause_clicked = Signal()
    use_clicked = Signal()
    verify_clicked = Signal()
    delete_clicked = Signal()

    def __init__(self, title: str, release: str, licence: str, about: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelRow")
        self._release = release
        self._licence = licence
        self._is_active = False
        self._was_begun = False
        self._deletes = False
        self._title = label(title, "rowTitle", wraps=True, parent=self)
        self._facts = ElidedLabel(parent=self)
        self._facts.setProperty("role", "muted")
        self.verdict = label("", wraps=True, parent=self)
        self.why = button(tr("Why?"), Role.LINK, tr("Show how much memory {name} needs", name=title), self)
        self.arithmetic = label("", "muted", wraps=True, parent=self)
        self.arithmetic.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.arithmetic.hide()
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName(tr("Progress"))
        self.status = ElidedLabel(parent=self)
        self.status.setProperty("role", "muted")
        self.download = button(tr("Download"), Role.SOFT, tr("Download {name}", name=title), self)
        self.pause = button(tr("Pause"), Role.SOFT, tr("Pause the download of {name}", name=title), self)
        self.use = button(tr("Use"), Role.PRIMARY, tr("Answer with {name}", name=title), self)
        self.verify = button(tr("Verify"), Role.PLAIN, tr("Check all files against their checksums"), self)
        self.delete = button(tr("Delete"), Role.PLAIN, tr("Delete {name} from the disk", name=title), self)
        for item in (self.why, self.bar, self.status, self.download, self.pause, self.use, self.verify, self.delete):
            item.hide()  # Until the state is known.
        self._lay_out(label(about, "hint", wraps=True, parent=self) if about else None)
        self.why.clicked.connect(self._on_why_clicked)
        self.download.clicked.connect(self.download_clicked)
        self.pause.clicked.connect(self.pause_clicked)
        self.use.clicked.connect(self.use_clicked)
        self.verify.clicked.connect(self.verify_clicked)
        self.delete.clicked.connect(self._on_delete_clicked)

    def show_state(self, state: RowState) -> None:
        """Show the model's state; a running download is shown by `show_progress`."""
        about = model_text.size(state.size)
        size = about if state.is_exact else tr("about {size}", size=about)
        self._facts.setText(" · ".join(part for part in (self._release, self._licence, size) if part))
        self.verdict.setText("" if state.is_open else state.fit)  # Its own memory is not free.
        self.verdict.setObjectName("" if state.verdict in {None, Verdict.FITS} else "warning")
        self.verdict.style().polish(self.verdict)
        self.why.setVisible(bool(state.arithmetic))
        self.arithmetic.setText(state.arithmetic)
        is_there, is_begun = state.is_installed, state.pending is not None
        self.download.setVisible(not is_there and not self._is_active)
        self.download.setEnabled(state.can_start)
        self.download.setText(tr("Resume") if is_begun else tr("Download"))
        self.pause.setVisible(self._is_active)
        self.use.setVisible(is_there and state.is_model)
        self.use.setEnabled(not state.is_open)
        self.use.setText(tr("In use") if state.is_open else tr("Use"))
        self.verify.setVisible(is_there and state.is_model)
        self.delete.setVisible((is_there or is_begun) and not self._is_active)
        self._set_deletes(deletes=False)
        if not self._is_active:
            self.bar.setVisible(is_begun)
            if self._was_begun and not is_begun:  # Its last status is that it is paused.
                self._show_status("")
            self._was_begun = is_begun
            if is_there and not state.is_model:
                self._show_status(tr("Installed"))
            if state.pending:
                done, total = state.pending
                self._show_share(done, total)
                paused = DownloadProgress(stage=DownloadStage.PAUSED, done=done, total=total)
                self._show_status(model_text.progress(paused, 0.0))

    def set_active(self, *, is_active: bool) -> None:
        """Set whether this model is being downloaded; `show_state` is called afterwards."""
        if is_active != self._is_active:
            self._show_status("")
        self._is_active = is_active

    def show_progress(self, progress: DownloadProgress, bytes_per_second: float) -> None:
        """Show the progress of the download."""
        self.bar.show()
        self._show_share(progress.done, progress.total)
        self._show_status(model_text.progress(progress, bytes_per_second))

    def show_work(self, share: float) -> None:
        """Show the progress of a check of the files."""
        self.bar.show()
        self.bar.setValue(round(1000 * share))
        self._show_status(tr("Verifying · {share}", share=ui_text.percent(share)))

    def show_verified(self, *, is_whole: bool) -> None:
        """Show the result of a check of the files."""
        self.bar.hide()
        self._show_status(tr("All files match their checksums.") if is_whole else tr("The files are damaged."))

    def _show_status(self, text: str) -> None:
        self.status.setText(text)
        self.status.setVisible(bool(text))

    def _show_share(self, done: int, total: int) -> None:
        self.bar.setValue(round(1000 * done / total) if total else 0)

    def _set_deletes(self, *, deletes: bool) -> None:
        self._deletes = deletes
        self.delete.setText(tr("Really delete?") if deletes else tr("Delete"))

    @Slot()
    def _on_why_clicked(self) -> None:
        self.arithmetic.setVisible(self.arithmetic.isHidden())

    @Slot()
    def _on_delete_clicked(self) -> None:
        if self._deletes:
            self.delete_clicked.emit()
        self._set_deletes(deletes=not self._deletes)

    def _lay_out(self, about: QWidget | None) -> None:
        fit = QHBoxLayout()
        fit.setSpacing(8)
        fit.addWidget(self.verdict, 1)
        fit.addWidget(self.why)
        buttons = FlowLayout()
        for item in (self.download, self.pause, self.use, self.verify, self.delete):
            buttons.addWidget(item)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(6)
        column.addWidget(self._title)
        column.addWidget(self._facts)
        if about is not None:
            column.addWidget(about)
        column.addLayout(fit)
        column.addWidget(self.arithmetic)
        column.addWidget(self.bar)
        column.addWidget(self.status)
        column.addLayout(buttons)
