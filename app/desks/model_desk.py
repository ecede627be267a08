"""The model: which one is open, and what is done about it."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QFileDialog

from app.domain.engine_status import EngineState, EngineStatus
from app.domain.errors import ProblemKind
from app.paths import DEMO_MODEL
from app.services.model_engine import ModelEngine
from app.services.preferences import Preferences
from app.ui.main_window import MainWindow
from app.ui.translation import tr


class ModelDesk(QObject):
    """Wires the model picker, the status line and the buttons that help with a problem."""

    def __init__(self, window: MainWindow, model: ModelEngine, preferences: Preferences, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._model = model
        self._preferences = preferences
        picker, line, empty = window.model_picker, window.sidebar.status_line, window.empty_state
        picker.folder_chosen.connect(model.open)
        picker.demo_clicked.connect(self._on_demo_clicked)
        picker.unload_clicked.connect(self.unload)
        for chosen in (picker.choose_clicked, empty.model_clicked):
            chosen.connect(self.choose_folder)
        line.restart_clicked.connect(model.restart)
        for remedy in (window.notices.remedy_clicked, window.chat_view.remedy_clicked):
            remedy.connect(self._on_remedy_clicked)
        model.status_changed.connect(self._on_status_changed)
        model.pace_changed.connect(window.composer.set_pace)
        model.opened.connect(self._on_model_opened)

    @Slot()
    def choose_folder(self) -> None:
        """Ask for the folder of a model, and open it."""
        dialog = QFileDialog(self._window, tr("Choose the folder of a Qwen3-VL model"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, on=False)
        dialog.fileSelected.connect(self._model.open)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot()
    def _on_demo_clicked(self) -> None:
        self._model.open(str(DEMO_MODEL))
        self._preferences.update(replace(self._preferences.settings, model_folder=""))

    @Slot()
    def unload(self) -> None:
        """End the model's process, and open none at the next start."""
        self._model.unload()
        self._preferences.update(replace(self._preferences.settings, model_folder=""))

    @Slot(object)
    def _on_status_changed(self, status: EngineStatus) -> None:
        self._window.set_status(status)
        if status.state is EngineState.FAILED and status.problem:
            self._window.notices.show_problem(status.problem)

    @Slot(str)
    def _on_model_opened(self, folder: str) -> None:
        if Path(folder) == DEMO_MODEL:  # Opens by itself where no other does.
            return
        settings = self._preferences.settings
        recent = settings.with_recent(folder)
        self._preferences.update(replace(settings, model_folder=folder, recent_model_folders=recent))
        self._window.model_picker.set_recent(recent)

    @Slot(object)
    def _on_remedy_clicked(self, kind: ProblemKind) -> None:
        if kind is ProblemKind.ENGINE:
            self._model.restart()
        elif kind in {ProblemKind.MODEL_MISSING, ProblemKind.CHECKPOINT}:
            self.choose_folder()
