"""A document in its window, over real processes: what its user chose for it outlives the application."""

from pathlib import Path

from PySide6.QtWidgets import QApplication

from app.domain.images.geometry import Box
from app.ui.documents.document_window import DocumentWindow
from tests.end_to_end.conftest import Desktop, OpenDesktop
from tests.support.documents import locked_pdf
from tests.support.on_screen import choose_file, entry

PART = Box(0.0, 0.0, 1.0, 0.5)
TEXT = "Read me aloud"


def opened(desktop: Desktop, path: Path) -> DocumentWindow:
    """The window, once the first page has been read."""
    entry(desktop.window.menu_button.menu(), "Open a document…").trigger()
    choose_file(path)
    (window,) = (it for it in QApplication.topLevelWidgets() if isinstance(it, DocumentWindow) and it.isVisible())
    desktop.wait(lambda: window.ocr_result is not None)
    return window


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
