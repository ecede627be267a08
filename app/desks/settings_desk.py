"""The settings: their window, and what the menu and the keys change of them."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Slot

from app.domain.settings import Settings, ThemeChoice
from app.domain.shown_setting import bounded
from app.paths import LICENCES
from app.services.preferences import Preferences
from app.ui.main_window import MainWindow
from app.ui.settings_window import SettingsWindow
from app.ui.text_dialog import TextDialog
from app.ui.translation import mark, tr

ZOOM_STEP = 10
"""Percent."""
_DIAGNOSTICS = mark(
    "This is all that is copied: versions, this machine, changed settings and the end of the log. "
    "It holds no chats, no text, no file names and no keys. Nothing is sent."
)
_LICENCES = mark("What others have written, and Lorgnette brings along.")


class SettingsDesk(QObject):
    """Wires what can be set to the preferences; `diagnose` says what a report of a problem should hold.

    Settings whose names are `useless` are not shown.
    """

    def __init__(
        self,
        window: MainWindow,
        preferences: Preferences,
        diagnose: Callable[[], str],
        useless: frozenset[str],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._diagnose = diagnose
        self._useless = useless
        self._window = window
        self._preferences = preferences
        window.menu_button.theme_chosen.connect(self._on_theme_chosen)
        window.zoom_triggered.connect(self._on_zoom_triggered)
        window.menu_button.diagnostics_triggered.connect(self._on_diagnostics_triggered)
        window.menu_button.licences_triggered.connect(self._on_licences_triggered)
        window.menu_button.licences.setVisible(LICENCES.exists())
        window.settings_triggered.connect(self._on_settings_triggered)

    @Slot(object)
    def _on_theme_chosen(self, choice: ThemeChoice) -> None:
        self._preferences.update(replace(self._preferences.settings, theme=choice))

    @Slot(int)
    def _on_zoom_triggered(self, steps: int) -> None:
        settings = self._preferences.settings
        zoom = bounded(Settings, "zoom", settings.zoom + steps * ZOOM_STEP) if steps else Settings().zoom
        self._preferences.update(replace(settings, zoom=int(zoom)))

    @Slot(str)
    def _on_settings_triggered(self, sought: str) -> None:
        dialog = SettingsWindow(
            self._preferences.settings, self._window.key_actions, self._window, useless=self._useless
        )
        dialog.changed.connect(self._preferences.update)
        self._preferences.changed.connect(dialog.set_settings)
        dialog.search.setText(sought)
        dialog.show()

    @Slot()
    def _on_diagnostics_triggered(self) -> None:
        TextDialog(tr("Diagnostics"), tr(_DIAGNOSTICS), self._diagnose(), self._window).show()

    @Slot()
    def _on_licences_triggered(self) -> None:
        text = LICENCES.read_text(encoding="utf-8")
        TextDialog(tr("Licences"), tr(_LICENCES), text, self._window).show()
