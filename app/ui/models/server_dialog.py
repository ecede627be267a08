"""Asks for a server and one of its models."""

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QDialog, QFormLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.domain.errors import Problem
from app.domain.models.remote_servers import (
    AddressError,
    FoundServer,
    RemoteModel,
    is_open_to_readers,
    is_this_machine,
    normalised,
)
from app.ui.models.found_servers import FoundServers
from app.ui.widgets.buttons import Role, button
from app.ui.widgets.i18n import mark, tr
from app.ui.widgets.labels import label
from app.ui.widgets.problem_text import problem_sentence
from app.ui.widgets.window_keys import add_close_key
from app.ui.widgets.zoomed_width import ZoomedWidth

WIDTH = 480
EXAMPLE = "http://192.168.1.20:8000/v1"
_WHAT = mark(
    "Any server with an OpenAI-compatible API: vLLM, SGLang, llama-server, Ollama. Choose a model that accepts images."
)


class ServerDialog(QDialog):
    """`models_wanted(address, key)` requests a server's models, `chosen(RemoteModel, key)` connects to one.

    `found` offers those on this machine.
    """

    models_wanted = Signal(str, str)
    chosen = Signal(RemoteModel, str)

    def __init__(self, address: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Connect to a server"))
        ZoomedWidth(self, self.setMinimumWidth, WIDTH)
        add_close_key(self)
        self.address, self.key = QLineEdit(address, self), QLineEdit(self)
        self.address.setPlaceholderText(EXAMPLE)
        self.address.selectAll()  # Another address is typed over the last one.
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.key.setPlaceholderText(tr("only if the server requires one"))
        self.models = QComboBox(self)
        self.look = button(tr("List models"), Role.SOFT, parent=self)
        self.connect_button = button(tr("Connect"), Role.PRIMARY, parent=self)
        self.status_label = label("", "hint", wraps=True, parent=self)
        self.found = FoundServers(self)
        form = QFormLayout()
        form.addRow(tr("Address"), self.address)
        form.addRow(tr("API key"), self.key)
        form.addRow(tr("Model"), self.models)
        row = QHBoxLayout()
        row.addWidget(self.look)
        row.addStretch(1)
        row.addWidget(self.connect_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 20)
        column.setSpacing(12)
        column.addWidget(label(tr(_WHAT), "hint", wraps=True, parent=self))
        column.addWidget(self.found)
        column.addLayout(form)
        column.addWidget(self.status_label)
        column.addLayout(row)
        self.address.textChanged.connect(self._on_address_changed)
        self.address.returnPressed.connect(self._on_find_clicked)
        self.key.returnPressed.connect(self._on_find_clicked)
        self.look.clicked.connect(self._on_find_clicked)
        self.found.chosen.connect(self._on_found_chosen)
        self.connect_button.clicked.connect(self._on_connect_clicked)
        self._on_address_changed()

    def event(self, event: QEvent) -> bool:
        """Grow with what is said and found, as far as the screen has room."""
        handled = super().event(event)
        if event.type() in {QEvent.Type.LayoutRequest, QEvent.Type.Resize} and (layout := self.layout()):
            needed = min(layout.totalHeightForWidth(self.width()), self.screen().availableGeometry().height())
            self.resize(self.width(), max(self.height(), needed))
        return handled

    @Slot(tuple)
    def show_models(self, names: tuple[str, ...]) -> None:
        """Offer the server's models."""
        self.models.clear()
        self.models.addItems(list(names))
        self.look.setEnabled(True)
        self.connect_button.setEnabled(bool(names))
        self._say_where_it_goes() if names else self.status_label.setText(tr("The server has no model loaded."))

    @Slot(Problem)
    def show_problem(self, problem: Problem) -> None:
        """Show why the server's models are unknown."""
        self.look.setEnabled(True)
        self.status_label.setText(problem_sentence(problem))

    def _say_where_it_goes(self) -> None:
        address = normalised(self.address.text())
        host = RemoteModel(address, "").host
        if is_this_machine(address):
            said = tr("Nothing leaves this computer.")
        elif is_open_to_readers(address):
            said = tr(
                "Questions and images are sent to {host} unencrypted. Others on the network can read them.", host=host
            )
        else:
            said = tr("Questions and images are sent to {host} over an encrypted connection.", host=host)
        self.status_label.setText(said)

    @Slot()
    def _on_address_changed(self) -> None:
        self.models.clear()
        self.connect_button.setEnabled(False)
        self.look.setEnabled(bool(self.address.text().strip()))
        self.status_label.setText("")

    @Slot()
    def _on_find_clicked(self) -> None:
        try:
            address = normalised(self.address.text())
        except AddressError as error:
            self.status_label.setText(problem_sentence(error.problem))
            return
        self.look.setEnabled(False)
        self.status_label.setText(tr("Connecting…"))
        self.found.end_search()
        self.models_wanted.emit(address, self.key.text())

    @Slot(FoundServer)
    def _on_found_chosen(self, server: FoundServer) -> None:
        self.address.setText(RemoteModel(server.address, "").host)
        if server.needs_key:
            self.key.setFocus()
            self.status_label.setText(tr("Type the API key that the server was started with."))
        else:
            self.show_models(server.models)
            self.connect_button.setFocus()

    @Slot()
    def _on_connect_clicked(self) -> None:
        self.accept()
        self.chosen.emit(RemoteModel(normalised(self.address.text()), self.models.currentText()), self.key.text())
