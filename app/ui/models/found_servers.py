"""Offers the servers of models that were found on this machine."""

from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.domain.models.remote_servers import PROGRAMS_BY_PORT, FoundServer, RemoteModel
from app.domain.text.visible_text import visible
from app.ui.widgets.buttons import Role, button
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.i18n import tr, tr_count
from app.ui.widgets.labels import label, tooltip

MAX_NAME = 24
"""Maximum number of characters of a model's name on a button."""


class FoundServers(QWidget):
    """A sentence, and a button for each server; `chosen(FoundServer)`."""

    chosen = Signal(FoundServer)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.said = label(tr("Looking for servers on this computer…"), "hint", wraps=True, parent=self)
        self._buttons = FlowLayout()
        self._servers: tuple[FoundServer, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.said)
        column.addLayout(self._buttons)

    @Slot(tuple)
    def show_servers(self, servers: tuple[FoundServer, ...]) -> None:
        """Show what was found."""
        self._servers = servers
        programs = ", ".join(PROGRAMS_BY_PORT.values())
        self.said.setText(
            tr("Found on this computer:")
            if servers
            else tr("No server answers on this computer at the usual ports of {programs}.", programs=programs)
        )
        for server in servers:
            offer = button(_title(server), Role.SOFT, parent=self)
            offer.setToolTip(tooltip(server.address))
            offer.clicked.connect(partial(self.chosen.emit, server))
            self._buttons.addWidget(offer)
            offer.show()

    def end_search(self) -> None:
        """Hide the sentence of a search that was ended by a request for one server's models."""
        self.setVisible(bool(self._servers))


def _title(server: FoundServer) -> str:
    name = server.program or RemoteModel(server.address, "").host
    if server.needs_key:
        return f"{name} · {tr('requires an API key')}"
    if len(server.models) == 1:
        model = visible(server.models[0])
        return f"{name} · {model if len(model) <= MAX_NAME else f'{model[: MAX_NAME - 1]}…'}"
    return f"{name} · {tr_count('{count} model', '{count} models', len(server.models))}"
