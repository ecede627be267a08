"""Colours that can be read: WCAG 2.2 contrast, computed from the tokens."""

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QLabel
from pytestqt.qtbot import QtBot

from app.domain.settings.settings import ThemeChoice
from app.paths import RESOURCES
from app.ui.widgets.theme import Colours, Theme
from tests.ui.conftest import shown

TEXT, GRAPHICS = 4.5, 3.0
PAIRS = [
    ("text", "bg", TEXT), ("text", "side", TEXT), ("text", "surface", TEXT), ("text", "bubble", TEXT),
    ("text", "soft", TEXT), ("text", "warn_soft", TEXT), ("muted", "bg", TEXT), ("muted", "side", TEXT),
    ("muted", "surface", TEXT), ("muted", "bubble", TEXT), ("accent", "bg", TEXT), ("accent", "soft", TEXT),
    ("accent", "surface", TEXT), ("accent", "bubble", TEXT),
    ("on_accent", "accent", TEXT), ("on_accent", "accent_hover", TEXT),
    ("warn", "warn_soft", GRAPHICS), ("accent", "side", GRAPHICS),
    ("text", "error_soft", TEXT), ("error", "error_soft", GRAPHICS), ("error", "bg", GRAPHICS),
]  # fmt: skip


def luminance(colour: str) -> float:
    channels = (QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF())
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("choice", [ThemeChoice.LIGHT, ThemeChoice.DARK])
@pytest.mark.parametrize(("foreground", "ground", "least"), PAIRS)
def test_contrast(theme: Theme, choice: ThemeChoice, foreground: str, ground: str, least: float) -> None:
    theme.choose(choice, 100)
    colours: Colours = theme.colours
    assert contrast(getattr(colours, foreground), getattr(colours, ground)) >= least


def test_what_is_under_the_pointer_does_not_look_as_if_it_had_the_focus() -> None:
    style = (RESOURCES / "styles" / "app.qss").read_text(encoding="utf-8")
    style = re.sub(r"/\*.*?\*/", "", re.sub(r"\$\{(\w+)\}", r"@\1", style), flags=re.DOTALL)
    rules: dict[str, set[str]] = {}
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", style):
        for selector in selectors.split(","):
            rules.setdefault(selector.strip(), set()).update(part.strip() for part in body.split(";") if part.strip())
    hovered = {selector: body for selector, body in rules.items() if selector.endswith(":hover")}
    assert hovered
    alike = [name for name, body in hovered.items() if body & rules.get(name.replace(":hover", ":focus"), set())]
    rings = [
        name for name, body in hovered.items() if any("border" in part and part.endswith("@accent") for part in body)
    ]
    assert (alike, rings) == ([], [])


def test_switching_repaints_what_is_there(theme: Theme, qtbot: QtBot, qapp: QApplication) -> None:
    label = QLabel("words")
    qtbot.addWidget(label)
    label.show()
    light = label.palette().color(label.foregroundRole()).lightness()

    theme.choose(ThemeChoice.DARK, 100)
    label.ensurePolished()

    assert label.palette().color(label.foregroundRole()).lightness() > light + 100
    assert theme.colours.bg in qapp.styleSheet()


@pytest.mark.parametrize("choice", [ThemeChoice.LIGHT, ThemeChoice.DARK])
def test_every_icon_of_the_style_sheet_has_its_file(choice: ThemeChoice, qapp: QApplication, theme: Theme) -> None:
    theme.choose(choice, 100)
    icons = {Path(path) for path in re.findall(r'url\("([^"]*)"\)', qapp.styleSheet())}
    names = ("check", "chevron", "chevron-up")
    assert {icon.name for icon in icons} == {f"{name}-{choice.value}.svg" for name in names}
    assert all(icon.exists() for icon in icons)


def test_buttons_of_dialogs_have_words_and_no_icons(theme: Theme, qtbot: QtBot) -> None:
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
    shown(box, qtbot)
    assert all(button.icon().isNull() for button in box.buttons())
