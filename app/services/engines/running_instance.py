"""A second start with the same data folder passes its launch request to the window that is open, and exits.

So images opened from a file manager appear in the open window, and a desktop can bind `lorgnette --capture` to a key.
The two communicate over a local socket (a named pipe on Windows) that only the same user may open; no network is
involved. The socket is in a folder where nobody else can replace it, and both ends ask the system for the user of the
other process.
"""

import os
from pathlib import Path
from typing import Annotated

import msgspec
from PySide6.QtCore import QDeadlineTimer, QObject, QTimer, Signal, Slot
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from app.domain.error_texts import storage_texts
from app.domain.errors import Problem
from app.domain.launch_request import MAX_DELAY, CaptureTarget, LaunchRequest
from app.network.peer import is_of_this_user
from app.services.engines.socket_addresses import socket_addresses

WAIT_MILLISECONDS = 2000
"""Timeout of a connection to a window that may itself be starting."""
ANSWER_MILLISECONDS = 5000
CLIENT_MILLISECONDS = 5000
"""Time within which a later start has to send its request."""
MAX_CLIENTS = 8
"""Maximum number of simultaneous clients."""
MAX_BYTES = 8 * 1024 * 1024
"""Maximum size of a request: as long as all the arguments that systems allow for a command."""
_ACKNOWLEDGED = b"heard"
_ABSENT = {QLocalSocket.LocalSocketError.ServerNotFoundError, QLocalSocket.LocalSocketError.ConnectionRefusedError}


class _WireRequest(msgspec.Struct, kw_only=True):
    """The wire format of a LaunchRequest. File names are bytes: not all are valid text (`os.fsencode`)."""

    images: tuple[bytes, ...] = ()
    capture: bool = False
    reads_text: bool = False
    clipboard: bool = False
    target: CaptureTarget = CaptureTarget.AREA
    delay: Annotated[int, msgspec.Meta(ge=0, le=MAX_DELAY)] = 0


class RunningInstance(QObject):
    """Listens for later starts. `launch_requested` carries a LaunchRequest, `problem_met` a Problem."""

    launch_requested = Signal(LaunchRequest)
    problem_met = Signal(Problem)

    def __init__(self, data_folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._data_folder = data_folder
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connected)

    def listen(self) -> None:
        """Listen at the first possible address; `problem_met` is emitted if none is."""
        problem = storage_texts.NO_SAFE_SOCKET_FOLDER.problem()
        for address in socket_addresses(self._data_folder):
            QLocalServer.removeServer(address)  # A leftover of a crash: the folder's lock excludes another instance.
            if self._server.listen(address):
                return
            problem = storage_texts.SOCKET_FAILED.problem(reason=self._server.errorString())
        self.problem_met.emit(problem)

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    @Slot()
    def _on_connected(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.disconnected.connect(socket.deleteLater)
            clients = len(self._server.findChildren(QLocalSocket))
            if clients > MAX_CLIENTS or not is_of_this_user(int(socket.socketDescriptor())):
                socket.abort()
                continue
            socket.setReadBufferSize(MAX_BYTES + 1)
            socket.readyRead.connect(self._on_ready)
            QTimer.singleShot(CLIENT_MILLISECONDS, socket, socket.abort)

    @Slot()
    def _on_ready(self) -> None:
        socket = self.sender()
        if not isinstance(socket, QLocalSocket) or not (socket.canReadLine() or socket.bytesAvailable() > MAX_BYTES):
            return
        launch_request = _decoded(bytes(socket.readLine(MAX_BYTES).data()))
        if launch_request is None:
            socket.abort()
            return
        socket.write(_ACKNOWLEDGED)
        socket.flush()
        socket.disconnectFromServer()
        self.launch_requested.emit(launch_request)


def send_launch_request(data_folder: Path, launch_request: LaunchRequest) -> bool | None:
    """Send `launch_request` to the window over `data_folder`; return whether it was received, None if none listens."""
    replies = []
    for address in socket_addresses(data_folder):
        replies.append(_send_to(address, launch_request))
        if replies[-1]:
            return True
    return False if False in replies else None


def _send_to(address: str, launch_request: LaunchRequest) -> bool | None:
    socket = QLocalSocket()
    socket.connectToServer(address)
    if not socket.waitForConnected(WAIT_MILLISECONDS):
        return None if socket.error() in _ABSENT else False
    if not is_of_this_user(int(socket.socketDescriptor())):
        return False
    socket.write(_encoded(launch_request))
    answer, deadline = b"", QDeadlineTimer(ANSWER_MILLISECONDS)
    while len(answer) < len(_ACKNOWLEDGED) and socket.waitForReadyRead(max(0, deadline.remainingTime())):
        answer += bytes(socket.read(len(_ACKNOWLEDGED)).data())
    return answer == _ACKNOWLEDGED


def _encoded(launch_request: LaunchRequest) -> bytes:
    images = tuple(os.fsencode(image) for image in launch_request.images)
    return (
        msgspec.json.encode(
            _WireRequest(
                images=images,
                capture=launch_request.capture,
                reads_text=launch_request.reads_text,
                clipboard=launch_request.clipboard,
                target=launch_request.target,
                delay=launch_request.delay,
            )
        )
        + b"\n"
    )


def _decoded(line: bytes) -> LaunchRequest | None:
    """Decode a request; None if it is invalid."""
    try:
        request = msgspec.json.decode(line, type=_WireRequest)
        images = tuple(os.fsdecode(image) for image in request.images)
    except Exception:  # noqa: BLE001 - arbitrary bytes may raise any exception
        return None
    if not all(Path(image).is_absolute() and "\0" not in image for image in images):
        return None
    return LaunchRequest(
        images=images,
        capture=request.capture,
        reads_text=request.reads_text,
        clipboard=request.clipboard,
        target=request.target,
        delay=request.delay,
    )
