"""An icon where the desktop has a place for it: the window, the screen and the clipboard from anywhere."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from app.paths import RESOURCES
from app.ui.translation import tr


class TrayIcon(QSystemTrayIcon):
    """`shown`, also by a click; `capture_triggered`, `clipboard_triggered` and `quit_triggered` come from its menu."""

    shown = Signal()
    capture_triggered = Signal()
    clipboard_triggered = Signal()
    quit_triggered = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(QIcon(str(RESOURCES / "icons" / "lorgnette.svg")), parent)
        self.setToolTip("Lorgnette")
        menu = QMenu(parent)
        menu.addAction(tr("Show Lorgnette"), self.shown.emit)
        menu.addAction(tr("Ask about a part of the screen"), self.capture_triggered.emit)
        menu.addAction(tr("Ask about the image on the clipboard"), self.clipboard_triggered.emit)
        menu.addSeparator()
        menu.addAction(tr("Quit"), self.quit_triggered.emit)
        self.setContextMenu(menu)
        self.activated.connect(self._on_activated)

    @Slot(QSystemTrayIcon.ActivationReason)
    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason is QSystemTrayIcon.ActivationReason.Trigger:
            self.shown.emit()
