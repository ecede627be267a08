"""Copy buttons that briefly confirm the copy."""

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QPushButton, QWidget

from app.ui.widgets.buttons import Role, button, icon_button
from app.ui.widgets.i18n import tr
from app.ui.widgets.icons import Icon, IconButton

TOLD_MILLISECONDS = 1500


def copy_button(label: str, role: Role, name: str = "", parent: QWidget | None = None) -> QPushButton:
    """Make a button like `button`; the caller connects its click to the copying."""
    made = button(label, role, name, parent)
    _Told(made)
    return made


def copy_icon_button(name: str, parent: QWidget | None = None) -> IconButton:
    """Make a button like `icon_button`; the caller connects its click to the copying."""
    made = icon_button(Icon.COPY, name, parent)
    _Ticked(made)
    return made


class _Ticked(QObject):
    """Shows a tick on an icon briefly; lives as long as the button."""

    def __init__(self, copy: IconButton) -> None:
        super().__init__(copy)
        self._copy = copy
        self._timer = QTimer(self, singleShot=True, interval=TOLD_MILLISECONDS)
        self._timer.timeout.connect(self._on_timeout)
        copy.clicked.connect(self._on_clicked)

    @Slot()
    def _on_clicked(self) -> None:
        self._copy.show_icon(Icon.DONE)
        self._timer.start()

    @Slot()
    def _on_timeout(self) -> None:
        self._copy.show_icon(Icon.COPY)


class _Told(QObject):
    """Changes a button's label briefly; lives as long as the button."""

    def __init__(self, copy: QPushButton) -> None:
        super().__init__(copy)
        self._copy = copy
        self._label = copy.text()
        self._timer = QTimer(self, singleShot=True, interval=TOLD_MILLISECONDS)
        self._timer.timeout.connect(self._on_timeout)
        copy.clicked.connect(self._on_clicked)

    @Slot()
    def _on_clicked(self) -> None:
        self._copy.setText(tr("Copied"))
        self._timer.start()

    @Slot()
    def _on_timeout(self) -> None:
        self._copy.setText(self._label)
