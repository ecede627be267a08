"""The window of all images: by day and month, by mouse and keys, with a filter."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.domain.chat.chat_images import ChatImage
from app.domain.ids import ConversationId, MessageId
from app.domain.images.attachments import Attachment
from app.domain.settings.settings import ThemeChoice
from app.ui.images import image_grid
from app.ui.images.image_grid import ImageGrid
from app.ui.images.image_library import ImageLibrary
from app.ui.images.image_list import ImageGroup, ImageList
from app.ui.widgets.lazy_thumbnails import LazyThumbnails, run_now
from app.ui.widgets.theme import Theme
from tests.support.chats import attachment
from tests.ui.conftest import shown

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def chat_image(number: int, used: datetime = NOW) -> ChatImage:
    return ChatImage(
        image=attachment(f"{number}.png", f"{number:064x}"),
        conversation_id=ConversationId(f"c{number}"),
        message_id=MessageId(f"q{number}"),
        used=used,
    )


def some(count: int, older: int = 0) -> tuple[ChatImage, ...]:
    """So many images of today, and older ones of one month."""
    today, long_ago = datetime.now(UTC), datetime(2020, 5, 9, tzinfo=UTC)
    return tuple(chat_image(number, today if number < count else long_ago) for number in range(count + older))


@pytest.fixture
def loaded() -> list[str]:
    """The names of the images whose thumbnails were loaded."""
    return []


@pytest.fixture
def library(qtbot: QtBot, theme: Theme, loaded: list[str]) -> ImageLibrary:
    def path(wanted: Attachment) -> Path:
        loaded.append(wanted.name)
        return Path("no thumbnail")

    made = ImageLibrary(LazyThumbnails(path, run_now))
    made.resize(700, 500)
    return shown(made, qtbot)


def show(library: ImageLibrary, images: tuple[ChatImage, ...]) -> ImageGrid:
    library.set_images(library.filter.text(), images)
    library.grid.setFocus()
    return library.grid


def place(grid: ImageGrid, row: int) -> QRect:
    return grid.visualRect(grid.images.index(row))


def test_images_are_grouped_by_days_then_by_months(qtbot: QtBot, library: ImageLibrary) -> None:
    model = ImageList(library)
    days = (0, 0, 1, 3, 6, 7, 40, 41, 400)
    model.set_images(tuple(chat_image(number, NOW - timedelta(days=day)) for number, day in enumerate(days)), NOW)
    assert list(model.groups) == [
        ImageGroup("Today", 2),
        ImageGroup("Yesterday", 1),
        ImageGroup("Last 7 days", 2),
        ImageGroup("November 2026", 1),
        ImageGroup("October 2026", 2),
        ImageGroup("October 2025", 1),
    ]
    late = NOW.astimezone(tz=None)
    model.set_images((chat_image(1, late),), late)
    assert list(model.groups) == [ImageGroup("Today", 1)]


def test_a_click_chooses_the_image_under_the_mouse_alone(library: ImageLibrary, qtbot: QtBot) -> None:
    grid = show(library, some(6, older=2))
    chosen: list[ChatImage] = []
    library.chosen.connect(chosen.append)
    for row in (0, 5, 6):
        qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=place(grid, row).center())
    corner = place(grid, 0)
    for beside in (corner.topLeft() - QPoint(3, 0), corner.topRight() + QPoint(3, 0), corner.topLeft() - QPoint(0, 9)):
        qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=beside)
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.RightButton, pos=place(grid, 1).center())
    assert [item.image.name for item in chosen] == ["0.png", "5.png", "6.png"]


@pytest.mark.parametrize(
    ("keys", "row"),
    [
        (["Right", "Right", "Left"], 1),
        (["Left"], 0),
        (["Down"], 4),
        (["Right", "Right", "Down"], 5),  # The second line of today has two.
        (["Down", "Down"], 6),
        (["Down", "Down", "Down"], 6),
        (["End"], 7),
        (["End", "Right"], 7),
        (["End", "Up", "Up", "Up"], 1),
        (["End", "Home"], 0),
        (["PageDown"], 6),
        (["End", "PageUp"], 1),
    ],
)
def test_keys_go_from_image_to_image_and_enter_opens_one(
    keys: list[str], row: int, library: ImageLibrary, qtbot: QtBot
) -> None:
    grid = show(library, some(6, older=2))
    assert [place(grid, row).top() == place(grid, 0).top() for row in range(5)] == [True] * 4 + [False]
    for key in ("Home", *keys):
        qtbot.keyClick(grid, Qt.Key[f"Key_{key}"])
    assert grid.currentIndex().row() == row
    assert grid.viewport().rect().contains(place(grid, row))
    with qtbot.waitSignal(library.chosen) as chosen:
        qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert chosen.args == [library.grid.images.images[row]]


def test_in_a_language_from_the_right_the_first_image_is_at_the_right(
    mirror: Callable[[], None], library: ImageLibrary, qtbot: QtBot
) -> None:
    mirror()
    grid = show(library, some(3))
    assert place(grid, 0).left() > place(grid, 1).left() > place(grid, 2).left()
    assert grid.indexAt(place(grid, 2).center()).row() == 2
    qtbot.keyClick(grid, Qt.Key.Key_Home)
    qtbot.keyClick(grid, Qt.Key.Key_Left)
    assert grid.currentIndex().row() == 1


def test_of_ten_thousand_images_only_those_that_are_seen_are_loaded(library: ImageLibrary, loaded: list[str]) -> None:
    grid = show(library, some(10_000))
    grid.viewport().repaint()
    assert 8 <= len(loaded) <= 24
    assert loaded[0] == "0.png"
    grid.verticalScrollBar().setValue(grid.verticalScrollBar().maximum())
    grid.viewport().repaint()
    assert "9999.png" in loaded
    assert len(loaded) <= 48


def test_zoom_and_width_leave_what_was_at_the_top_there(library: ImageLibrary, theme: Theme) -> None:
    grid = show(library, some(400))
    grid.verticalScrollBar().setValue(place(grid, 200).top())
    theme.choose(ThemeChoice.LIGHT, 140)
    QApplication.processEvents()
    assert place(grid, 0).width() > 150
    assert place(grid, 200).top() == 0
    library.resize(900, 500)
    QApplication.processEvents()
    assert place(grid, 198).top() == 0, "198 to 200 were in the line at the top"


def test_typing_filters_and_enter_opens_the_first_that_is_found(library: ImageLibrary, qtbot: QtBot) -> None:
    grid = show(library, some(6))
    with qtbot.waitSignal(library.filtered) as asked:
        qtbot.keyClicks(grid, "t")
        qtbot.keyClicks(library.filter, "otal eur")
    assert asked.args == ["total eur"]
    assert library.filter.hasFocus()
    library.set_images("tot", some(2))
    assert grid.images.rowCount() == 6, "that was another question"
    chosen: list[ChatImage] = []
    library.chosen.connect(chosen.append)
    qtbot.keyClick(library.filter, Qt.Key.Key_Return)
    assert chosen == [], "the images are not those of these words yet"
    found = some(6)[3:]
    library.set_images("total eur", found)
    assert chosen == [found[0]], "Enter was pressed already"
    library.set_images("total eur", found)
    qtbot.keyClick(library.filter, Qt.Key.Key_Return)
    assert chosen == [found[0]] * 2
    qtbot.keyClick(library.filter, Qt.Key.Key_Down)
    assert grid.hasFocus()
    library.set_images("total eur", ())
    assert not grid.isVisible()
    library.filter.setFocus()
    qtbot.keyClick(library.filter, Qt.Key.Key_Escape)
    assert library.filter.text() == ""
    assert library.isVisible()


def test_words_of_the_last_time_are_replaced_by_what_is_typed(library: ImageLibrary, qtbot: QtBot) -> None:
    grid = show(library, some(6))
    qtbot.keyClicks(grid, "zebra")
    grid.setFocus()
    library.hide()
    library.show()
    grid.setFocus()
    qtbot.keyClicks(grid, "i")
    qtbot.keyClicks(library.filter, "ban")
    assert library.filter.text() == "iban"


def test_the_current_image_stays_so_when_others_come(library: ImageLibrary) -> None:
    images = some(6)
    grid = show(library, images[1:])
    grid.setCurrentIndex(grid.images.index(2))
    show(library, images)
    assert grid.currentIndex().row() == 3
    show(library, (images[0],))
    assert not grid.currentIndex().isValid()


@pytest.mark.parametrize(
    ("entry", "signal"), [("Open chat", "chosen"), ("Copy text", "text_wanted"), ("Save as…", "save_wanted")]
)
def test_the_menu_of_an_image(entry: str, signal: str, library: ImageLibrary, qtbot: QtBot) -> None:
    grid = show(library, some(3))
    grid.customContextMenuRequested.emit(place(grid, 1).topLeft() - QPoint(0, 9))
    assert library.findChildren(QMenu) == []
    grid.customContextMenuRequested.emit(place(grid, 1).center())
    (menu,) = library.findChildren(QMenu)
    (action,) = [action for action in menu.actions() if action.text() == entry]
    with qtbot.waitSignal(getattr(library, signal)) as asked:
        action.trigger()
    assert asked.args == [grid.images.images[1]]
    menu.close()


def test_it_is_painted_in_both_themes(library: ImageLibrary, theme: Theme) -> None:
    grid = show(library, some(3))
    grid.setCurrentIndex(grid.images.index(1))
    pictures: list[QImage] = []
    for choice in (ThemeChoice.LIGHT, ThemeChoice.DARK):
        theme.choose(choice, 100)
        QApplication.processEvents()
        pictures.append(grid.grab().toImage())
        frame = place(grid, 1).center()
        frame.setX(place(grid, 1).left() - 5)
        accent = pictures[-1].pixelColor(frame)
        assert accent == QApplication.palette().highlight().color()
    assert pictures[0] != pictures[1]


def test_an_image_is_told_by_its_name_and_date(library: ImageLibrary) -> None:
    named = replace(chat_image(1, datetime(2020, 5, 9, 8, 30, tzinfo=UTC)), image=attachment("a\u202eb.png"))
    grid = show(library, (named,))
    index = grid.images.index(0)
    assert "\u202e" not in str(index.data())
    told = str(index.data(Qt.ItemDataRole.AccessibleTextRole))
    assert "2020-05-0" in told
    assert "640" in str(index.data(Qt.ItemDataRole.ToolTipRole))


def test_where_the_mouse_is_is_asked_once_for_all_images(
    library: ImageLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A window system may take a millisecond to answer."""
    asked: list[QPoint] = []

    class Mouse:
        @staticmethod
        def pos() -> QPoint:
            asked.append(grid.viewport().mapToGlobal(place(grid, 3).center()))
            return asked[-1]

    grid = show(library, some(12))
    monkeypatch.setattr(image_grid, "QCursor", Mouse)
    grid.viewport().setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    grid.viewport().repaint()
    assert len(asked) == 1
