"""The row for the resolution at which the model sees images: automatic, or a level, with its number of pixels."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from app.domain.settings.generation_options import GenerationOptions
from app.domain.settings.settings import Settings
from app.domain.shown_setting import ShownSetting
from app.ui.settings.setting_editors import make_editor
from app.ui.settings.setting_row import SettingRow
from app.ui.widgets.i18n import mark, tr

LEVELS: Mapping[str, int] = MappingProxyType(
    {mark("Low"): 256 * 1024, mark("Medium"): 1024 * 1024, mark("High"): 4 * 1024 * 1024}
)
"""The maximum number of pixels at each level."""
_AUTOMATIC, _CUSTOM = mark("Automatic"), mark("Custom")
_CHOICES = (_AUTOMATIC, *LEVELS, _CUSTOM)


class ResolutionRow(SettingRow):
    """Changes `automatic_resolution` and `pixel_budget` of the answers together."""

    def __init__(self, setting: ShownSetting, parent: QWidget) -> None:
        super().__init__(tr(setting.label), tr(setting.help), parent)
        self._default = Settings().generation
        editor = QWidget(self)
        self.choice = QComboBox(editor)
        for choice in _CHOICES:
            self.choice.addItem(tr(choice), choice)
        self._pixels = make_editor(setting, self._default.pixel_budget)
        column = QVBoxLayout(editor)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.choice)
        column.addWidget(self._pixels.widget)
        self.lay_out(editor)
        self.choice.setAccessibleName(self.name)
        self._pixels.widget.setAccessibleName(tr("{name}, in pixels", name=self.name))
        self.choice.activated.connect(self._on_chosen)
        self._pixels.edited.connect(self._on_pixels_edited)

    def show_settings(self, settings: Settings) -> None:
        """Show the choice, and its number of pixels."""
        shown = settings.generation
        names = {pixels: level for level, pixels in LEVELS.items()}
        choice = _AUTOMATIC if shown.automatic_resolution else names.get(shown.pixel_budget, _CUSTOM)
        self.choice.setCurrentIndex(self.choice.findData(choice))
        self._pixels.show_value(shown.pixel_budget)
        self._enable(self.reset, is_enabled=self.default_change(settings) != settings)

    def default_change(self, settings: Settings) -> Settings:
        """Return the settings with the default for both."""
        default = self._default
        return _with(settings, default.pixel_budget, is_automatic=default.automatic_resolution)

    @Slot()
    def _on_chosen(self) -> None:
        choice = str(self.choice.currentData())
        is_automatic, pixels = choice == _AUTOMATIC, LEVELS.get(choice)

        def change(settings: Settings) -> Settings:
            before = settings.generation.pixel_budget
            # Automatic chooses among no fewer than the default.
            kept = max(before, self._default.pixel_budget) if is_automatic else before
            return _with(settings, pixels or kept, is_automatic=is_automatic)

        self.changed.emit(change)

    @Slot()
    def _on_pixels_edited(self) -> None:
        pixels = int(self._pixels.value())
        self.changed.emit(
            lambda settings: _with(settings, pixels, is_automatic=settings.generation.automatic_resolution)
        )


def _with(settings: Settings, pixels: int, *, is_automatic: bool) -> Settings:
    generation: GenerationOptions = replace(settings.generation, pixel_budget=pixels, automatic_resolution=is_automatic)
    return replace(settings, generation=generation)
