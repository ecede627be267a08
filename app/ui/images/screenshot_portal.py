"""The desktop's own screenshot tool, on Wayland: https://flatpak.github.io/xdg-desktop-portal (Screenshot, version 2).

The portal asks the user, writes a file and returns its address. Some desktops put it among the user's pictures, so it
is not deleted.
"""

from pathlib import Path
from uuid import uuid4

from PySide6.QtCore import SLOT, QObject, QUrl, Signal, Slot
from PySide6.QtDBus import QDBusConnection, QDBusMessage

from app.ui.widgets.desktop_portal import CANCELLED, PATH, REQUEST, SERVICE, SUCCESS

SCREENSHOT = "org.freedesktop.portal.Screenshot"
CALL_MILLISECONDS = 3000


class ScreenshotPortal(QObject):
    """Emits `captured` with the bytes of an image file, `cancelled` if the user cancels, or `failed` otherwise."""

    captured = Signal(bytes)
    cancelled = Signal()
    failed = Signal()

    @Slot()
    def ask(self) -> None:
        """Request an interactive screenshot from the desktop."""
        bus = QDBusConnection.sessionBus()
        token = f"lorgnette_{uuid4().hex}"
        sender = bus.baseService().removeprefix(":").replace(".", "_")
        handle = f"{PATH}/request/{sender}/{token}"  # Known before the call, so that no response is missed.
        answer = SLOT("on_response(uint,QVariantMap)")
        # PySide's own stubs require bytes, which PySide then rejects.
        is_listening = bus.connect(SERVICE, handle, REQUEST, "Response", self, answer)  # type: ignore[call-overload]
        message = QDBusMessage.createMethodCall(SERVICE, PATH, SCREENSHOT, "Screenshot")
        message.setArguments(["", {"interactive": True, "handle_token": token}])
        reply = bus.call(message, timeout=CALL_MILLISECONDS)
        if not is_listening or reply.type() is not QDBusMessage.MessageType.ReplyMessage:
            self.failed.emit()

    @Slot("uint", "QVariantMap")
    def on_response(self, response: int, results: dict[str, object]) -> None:
        """Handle the portal's response: its code, and results by name."""
        if response == CANCELLED:
            self.cancelled.emit()
            return
        try:
            content = Path(QUrl(str(results.get("uri", ""))).toLocalFile()).read_bytes() if response == SUCCESS else b""
        except OSError:
            content = b""
        if content:
            self.captured.emit(content)
        else:
            self.failed.emit()
