"""Buttons of a message that are drawn while the pointer is over it, instead of at every message of a chat."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from app.ui.widgets.icons import IconButton


class HoverButtons(QObject):
    """Reveals `buttons` while the pointer is over `message`, or always. Lives as long as `message`."""

    def __init__(self, message: QWidget, buttons: Sequence[IconButton]) -> None:
        super().__init__(message)
        self._message = message
        self._buttons = buttons
        self._always = False
        message.installEventFilter(self)
        self._reveal(is_revealed=False)

    def set_always(self, *, always: bool) -> None:
        """Set whether the buttons are drawn wherever the pointer is."""
        self._always = always
        self._reveal(is_revealed=always or self._message.underMouse())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the pointer."""
        if event.type() is QEvent.Type.Enter:
            self._reveal(is_revealed=True)
        elif event.type() is QEvent.Type.Leave:
            self._reveal(is_revealed=self._always)
        return super().eventFilter(watched, event)

    def _reveal(self, *, is_revealed: bool) -> None:
        for button in self._buttons:
            button.reveal(is_revealed=is_revealed)
