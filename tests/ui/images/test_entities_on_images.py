"""A link, a mailbox or a number on the picture is copied by a right click, and opened only after it was shown."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QObject, QPointF, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMenu, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from app.domain.documents.pages import OcrPage
from app.domain.images.codes import Code
from app.domain.images.geometry import Box, Point, TextLine
from app.ui.images.image_viewer import ImageViewer
from app.ui.shell.main_window import MainWindow
from tests.support.on_screen import click, entry, the
from tests.ui.conftest import shown
from tests.ui.images.test_image_viewer import IMAGE, move_pointer, png, share
from tests.ui.images.test_live_text import copied, menu_at


class Opened(QObject):
    """The desktop, which opens nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.addresses.append(url.toString())


@pytest.fixture
def opened() -> Iterator[list[str]]:
    made = Opened()
    for scheme in ("https", "mailto"):
        QDesktopServices.setUrlHandler(scheme, made, "open")  # type: ignore[arg-type]  # A string, whatever its stub says.
    yield made.addresses
    for scheme in ("https", "mailto"):
        QDesktopServices.unsetUrlHandler(scheme)


def page_of(text: str, *codes: Code) -> OcrPage:
    """A page with one line across its upper half."""
    corners = (Point(0, 0), Point(400, 0), Point(400, 100), Point(0, 100))
    return OcrPage(400, 200, (TextLine.between(text, corners, 0.9),), text, codes=codes)


@pytest.fixture
def viewer(qtbot: QtBot) -> ImageViewer:
    made = ImageViewer()
    made.resize(460, 500)
    shown(made, qtbot)
    made.show_images((IMAGE,), IMAGE)
    made.show_preview(IMAGE, png())
    return made


def menu_on(viewer: ImageViewer, text: str, along: float = 0.5) -> QMenu:
    """The menu of a right click so far along a line with this text."""
    viewer.show_text(IMAGE, page_of(text))
    (menu,) = menu_at(viewer, share(viewer.canvas, along, 0.25))
    return menu


def names(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.text()]


@pytest.mark.parametrize(
    ("text", "action", "value"),
    [
        ("www.example.com/shop", "Copy address", "https://www.example.com/shop"),
        ("orders@example.com", "Copy address", "orders@example.com"),
        ("+44 20 7946 0958", "Copy number", "+442079460958"),
        ("DE89 3704 0044 0532 0130 00", "Copy IBAN", "DE89370400440532013000"),
        ("14 March 2026", "Copy date", "14 March 2026"),
    ],
)
def test_an_entity_is_copied_as_other_programs_take_it(
    viewer: ImageViewer, opened: list[str], text: str, action: str, value: str
) -> None:
    entry(menu_on(viewer, text), action).trigger()
    assert copied() == value
    assert opened == []


def test_the_menu_is_that_of_the_word_below_the_pointer(viewer: ImageViewer) -> None:
    text = "Orders to orders@example.com until 14 March 2026"
    plain = ["Copy", "Copy all text", "Copy image", "Save image…"]
    menus = {}
    for along in (0.05, 0.4, 0.9):
        menu = menu_on(viewer, text, along)
        menus[along] = names(menu)
        menu.close()
    assert menus == {
        0.05: plain,
        0.4: ["Copy address", "Write mail…", *plain],
        0.9: ["Copy date", *plain],
    }


def test_a_link_is_opened_only_after_it_was_shown(viewer: ImageViewer, opened: list[str]) -> None:
    entry(menu_on(viewer, "https://bücher.example/a"), "Open link…").trigger()
    box = the(viewer, QMessageBox)
    assert "https://xn--bcher-kva.example/a" in box.informativeText()
    assert opened == []
    click(the(box, QPushButton, "Cancel"))
    assert opened == []
    entry(menu_on(viewer, "https://bücher.example/a"), "Open link…").trigger()
    click(the(the(viewer, QMessageBox), QPushButton, "Open in browser"))
    assert opened == ["https://xn--bcher-kva.example/a"]


def test_a_mail_is_begun_only_after_its_address_was_shown(viewer: ImageViewer, opened: list[str]) -> None:
    entry(menu_on(viewer, "orders@example.com"), "Write mail…").trigger()
    box = the(viewer, QMessageBox)
    assert "orders@example.com" in box.informativeText()
    assert opened == []
    click(the(box, QPushButton, "Write mail"))
    assert opened == ["mailto:orders@example.com"]


def test_a_long_address_is_shown_whole_and_one_that_is_too_long_is_only_copied(viewer: ImageViewer) -> None:
    address = f"https://example.com/{'a' * 470}"
    entry(menu_on(viewer, address), "Open link…").trigger()
    box = the(viewer, QMessageBox)
    assert address in box.informativeText().replace("\n", "")
    assert box.width() < 900
    click(the(box, QPushButton, "Cancel"))
    assert "Open link…" not in names(menu_on(viewer, f"{address}{'a' * 30}"))


def test_a_code_offers_its_text_and_what_is_in_it(viewer: ImageViewer, opened: list[str]) -> None:
    places = Box(0, 120, 100, 200), Box(200, 120, 300, 200)
    link, wifi = Code("QR Code", "https://example.com/qr", places[0]), Code("QR Code", "WIFI:S:guest;;", places[1])
    viewer.show_text(IMAGE, replace(page_of("words"), codes=(link, wifi)))
    (menu,) = menu_at(viewer, share(viewer.canvas, 0.1, 0.8))
    assert names(menu)[:3] == ["Copy text of the code", "Copy address", "Open link…"]
    menu.close()
    (menu,) = menu_at(viewer, share(viewer.canvas, 0.6, 0.8))
    assert names(menu)[:2] == ["Copy text of the code", "Copy"]
    entry(menu, "Copy text of the code").trigger()
    assert copied() == "WIFI:S:guest;;"
    assert opened == []


def test_an_entity_is_underlined_below_the_pointer(viewer: ImageViewer) -> None:
    viewer.show_text(IMAGE, page_of("words and www.example.com"))
    move_pointer(viewer.canvas, share(viewer.canvas, 0.1, 0.25))
    before = viewer.canvas.grab().toImage()
    move_pointer(viewer.canvas, share(viewer.canvas, 0.8, 0.25))
    assert viewer.canvas.grab().toImage() != before
    below, beside = (share(viewer.canvas, along, 0.5).toPoint() for along in (0.8, 0.1))
    underlined = viewer.canvas.grab().toImage()
    assert underlined.pixelColor(below) != before.pixelColor(below)
    assert underlined.pixelColor(beside) == before.pixelColor(beside)
    move_pointer(viewer.canvas, QPointF(1, 1))
    assert viewer.canvas.grab().toImage() == before


def test_if_no_program_opens_an_address_a_notice_has_it(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _: False)
    window.show_viewer()
    qtbot.waitUntil(window.viewer.isVisible)
    window.viewer.show_images((IMAGE,), IMAGE)
    window.viewer.show_preview(IMAGE, png())
    for text, action, button, said in (
        ("www.example.com", "Open link…", "Open in browser", "Its address is https://www.example.com."),
        ("orders@example.com", "Write mail…", "Write mail", "The address is orders@example.com."),
    ):
        entry(menu_on(window.viewer, text), action).trigger()
        click(the(the(window, QMessageBox), QPushButton, button))
        assert any(said in notice.sentence for notice in window.notices.current)
