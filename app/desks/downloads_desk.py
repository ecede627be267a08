"""Getting models: the models window, the downloads, the models folder."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QFileDialog

from app.desks.model_desk import ModelDesk
from app.domain.card_support import CARD_SUPPORT_ID
from app.domain.downloads import DownloadProgress
from app.domain.engine_status import EngineState
from app.domain.errors import Problem
from app.domain.model_catalog import InstalledModel, KnownModel
from app.domain.model_fit import Device, fits, memory_need, weight_bytes
from app.domain.model_shelf import ShelfState
from app.services.model_downloads import ModelDownloads
from app.services.model_engine import ModelEngine
from app.services.model_shelf import ModelShelf
from app.services.preferences import Preferences
from app.ui import model_words
from app.ui.main_window import MainWindow
from app.ui.model_row import RowState
from app.ui.models_window import ModelsWindow
from app.ui.translation import tr


class DownloadsDesk(QObject):
    """Opens the models window, and wires it while it is open. Downloads go on without it."""

    def __init__(  # noqa: PLR0913, PLR0917 - a desk wires what it is given
        self, models: tuple[KnownModel, ...], window: MainWindow, model_desk: ModelDesk, model: ModelEngine,
        shelf: ModelShelf, downloads: ModelDownloads, preferences: Preferences, parent: QObject,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._models = models
        self._window = window
        self._model_desk = model_desk
        self._model = model
        self._shelf = shelf
        self._downloads = downloads
        self._preferences = preferences
        self._dialog: ModelsWindow | None = None
        line, empty = window.sidebar.status_line, window.empty_state
        for wanted in (window.model_picker.full_model_clicked, line.full_model_clicked, empty.full_model_clicked):
            wanted.connect(self._on_models_wanted)
        downloads.progressed.connect(self._on_progressed)
        downloads.finished.connect(self._on_finished)
        downloads.stopped.connect(self._on_stopped)
        shelf.imported.connect(self._on_imported)
        shelf.token_kept.connect(self._on_token_kept)
        model.status_changed.connect(self._on_status_changed)
        for source in (downloads, shelf):
            source.problem_met.connect(self._on_problem_met)

    @Slot()
    def _on_models_wanted(self) -> None:
        if self._dialog is not None:
            self._dialog.raise_()
            self._dialog.activateWindow()
            return
        endpoint = self._preferences.settings.downloads.endpoint
        self._dialog = dialog = ModelsWindow(self._models, self._describe, endpoint, self._window)
        dialog.destroyed.connect(self._on_dialog_gone)
        dialog.download_clicked.connect(self._on_download_clicked)
        dialog.pause_clicked.connect(self._downloads.pause)
        dialog.use_clicked.connect(self._model.open)
        dialog.verify_clicked.connect(self._shelf.verify)
        dialog.delete_clicked.connect(self._on_delete_clicked)
        dialog.discard_clicked.connect(self._shelf.discard)
        dialog.folder_clicked.connect(self._model_desk.choose_folder)
        dialog.files_clicked.connect(self._on_files_clicked)
        dialog.eject_clicked.connect(self._model.rest)
        dialog.endpoint_changed.connect(self._on_endpoint_changed)
        dialog.token_entered.connect(self._shelf.keep_token)
        self._shelf.changed.connect(dialog.show_shelf)
        self._shelf.worked.connect(dialog.show_work)
        self._shelf.verified.connect(dialog.show_verified)
        dialog.set_active(self._downloads.active)
        self._on_status_changed()
        dialog.show()
        self._shelf.look()

    def _describe(self, model: KnownModel, shelf: ShelfState) -> RowState:
        settings = self._preferences.settings
        context, images = settings.loading.cache_tokens, settings.loading.remembered_visual_tokens
        pixels = settings.generation.pixel_budget
        devices = (shelf.machine.processor, Device.GRAPHICS_CARD)
        need, on_card = (memory_need(model.shape, device, context, images, pixels) for device in devices)
        fit = fits(need, shelf.machine)
        return RowState(
            size=weight_bytes(model.shape),
            is_exact=False,
            verdict=fit.verdict,
            fit=model_words.verdict(fit),
            arithmetic=model_words.arithmetic(fit, on_card, context),
        )

    @Slot()
    def _on_dialog_gone(self) -> None:
        self._dialog = None

    @Slot(str)
    def _on_download_clicked(self, model_id: str) -> None:
        self._downloads.start(model_id)
        if self._dialog:
            self._dialog.notices.clear()
            self._dialog.set_active(self._downloads.active)

    @Slot(str, object)
    def _on_progressed(self, model_id: str, progress: DownloadProgress) -> None:
        if self._dialog:
            self._dialog.show_progress(model_id, progress, self._downloads.bytes_per_second)

    @Slot(str, str)
    def _on_finished(self, model_id: str, folder: str) -> None:
        """Open the model where none but the demo is open: nobody's answer is ended by a download."""
        self._on_stopped()
        info = self._model.status.info
        if model_id == CARD_SUPPORT_ID:
            if not self._model.is_answering:
                self._model.restart()
        elif info is None or info.is_demo:
            self._model.open(folder)

    @Slot()
    def _on_stopped(self) -> None:
        if self._dialog:
            self._dialog.set_active("")
        self._shelf.look()

    @Slot(object)
    def _on_delete_clicked(self, model: InstalledModel) -> None:
        if self._open_folder() == model.folder:
            self._model_desk.unload()  # Its files are in use until then.
        self._shelf.delete(model)

    @Slot(str)
    def _on_imported(self, folder: str) -> None:
        self._model.open(folder)

    @Slot(bool)
    def _on_token_kept(self, kept: bool) -> None:  # noqa: FBT001 - a signal's value
        if self._dialog:
            self._dialog.show_token_kept(kept)

    @Slot()
    def _on_status_changed(self) -> None:
        if self._dialog:
            is_loaded = self._model.status.state is EngineState.READY
            self._dialog.set_open(self._open_folder(), is_loaded=is_loaded)

    def _open_folder(self) -> str:
        info = self._model.status.info
        return info.folder if info else ""

    @Slot(str)
    def _on_endpoint_changed(self, endpoint: str) -> None:
        settings = self._preferences.settings
        self._preferences.update(replace(settings, downloads=replace(settings.downloads, endpoint=endpoint)))
        self._shelf.look()

    @Slot()
    def _on_files_clicked(self) -> None:
        chosen = QFileDialog(self._dialog, tr("Choose all files of a model"))
        chosen.setFileMode(QFileDialog.FileMode.ExistingFiles)
        chosen.filesSelected.connect(self._on_files_chosen)
        chosen.finished.connect(chosen.deleteLater)
        chosen.open()

    @Slot(list)
    def _on_files_chosen(self, files: list[str]) -> None:
        self._shelf.import_files(tuple(Path(file) for file in files))

    @Slot(object)
    def _on_problem_met(self, problem: Problem) -> None:
        (self._dialog or self._window).notices.show_problem(problem)
