"""Finds words in all pages of the document window, which are read for it."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Slot

from app.domain.documents.document_search import LinePlace, lines_with
from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pages import OcrPage
from app.services.documents.document_session import DocumentSession
from app.ui.documents.document_window import DocumentWindow

PAUSE_MILLISECONDS = 300
"""Delay by which the pages that are read meanwhile are searched together: digital ones take milliseconds each."""


class DocumentFindController(QObject):
    """Wires the document window's find bar: a match is a line; the page of the current one is shown."""

    def __init__(self, window: DocumentWindow, session: DocumentSession, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._session = session
        self._query = ""
        self._matches: Sequence[LinePlace] = ()
        self._current: LinePlace | None = None
        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MILLISECONDS)
        self._timer.timeout.connect(self._look)
        window.find_bar.changed.connect(self._on_changed)
        window.find_bar.stepped.connect(self._on_stepped)
        session.opened.connect(self._on_opened)
        session.ocr_result_changed.connect(self._on_page_read)

    @Slot(str)
    def _on_changed(self, text: str) -> None:
        self._query, self._current = text.strip(), None
        if self._query:
            self._session.read_all()
            self._look()
        else:
            self._matches = ()
            self._window.clear_line()

    @Slot()
    def _on_opened(self) -> None:
        """Forget what was found in the document before."""
        self._window.find_bar.close_bar()
        self._window.clear_line()

    @Slot(OcrResult)
    def _on_page_read(self, _: OcrResult) -> None:
        if self._query and not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _look(self) -> None:
        query = self._query
        if not query:
            return

        def show(pages: Sequence[OcrPage]) -> None:
            if query == self._query:
                self._show(lines_with(query, pages))

        self._session.with_all_ocr_results(show, self._window.notices.show_problem)

    def _show(self, matches: Sequence[LinePlace]) -> None:
        self._matches = matches
        if self._current not in matches:
            here = LinePlace(self._window.number, 0)
            self._current = next((match for match in matches if match >= here), matches[0] if matches else None)
        self._show_current()

    def _show_current(self) -> None:
        place = self._matches.index(self._current) + 1 if self._current else 0
        self._window.find_bar.set_place(place, len(self._matches))
        if self._current:
            self._window.show_line(self._current.page, self._current.line)
        else:
            self._window.clear_line()

    @Slot(int)
    def _on_stepped(self, by: int) -> None:
        if self._current:
            place = self._matches.index(self._current) + by
            self._current = self._matches[place % len(self._matches)]
            self._show_current()
