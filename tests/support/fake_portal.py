"""A desktop's screenshot portal on the session's bus, and our side of the talk: `python -m … ANSWER FILE`.

Run within dbus-run-session; prints which signal came. ANSWER is the portal's response, or NOBODY for no portal at all.
"""

import multiprocessing
import sys
import time

from jeepney import DBusAddress, HeaderFields, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtDBus import QDBusConnection

from app.ui.images.screenshot_portal import ScreenshotPortal
from app.ui.widgets.desktop_portal import PATH, REQUEST, SERVICE

NOBODY = "-1"


def serve(answer: int, file: str) -> None:
    """Answer one request for a screenshot."""
    connection = open_dbus_connection()
    connection.send_and_get_reply(message_bus.RequestName(SERVICE))
    while True:
        message = connection.receive()
        if message.header.fields.get(HeaderFields.member) != "Screenshot":
            continue
        _parent, options = message.body
        assert options["interactive"] == ("b", True)
        sender = message.header.fields[HeaderFields.sender].lstrip(":").replace(".", "_")
        handle = f"{PATH}/request/{sender}/{options['handle_token'][1]}"
        connection.send(new_method_return(message, "o", (handle,)))
        results = {"uri": ("s", f"file://{file}")}
        connection.send(new_signal(DBusAddress(handle, interface=REQUEST), "Response", "ua{sv}", (answer, results)))
        return


def main(answer: str, file: str) -> None:
    """Ask for a screenshot and write down what came of it."""
    # A process of its own, as in life: Qt's call holds Python's lock while it waits for the answer.
    portal_process = multiprocessing.get_context("spawn").Process(target=serve, args=(int(answer), file), daemon=True)
    if answer != NOBODY:
        portal_process.start()
    application = QCoreApplication([])
    portal = ScreenshotPortal()

    def say(outcome: str) -> None:
        sys.stdout.write(outcome)
        application.quit()

    portal.captured.connect(lambda content: say(content.decode()))
    portal.cancelled.connect(lambda: say("given up"))
    portal.failed.connect(lambda: QTimer.singleShot(0, lambda: say("failed")))
    bus = QDBusConnection.sessionBus().interface()
    while answer != NOBODY and not bus.isServiceRegistered(SERVICE).value():
        time.sleep(0.02)
    QTimer.singleShot(0, portal.ask)
    QTimer.singleShot(20_000, lambda: say("silence"))
    application.exec()


if __name__ == "__main__":
    main(*sys.argv[1:])
