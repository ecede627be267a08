"""The menus of the document window: exports, and the clean-up of texts."""

from dataclasses import replace
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QMenu, QWidget

from app.domain.documents.clean_up import CleanUp
from app.domain.documents.pdf_options import PdfOptions
from app.ui.documents.document_exports import EXPORTS
from app.ui.widgets.i18n import tr


class ExportMenu(QMenu):
    """`export_wanted(suffix)`, and the options of searchable PDFs."""

    export_wanted = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        for suffix, text in EXPORTS:
            self.addAction(tr(text), partial(self.export_wanted.emit, suffix))
        self.addSeparator()
        self._archival = self.addAction(tr("PDF for archives (PDF/A-2b)"))
        self._deskewed = self.addAction(tr("Deskew scans in the PDF"))
        self._compressed = self.addAction(tr("Compress pictures in the PDF"))
        for action in (self._archival, self._deskewed, self._compressed):
            action.setCheckable(True)

    @property
    def pdf_options(self) -> PdfOptions:
        """The chosen options of searchable PDFs."""
        return PdfOptions(self._archival.isChecked(), self._deskewed.isChecked(), self._compressed.isChecked())


class CleanUpMenu(QMenu):
    """`chosen(CleanUp)`, and `area_wanted()` to have an area to ignore dragged over."""

    chosen = Signal(CleanUp)
    area_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._clean_up = CleanUp()
        self._joins = self.addAction(tr("Join lines into paragraphs"))
        self._strips = self.addAction(tr("Remove hyphens at line ends"))
        self._main_text = self.addAction(tr("Leave out headers, footers and page numbers"))
        for action in (self._joins, self._strips, self._main_text):
            action.setCheckable(True)
            action.triggered.connect(self._on_triggered)
        self.addSeparator()
        self.addAction(tr("Ignore an area of the page…"), self.area_wanted.emit)
        self._clear_ignored = self.addAction(tr("Clear ignored areas"), self._on_clear_triggered)
        self._clear_ignored.setEnabled(False)

    def set_clean_up(self, how: CleanUp) -> None:
        """Show a clean-up, without emitting `chosen`."""
        self._clean_up = how
        self._joins.setChecked(how.joins_lines)
        self._strips.setChecked(how.strips_hyphens)
        self._main_text.setChecked(how.is_main_text)
        self._clear_ignored.setEnabled(bool(how.ignored))

    @Slot()
    def _on_triggered(self) -> None:
        how = replace(
            self._clean_up,
            joins_lines=self._joins.isChecked(),
            strips_hyphens=self._strips.isChecked(),
            is_main_text=self._main_text.isChecked(),
        )
        self.chosen.emit(how)

    @Slot()
    def _on_clear_triggered(self) -> None:
        self.chosen.emit(replace(self._clean_up, ignored=()))
