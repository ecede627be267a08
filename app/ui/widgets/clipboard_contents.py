"""The clipboard's contents, copied so that they can be put back."""

import time

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication, QImage

MAX_SECONDS, MAX_BYTES = 0.5, 64 * 1024 * 1024
"""Time after which, and bytes after which, no further format is copied: another program renders each on request."""
_IMAGE = "application/x-qt-image"


class ClipboardContents:
    """A copy of all that is on the clipboard now, its formats in the order in which their program prefers them."""

    def __init__(self) -> None:
        self._formats: dict[str, bytes] = {}
        self._image = QImage()
        # None on a platform whose clipboard is empty, whatever the stub says.
        mime: QMimeData | None = QGuiApplication.clipboard().mimeData()
        if mime is None:
            return
        end = time.monotonic() + MAX_SECONDS
        for name in mime.formats():
            if time.monotonic() > end or sum(map(len, self._formats.values())) > MAX_BYTES:
                break
            if name == _IMAGE:
                self._image = QGuiApplication.clipboard().image()
            else:
                self._formats[name] = bytes(mime.data(name).data())

    def put_back(self) -> None:
        """Put the copy on the clipboard."""
        if not self._formats and self._image.isNull():
            QGuiApplication.clipboard().clear()
            return
        mime = QMimeData()
        for name, content in self._formats.items():
            mime.setData(name, content)
        if not self._image.isNull():
            mime.setImageData(self._image)
        QGuiApplication.clipboard().setMimeData(mime)
