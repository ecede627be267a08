"""The desktop's own screenshot tool, on Wayland: https://flatpak.github.io/xdg-desktop-portal (Screenshot, version 2).

The portal asks the user, writes a file and tells where it is. Some desktops put it among the user's pictures, so it is
left alone.
"""

from pathlib import Path
from uuid import uuid4

from PySide6.QtCore import SLOT, QObject, QUrl, Signal, Slot
from PySide6.QtDBus import QDBusConnection, QDBusMessage

SERVICE, PATH = "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop"
SCREENSHOT, REQUEST = "org.freedesktop.portal.Screenshot", "org.freedesktop.portal.Request"
CALL_MILLISECONDS = 3000
SUCCESS, CANCELLED = 0, 1


class ScreenshotPortal(QObject):
    """`captured` carries the bytes of an image file; `given_up` where the user has cancelled; `failed` otherwise."""

    captured = Signal(bytes)
    given_up = Signal()
    failed = Signal()

    @Slot()
    def ask(self) -> None:
        """Have the desktop take a screenshot, interactively."""
        bus = QDBusConnection.sessionBus()
        token = f"lorgnette_{uuid4().hex}"
        sender = bus.baseService().removeprefix(":").replace(".", "_")
        handle = f"{PATH}/request/{sender}/{token}"  # Known before the call, so that no answer is missed.
        answer = SLOT("on_response(uint,QVariantMap)")
        # PySide's own stubs say bytes, which it then refuses.
        is_listening = bus.connect(SERVICE, handle, REQUEST, "Response", self, answer)  # type: ignore[call-overload]
        message = QDBusMessage.createMethodCall(SERVICE, PATH, SCREENSHOT, "Screenshot")
        message.setArguments(["", {"interactive": True, "handle_token": token}])
        reply = bus.call(message, timeout=CALL_MILLISECONDS)
        if not is_listening or reply.type() is not QDBusMessage.MessageType.ReplyMessage:
            self.failed.emit()

    @Slot("uint", "QVariantMap")
    def on_response(self, response: int, results: dict[str, object]) -> None:
        """What the portal says at the end: how it went, and results by name."""
        if response == CANCELLED:
            self.given_up.emit()
            return
        try:
            content = Path(QUrl(str(results.get("uri", ""))).toLocalFile()).read_bytes() if response == SUCCESS else b""
        except OSError:
            content = b""
        if content:
            self.captured.emit(content)
        else:
            self.failed.emit()
