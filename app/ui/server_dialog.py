"""Asks for a server whose model is to answer."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QDialog, QFormLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.domain.errors import Problem
from app.domain.remote_servers import AddressError, RemoteModel, is_open_to_readers, is_this_machine, normalised
from app.ui.buttons import Role, button
from app.ui.labels import label
from app.ui.translation import mark, tr

WIDTH = 480
EXAMPLE = "http://192.168.1.20:8000/v1"
_WHAT = mark(
    "Any server that speaks OpenAI's chat completions: vLLM, SGLang, llama-server, Ollama. Its model should see images."
)


class ServerDialog(QDialog):
    """`models_wanted(address, key)` asks what a server has, `chosen(RemoteModel, key)` for it to answer."""

    models_wanted = Signal(str, str)
    chosen = Signal(object, str)

    def __init__(self, address: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Connect to a server"))
        self.setMinimumWidth(WIDTH)
        self.address, self.key = QLineEdit(address, self), QLineEdit(self)
        self.address.setPlaceholderText(EXAMPLE)
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.key.setPlaceholderText(tr("only where the server wants one"))
        self.models = QComboBox(self)
        self.look = button(tr("Find its models"), Role.SOFT, parent=self)
        self.connect_button = button(tr("Connect"), Role.PRIMARY, parent=self)
        self.words = label("", "hint", wraps=True, parent=self)
        form = QFormLayout()
        form.addRow(tr("Address"), self.address)
        form.addRow(tr("Key"), self.key)
        form.addRow(tr("Model"), self.models)
        row = QHBoxLayout()
        row.addWidget(self.look)
        row.addStretch(1)
        row.addWidget(self.connect_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 20)
        column.setSpacing(12)
        column.addWidget(label(tr(_WHAT), "hint", wraps=True, parent=self))
        column.addLayout(form)
        column.addWidget(self.words)
        column.addLayout(row)
        self.address.textChanged.connect(self._on_address_changed)
        self.address.returnPressed.connect(self._on_find_clicked)
        self.key.returnPressed.connect(self._on_find_clicked)
        self.look.clicked.connect(self._on_find_clicked)
        self.connect_button.clicked.connect(self._on_connect_clicked)
        self._on_address_changed()

    @Slot(object)
    def show_models(self, names: tuple[str, ...]) -> None:
        """Offer these."""
        self.models.clear()
        self.models.addItems(list(names))
        self.look.setEnabled(True)
        self.connect_button.setEnabled(bool(names))
        self._say_where_it_goes() if names else self.words.setText(tr("The server has no model loaded."))

    @Slot(object)
    def show_problem(self, problem: Problem) -> None:
        """Say why the server's models are not known."""
        self.look.setEnabled(True)
        self.words.setText(problem.sentence)

    def _say_where_it_goes(self) -> None:
        address = normalised(self.address.text())
        host = RemoteModel(address, "").host
        if is_this_machine(address):
            said = tr("Nothing leaves this machine.")
        elif is_open_to_readers(address):
            said = tr(
                "Questions and images are sent to {host}, not encrypted: others on the way can read them.", host=host
            )
        else:
            said = tr("Questions and images are sent to {host}, encrypted.", host=host)
        self.words.setText(said)

    @Slot()
    def _on_address_changed(self) -> None:
        self.models.clear()
        self.connect_button.setEnabled(False)
        self.look.setEnabled(bool(self.address.text().strip()))
        self.words.setText("")

    @Slot()
    def _on_find_clicked(self) -> None:
        try:
            address = normalised(self.address.text())
        except AddressError as error:
            self.words.setText(error.problem.sentence)
            return
        self.look.setEnabled(False)
        self.words.setText(tr("Asking …"))
        self.models_wanted.emit(address, self.key.text())

    @Slot()
    def _on_connect_clicked(self) -> None:
        self.accept()
        self.chosen.emit(RemoteModel(normalised(self.address.text()), self.models.currentText()), self.key.text())
