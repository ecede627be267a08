"""The chat list shows each chat's first image, which is asked for when its row is drawn."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, QRect
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Conversation, Draft
from app.domain.ids import ConversationId
from app.domain.settings.settings import ThemeChoice
from app.ui.shell.chat_list_model import ID
from app.ui.shell.chat_rows import PICTURE
from app.ui.shell.sidebar import Sidebar
from app.ui.widgets.lazy_thumbnails import LazyThumbnails, run_now
from app.ui.widgets.theme import Theme, zoomed
from tests.support.chats import attachment, conversation
from tests.ui.conftest import shown

RED = QColor(200, 0, 0)
WIDE, OTHER = attachment("wide.png"), attachment("other.png", "cd" * 32)


@pytest.fixture
def thumbnail(tmp_path: Path) -> Path:
    """Twice as wide as high."""
    picture = QImage(80, 40, QImage.Format.Format_RGB32)
    picture.fill(RED)
    picture.save(str(tmp_path / "thumbnail.png"))
    return tmp_path / "thumbnail.png"


@pytest.fixture
def sidebar(qtbot: QtBot, theme: Theme, thumbnail: Path) -> Sidebar:
    def path(_: object) -> Path:
        return thumbnail

    made = shown(Sidebar(path, LazyThumbnails(path, run_now)), qtbot)
    made.resize(232, 600)
    return made


class Paints(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, watched: QWidget) -> None:
        super().__init__()
        self.count = 0
        watched.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.count += event.type() is QEvent.Type.Paint
        return False


def chat(name: str, images: int = 1, draft: Draft | None = None) -> Conversation:
    return replace(conversation(name, name), image_count=images, draft=draft or Draft())


def draw(sidebar: Sidebar) -> QImage:
    """The list as it is drawn once nothing is left to do."""
    sidebar.list.viewport().repaint()
    QApplication.processEvents()
    sidebar.list.viewport().repaint()
    return sidebar.list.viewport().grab().toImage()


def row_of(sidebar: Sidebar, name: str) -> QRect:
    items = [sidebar.list.model().index(row, 0) for row in range(sidebar.list.model().rowCount())]
    return next(sidebar.list.visualRect(item) for item in items if item.data(ID) == name)


def red_area(sidebar: Sidebar, name: str) -> QRect:
    """What is red in the row of a chat, as seen from the row's own corner."""
    picture, row, found = draw(sidebar), row_of(sidebar, name), QRect()
    seen = row & picture.rect()
    for x in range(seen.left(), seen.right() + 1):
        for y in range(seen.top(), seen.bottom() + 1):
            if picture.pixelColor(x, y) == RED:
                found |= QRect(x, y, 1, 1)
    return found.translated(-row.topLeft())


def test_a_chat_shows_all_of_its_first_image_at_the_end_of_its_row(
    sidebar: Sidebar, theme: Theme, mirror: Callable[[], None]
) -> None:
    sidebar.set_conversations((chat("c1"), chat("none", 0)))
    assert red_area(sidebar, "c1").isNull()
    sidebar.first_images.put({ConversationId("c1"): WIDE})
    for zoom in (100, 200):
        theme.choose(ThemeChoice.LIGHT, zoom)
        found, row = red_area(sidebar, "c1"), row_of(sidebar, "c1")
        assert abs(found.width() - 34 * zoom // 100) <= 1
        assert abs(found.width() - 2 * found.height()) <= 2, "it is fitted, not filled"
        assert abs(found.center().y() - row.height() // 2) <= 1
        assert 8 <= row.width() - found.right() <= 12
    assert red_area(sidebar, "none").isNull()
    theme.choose(ThemeChoice.LIGHT, 100)
    mirror()
    QApplication.processEvents()
    assert 8 <= red_area(sidebar, "c1").left() <= 12


def test_only_what_is_seen_is_asked_for_once(sidebar: Sidebar) -> None:
    asked: list[tuple[str, ...]] = []
    sidebar.first_images.wanted.connect(asked.append)
    chats = tuple(chat(f"c{number}", images=number % 2) for number in range(2000))
    sidebar.set_conversations(chats)
    draw(sidebar)
    draw(sidebar)
    seen = [one for several in asked for one in several]
    assert seen == [f"c{number}" for number in range(1, 2 * len(seen), 2)]
    assert 2 <= len(seen) <= 12
    sidebar.set_conversations((chat("c1", images=3), *chats[2:]))
    draw(sidebar)
    assert [one for several in asked for one in several].count("c1") == 1


def test_a_draft_shows_the_image_that_is_to_be_sent(sidebar: Sidebar) -> None:
    sidebar.set_conversations((chat("c1", 0, Draft(attachments=(WIDE, OTHER))), chat("c2", 0, Draft(text="Hello"))))
    assert not red_area(sidebar, "c1").isNull()
    assert red_area(sidebar, "c2").isNull()


def test_the_list_is_drawn_again_for_its_own_pictures_alone(qtbot: QtBot, theme: Theme, thumbnail: Path) -> None:
    """The images of the library are loaded by hundreds while it is scrolled."""
    thumbnails = LazyThumbnails(lambda _: thumbnail, run_now)
    sidebar = shown(Sidebar(lambda _: thumbnail, thumbnails), qtbot)
    viewport = sidebar.list.viewport()
    side = zoomed(sidebar, PICTURE)
    draw(sidebar)
    paints = Paints(viewport)
    thumbnails.loaded.emit(side + 1)
    QApplication.processEvents()
    assert paints.count == 0
    thumbnails.loaded.emit(side)
    qtbot.waitUntil(lambda: paints.count > 0)
