"""The models window: models to download, installed models, a folder or files of one's own, and the server."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QFormLayout, QFrame, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from app.domain.models.downloads import DownloadProgress
from app.domain.models.gpu_support import GPU_SUPPORT_ID, GpuSupportState, InstalledGpuSupport
from app.domain.models.model_catalog import InstalledModel, KnownModel
from app.domain.models.model_fit import Verdict
from app.domain.models.model_library import ModelLibraryState
from app.domain.settings.settings import HUB
from app.ui.models import model_text
from app.ui.models.model_row import ModelRow, RowState
from app.ui.widgets import ui_text
from app.ui.widgets.buttons import Role, button
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.i18n import mark, tr
from app.ui.widgets.labels import ElidedLabel, label
from app.ui.widgets.notices import Notices
from app.ui.widgets.screen_fit import ScreenFit
from app.ui.widgets.window_keys import add_close_key

WIDTH, HEIGHT = 680, 720
Describe = Callable[[KnownModel, ModelLibraryState], RowState]
"""Returns the size, verdict and arithmetic of an offered model."""


class ModelsWindow(QDialog):
    """Emits clicks and shows the state it is given. Esc closes the window; a download continues.

    `download_clicked(download_id)`, `pause_clicked()`, `use_clicked(folder)`, `verify_clicked(InstalledModel)`,
    `delete_clicked(InstalledModel or InstalledGpuSupport)`, `discard_clicked(download_id)`, `folder_clicked()`,
    `files_clicked()`, `unload_clicked()`, `endpoint_changed(text)`, `token_entered(text)`.
    """

    download_clicked = Signal(str)
    pause_clicked = Signal()
    use_clicked = Signal(str)
    verify_clicked = Signal(InstalledModel)
    delete_clicked = Signal(object)  # An InstalledModel or InstalledGpuSupport.
    discard_clicked = Signal(str)
    folder_clicked = Signal()
    files_clicked = Signal()
    unload_clicked = Signal()
    endpoint_changed = Signal(str)
    token_entered = Signal(str)

    def __init__(
        self, models: tuple[KnownModel, ...], describe: Describe, endpoint: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Models"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        ScreenFit(self, WIDTH, HEIGHT)
        add_close_key(self)
        self._known = {model.model_id: model for model in models}
        self._describe = describe
        self._library: ModelLibraryState | None = None
        self._active = ""
        self._open_folder = ""
        self.notices = Notices(self)
        inside = QWidget()
        inside.setObjectName("settings")
        self._rows_column = QVBoxLayout(inside)
        self._rows_column.setContentsMargins(0, 0, 8, 0)
        self._rows_column.setSpacing(10)
        self._server = QWidget(inside)
        self._rows_column.addWidget(self._server)
        self._rows_column.addStretch(1)
        self.rows: dict[str, ModelRow] = {}
        for model in models:
            self._add_row(model.model_id, tr(model.title), model.model_id, model.licence, model.about)
        self._area = QScrollArea(self)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidget(inside)
        self._inside = inside
        self.folder = button(tr("Use a folder…"), Role.PLAIN, tr("Use a model folder in place"), self)
        self.files = button(tr("Import files…"), Role.PLAIN, tr("Copy a model's files into the models folder"), self)
        self.unload = button(tr("Unload"), Role.PLAIN, tr("Free the model's memory until the next question"), self)
        self._place = ElidedLabel(parent=self)
        self._place.setProperty("role", "muted")
        self.endpoint = QLineEdit(endpoint, self)
        self.endpoint.setAccessibleName(tr("Server"))
        self.endpoint.setPlaceholderText(HUB)
        self.token = QLineEdit(self)
        self.token.setAccessibleName(tr("Access token"))
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.token.setPlaceholderText(tr("Only for models that require one"))
        self._token_hint = label("", "muted", wraps=True, parent=self)
        self._lay_out()
        self.folder.clicked.connect(self.folder_clicked)
        self.files.clicked.connect(self.files_clicked)
        self.unload.clicked.connect(self.unload_clicked)
        self.endpoint.editingFinished.connect(self._on_endpoint_edited)
        self.token.returnPressed.connect(self._on_token_entered)

    @Slot(ModelLibraryState)
    def show_library(self, library: ModelLibraryState) -> None:
        """Show the installed and pending models."""
        self._library = library
        self._place.setText(tr("Models are stored in {folder}", folder=library.folder))
        if library.gpu and GPU_SUPPORT_ID not in self.rows:
            about = mark("Runs models on this computer's NVIDIA GPU. Downloaded from the Python Package Index.")
            release = model_text.gpu_support_release(library.gpu.support)
            self._add_row(GPU_SUPPORT_ID, tr("GPU support"), release, about=about)
        for model in library.installed:
            model_id = model.listing.model_id
            if model_id not in self.rows:
                self._add_row(model_id, model_id.partition("/")[2], model_id)
        kept = {*self._known, *(model.listing.model_id for model in library.installed)}
        if library.gpu:
            kept.add(GPU_SUPPORT_ID)
        gone = set(self.rows) - kept
        for model_id in gone:
            row = self.rows.pop(model_id)
            row.hide()
            row.deleteLater()
        self._update()

    def set_active(self, model_id: str) -> None:
        """Set the model that is being downloaded; empty for none."""
        self._active = model_id
        self._update()

    def set_open(self, folder: str, *, is_loaded: bool) -> None:
        """Set the folder of the open model, and whether it is in memory."""
        self._open_folder = folder
        self.unload.setEnabled(is_loaded)
        self._update()

    @Slot(str, DownloadProgress, float)
    def show_progress(self, model_id: str, progress: DownloadProgress, bytes_per_second: float) -> None:
        """Show the progress of the download."""
        if row := self.rows.get(model_id):
            row.show_progress(progress, bytes_per_second)

    @Slot(str, float)
    def show_work(self, model_id: str, share: float) -> None:
        """Show the progress of a check, or of an import of a model without a row."""
        if row := self.rows.get(model_id):
            row.show_work(share)
        else:
            self.files.setText(tr("Import files…") if share >= 1 else ui_text.percent(share))

    @Slot(str, tuple)
    def show_verified(self, model_id: str, wrong: tuple[str, ...]) -> None:
        """Show the result of a check."""
        if row := self.rows.get(model_id):
            row.show_verified(is_whole=not wrong)

    @Slot(bool)
    def show_token_saved(self, kept: bool) -> None:
        """Show where the token is stored."""
        self._token_hint.setText(
            tr("The token is stored in the system keyring.")
            if kept
            else tr("No system keyring is available, so the token is kept only until you quit Lorgnette.")
        )

    def _update(self) -> None:
        if self._library is None:
            return
        for download_id, row in self.rows.items():
            row.set_active(is_active=download_id == self._active)
            if download_id != GPU_SUPPORT_ID:
                row.show_state(self._state(download_id, self._library))
            elif self._library.gpu:
                row.show_state(_gpu_row_state(self._library.gpu, can_start=not self._active))

    def _state(self, model_id: str, library: ModelLibraryState) -> RowState:
        installed, pending = library.model(model_id), library.pending.get(model_id)
        known = self._known.get(model_id)
        state = self._describe(known, library) if known else RowState(size=0, is_exact=True)
        size = installed.listing.size if installed else pending[1] if pending else state.size
        return replace(
            state,
            size=size,
            is_exact=state.is_exact or installed is not None or pending is not None,
            is_installed=installed is not None,
            pending=None if installed else pending,
            is_open=installed is not None and installed.folder == self._open_folder,
            can_start=not self._active,
        )

    def _add_row(self, model_id: str, title: str, release: str, licence: str = "", about: str = "") -> None:
        row = ModelRow(title, release, licence, tr(about) if about else "", self)
        row.download_clicked.connect(partial(self.download_clicked.emit, model_id))
        row.pause_clicked.connect(self.pause_clicked)
        row.use_clicked.connect(partial(self._with_installed, model_id, self._on_use))
        row.verify_clicked.connect(partial(self._with_installed, model_id, self.verify_clicked.emit))
        row.delete_clicked.connect(partial(self._on_delete, model_id))
        self.rows[model_id] = row
        # A GPU that could be used is shown first.
        place = 0 if model_id == GPU_SUPPORT_ID else self._rows_column.indexOf(self._server)
        self._rows_column.insertWidget(place, row)

    def _with_installed(self, model_id: str, act: Callable[[InstalledModel], object]) -> None:
        if self._library and (model := self._library.model(model_id)):
            act(model)

    def _on_use(self, model: InstalledModel) -> None:
        self.use_clicked.emit(model.folder)

    def _on_delete(self, download_id: str) -> None:
        if installed := self._installed(download_id):
            self.delete_clicked.emit(installed)
        else:
            self.discard_clicked.emit(download_id)

    def _installed(self, download_id: str) -> InstalledModel | InstalledGpuSupport | None:
        if self._library is None:
            return None
        if download_id == GPU_SUPPORT_ID:
            return self._library.gpu.installed if self._library.gpu else None
        return self._library.model(download_id)

    @Slot()
    def _on_endpoint_edited(self) -> None:
        text = self.endpoint.text().strip() or HUB
        self.endpoint.setText(text)
        self.endpoint_changed.emit(text)

    @Slot()
    def _on_token_entered(self) -> None:
        self.token_entered.emit(self.token.text().strip())
        self.token.clear()

    def _lay_out(self) -> None:
        own = FlowLayout()
        for item in (self.folder, self.files, self.unload):
            own.addWidget(item)
        server = QFormLayout(self._server)
        server.setContentsMargins(0, 8, 0, 0)
        server.setSpacing(8)
        server.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        server.addRow(label(tr("Server"), parent=self), self.endpoint)
        server.addRow(label(tr("Access token"), parent=self), self.token)
        server.addRow(self._token_hint)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 20)
        column.setSpacing(12)
        column.addWidget(label(tr("Models"), "title", parent=self))
        hint = tr("Nothing is downloaded until you press Download. Every file is verified before it is used.")
        column.addWidget(label(hint, "hint", wraps=True, parent=self))
        self.notices.bar.lay_out(column, self._area)
        column.addLayout(own)
        column.addWidget(self._place)


def _gpu_row_state(gpu: GpuSupportState, *, can_start: bool) -> RowState:
    return RowState(
        size=gpu.support.listing.size,
        is_exact=True,
        verdict=Verdict.DOES_NOT_FIT if gpu.is_driver_too_old else Verdict.FITS,
        fit=model_text.gpu_driver(gpu),
        pending=None if gpu.installed else gpu.pending,
        is_installed=gpu.installed is not None,
        can_start=can_start,
        is_model=False,
    )
