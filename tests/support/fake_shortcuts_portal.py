"""A desktop's GlobalShortcuts portal on the session's bus, and our side of the talk: `python -m … KEYS ANSWERS`.

Run within dbus-run-session; prints what the portal was asked for and what we made of it. ANSWERS are the codes of the
responses to CreateSession and BindShortcuts, "error" for a call that fails, "old" in front for a portal that names the
requests itself, or "nobody" for no portal.
"""

import multiprocessing
import sys
import time
from collections.abc import Sequence

from jeepney import DBusAddress, HeaderFields, Message, new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtDBus import QDBusConnection

from app.ui.shell.portal_key import NAME, SHORTCUTS, PortalKey
from app.ui.widgets.desktop_portal import PATH, REQUEST, SERVICE

SESSION = f"{PATH}/session/1_1/ours"
TOLD = "the key that you chose"


def serve(answers: Sequence[str]) -> None:
    """Answer the calls, then press the key of another session, of another shortcut, and ours twice."""
    connection = open_dbus_connection()
    connection.send_and_get_reply(message_bus.RequestName(SERVICE))
    for answer in answers:
        call = _next_call(connection)
        member = call.header.fields[HeaderFields.member]
        if answer == "error":
            connection.send(new_error(call, "org.freedesktop.DBus.Error.AccessDenied", "s", ("An app id is required",)))
            return
        options = call.body[-1]
        sender = call.header.fields[HeaderFields.sender].lstrip(":").replace(".", "_")
        handle = f"{PATH}/request/{sender}/{options['handle_token'][1]}"
        code = answer.removeprefix("old")
        if code != answer:
            handle = f"{PATH}/request/of_the_portal/{member}"
        connection.send(new_method_return(call, "o", (handle,)))
        results: dict[str, tuple[str, object]] = {"session_handle": ("s", SESSION)}
        if member == "BindShortcuts":
            session, ((name, wanted),), parent, _options = call.body
            sys.stdout.write(f"{session == SESSION} {name} {wanted['preferred_trigger'][1]} {parent!r}\n")
            results = {"shortcuts": ("a(sa{sv})", [(name, {"trigger_description": ("s", TOLD)})])}
        request = DBusAddress(handle, interface=REQUEST)
        connection.send(new_signal(request, "Response", "ua{sv}", (int(code), results)))
    portal = DBusAddress(PATH, interface=SHORTCUTS)
    for session, name in ((f"{SESSION}2", NAME), (SESSION, "another"), (SESSION, NAME), (SESSION, NAME)):
        connection.send(new_signal(portal, "Activated", "osta{sv}", (session, name, 1, {})))
    sys.stdout.flush()


def _next_call(connection: DBusConnection) -> Message:
    while True:
        message = connection.receive()
        if message.header.fields.get(HeaderFields.interface) == SHORTCUTS:
            return message


def main(keys: str, *answers: str) -> None:
    """Bind a key and print what came of it."""
    application = QCoreApplication([])
    if answers != ("nobody",):
        multiprocessing.get_context("spawn").Process(target=serve, args=(answers,), daemon=True).start()
        bus = QDBusConnection.sessionBus().interface()
        while not bus.isServiceRegistered(SERVICE).value():
            time.sleep(0.02)
    key = PortalKey()
    presses: list[None] = []

    def say(outcome: str) -> None:
        sys.stdout.write(f"{outcome}\n")
        application.quit()

    def count() -> None:
        presses.append(None)
        if len(presses) == 2:
            say(f"pressed twice: {key.description}")

    key.pressed.connect(count)
    key.refused.connect(lambda: QTimer.singleShot(0, lambda: say("refused")))
    QTimer.singleShot(0, lambda: key.bind(keys))
    QTimer.singleShot(20_000, lambda: say("silence"))
    application.exec()


if __name__ == "__main__":
    main(*sys.argv[1:])
