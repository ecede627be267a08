"""Connects the model picker and the problems' remedies with the model engine."""

from pathlib import Path

from PySide6.QtCore import QObject, Slot

from app.domain.errors import Problem, ProblemKind
from app.domain.models.engine_status import EngineState, EngineStatus
from app.paths import DEMO_MODEL
from app.services.models.model_engine import ModelEngine
from app.services.settings.preferences import Preferences
from app.ui.shell.main_window import MainWindow
from app.ui.widgets import file_dialogs, ui_text
from app.ui.widgets.i18n import tr
from app.ui.widgets.notice import Action, Notice, Severity, notice_of


class ModelController(QObject):
    """Wires the model picker, the status line and the buttons for problems of the model."""

    def __init__(self, window: MainWindow, model: ModelEngine, preferences: Preferences, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._model = model
        self._preferences = preferences
        self._failure: Notice | None = None
        self._silence: Notice | None = None
        picker, line, empty = window.model_picker, window.sidebar.status_line, window.empty_state
        picker.folder_chosen.connect(model.open)
        picker.demo_clicked.connect(self._on_demo_clicked)
        picker.unload_clicked.connect(self.unload)
        for chosen in (picker.choose_clicked, empty.model_clicked):
            chosen.connect(self.choose_folder)
        picker.file_clicked.connect(self._choose_file)
        line.restart_clicked.connect(model.restart)
        window.chat_view.remedy_clicked.connect(self._remedy)
        model.status_changed.connect(self._on_status_changed)
        model.visual_token_seconds_changed.connect(window.composer.set_visual_token_seconds)
        model.opened.connect(self._on_model_opened)

    @Slot()
    def choose_folder(self) -> None:
        """Ask for a model's folder, and open it."""
        file_dialogs.choose_folder(self._window, tr("Choose a Qwen3-VL model folder"), self._open)

    @Slot()
    def _choose_file(self) -> None:
        name_filter = file_dialogs.patterns(tr("GGUF models"), (".gguf",))
        file_dialogs.open_file(self._window, tr("Choose the GGUF file of a Qwen3-VL model"), self._open, name_filter)

    def _open(self, path: Path) -> None:
        self._model.open(str(path))

    @Slot()
    def _on_demo_clicked(self) -> None:
        self._model.open(str(DEMO_MODEL))
        self._preferences.change(model_folder="")

    @Slot()
    def unload(self) -> None:
        """End the model's process, and open no model at the next start."""
        self._model.unload()
        self._preferences.change(model_folder="")

    @Slot(EngineStatus)
    def _on_status_changed(self, status: EngineStatus) -> None:
        self._window.set_status(status)
        self._window.chat_view.set_refusal(status.info.policy.fallback if status.info else "")
        self._show_silence(status)
        if self._failure and status.state in {EngineState.READY, EngineState.FAILED}:
            self._window.notices.dismiss(self._failure)
            self._failure = None
        if status.state is EngineState.FAILED and status.problem:
            notice = notice_of(status.problem, *self.remedies(status.problem))
            self._failure = self._window.notices.show_notice(notice)

    def _show_silence(self, status: EngineStatus) -> None:
        """Tell beside the answer that is waited for what the status line tells: the sidebar may be hidden."""
        if status.is_silent and self._silence is None:
            label = tr("Try again") if status.server else tr("Restart engine")
            notice = Notice(
                Severity.WARNING, ui_text.engine_status(status), actions=(Action(label, self._model.restart),)
            )
            self._silence = self._window.notices.show_notice(notice)
        elif not status.is_silent and self._silence:
            self._window.notices.dismiss(self._silence)
            self._silence = None

    @Slot(str)
    def _on_model_opened(self, folder: str) -> None:
        if Path(folder) == DEMO_MODEL:  # It opens by itself if no other does.
            return
        recent = self._preferences.settings.with_recent(folder)
        self._preferences.change(model_folder=folder, recent_model_folders=recent)
        self._window.model_picker.set_recent(recent)

    def remedies(self, problem: Problem) -> tuple[Action, ...]:
        """Return the buttons for a problem of the model or its server; none for all others."""
        if self._model.server and problem.kind in {ProblemKind.ENGINE, ProblemKind.NETWORK}:
            other = Action(tr("Connect to a server…"), self._window.model_picker.server_clicked.emit)
            return Action(tr("Try again"), self._model.restart), other
        label = ui_text.remedy(problem)
        return (Action(label, self._remedy, (problem,)),) if label else ()

    @Slot(Problem)
    def _remedy(self, problem: Problem) -> None:
        if problem.kind is ProblemKind.ENGINE:
            self._model.restart()
        else:
            self.choose_folder()
