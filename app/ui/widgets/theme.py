"""Colours and the style sheet: light, dark, or following the desktop."""

import json
import re
from dataclasses import dataclass
from string import Template

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from app.domain.settings.settings import ThemeChoice
from app.paths import RESOURCES

FONT_SIZE = 13
"""Font size of the style sheet in pixels."""

_ICONS = ("check", "chevron", "chevron-up")
"""Icons of the style sheet, in a file for each theme; a hyphen in a name is an underscore there."""


@dataclass(frozen=True, slots=True)
class Colours:
    """The colour tokens of resources/styles/tokens.json, each a #RRGGBB."""

    bg: str
    side: str
    surface: str
    line: str
    text: str
    muted: str
    accent: str
    accent_hover: str
    on_accent: str
    soft: str
    bubble: str
    warn: str
    warn_soft: str
    error: str
    error_soft: str


class Theme(QObject):
    """Applies one of the two sets of colours to the application, at a size of `zoom` percent."""

    def __init__(self, application: QApplication, choice: ThemeChoice, zoom: int = 100) -> None:
        super().__init__(application)
        self._application = application
        self._choice = choice
        self._zoom = zoom
        styles = RESOURCES / "styles"
        tokens = json.loads((styles / "tokens.json").read_text(encoding="utf-8"))
        self._sets = {name: Colours(**values) for name, values in tokens.items()}
        self._style = Template((styles / "app.qss").read_text(encoding="utf-8"))
        self._tokens = tokens
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_scheme_changed)
        self._application.setStyle("Fusion")  # Looks the same on all systems, and supports style sheets best.
        self._apply()

    @property
    def colours(self) -> Colours:
        """The current colours."""
        return self._sets[self._name()]

    def choose(self, choice: ThemeChoice, zoom: int) -> None:
        """Switch to light or dark, or follow the desktop, at a size of `zoom` percent."""
        if (choice, zoom) != (self._choice, self._zoom):
            self._choice, self._zoom = choice, zoom
            self._apply()

    def _name(self) -> str:
        if self._choice is not ThemeChoice.SYSTEM:
            return self._choice.value
        is_dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
        return "dark" if is_dark else "light"

    def _apply(self) -> None:
        self._application.setPalette(_palette(self.colours))
        name = self._name()
        icons = {icon.replace("-", "_"): (RESOURCES / "icons" / f"{icon}-{name}.svg").as_posix() for icon in _ICONS}
        style = self._style.substitute(self._tokens[name], **icons)
        if self._application.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            style = _mirrored(style)
        zoomed = re.sub(r"\b(\d+)px", lambda size: f"{_zoomed(int(size[1]), self._zoom)}px", style)
        self._application.setStyleSheet(zoomed)

    @Slot()
    def _on_scheme_changed(self) -> None:
        if self._choice is ThemeChoice.SYSTEM:
            self._apply()


def zoomed(widget: QWidget, pixels: int) -> int:
    """Scale `pixels` of the style sheet to a widget's zoom, for sizes that only code can set."""
    widget.ensurePolished()
    size = widget.font().pixelSize()  # -1 without a style sheet.
    return round(pixels * size / FONT_SIZE) if size > 0 else pixels


def _mirrored(style: str) -> str:
    """Mirror borders and paddings in a style sheet; Qt itself mirrors only positions."""
    sides = {"left": "right", "right": "left"}
    style = re.sub(r"\bborder-(left|right):", lambda side: f"border-{sides[side[1]]}:", style)
    return re.sub(r"padding: (\d+px) (\d+px) (\d+px) (\d+px);", r"padding: \1 \4 \3 \2;", style)


def _zoomed(pixels: int, zoom: int) -> int:
    return pixels if pixels < 2 else max(2, round(pixels * zoom / 100))  # Thin lines stay thin.


def _palette(colours: Colours) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: colours.bg,
        QPalette.ColorRole.Base: colours.surface,
        QPalette.ColorRole.AlternateBase: colours.side,
        QPalette.ColorRole.Button: colours.surface,
        QPalette.ColorRole.Text: colours.text,
        QPalette.ColorRole.WindowText: colours.text,
        QPalette.ColorRole.ButtonText: colours.text,
        QPalette.ColorRole.PlaceholderText: colours.muted,
        QPalette.ColorRole.Highlight: colours.accent,
        QPalette.ColorRole.HighlightedText: colours.on_accent,
        QPalette.ColorRole.Link: colours.accent,
        QPalette.ColorRole.Accent: colours.accent,
        QPalette.ColorRole.Mid: colours.line,
        QPalette.ColorRole.ToolTipBase: colours.surface,
        QPalette.ColorRole.ToolTipText: colours.text,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText, QColor(colours.muted))
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text, QColor(colours.muted))
    return palette
