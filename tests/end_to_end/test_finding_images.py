"""Images and documents are found by the words on them, and shown with the words marked."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from app.domain.chat.search import SearchHit
from app.domain.models.engine_status import EngineState
from app.domain.text.grounding import Detection
from app.paths import Paths
from app.ui.documents.document_window import DocumentWindow
from app.ui.images.image_library import ImageLibrary
from app.ui.shell.search_rows import HIT
from tests.end_to_end.conftest import Desktop, OpenDesktop, peek
from tests.end_to_end.test_documents import opened
from tests.support.documents import locked_pdf


def search(desktop: Desktop, words: str) -> list[SearchHit]:
    """Type words into the search field, and wait for what is found."""
    sidebar = desktop.window.sidebar
    QTest.keyClick(desktop.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    sidebar.search.clear()
    QTest.keyClicks(sidebar.search, words)
    desktop.wait(lambda: sidebar.results.isVisible() and sidebar.results.count() > 0)
    hits = [sidebar.results.item(row).data(HIT) for row in range(sidebar.results.count())]
    return [hit for hit in hits if hit]


def marks(desktop: Desktop) -> list[Detection]:
    return list(desktop.window.viewer.canvas.detections)


def test_an_image_that_was_only_asked_about_is_found_by_a_word_on_it(
    open_desktop: OpenDesktop, paths: Paths, receipt: Path
) -> None:
    desktop = open_desktop()
    desktop.wait(lambda: desktop.lorgnette.model.status.state is EngineState.READY)
    desktop.drop(receipt)
    desktop.wait(lambda: "Walnut" in "".join(peek(paths, "text", "reading_text")))
    draft_hits = search(desktop, "walnut")
    assert [(hit.message_id, hit.image and hit.image.name) for hit in draft_hits] == [(None, receipt.name)]
    desktop.window.composer.focus()
    desktop.type_and_send("Where is it?")
    desktop.wait_for_answer()
    chat = desktop.lorgnette.session.conversation_id
    desktop.window.sidebar.new_chat.click()
    viewer = desktop.window.viewer
    assert not viewer.isVisible()
    (hit,) = search(desktop, "walnut")
    assert hit.image
    assert hit.excerpt.count("Walnut") == 1
    QTest.keyClick(desktop.window.sidebar.search, Qt.Key.Key_Return)
    desktop.wait(lambda: viewer.isVisible() and bool(marks(desktop)))
    assert desktop.lorgnette.session.conversation_id == chat
    assert viewer.attachment == hit.image
    (box,) = marks(desktop)  # “Walnut cake 4.00” is the third of four lines, 30 pixels from the left of 420 by 300.
    assert (50 < box.left < 100, box.right < 500) == (True, True)
    assert 450 < (box.top + box.bottom) / 2 < 700

    desktop.window.sidebar.list.chats_deleted.emit((chat,))
    sidebar = desktop.window.sidebar
    sidebar.search.clear()
    assert search(desktop, "walnut") == []
    desktop.close()
    assert peek(paths, "text", "reading_text") == []
    assert peek(paths, "page", "reading") == []


def test_results_that_are_shown_grow_when_an_image_has_been_read(open_desktop: OpenDesktop, receipt: Path) -> None:
    desktop = open_desktop()
    assert search(desktop, "walnut") == []
    desktop.drop(receipt)
    desktop.wait_for_images(1)
    desktop.window.composer.image_clicked.emit(desktop.lorgnette.session.draft.attachments[0])
    results = desktop.window.sidebar.results
    desktop.wait(lambda: results.item(0).data(HIT) is not None)
    assert "Walnut" in results.item(0).data(HIT).excerpt


def library(desktop: Desktop) -> ImageLibrary:
    (found,) = desktop.window.findChildren(ImageLibrary)
    return found


def names(desktop: Desktop) -> list[str]:
    return [item.image.name for item in library(desktop).grid.images.images]


def is_drawn(desktop: Desktop) -> bool:
    """Whether the first image's thumbnail is seen: the receipt is white, which nothing else in its square is."""
    grid = library(desktop).grid
    middle = grid.visualRect(grid.images.index(0)).center()
    return grid.viewport().grab().toImage().pixelColor(middle).lightness() > 250


def test_all_images_are_listed_filtered_opened_copied_and_saved(
    open_desktop: OpenDesktop, paths: Paths, receipt: Path, tmp_path: Path
) -> None:
    desktop = open_desktop()
    images, viewer = library(desktop), desktop.window.viewer
    desktop.wait(lambda: desktop.lorgnette.model.status.state is EngineState.READY)
    QTest.keyClick(desktop.window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    desktop.wait(lambda: images.isVisible() and not images.grid.isVisible())
    desktop.drop(receipt)
    desktop.wait_for_images(1)
    chat = desktop.lorgnette.session.conversation_id
    desktop.wait(lambda: names(desktop) == [receipt.name])  # The draft was saved.
    desktop.wait(lambda: "Walnut" in "".join(peek(paths, "text", "reading_text")))
    desktop.type_and_send("Where is it?")
    desktop.wait_for_answer()
    desktop.window.sidebar.new_chat.click()
    desktop.wait(lambda: is_drawn(desktop))

    QTest.keyClicks(images.filter, "carrots")
    desktop.wait(lambda: names(desktop) == [])
    images.filter.selectAll()
    QTest.keyClicks(images.filter, "walnut 4.00")
    desktop.wait(lambda: names(desktop) == [receipt.name])
    images.close()
    desktop.window.sidebar.images.click()
    assert images.isVisible()
    desktop.wait(lambda: names(desktop) == [receipt.name])
    QTest.keyClick(images.filter, Qt.Key.Key_Return)
    desktop.wait(lambda: viewer.isVisible() and bool(marks(desktop)))
    assert (desktop.lorgnette.session.conversation_id, images.isVisible()) == (chat, False)
    assert len(marks(desktop)) == 2, "“Walnut” and “4.00”"

    desktop.window.menu_button.library_triggered.emit()
    QApplication.clipboard().setText("before")
    images.text_wanted.emit(images.grid.images.images[0])
    desktop.wait(lambda: "Walnut cake" in QApplication.clipboard().text())
    copy = tmp_path / "copy.png"
    images.save_wanted.emit(images.grid.images.images[0])
    (dialog,) = images.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(copy))
    dialog.close()
    desktop.wait(copy.exists)
    assert copy.read_bytes() == receipt.read_bytes()

    sidebar = desktop.window.sidebar
    sidebar.list.viewport().repaint()
    desktop.wait(lambda: sidebar.first_images.of(desktop.lorgnette.library[chat]) == viewer.attachment)
    sidebar.list.chats_deleted.emit((chat,))
    desktop.wait(lambda: names(desktop) == [])


def test_a_document_is_found_and_opened_at_its_page(open_desktop: OpenDesktop, tmp_path: Path) -> None:
    path = locked_pdf(tmp_path / "a.pdf", "Read me aloud", "")
    desktop = open_desktop()
    opened(desktop, path).close()
    (hit,) = search(desktop, "aloud")
    assert hit.document
    assert (hit.conversation_id, hit.document.path, hit.document.name) == (None, str(path), "a.pdf")
    QTest.keyClick(desktop.window.sidebar.search, Qt.Key.Key_Return)

    def shown() -> list[DocumentWindow]:
        windows = [it for it in QApplication.topLevelWidgets() if isinstance(it, DocumentWindow) and it.isVisible()]
        return [window for window in windows if window.canvas.highlighted_boxes]

    desktop.wait(lambda: len(shown()) == 1)
    shown()[0].close()
