"""The window opens where it was, and its place is saved."""

from PySide6.QtCore import QByteArray, QObject, QTimer, Slot

from app.services.settings.preferences import Preferences
from app.ui.shell.main_window import MainWindow

GEOMETRY_MILLISECONDS = 2000
"""Milliseconds after its last change at which the window's geometry is saved, so that it survives a crash."""


class GeometryController(QObject):
    """Restores the main window's size, place and sidebar, and saves them shortly after they change."""

    def __init__(self, window: MainWindow, preferences: Preferences, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._preferences = preferences
        saved = preferences.settings
        window.restoreGeometry(QByteArray.fromBase64(saved.window_geometry.encode("ascii", "ignore")))
        window.panes.set_sidebar_wanted(saved.sidebar_visible)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(GEOMETRY_MILLISECONDS)
        self._timer.timeout.connect(self.save)
        window.geometry_changed.connect(self._timer.start)

    @Slot()
    def save(self) -> None:
        """Save them now."""
        self._timer.stop()
        geometry = bytes(self._window.saveGeometry().toBase64().data()).decode("ascii")
        self._preferences.change(window_geometry=geometry, sidebar_visible=self._window.panes.wants_sidebar)
