"""A document in its window, over real processes: what its user chose for it outlives the application."""

import os
import signal
from pathlib import Path

import pikepdf
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from app.domain.chat.published_prompts import TYPHOON
from app.domain.documents.blocks import BlockKind
from app.domain.images.geometry import Box
from app.domain.models.engine_status import EngineState
from app.domain.models.remote_servers import RemoteModel
from app.engine.process.backend_kinds import BackendKind
from app.ui.documents.document_window import DocumentWindow
from app.ui.widgets.notices import Notices
from tests.end_to_end.conftest import Desktop, OpenDesktop
from tests.support.chat_server import chat_server, end, piece
from tests.support.documents import locked_pdf, written_pdf
from tests.support.drops import drop, files
from tests.support.on_screen import choose_file, entry

PART = Box(0.0, 0.0, 1.0, 0.5)
TEXT = "Read me aloud"


def opened(desktop: Desktop, path: Path) -> DocumentWindow:
    """The window, once the first page has been read."""
    choose_document(desktop, path)
    desktop.wait(lambda: [window.name.text() for window in windows() if window.ocr_result] == [path.name])
    return windows()[0]


def choose_document(desktop: Desktop, path: Path) -> None:
    entry(desktop.window.menu_button.menu(), "Open a document…").trigger()
    choose_file(path)


def windows() -> list[DocumentWindow]:
    return [it for it in QApplication.topLevelWidgets() if isinstance(it, DocumentWindow) and it.isVisible()]


def says(notices: Notices, words: str) -> bool:
    return any(words in notice.sentence for notice in notices.current)


def test_an_export_is_told_in_its_window_or_in_the_main_one(open_desktop: OpenDesktop, tmp_path: Path) -> None:
    first, second = (locked_pdf(tmp_path / name, TEXT, "") for name in ("a.pdf", "b.pdf"))
    desktop = open_desktop()
    window, main = opened(desktop, first), desktop.window

    def export(suffix: str, target: Path) -> None:
        entry(window.export.menu(), {"pdf": "Searchable PDF", "txt": "Text"}[suffix]).trigger()
        choose_file(target)

    reader = desktop.lorgnette.engines[BackendKind.READER].pid
    assert reader
    os.kill(reader, signal.SIGSTOP)  # So that the page is still being read when the other document is open.
    window.again.click()
    for suffix in ("pdf", "txt"):
        export(suffix, tmp_path / f"cancelled.{suffix}")
    choose_document(desktop, second)
    desktop.wait(lambda: window.name.text() == "b.pdf")
    os.kill(reader, signal.SIGCONT)
    desktop.wait(lambda: window.ocr_result is not None)
    assert says(window.notices, "The export of “a.pdf” was cancelled because another document was opened.")
    for suffix in ("pdf", "txt"):
        export(suffix, tmp_path / f"out.{suffix}")
    desktop.wait(lambda: says(window.notices, "out.pdf") and says(window.notices, "out.txt"))
    assert list(main.notices.current) == []

    export("pdf", tmp_path / "out 2.pdf")
    window.close()
    desktop.wait(lambda: says(main.notices, "out 2.pdf"))
    window.fields_wanted.emit(0, "total, total")
    assert len(main.notices.current) == 2
    assert not list(tmp_path.glob("cancelled*"))


def test_what_is_no_document_is_refused_where_it_was_chosen_and_opens_no_window(
    open_desktop: OpenDesktop, tmp_path: Path
) -> None:
    good, empty = locked_pdf(tmp_path / "a.pdf", TEXT, ""), tmp_path / "empty.pdf"
    empty.touch()
    desktop = open_desktop()
    notices = desktop.window.notices

    def refuse() -> None:
        choose_document(desktop, empty)
        desktop.wait(lambda: says(notices, "“empty.pdf” is empty"))

    refuse()
    assert windows() == []
    window = opened(desktop, good)
    assert notices.current == ()  # It is about a file that nobody looks at any more.
    window.close()
    refuse()
    assert windows() == []
    window = opened(desktop, good)
    refuse()
    assert (window.name.text(), windows()) == ("a.pdf", [window])
    assert TEXT in window.lines.toPlainText()
    window.lines.line_edited.emit(0, "corrected")  # It is still open behind its window, too.
    desktop.wait(lambda: "corrected" in window.markdown.text.toPlainText())


def test_files_dropped_on_its_window_are_opened_there(open_desktop: OpenDesktop, tmp_path: Path) -> None:
    first, second, third = (locked_pdf(tmp_path / name, TEXT, "") for name in ("a.pdf", "b.pdf", "c.pdf"))
    desktop = open_desktop()
    window = opened(desktop, first)
    drop(window.lines.viewport(), files([second, third]))
    desktop.wait(lambda: window.name.text() == "b.pdf" and window.ocr_result is not None)
    assert says(window.notices, "Only “b.pdf” was opened")
    text = tmp_path / "a.txt"
    text.write_text("no document")
    drop(window, files([text]))
    desktop.wait(lambda: says(window.notices, "a.txt"))
    assert (window.name.text(), desktop.window.notices.current) == ("b.pdf", ())


def test_a_page_is_read_with_the_published_prompt_of_a_model_for_documents(
    open_desktop: OpenDesktop, tmp_path: Path
) -> None:
    with chat_server() as server:
        server.models = b'{"data": [{"id": "typhoon-ocr1.5-2b"}]}'
        server.answer = [piece("# Title\n<table><tr><td>Tea</td></tr></table>\n- item"), end()]
        server.hold.set()
        desktop = open_desktop()
        window = opened(desktop, locked_pdf(tmp_path / "a.pdf", TEXT, ""))
        desktop.lorgnette.model.open_server(RemoteModel(server.address, "typhoon-ocr1.5-2b"), "", offline=False)
        desktop.wait(lambda: desktop.lorgnette.model.status.state is EngineState.READY)
        window.model.click()
        desktop.wait(lambda: window.ocr_result is not None and bool(window.ocr_result.model_name))
        (asked,) = (request for request in server.requests if "messages" in request)
    assert asked["messages"][0]["content"][-1]["text"] == TYPHOON.text
    assert (asked["temperature"], asked["max_tokens"]) == (0.1, 16_384)
    assert window.ocr_result
    kinds = [block.kind for block in window.ocr_result.page.blocks]
    assert kinds == [BlockKind.HEADING, BlockKind.TABLE, BlockKind.LIST_ITEM]


def test_a_pdf_for_archives_is_refused_for_fonts_that_are_not_embedded(
    open_desktop: OpenDesktop, tmp_path: Path
) -> None:
    desktop = open_desktop()
    window = opened(desktop, written_pdf(tmp_path / "a.pdf", TEXT))
    entry(window.export.menu(), "PDF for archives (PDF/A-2b)").trigger()
    entry(window.export.menu(), "Searchable PDF").trigger()
    choose_file(tmp_path / "out.pdf")
    desktop.wait(lambda: says(window.notices, "cannot become PDF/A"))
    assert not (tmp_path / "out.pdf").exists()


def test_parts_are_left_out_after_a_restart_and_a_decrypted_copy_is_told(
    open_desktop: OpenDesktop, tmp_path: Path
) -> None:
    path, target = locked_pdf(tmp_path / "a.pdf", TEXT, ""), tmp_path / "out.pdf"  # Encrypted, and opens all the same.
    desktop = open_desktop()
    window = opened(desktop, path)
    assert TEXT in window.markdown.text.toPlainText()
    window.canvas.part_selected.emit(PART.left, PART.top, PART.right, PART.bottom)
    assert TEXT not in window.markdown.text.toPlainText()
    entry(window.export.menu(), "Searchable PDF").trigger()
    choose_file(target)
    desktop.wait(target.exists)
    desktop.wait(lambda: any("opens without a password" in notice.sentence for notice in window.notices.current))
    desktop.close()
    window = opened(open_desktop(), path)
    desktop.wait(lambda: window.clean_up.ignored == (PART,))
    assert TEXT not in window.markdown.text.toPlainText()


def test_words_are_found_on_all_pages(open_desktop: OpenDesktop, tmp_path: Path) -> None:
    path = tmp_path / "three.pdf"
    with pikepdf.new() as pdf:
        for number, text in enumerate((TEXT, "Something else", "To read is to live")):
            with pikepdf.open(written_pdf(tmp_path / f"{number}.pdf", text)) as page:
                pdf.pages.extend(page.pages)
        pdf.save(path)
    desktop = open_desktop()
    window = opened(desktop, path)
    QTest.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert window.find_bar.isVisible()
    QTest.keyClicks(window.find_bar.edit, "READ")
    desktop.wait(lambda: window.find_bar.count.text() == "1 / 2")
    assert window.number == 0
    assert window.canvas.highlighted_line >= 0
    for number in (2, 0):
        QTest.keyClick(window.find_bar.edit, Qt.Key.Key_Return)
        desktop.wait(lambda number=number: (window.number, window.ocr_result is not None) == (number, True))  # type: ignore[misc]
    QTest.keyClicks(window.find_bar.edit, "x")
    desktop.wait(lambda: window.find_bar.count.text() == "No matches in this document")
    assert window.canvas.highlighted_line == -1


def test_an_export_proposes_another_name_than_the_documents_and_shows_its_format(
    open_desktop: OpenDesktop, tmp_path: Path
) -> None:
    window = opened(open_desktop(), written_pdf(tmp_path / "a.pdf", TEXT))
    for form, name, kind in (
        ("Searchable PDF", "a (searchable).pdf", "Searchable PDF (*.pdf)"),
        ("Word document", "a.docx", "Word document (*.docx)"),
    ):
        entry(window.export.menu(), form).trigger()
        (dialog,) = window.findChildren(QFileDialog)
        assert [Path(file).name for file in dialog.selectedFiles()] == [name]
        assert dialog.nameFilters() == [kind]
        dialog.reject()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_another_document_is_opened_in_the_window_and_refused_there(open_desktop: OpenDesktop, tmp_path: Path) -> None:
    first, second = (written_pdf(tmp_path / name, TEXT) for name in ("a.pdf", "b.pdf"))
    (tmp_path / "empty.pdf").touch()
    desktop = open_desktop()
    window = opened(desktop, first)
    window.open.click()
    choose_file(tmp_path / "empty.pdf")
    desktop.wait(lambda: says(window.notices, "“empty.pdf” is empty"))
    assert window.name.text() == "a.pdf"
    assert desktop.window.notices.current == ()
    window.open.click()
    choose_file(second)
    desktop.wait(lambda: window.name.text() == "b.pdf" and window.ocr_result is not None)
    assert window.notices.current == ()


def test_a_page_or_a_whole_document_is_taken_into_a_new_chat(open_desktop: OpenDesktop, tmp_path: Path) -> None:
    one, two = (written_pdf(tmp_path / f"{text}.pdf", text) for text in ("first", "second"))
    with pikepdf.open(one) as pdf, pikepdf.open(two) as other:
        pdf.pages.extend(other.pages)
        pdf.save(tmp_path / "letter.pdf", encryption=pikepdf.Encryption(owner="owner", user="secret"))
    desktop = open_desktop()
    desktop.lorgnette.document.open(tmp_path / "letter.pdf", "secret")
    desktop.wait(lambda: bool(windows()))
    (window,) = windows()
    session = desktop.lorgnette.session

    def names() -> list[str]:
        return [image.name for image in session.draft.attachments]

    chat = session.conversation_id
    entry(window.ask.menu(), "About this document").trigger()
    desktop.wait(lambda: names() == ["letter, page 1.png", "letter, page 2.png"])
    assert session.conversation_id != chat
    chat = session.conversation_id
    window.thumbnails.setCurrentRow(1)
    entry(window.ask.menu(), "About this page").trigger()
    desktop.wait(lambda: names() == ["letter, page 2.png"])
    assert session.conversation_id != chat
    assert desktop.window.notices.current == ()
