"""Another program that owns the clipboard: `… -m tests.support.clipboard_owner`, with what it offers as JSON on stdin.

The JSON maps MIME types to base64; no other types are offered but those that the window system adds.
"""

import base64
import json
import sys

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication


def main() -> None:
    application = QGuiApplication(sys.argv[:1])
    mime = QMimeData()
    for kind, content in json.load(sys.stdin).items():
        mime.setData(kind, base64.b64decode(content))
    application.clipboard().setMimeData(mime)
    print("owned", flush=True)  # noqa: T201 - to the test that started it
    application.exec()


if __name__ == "__main__":
    main()
