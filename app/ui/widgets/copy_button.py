"""Copy buttons that briefly confirm the copy."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QPushButton, QWidget

from app.ui.widgets.buttons import Role, button, icon_button
from app.ui.widgets.i18n import tr
from app.ui.widgets.icons import Icon, IconButton

TOLD_MILLISECONDS = 1500


def copy_button(label: str, role: Role, name: str = "", parent: QWidget | None = None) -> QPushButton:
    """Make a button like `button`; the caller connects its click to the copying."""
    made = button(label, role, name, parent)
    _Confirmation(made, partial(made.setText, tr("Copied")), partial(made.setText, made.text()))
    return made


def copy_icon_button(name: str, parent: QWidget | None = None) -> IconButton:
    """Make a button like `icon_button`; the caller connects its click to the copying."""
    made = icon_button(Icon.COPY, name, parent)
    _Confirmation(made, partial(made.show_icon, Icon.DONE), partial(made.show_icon, Icon.COPY))
    return made


class _Confirmation(QObject):
    """Calls `show` when a button is clicked and `restore` soon after; lives as long as the button."""

    def __init__(self, copy: QPushButton, show: Callable[[], None], restore: Callable[[], None]) -> None:
        super().__init__(copy)
        self._show = show
        self._restore = restore
        self._timer = QTimer(self, singleShot=True, interval=TOLD_MILLISECONDS)
        self._timer.timeout.connect(self._on_timeout)
        copy.clicked.connect(self._on_clicked)

    @Slot()
    def _on_clicked(self) -> None:
        self._show()
        self._timer.start()

    @Slot()
    def _on_timeout(self) -> None:
        self._restore()
