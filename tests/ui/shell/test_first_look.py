"""A dropped image stands large where the empty card was, with questions about it."""

from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, QIODevice, QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.domain.documents.page_kinds import PageKind
from app.domain.documents.pages import OcrPage
from app.domain.images.attachments import Attachment
from app.domain.images.geometry import Box, TextLine
from app.domain.settings.settings import ThemeChoice
from app.ui.shell.first_look import FirstLook
from app.ui.shell.suggested_questions import BY_KIND, UNKNOWN
from app.ui.widgets.theme import Theme
from app.ui.widgets.thumbnails import ThumbnailButton
from tests.support.chats import attachment
from tests.support.on_screen import click, seen
from tests.ui.conftest import shown

IMAGE = attachment("wide.png")
WIDTH, HEIGHT = IMAGE.width, IMAGE.height
OTHERS = tuple(attachment(f"{place}.png", f"{place:02}" * 32) for place in range(1, 30))


def png(width: int, height: int) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImage(width, height, QImage.Format.Format_RGB32).save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def page_of(*texts: str) -> OcrPage:
    boxes = [Box(10, 30 * row, 500, 30 * row + 20) for row in range(len(texts))]
    lines = tuple(TextLine(text, box, box.corners, 0.9) for text, box in zip(texts, boxes, strict=True))
    return OcrPage(WIDTH, HEIGHT, lines, "\n".join(texts))


def questions(look: FirstLook) -> list[str]:
    return [button.accessibleName() for button in look.suggestions.buttons if button.isVisible()]


@pytest.fixture
def look(qtbot: QtBot, theme: Theme) -> FirstLook:
    made = FirstLook(lambda _: Path("no thumbnail"))
    made.resize(900, 600)
    shown(made, qtbot)
    return made


def test_an_image_is_as_large_as_fits_and_never_enlarged(look: FirstLook, qtbot: QtBot) -> None:
    wanted: list[Attachment] = []
    look.wanted.connect(wanted.append)
    look.show_images((IMAGE,))
    look.show_images((IMAGE,))
    assert wanted == [IMAGE]
    qtbot.waitUntil(lambda: look.picture.picture_area.height() > 300)
    before = look.picture.picture_area
    look.show_preview(IMAGE, png(320, 240))
    assert look.picture.picture_area == before, "nothing moves when the picture arrives"
    assert before.width() / before.height() == pytest.approx(WIDTH / HEIGHT, rel=0.01)
    look.resize(2000, 1500)
    qtbot.waitUntil(lambda: look.picture.picture_area.size().toSize() == QSize(WIDTH, HEIGHT))


def test_the_preview_of_another_image_is_not_shown(look: FirstLook, qtbot: QtBot) -> None:
    look.show_images((IMAGE,))
    area = look.picture.picture_area
    look.show_preview(OTHERS[0], png(10, 400))
    assert look.picture.picture_area == area


def test_questions_follow_what_was_read_and_nothing_moves(look: FirstLook, qtbot: QtBot) -> None:
    look.show_images((IMAGE,))
    qtbot.waitUntil(lambda: questions(look) == list(UNKNOWN) and look.picture.height() > 300)
    places = [look.picture.geometry(), *(button.geometry() for button in look.suggestions.buttons)]
    for page, kind in ((page_of("Espresso 5.00", "TOTAL 5.00"), PageKind.RECEIPT), (page_of(), PageKind.PHOTO)):
        look.show_page(page)
        assert questions(look) == list(BY_KIND[kind])
        qtbot.wait(20)
        assert [look.picture.geometry(), *(button.geometry() for button in look.suggestions.buttons)] == places


def test_the_demo_model_is_asked_what_it_can_answer(look: FirstLook) -> None:
    look.set_demo(is_demo=True)
    look.show_images((IMAGE,))
    assert questions(look) == [], "what is on it is not known yet"
    look.show_page(page_of("12 A", "Gate & Boarding 09:35"))
    assert questions(look) == ["Read the text.", "How many lines are there?", "Where is Gate?"]
    look.show_page(page_of("12"))
    assert questions(look) == ["Read the text.", "How many lines are there?"]


def test_the_demo_model_is_not_asked_about_what_it_cannot_read(look: FirstLook) -> None:
    look.set_demo(is_demo=True)
    look.show_images((IMAGE,))
    for page in (page_of(), page_of(*["Espresso 5.00"] * 4)):
        look.show_page(page)
        assert questions(look) == []
    look.show_images((IMAGE, *OTHERS[:1]))
    assert questions(look) == []


def test_what_is_clicked_is_asked(look: FirstLook, qtbot: QtBot) -> None:
    look.show_images((IMAGE, *OTHERS[:1]))
    with qtbot.waitSignal(look.question_clicked) as asked:
        click(look.suggestions.buttons[1])
    assert asked.args == ["What is different?"]
    with qtbot.waitSignal(look.image_clicked) as clicked:
        click(look.picture)
    assert clicked.args == [IMAGE]
    assert look.read.text() == "Read all"
    with qtbot.waitSignal(look.read_all_clicked) as clicked:
        click(look.read)
    assert clicked.args == [(IMAGE, *OTHERS[:1])]
    look.show_images((IMAGE,))
    assert look.read.text() == "Read text"
    with qtbot.waitSignal(look.read_all_clicked) as clicked:
        click(look.read)
    assert clicked.args == [(IMAGE,)]
    look.show_images((IMAGE, *OTHERS[:1]))
    with qtbot.waitSignal(look.image_clicked) as clicked:
        click(seen(look, ThumbnailButton)[0])
    assert clicked.args == [OTHERS[0]]
    with qtbot.waitSignal(look.asked):
        click(look.ask)


def test_a_row_has_as_many_thumbnails_as_fit(look: FirstLook, qtbot: QtBot) -> None:
    look.show_images((IMAGE, *OTHERS))
    qtbot.waitUntil(lambda: 5 < len(seen(look, ThumbnailButton)) < len(OTHERS))
    count = len(OTHERS) - len(seen(look, ThumbnailButton))
    assert look.others.more.text() == f"and {count} more"
    look.show_images((IMAGE,))
    assert seen(look, ThumbnailButton) == []


@pytest.mark.parametrize(("width", "zoom"), [(900, 100), (420, 100), (900, 200), (320, 200)])
def test_questions_stand_in_a_row_or_in_a_column_within_the_window(
    look: FirstLook, theme: Theme, qtbot: QtBot, width: int, zoom: int
) -> None:
    look.show_images((IMAGE,))
    theme.choose(ThemeChoice.LIGHT, zoom)
    look.resize(width, 700)
    suggestions = look.suggestions
    qtbot.waitUntil(lambda: 0 < suggestions.width() <= width)
    is_row = (width, zoom) == (900, 100)
    qtbot.waitUntil(lambda: len({button.y() for button in suggestions.buttons}) == (1 if is_row else 3))
    inside = suggestions.rect
    qtbot.waitUntil(lambda: all(inside().contains(button.geometry()) for button in suggestions.buttons))
    for button in suggestions.buttons:
        assert button.text() == button.accessibleName() or (width, zoom) == (320, 200)
    theme.choose(ThemeChoice.LIGHT, 100)


def test_buttons_leave_the_focus_where_it_is_when_clicked(look: FirstLook, qtbot: QtBot) -> None:
    look.show_images((IMAGE, OTHERS[0]))
    for button in [*look.findChildren(QPushButton), look.picture]:
        assert not button.focusPolicy().value & 2, button.accessibleName()  # Qt.FocusPolicy.ClickFocus
