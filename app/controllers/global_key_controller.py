"""The key of the settings that captures text in every program."""

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QGuiApplication

from app.domain.error_texts import image_texts
from app.domain.settings.settings import Settings
from app.services.settings.preferences import Preferences
from app.ui.shell.main_window import MainWindow
from app.ui.shell.x11_key import GrabResult, X11Key

_REFUSED = {
    GrabResult.TAKEN: image_texts.KEY_TAKEN,
    GrabResult.UNKNOWN: image_texts.KEY_UNKNOWN,
    GrabResult.IMPOSSIBLE: image_texts.NO_GLOBAL_KEYS,
}


class GlobalKeyController(QObject):
    """Grabs the key whenever the setting changes; a press is that of "Capture text" in the tray's menu."""

    def __init__(self, window: MainWindow, preferences: Preferences, parent: QObject) -> None:
        super().__init__(parent)
        self._notices = window.notices
        self._keys = ""
        self._key = X11Key(self)
        self._key.pressed.connect(window.tray.text_triggered)
        preferences.changed.connect(self._on_changed)
        self._on_changed(preferences.settings)

    @Slot(Settings)
    def _on_changed(self, settings: Settings) -> None:
        if settings.capture_key == self._keys:
            return
        self._keys = settings.capture_key
        is_x11 = QGuiApplication.platformName() == "xcb"
        result = self._key.grab(self._keys) if is_x11 or not self._keys else GrabResult.IMPOSSIBLE
        if text := _REFUSED.get(result):
            self._notices.show_problem(text.problem(key=self._keys))
