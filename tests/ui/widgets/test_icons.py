"""Icons in the colours of the text that they stand for."""

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QEnterEvent, QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.domain.settings.settings import ThemeChoice
from app.ui.chat.hover_buttons import HoverButtons
from app.ui.widgets.buttons import icon_button
from app.ui.widgets.icons import FOLDER, Icon, IconButton
from app.ui.widgets.theme import Theme


def picture(button: IconButton) -> QImage:
    return button.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)


def ink(button: IconButton) -> dict[tuple[int, int], QColor]:
    """The pixels that differ from the button's corner, within its border."""
    image = picture(button)
    ground = image.pixelColor(3, 3)
    inside = range(3, min(image.width(), image.height()) - 3)
    return {(x, y): image.pixelColor(x, y) for x in inside for y in inside if image.pixelColor(x, y) != ground}


def shown(qtbot: QtBot, icon: Icon = Icon.NEXT, parent: QWidget | None = None) -> IconButton:
    button = icon_button(icon, "Next", parent)
    qtbot.addWidget(button)
    button.resize(40, 40)
    button.ensurePolished()
    return button


def test_every_file_is_an_icon_and_every_icon_has_its_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.svg")} == set(Icon)
    assert "ISC License" in (FOLDER / "LICENSE").read_text(encoding="utf-8")


@pytest.mark.parametrize("icon", Icon)
def test_icons_are_drawn(icon: Icon, qtbot: QtBot, theme: Theme) -> None:
    assert len(ink(shown(qtbot, icon))) > 20, theme


def test_an_icon_has_the_themes_colour_also_when_that_changes(qtbot: QtBot, theme: Theme) -> None:
    button = shown(qtbot)
    for choice, is_dark in ((ThemeChoice.LIGHT, False), (ThemeChoice.DARK, True), (ThemeChoice.LIGHT, False)):
        theme.choose(choice, 100)
        light = [colour.lightness() for colour in ink(button).values()]
        assert (max(light) > 200) if is_dark else (min(light) < 80)


def test_an_icon_grows_with_the_text(qtbot: QtBot, theme: Theme) -> None:
    button = shown(qtbot)
    small, size = len(ink(button)), button.sizeHint()
    assert size.width() == size.height()
    theme.choose(ThemeChoice.LIGHT, 200)
    assert button.sizeHint() == size * 2
    button.resize(60, 60)
    assert len(ink(button)) > 2.5 * small


def test_a_disabled_icon_is_paler(qtbot: QtBot, theme: Theme) -> None:
    button = shown(qtbot)
    before = min(colour.lightness() for colour in ink(button).values())
    button.setEnabled(False)
    assert min(colour.lightness() for colour in ink(button).values()) > before + 50, theme


def test_directions_are_mirrored_where_text_runs_from_right_to_left(qtbot: QtBot, theme: Theme) -> None:
    button, other = shown(qtbot, Icon.NEXT), shown(qtbot, Icon.PREVIOUS)
    assert len(ink(button).keys() & ink(other).keys()) < 0.5 * len(ink(other)), theme
    button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert len(ink(button).keys() & ink(other).keys()) > 0.7 * len(ink(other))


def test_hover_buttons_are_drawn_under_the_pointer_and_with_the_focus(qtbot: QtBot, theme: Theme) -> None:
    message = QWidget()
    qtbot.addWidget(message)
    button = shown(qtbot, Icon.COPY, message)
    buttons = HoverButtons(message, (button,))
    assert ink(button) == {}, theme
    QApplication.sendEvent(message, QEnterEvent(QPoint(1, 1), QPoint(1, 1), QPoint(1, 1)))
    assert ink(button) != {}
    QApplication.sendEvent(message, QEvent(QEvent.Type.Leave))
    assert ink(button) == {}
    buttons.set_always(always=True)
    QApplication.sendEvent(message, QEvent(QEvent.Type.Leave))
    assert ink(button) != {}
    buttons.set_always(always=False)
    assert ink(button) == {}
    clicked = []
    button.clicked.connect(lambda: clicked.append(True))
    button.click()
    assert clicked == [True]
    message.show()
    message.activateWindow()
    button.setFocus()
    qtbot.waitUntil(button.hasFocus)
    assert ink(button) != {}
