"""A key that works in every program, on Wayland: the desktop's GlobalShortcuts portal, version 1 and 2.

https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.GlobalShortcuts.html. The desktop asks the
user and decides which key it is; ours is only preferred. Qt's D-Bus cannot send an array of structures from Python, so
the messages are jeepney's, over a connection of its own.
"""

from contextlib import suppress
from uuid import uuid4

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, MessageType, new_method_call
from jeepney.auth import AuthenticationError
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.wrappers import DBusErrorResponse
from PySide6.QtCore import QKeyCombination, QObject, QSocketNotifier, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence

from app.ui.widgets.desktop_portal import PATH, SERVICE, SUCCESS

SHORTCUTS = "org.freedesktop.portal.GlobalShortcuts"
NAME = "capture-text"
"""The shortcut's own name, by which desktops remember the user's key."""
AUTH_SECONDS = 1.0
_PORTAL = DBusAddress(PATH, bus_name=SERVICE, interface=SHORTCUTS)
_FAILURES = (OSError, KeyError, ValueError, AuthenticationError, DBusErrorResponse)
"""What jeepney raises without a bus, or at its end."""
_MODIFIERS = {
    Qt.KeyboardModifier.ControlModifier: "CTRL",
    Qt.KeyboardModifier.AltModifier: "ALT",
    Qt.KeyboardModifier.ShiftModifier: "SHIFT",
    Qt.KeyboardModifier.MetaModifier: "LOGO",
}
_NAMES = {
    Qt.Key.Key_ScrollLock: "Scroll_Lock",
    Qt.Key.Key_PageUp: "Page_Up",
    Qt.Key.Key_PageDown: "Page_Down",
    Qt.Key.Key_Space: "space",
}
"""Names of XKB key symbols that are not Qt's own names."""


class PortalKey(QObject):
    """`pressed` is emitted for every press of the key, `refused` if there is no portal or the user declines.

    `description` says what the user presses, in the desktop's words; empty until the desktop has told it.
    """

    pressed = Signal()
    refused = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.description = ""
        self._keys = ""
        self._session = ""
        self._bus: DBusConnection | None = None
        self._notifier: QSocketNotifier | None = None
        self._requests: dict[str, str] = {}
        """The member that was called, by the path of its request."""
        self._calls: dict[int, str] = {}
        """The path of the request of each call without a reply, by the call's serial number."""

    def bind(self, keys: str) -> None:
        """Ask the desktop for a key such as "Ctrl+Alt+T" (QKeySequence's portable text); none if empty."""
        self.release()
        self._keys = keys
        if not keys:
            return
        try:
            self._bus = open_dbus_connection(auth_timeout=AUTH_SECONDS)
            self._bus.send(message_bus.AddMatch(MatchRule(type="signal", sender=SERVICE)))
            self._call("CreateSession", "", (), {"session_handle_token": ("s", _token())})
        except _FAILURES:
            self._refuse()
            return
        self._notifier = QSocketNotifier(self._bus.sock.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_readable)

    def release(self) -> None:
        """Give the key back: the portal closes the sessions of a connection that ends."""
        if self._notifier:
            self._notifier.setEnabled(False)
            self._notifier.deleteLater()
            self._notifier = None
        if self._bus:
            with suppress(OSError):
                self._bus.close()
        self._bus, self._session, self.description = None, "", ""
        self._requests.clear()
        self._calls.clear()

    def _call(self, member: str, signature: str, body: tuple[object, ...], options: dict[str, object]) -> None:
        """Call a method of the portal, whose outcome comes as the Response of a request."""
        if self._bus is None or self._bus.unique_name is None:
            return
        token = _token()
        sender = self._bus.unique_name.removeprefix(":").replace(".", "_")
        path = f"{PATH}/request/{sender}/{token}"  # Known before the call, so that no response is missed.
        arguments = (*body, {**options, "handle_token": ("s", token)})
        message = new_method_call(_PORTAL, member, f"{signature}a{{sv}}", arguments)
        serial = next(self._bus.outgoing_serial)
        self._requests[path], self._calls[serial] = member, path
        self._bus.send(message, serial=serial)

    @Slot()
    def _on_readable(self) -> None:
        while self._bus:
            try:
                message = self._bus.receive(timeout=0)
            except TimeoutError:
                return
            except _FAILURES:  # The bus is gone, and with it the desktop.
                self._refuse()
                return
            self._take(message)

    def _take(self, message: Message) -> None:
        fields = message.header.fields
        kind = message.header.message_type
        path = self._calls.pop(fields.get(HeaderFields.reply_serial, -1), "")
        if kind is MessageType.error and path in self._requests:
            self._refuse()
        elif kind is MessageType.method_return and path:
            self._rename_request(path, message.body)
        elif kind is MessageType.signal:
            self._take_signal(str(fields.get(HeaderFields.path)), str(fields.get(HeaderFields.member)), message.body)

    def _rename_request(self, path: str, body: tuple[object, ...]) -> None:
        """Follow portals before version 0.9, which choose the request's path themselves."""
        if body and isinstance(body[0], str) and body[0] != path and path in self._requests:
            self._requests[body[0]] = self._requests.pop(path)

    def _take_signal(self, path: str, member: str, body: tuple[object, ...]) -> None:
        match member, body:
            case "Response", (int(response), dict(results)) if path in self._requests:
                self._take_response(self._requests.pop(path), response, results)
            case "Activated", (str(session), str(name), *_) if session == self._session and name == NAME:
                self.pressed.emit()
            case "ShortcutsChanged", (str(session), list(shortcuts)) if session == self._session:
                self.description = _description(shortcuts)

    def _take_response(self, member: str, response: int, results: dict[str, tuple[str, object]]) -> None:
        if response != SUCCESS:
            self._refuse()
        elif member == "CreateSession":
            self._session = str(results.get("session_handle", ("s", ""))[1])
            wanted = {"description": ("s", "Lorgnette: Capture text"), "preferred_trigger": ("s", trigger(self._keys))}
            self._call("BindShortcuts", "oa(sa{sv})s", (self._session, [(NAME, wanted)], ""), {})
        else:
            self.description = _description(results.get("shortcuts", ("", []))[1])

    def _refuse(self) -> None:
        self.release()
        self.refused.emit()


def trigger(keys: str) -> str:
    """Return a shortcut as the portal wants it, such as "CTRL+ALT+t"; empty if it is none.

    https://specifications.freedesktop.org/shortcuts-spec: modifiers, then the name of an XKB key symbol.
    """
    sequence = QKeySequence.fromString(keys, QKeySequence.SequenceFormat.PortableText)
    if sequence.count() != 1:
        return ""
    first: QKeyCombination = sequence[0]  # type: ignore[index]  # PySide has it, its stub does not.
    held = [name for modifier, name in _MODIFIERS.items() if modifier in first.keyboardModifiers()]
    key = first.key()
    name = _NAMES.get(key) or QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)
    return "+".join([*held, name.lower() if len(name) == 1 else name])


def _description(shortcuts: object) -> str:
    """Return the trigger's description among (name, properties) of the bound shortcuts."""
    for shortcut in shortcuts if isinstance(shortcuts, list) else ():
        match shortcut:
            case (str(name), {"trigger_description": (_, str(text))}) if name == NAME:
                return text
    return ""


def _token() -> str:
    return f"lorgnette_{uuid4().hex}"
