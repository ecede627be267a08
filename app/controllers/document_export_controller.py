"""Saves documents and their tables to files."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from app.domain.documents.clean_up import CleanUp, kept_page
from app.domain.documents.document_formats import document_text, table_sheets
from app.domain.documents.page_formats import PageFormat
from app.domain.documents.pages import OcrPage
from app.domain.documents.table_formats import as_csv, as_html, as_markdown
from app.domain.documents.tables import Table
from app.domain.documents.worksheets import table_sheet
from app.domain.errors import Problem
from app.domain.text.visible_text import visible
from app.services.documents.document_session import DocumentSession
from app.services.engines.file_saver import FileSaver
from app.ui.documents.document_exports import EXPORTS
from app.ui.documents.document_window import DocumentWindow
from app.ui.shell.main_window import MainWindow
from app.ui.widgets import file_dialogs
from app.ui.widgets.i18n import tr
from app.ui.widgets.notice import Notice, Severity, notice_of
from app.ui.widgets.notices import Notices
from app.ui.widgets.saved_notice import show_saved


class DocumentExportController(QObject):
    """Wires the exports of the document window to its session and its saver.

    An export goes on if the window is closed meanwhile; what comes of it is then shown in the main window. If another
    document is opened, it ends only if pages are still being read for it.
    """

    def __init__(
        self, main: MainWindow, window: DocumentWindow, session: DocumentSession, saver: FileSaver, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._main = main
        self._window = window
        self._session = session
        self._saver = saver
        self._pending: list[Callable[[], None]] = []
        """Exports of the current document that wait until every page has been read."""
        window.export_wanted.connect(self._on_export_wanted)
        window.table_save_wanted.connect(self._on_table_save_wanted)
        session.read_so_far.connect(self._on_read_so_far)
        session.all_read.connect(self._on_all_read)
        session.reading_stopped.connect(self._on_reading_stopped)
        saver.saved.connect(self._on_saved)
        saver.problem_met.connect(self._on_failed)

    def export(self, suffix: str, target: Path) -> None:
        """Export to `target` once every page has been read."""
        name = self._session.name
        export = partial(self._write_pdf, name) if suffix == "pdf" else partial(self._write, name, suffix)
        self._pending.append(partial(export, target))
        self._session.read_all()

    @property
    def _notices(self) -> Notices:
        return self._window.notices.unless_hidden(self._main.notices)

    def _write_pdf(self, name: str, target: Path) -> None:
        detail = ""
        if self._session.is_encrypted:
            detail = tr("{name} is encrypted. The searchable copy is not and opens without a password.", name=name)
        ignored = self._window.clean_up.ignored
        on_saved = partial(self._on_saved, target, detail)
        self._session.write_pdf(target, on_saved, self._on_failed, ignored, self._window.pdf_options)

    def _write(self, name: str, suffix: str, target: Path) -> None:
        use = partial(self._save, name, suffix, target, self._window.clean_up)
        self._session.with_all_ocr_results(use, self._on_failed)

    def _save(self, name: str, suffix: str, target: Path, clean_up: CleanUp, pages: Sequence[OcrPage]) -> None:
        if suffix == "xlsx":
            if sheets := table_sheets(pages):
                self._saver.save_sheets(target, sheets)
            else:
                self._notices.show_notice(Notice(Severity.WARNING, tr("No table was found in this document.")))
            return
        if suffix == "docx":
            self._saver.save_word(target, [kept_page(page, clean_up) for page in pages])
            return
        text = document_text(pages, name, PageFormat.of_suffix(suffix), clean_up)
        self._saver.save(target, text.encode())

    def _save_table(self, table: Table, suffix: str, target: Path) -> None:
        match suffix:
            case "xlsx":
                self._saver.save_sheets(target, [table_sheet(tr("Table"), table)])
            case "csv":
                # Excel recognises UTF-8 only with this byte order mark at the beginning.
                self._saver.save(target, as_csv(table).encode("utf-8-sig"))
            case "html":
                self._saver.save(target, as_html(table).encode())
            case _:
                self._saver.save(target, as_markdown(table).encode())

    def _ask_for_file(self, suffix: str, form: str, save: Callable[[Path], None]) -> None:
        stem = visible(Path(self._session.name).stem)
        if suffix == "pdf":  # Not the name of the document itself, which Enter would replace.
            stem = tr("{name} (searchable)", name=stem)
        file_dialogs.save_file(self._window, tr("Export"), f"{stem}.{suffix}", save, {f".{suffix}": form})

    @Slot(str)
    def _on_export_wanted(self, suffix: str) -> None:
        self._ask_for_file(suffix, tr(dict(EXPORTS)[suffix]), partial(self.export, suffix))

    @Slot(Table, str)
    def _on_table_save_wanted(self, table: Table, suffix: str) -> None:
        self._ask_for_file(suffix, tr("Table"), partial(self._save_table, table, suffix))

    @Slot(object)  # As the signal has it.
    def _on_reading_stopped(self, problem: Problem | None) -> None:
        pending, self._pending = self._pending, []
        if problem:
            self._on_failed(problem)
        elif pending:
            name = self._session.name
            text = tr("The export of “{name}” was cancelled because another document was opened.", name=name)
            todo = tr("Open it again and repeat the export.")
            self._notices.show_notice(Notice(Severity.WARNING, text, todo))

    @Slot(int)
    def _on_read_so_far(self, pages: int) -> None:
        if pages < self._session.page_count:
            text = tr("Reading page {page} of {pages}…", page=pages + 1, pages=self._session.page_count)
            self._window.show_status(text)

    @Slot()
    def _on_all_read(self) -> None:
        if ocr_result := self._session.ocr_result(self._window.number):
            self._window.show_ocr_result(ocr_result)
        pending, self._pending = self._pending, []
        for export in pending:
            export()

    @Slot(Path)
    def _on_saved(self, target: Path, detail: str = "") -> None:
        show_saved(self._notices, target, tr("Saved to “{file}”.", file=target), detail)

    @Slot(Problem)
    def _on_failed(self, problem: Problem) -> None:
        self._notices.show_notice(notice_of(problem))
