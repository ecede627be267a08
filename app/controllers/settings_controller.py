"""Connects the settings window, the settings in the menu and on keys, and saved prompts with the preferences."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Slot
from shiboken6 import isValid

from app.domain.chat.presets import Preset
from app.domain.gigabytes import gigabytes_needed
from app.domain.settings.settings import Settings, ThemeChoice
from app.domain.shown_setting import bounded
from app.paths import LICENCES
from app.services.settings.preferences import Preferences
from app.ui.settings.settings_window import SettingsWindow
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.i18n import mark, tr
from app.ui.widgets.text_dialog import TextDialog

ZOOM_STEP = 10
"""Change of the zoom per step, in percent."""
_DIAGNOSTICS = mark(
    "This is everything that will be copied: versions, hardware, changed settings and the "
    "end of the log. It contains no chats, text, file names or keys. Nothing is sent."
)
_LICENCES = mark("Third-party software included with Lorgnette.")


class KeptOnDisk(Protocol):
    """What is kept of images and chats."""

    @property
    def is_encrypted(self) -> bool:
        """Whether it is encrypted."""
        ...

    def measure(self, use: Callable[[int], None]) -> None:
        """Call `use` with its bytes."""
        ...

    def clear(self) -> None:
        """Delete it."""
        ...


class SettingsController(QObject):
    """Wires the settings to the preferences; `diagnose` calls its argument with the details for a bug report.

    Settings whose names are in `useless` are not shown. `kept` is what the settings window shows as used space.
    """

    def __init__(
        self,
        window: MainWindow,
        preferences: Preferences,
        diagnose: Callable[[Callable[[str], None]], None],
        useless: frozenset[str],
        kept: KeptOnDisk,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._diagnose = diagnose
        self._useless = useless
        self._kept = kept
        self._window = window
        self._preferences = preferences
        window.menu_button.theme_chosen.connect(self._on_theme_chosen)
        window.zoom_triggered.connect(self._on_zoom_triggered)
        window.menu_button.diagnostics_triggered.connect(self._on_diagnostics_triggered)
        window.menu_button.licences_triggered.connect(self._on_licences_triggered)
        window.menu_button.licences.setVisible(LICENCES.exists())
        window.settings_triggered.connect(self._on_settings_triggered)
        window.composer.preset_saved.connect(self._on_preset_saved)
        window.composer.preset_removed.connect(self._on_preset_removed)

    @Slot(ThemeChoice)
    def _on_theme_chosen(self, choice: ThemeChoice) -> None:
        self._preferences.change(theme=choice)

    @Slot(int)
    def _on_zoom_triggered(self, steps: int) -> None:
        settings = self._preferences.settings
        zoom = bounded(Settings, "zoom", settings.zoom + steps * ZOOM_STEP) if steps else Settings().zoom
        self._preferences.change(zoom=int(zoom))

    @Slot(Preset)
    def _on_preset_saved(self, preset: Preset) -> None:
        others = (other for other in self._preferences.settings.presets if other.name != preset.name)
        self._preferences.change(presets=(*others, preset))

    @Slot(Preset)
    def _on_preset_removed(self, preset: Preset) -> None:
        kept = tuple(other for other in self._preferences.settings.presets if other != preset)
        self._preferences.change(presets=kept)

    @Slot(str)
    def _on_settings_triggered(self, query: str) -> None:
        dialog = SettingsWindow(
            self._preferences.settings, self._window.key_actions, self._window, useless=self._useless
        )
        dialog.changed.connect(self._preferences.update)
        self._preferences.changed.connect(dialog.set_settings)
        dialog.disk_cache.clear_wanted.connect(self._kept.clear)
        dialog.disk_cache.clear_wanted.connect(lambda: self._measure(dialog))
        self._measure(dialog)
        dialog.search.setText(query)
        dialog.show()

    def _measure(self, dialog: SettingsWindow) -> None:
        def show(used: int) -> None:
            if isValid(dialog):  # It may have been closed meanwhile.
                dialog.disk_cache.show_used(gigabytes_needed(used), is_encrypted=self._kept.is_encrypted)

        self._kept.measure(show)

    @Slot()
    def _on_diagnostics_triggered(self) -> None:
        self._diagnose(self._show_diagnostics)

    def _show_diagnostics(self, text: str) -> None:
        TextDialog(tr("Diagnostics"), tr(_DIAGNOSTICS), text, self._window).show()

    @Slot()
    def _on_licences_triggered(self) -> None:
        text = LICENCES.read_text(encoding="utf-8")
        TextDialog(tr("Licences"), tr(_LICENCES), text, self._window).show()
