"""The key of the settings that captures text in every program."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QGuiApplication

from app.domain.error_texts import image_texts
from app.domain.errors import ErrorText
from app.domain.settings.settings import Settings
from app.services.settings.preferences import Preferences
from app.ui.shell.global_key import GlobalKey, GrabResult
from app.ui.shell.main_window import MainWindow

if TYPE_CHECKING:
    from app.ui.shell.portal_key import PortalKey

_REFUSED = {
    GrabResult.TAKEN: image_texts.KEY_TAKEN,
    GrabResult.UNKNOWN: image_texts.KEY_UNKNOWN,
    GrabResult.IMPOSSIBLE: image_texts.NO_GLOBAL_KEYS,
}


def _key_of(platform: str, parent: QObject) -> GlobalKey | None:
    """Return the way in which Qt's platform gives keys of all programs, if it does without asking the user."""
    match platform:
        case "xcb":
            from app.ui.shell.x11_key import X11Key  # noqa: PLC0415 - each platform loads its own

            return X11Key(parent)
        case "windows":
            from app.ui.shell.windows_key import WindowsKey  # noqa: PLC0415

            return WindowsKey(parent)
        case "cocoa":
            from app.ui.shell.macos_key import MacosKey  # noqa: PLC0415

            return MacosKey(parent)
    return None


class GlobalKeyController(QObject):
    """Asks for the key whenever the setting changes; a press is that of "Capture text" in the tray's menu."""

    def __init__(self, window: MainWindow, preferences: Preferences, parent: QObject) -> None:
        super().__init__(parent)
        self._notices = window.notices
        self._pressed = window.tray.text_triggered
        self._keys = ""
        self._key: GlobalKey | None = None
        self._portal_key: PortalKey | None = None
        preferences.changed.connect(self._on_changed)
        self._on_changed(preferences.settings)

    @Slot(Settings)
    def _on_changed(self, settings: Settings) -> None:
        if settings.capture_key == self._keys:
            return
        self._keys = settings.capture_key
        platform = QGuiApplication.platformName()
        if platform in {"wayland", "wayland-egl"}:
            self._bind()
            return
        if self._key is None:
            self._key = _key_of(platform, self)
            if self._key:
                self._key.pressed.connect(self._pressed)
        result = self._key.grab(self._keys) if self._key else GrabResult.IMPOSSIBLE
        if self._keys and (text := _REFUSED.get(result)):
            self._show(text, key=self._keys)

    def _bind(self) -> None:
        if self._portal_key is None:
            from app.ui.shell.portal_key import PortalKey  # noqa: PLC0415 - needs jeepney, which only Linux has

            self._portal_key = PortalKey(self)
            self._portal_key.pressed.connect(self._pressed)
            self._portal_key.refused.connect(self._on_refused)
        self._portal_key.bind(self._keys)

    @Slot()
    def _on_refused(self) -> None:
        self._show(image_texts.NO_GLOBAL_KEYS, key=self._keys)

    def _show(self, text: ErrorText, *, key: str) -> None:
        self._notices.show_problem(text.problem(key=key))
