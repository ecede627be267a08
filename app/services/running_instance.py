"""A second start over the same data folder hands what it was asked to the window that is open, and ends.

So images open from a file manager in the window at hand, and a desktop can give `lorgnette --capture` a key of its own.
The two talk over a local socket (a named pipe on Windows) that only the same user may open; no network is involved.
"""

import hashlib
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from app.domain.summons import Summons

WAIT_MILLISECONDS = 2000
MOST_BYTES = 1024 * 1024
_HEARD = b"heard"


class RunningInstance(QObject):
    """Hears later starts. `summoned` carries a Summons."""

    summoned = Signal(object)

    def __init__(self, data_folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connected)
        name = _name(data_folder)
        QLocalServer.removeServer(name)  # What a crash left; the folder's lock says that nobody else is there.
        self._server.listen(name)

    def close(self) -> None:
        """Hear nothing more."""
        self._server.close()

    @Slot()
    def _on_connected(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(self._on_ready)
            socket.disconnected.connect(socket.deleteLater)

    @Slot()
    def _on_ready(self) -> None:
        socket = self.sender()
        if not isinstance(socket, QLocalSocket) or not (socket.canReadLine() or socket.bytesAvailable() > MOST_BYTES):
            return
        line = bytes(socket.readLine(MOST_BYTES).data())
        try:
            summons = msgspec.json.decode(line, type=Summons)
        except msgspec.DecodeError:
            socket.abort()
            return
        socket.write(_HEARD)
        socket.flush()
        socket.disconnectFromServer()
        self.summoned.emit(summons)


def summon(data_folder: Path, summons: Summons) -> bool:
    """Hand `summons` to the window over `data_folder`; False where nobody hears it."""
    socket = QLocalSocket()
    socket.connectToServer(_name(data_folder))
    if not socket.waitForConnected(WAIT_MILLISECONDS):
        return False
    socket.write(msgspec.json.encode(summons) + b"\n")
    answer = b""
    while len(answer) < len(_HEARD) and socket.waitForReadyRead(WAIT_MILLISECONDS):
        answer += bytes(socket.readAll().data())
    return answer == _HEARD


def _name(data_folder: Path) -> str:
    return f"lorgnette-{hashlib.sha256(str(data_folder.resolve()).encode()).hexdigest()[:16]}"
