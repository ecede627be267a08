"""The system tray icon, if the desktop has a tray: shows the window, captures the screen, takes the clipboard."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from app.domain.launch_request import CaptureTarget
from app.paths import RESOURCES
from app.ui.images.capture_modes import add_capture_modes
from app.ui.widgets.i18n import tr


class TrayIcon(QSystemTrayIcon):
    """A click emits `shown`.

    The menu emits `shown`, `capture_triggered`, `mode_triggered(CaptureTarget, seconds)`, `text_triggered`,
    `clipboard_triggered` or `quit_triggered`.
    """

    shown = Signal()
    capture_triggered = Signal()
    mode_triggered = Signal(CaptureTarget, int)
    text_triggered = Signal()
    clipboard_triggered = Signal()
    quit_triggered = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(QIcon(str(RESOURCES / "icons" / "lorgnette.svg")), parent)
        self.setToolTip("Lorgnette")
        menu = QMenu(parent)
        menu.addAction(tr("Show Lorgnette"), self.shown.emit)
        menu.addAction(tr("Capture an area of the screen"), self.capture_triggered.emit)
        add_capture_modes(menu, self.mode_triggered)
        menu.addAction(tr("Capture text"), self.text_triggered.emit)
        menu.addAction(tr("Ask about the image on the clipboard"), self.clipboard_triggered.emit)
        menu.addSeparator()
        menu.addAction(tr("Quit"), self.quit_triggered.emit)
        self.setContextMenu(menu)
        self.activated.connect(self._on_activated)

    @Slot(QSystemTrayIcon.ActivationReason)
    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason is QSystemTrayIcon.ActivationReason.Trigger:
            self.shown.emit()
