"""Getting a model: those that are offered, those that are there, a folder or files of one's own, and the server."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QFormLayout, QFrame, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from app.domain.card_support import CARD_SUPPORT_ID, CardState
from app.domain.downloads import DownloadProgress
from app.domain.model_catalog import InstalledModel, KnownModel
from app.domain.model_fit import Verdict
from app.domain.model_shelf import ShelfState
from app.domain.settings import HUB
from app.ui import model_words
from app.ui.buttons import Role, button
from app.ui.flow_layout import FlowLayout
from app.ui.labels import ElidedLabel, label
from app.ui.model_row import ModelRow, RowState
from app.ui.notice_bar import NoticeBar
from app.ui.translation import mark, tr

WIDTH, HEIGHT = 680, 720
Describe = Callable[[KnownModel, ShelfState], RowState]
"""Size, verdict and arithmetic of a model that is offered."""


class ModelsWindow(QDialog):
    """Says what was clicked and shows what it is told. Esc closes; a download goes on.

    `looked()` when it wants to know what is there, `download_clicked(model_id)`, `pause_clicked()`,
    `use_clicked(folder)`, `verify_clicked(InstalledModel)`, `delete_clicked(InstalledModel)`,
    `discard_clicked(model_id)`, `folder_clicked()`, `files_clicked()`, `eject_clicked()`, `endpoint_changed(text)`,
    `token_entered(text)`.
    """

    download_clicked = Signal(str)
    pause_clicked = Signal()
    use_clicked = Signal(str)
    verify_clicked = Signal(object)
    delete_clicked = Signal(object)
    discard_clicked = Signal(str)
    folder_clicked = Signal()
    files_clicked = Signal()
    eject_clicked = Signal()
    endpoint_changed = Signal(str)
    token_entered = Signal(str)

    def __init__(
        self, models: tuple[KnownModel, ...], describe: Describe, endpoint: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Models"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(WIDTH, HEIGHT)
        self._known = {model.model_id: model for model in models}
        self._describe = describe
        self._shelf: ShelfState | None = None
        self._active = ""
        self._open_folder = ""
        self.notices = NoticeBar(self)
        inside = QWidget()
        inside.setObjectName("settings")
        self._rows_column = QVBoxLayout(inside)
        self._rows_column.setContentsMargins(0, 0, 8, 0)
        self._rows_column.setSpacing(10)
        self._rows_column.addStretch(1)
        self.rows: dict[str, ModelRow] = {}
        for model in models:
            self._add_row(model.model_id, tr(model.title), model.model_id, model.licence, model.about)
        self._area = QScrollArea(self)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidget(inside)
        self.folder = button(tr("Use a folder…"), Role.PLAIN, tr("Open a model where it lies"), self)
        self.files = button(tr("Import files…"), Role.PLAIN, tr("Copy a model's files into the models folder"), self)
        self.eject = button(tr("Eject"), Role.PLAIN, tr("Free the model's memory until the next question"), self)
        self._place = ElidedLabel(parent=self)
        self._place.setProperty("role", "muted")
        self.endpoint = QLineEdit(endpoint, self)
        self.endpoint.setAccessibleName(tr("Server"))
        self.endpoint.setPlaceholderText(HUB)
        self.token = QLineEdit(self)
        self.token.setAccessibleName(tr("Access token"))
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.token.setPlaceholderText(tr("Only for models that want one"))
        self._token_hint = label("", "muted", wraps=True, parent=self)
        self._lay_out()
        self.folder.clicked.connect(self.folder_clicked)
        self.files.clicked.connect(self.files_clicked)
        self.eject.clicked.connect(self.eject_clicked)
        self.endpoint.editingFinished.connect(self._on_endpoint_edited)
        self.token.returnPressed.connect(self._on_token_entered)

    @Slot(object)
    def show_shelf(self, shelf: ShelfState) -> None:
        """Show what is there."""
        self._shelf = shelf
        self._place.setText(tr("Models are kept in {folder}", folder=shelf.folder))
        if shelf.card and CARD_SUPPORT_ID not in self.rows:
            about = mark(
                "Lets models answer on the NVIDIA card of this machine. It comes from the Python Package Index."
            )
            release = model_words.card_release(shelf.card.support)
            self._add_row(CARD_SUPPORT_ID, tr("Support for the graphics card"), release, about=about)
        for model in shelf.installed:
            model_id = model.listing.model_id
            if model_id not in self.rows:
                self._add_row(model_id, model_id.partition("/")[2], model_id)
        kept = {*self._known, CARD_SUPPORT_ID, *(model.listing.model_id for model in shelf.installed)}
        gone = set(self.rows) - kept
        for model_id in gone:
            row = self.rows.pop(model_id)
            row.hide()
            row.deleteLater()
        self._update()

    def set_active(self, model_id: str) -> None:
        """The model that is being downloaded, or nothing."""
        self._active = model_id
        self._update()

    def set_open(self, folder: str, *, is_loaded: bool) -> None:
        """The folder of the model that answers, and whether it is in memory."""
        self._open_folder = folder
        self.eject.setEnabled(is_loaded)
        self._update()

    @Slot(str, object, float)
    def show_progress(self, model_id: str, progress: DownloadProgress, bytes_per_second: float) -> None:
        """Show how far the download is."""
        if row := self.rows.get(model_id):
            row.show_progress(progress, bytes_per_second)

    @Slot(str, float)
    def show_work(self, model_id: str, share: float) -> None:
        """Show how far a check, or an import of a model without a row, is."""
        if row := self.rows.get(model_id):
            row.show_work(share)
        else:
            self.files.setText(tr("Import files…") if share >= 1 else f"{share:.0%}")

    @Slot(str, object)
    def show_verified(self, model_id: str, wrong: tuple[str, ...]) -> None:
        """Show what a check has found."""
        if row := self.rows.get(model_id):
            row.show_verified(is_whole=not wrong)

    @Slot(bool)
    def show_token_kept(self, kept: bool) -> None:
        """Say where the token is."""
        self._token_hint.setText(
            tr("The token is in the system's keyring.")
            if kept
            else tr("This system has no keyring that opens, so the token is known until Lorgnette is closed.")
        )

    def _update(self) -> None:
        if self._shelf is None:
            return
        for model_id, row in self.rows.items():
            row.set_active(is_active=model_id == self._active)
            row.show_state(self._state(model_id, self._shelf))

    def _state(self, model_id: str, shelf: ShelfState) -> RowState:
        installed, pending = shelf.model(model_id), shelf.pending.get(model_id)
        known = self._known.get(model_id)
        if model_id == CARD_SUPPORT_ID and shelf.card:
            state = _card_state(shelf.card)
        else:
            state = self._describe(known, shelf) if known else RowState(size=0, is_exact=True)
        size = installed.listing.size if installed else pending[1] if pending else state.size
        return replace(
            state,
            size=size,
            is_exact=state.is_exact or installed is not None or pending is not None,
            installed=installed,
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
        # A card that could be used is worth to be seen first.
        place = 0 if model_id == CARD_SUPPORT_ID else self._rows_column.count() - 1
        self._rows_column.insertWidget(place, row)

    def _with_installed(self, model_id: str, act: Callable[[InstalledModel], object]) -> None:
        if self._shelf and (model := self._shelf.model(model_id)):
            act(model)

    def _on_use(self, model: InstalledModel) -> None:
        self.use_clicked.emit(model.folder)

    def _on_delete(self, model_id: str) -> None:
        if self._shelf and self._shelf.model(model_id):
            self._with_installed(model_id, self.delete_clicked.emit)
        else:
            self.discard_clicked.emit(model_id)

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
        for item in (self.folder, self.files, self.eject):
            own.addWidget(item)
        server = QFormLayout()
        server.setSpacing(8)
        server.addRow(label(tr("Server"), parent=self), self.endpoint)
        server.addRow(label(tr("Access token"), parent=self), self.token)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 20)
        column.setSpacing(12)
        column.addWidget(label(tr("Models"), "title", parent=self))
        hint = tr("Nothing is fetched until you press Download; every file is checked before it is used.")
        column.addWidget(label(hint, "hint", wraps=True, parent=self))
        column.addWidget(self.notices)
        column.addWidget(self._area, 1)
        column.addLayout(own)
        column.addWidget(self._place)
        column.addLayout(server)
        column.addWidget(self._token_hint)


def _card_state(card: CardState) -> RowState:
    return RowState(
        size=card.support.listing.size,
        is_exact=True,
        verdict=Verdict.DOES_NOT_FIT if card.is_driver_too_old else Verdict.FITS,
        fit=model_words.card_driver(card),
        is_model=False,
    )
