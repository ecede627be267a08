"""The choice of the model: the open one, recent ones, those of other programs, a folder or a file to choose."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from app.domain.models.engine_status import EngineState, EngineStatus
from app.domain.models.found_model import FoundModel
from app.domain.models.model_catalog import model_display_name
from app.domain.models.model_info import DEMO_NAME
from app.domain.text.visible_text import visible
from app.ui.widgets import ui_text
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import tooltip

MAX_NAME = 36


class ModelPicker(QToolButton):
    """A button with a menu.

    `folder_chosen(str)` for a recent or found model, `demo_clicked()`, `choose_clicked()`, `file_clicked()`,
    `full_model_clicked()`, `server_clicked()`, `unload_clicked()`.
    """

    folder_chosen = Signal(str)
    demo_clicked = Signal()
    choose_clicked = Signal()
    file_clicked = Signal()
    full_model_clicked = Signal()
    server_clicked = Signal()
    unload_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelPicker")
        self.setAccessibleName(tr("Model"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self.setMenu(self._menu)
        self._recent: tuple[str, ...] = ()
        self.found = QMenu(tr("Found on this computer"), self)
        """The menu of other programs' models."""
        self._status = EngineStatus()
        self._update()

    def set_status(self, status: EngineStatus) -> None:
        """Show the open model."""
        changed = (status.state, status.info) != (self._status.state, self._status.info)
        self._status = status
        if changed:
            self._update()

    def set_recent(self, folders: tuple[str, ...]) -> None:
        """Offer recent model folders."""
        if folders != self._recent:
            self._recent = folders
            self._update()

    def set_found(self, models: tuple[FoundModel, ...]) -> None:
        """Offer models of other programs."""
        self.found.clear()
        for model in models:
            name = visible(f"{model.name} ({model.program})").replace("&", "&&")
            action = self.found.addAction(name, partial(self.folder_chosen.emit, model.path))
            action.setToolTip(tooltip(model.path))
        self._update()

    def _update(self) -> None:
        info = self._status.info
        is_loading = self._status.state is EngineState.LOADING
        name = (
            visible(ui_text.model_name(info.name)) if info else tr("Loading…") if is_loading else tr("Choose a model")
        )
        self.setText(name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…")
        self.setToolTip(tooltip(ui_text.engine_details(self._status)))
        self._menu.clear()
        for folder in self._recent:
            # An ampersand in a menu marks a mnemonic.
            action = self._menu.addAction(
                visible(model_display_name(Path(folder))).replace("&", "&&"), partial(self.folder_chosen.emit, folder)
            )
            action.setToolTip(tooltip(folder))
            action.setCheckable(True)
            action.setChecked(info is not None and info.folder == folder)
        demo = self._menu.addAction(tr(DEMO_NAME), self.demo_clicked.emit)
        demo.setCheckable(True)
        demo.setChecked(info is not None and info.policy.is_placeholder)
        if not self.found.isEmpty():
            self._menu.addMenu(self.found)
        self._menu.addSeparator()
        self._menu.addAction(tr("Get the full model…"), self.full_model_clicked.emit)
        self._menu.addAction(tr("Choose a model folder…"), self.choose_clicked.emit)
        self._menu.addAction(tr("Choose a GGUF file…"), self.file_clicked.emit)
        self._menu.addAction(tr("Connect to a server…"), self.server_clicked.emit)
        unload = self._menu.addAction(tr("Unload the model"), self.unload_clicked.emit)
        unload.setEnabled(self._status.state is not EngineState.NO_MODEL)
