"""Connects the models window with the downloads and the models folder."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Slot

from app.domain.errors import Problem
from app.domain.models.downloads import DownloadProgress
from app.domain.models.engine_status import EngineState
from app.domain.models.gpu_support import GPU_SUPPORT_ID, InstalledGpuSupport
from app.domain.models.model_catalog import InstalledModel, KnownModel
from app.domain.models.model_fit import ComputeDevice, fits, memory_need, weight_bytes
from app.domain.models.model_library import ModelLibraryState
from app.services.models.model_downloads import ModelDownloads
from app.services.models.model_engine import ModelEngine
from app.services.models.model_library import ModelLibrary
from app.services.settings.preferences import Preferences
from app.ui.models import model_text
from app.ui.models.model_row import RowState
from app.ui.models.models_window import ModelsWindow
from app.ui.shell.main_window import MainWindow
from app.ui.widgets import file_dialogs
from app.ui.widgets.i18n import tr


class DownloadsController(QObject):
    """Opens the models window, and wires it while it is open. Downloads continue without it."""

    def __init__(  # noqa: PLR0913, PLR0917 - a controller wires what it is given
        self, models: tuple[KnownModel, ...], window: MainWindow, choose_folder: Callable[[], None],
        unload_model: Callable[[], None], model: ModelEngine, library: ModelLibrary, downloads: ModelDownloads,
        preferences: Preferences, parent: QObject,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._models = models
        self._window = window
        self._choose_folder = choose_folder
        self._unload_model = unload_model
        self._model = model
        self._library = library
        self._downloads = downloads
        self._preferences = preferences
        self._dialog: ModelsWindow | None = None
        for offer in (window.model_picker, window.sidebar.status_line, window.empty_state, window.chat_view):
            offer.full_model_clicked.connect(self._on_models_wanted)
        downloads.progressed.connect(self._on_progressed)
        downloads.finished.connect(self._on_finished)
        downloads.stopped.connect(self._on_stopped)
        library.imported.connect(self._on_imported)
        library.token_saved.connect(self._on_token_saved)
        model.status_changed.connect(self._on_status_changed)
        for source in (downloads, library):
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
        dialog.verify_clicked.connect(self._library.verify)
        dialog.delete_clicked.connect(self._on_delete_clicked)
        dialog.discard_clicked.connect(self._library.discard)
        dialog.folder_clicked.connect(self._choose_folder)
        dialog.files_clicked.connect(self._on_files_clicked)
        dialog.unload_clicked.connect(self._model.unload_idle)
        dialog.endpoint_changed.connect(self._on_endpoint_changed)
        dialog.token_entered.connect(self._library.save_token)
        self._library.changed.connect(dialog.show_library)
        self._library.worked.connect(dialog.show_work)
        self._library.verified.connect(dialog.show_verified)
        dialog.set_active(self._downloads.active)
        self._on_status_changed()
        dialog.show()
        self._library.look()

    def _describe(self, model: KnownModel, library: ModelLibraryState) -> RowState:
        settings = self._preferences.settings
        context, images = settings.loading.cache_tokens, settings.loading.remembered_visual_tokens
        pixels = settings.generation.pixel_budget
        devices = (library.machine.processor, ComputeDevice.GPU)
        need, on_gpu = (memory_need(model.shape, device, context, images, pixels) for device in devices)
        fit = fits(need, library.machine)
        return RowState(
            size=weight_bytes(model.shape),
            is_exact=False,
            verdict=fit.verdict,
            fit=model_text.verdict(fit),
            arithmetic=model_text.arithmetic(fit, on_gpu, context, model.shape),
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

    @Slot(str, DownloadProgress)
    def _on_progressed(self, model_id: str, progress: DownloadProgress) -> None:
        if self._dialog:
            self._dialog.show_progress(model_id, progress, self._downloads.bytes_per_second)

    @Slot(str, str)
    def _on_finished(self, model_id: str, folder: str) -> None:
        """Open the model if none but a placeholder is open, so that a download never ends an answer."""
        self._on_stopped()
        info = self._model.status.info
        if model_id == GPU_SUPPORT_ID:
            if not self._model.is_answering:
                self._model.restart()
        elif info is None or info.policy.is_placeholder:
            self._model.open(folder)

    @Slot()
    def _on_stopped(self) -> None:
        if self._dialog:
            self._dialog.set_active("")
        self._library.look()

    @Slot(object)  # As the signal has it.
    def _on_delete_clicked(self, installed: InstalledModel | InstalledGpuSupport) -> None:
        if isinstance(installed, InstalledGpuSupport):
            self._library.delete_gpu_support(installed)
            return
        if self._open_folder() == installed.folder:
            self._unload_model()  # Its files are in use until then.
        self._library.delete(installed)

    @Slot(str)
    def _on_imported(self, folder: str) -> None:
        self._model.open(folder)

    @Slot(bool)
    def _on_token_saved(self, kept: bool) -> None:  # noqa: FBT001 - a signal's value
        if self._dialog:
            self._dialog.show_token_saved(kept)

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
        self._preferences.change(downloads=replace(self._preferences.settings.downloads, endpoint=endpoint))
        self._library.look()

    @Slot()
    def _on_files_clicked(self) -> None:
        file_dialogs.open_files(self._dialog, tr("Choose all files of the model"), self._library.import_files)

    @Slot(Problem)
    def _on_problem_met(self, problem: Problem) -> None:
        (self._dialog or self._window).notices.show_problem(problem)
