"""Opening the window system: where there is none, one sentence and an exit status instead of Qt's abort."""

import os
import sys

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication


def open_screen(name: str) -> QApplication:
    """Create the application; ends the process with status 1 if no window can be shown, which Qt would abort."""
    messages: list[str] = []

    def collect(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
        if kind is QtMsgType.QtFatalMsg:
            reason = next(filter(None, (words.strip() for words in messages)), "Qt found no screen")
            sys.stderr.write(
                f"lorgnette: No window can be opened here: {reason}. Start Lorgnette in a desktop session, "
                "or use its commands, such as “lorgnette ocr”, which need none.\n"
            )
            sys.stderr.flush()
            os._exit(1)  # Qt aborts when this returns.
        messages.append(message)

    before = qInstallMessageHandler(collect)
    application = QApplication([name])
    qInstallMessageHandler(before)
    sys.stderr.writelines(f"{words}\n" for words in messages)  # As Qt itself would have.
    return application
