"""A button that copies something, and says for a moment that it has."""

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QPushButton, QWidget

from app.ui.buttons import Role, button
from app.ui.translation import tr

TOLD_MILLISECONDS = 1500


def copy_button(label: str, role: Role, name: str = "", parent: QWidget | None = None) -> QPushButton:
    """As `button` makes it; what is copied when it is clicked is the caller's."""
    made = button(label, role, name, parent)
    _Told(made)
    return made


class _Told(QObject):
    """Changes a button's label for a while; lives as long as the button."""

    def __init__(self, copy: QPushButton) -> None:
        super().__init__(copy)
        self._copy = copy
        self._label = copy.text()
        self._timer = QTimer(self, singleShot=True, interval=TOLD_MILLISECONDS)
        self._timer.timeout.connect(self._on_told)
        copy.clicked.connect(self._on_clicked)

    @Slot()
    def _on_clicked(self) -> None:
        self._copy.setText(tr("Copied"))
        self._timer.start()

    @Slot()
    def _on_told(self) -> None:
        self._copy.setText(self._label)
