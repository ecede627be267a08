"""The document window: a document beside its OCR results."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeySequence, QPixmap, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSplitter, QTabWidget, QToolButton, QVBoxLayout, QWidget

from app.domain.documents.clean_up import CleanUp, cleaned_text, ignored_lines, kept_page
from app.domain.documents.html_pages import page_as_html
from app.domain.documents.labelled_values import LabelledValue, labelled_values
from app.domain.documents.markdown_pages import page_as_markdown
from app.domain.documents.marked_words import boxes_of
from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pdf_options import PdfOptions
from app.domain.documents.tables import Table
from app.domain.errors import Problem
from app.domain.images.geometry import Box
from app.domain.text.visible_text import visible
from app.ui.documents.document_menus import CleanUpMenu, ExportMenu
from app.ui.documents.document_status import status_of
from app.ui.documents.lines_edit import LinesEdit
from app.ui.documents.source_pane import SourcePane
from app.ui.documents.tables_pane import TablesPane
from app.ui.documents.thumbnail_strip import ThumbnailStrip
from app.ui.documents.values_pane import ValuesPane
from app.ui.widgets import ui_text
from app.ui.widgets.buttons import Role, button, icon_button
from app.ui.widgets.copy_button import copy_button
from app.ui.widgets.file_drops import FileDrops
from app.ui.widgets.find_bar import FindBar
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.focus_keeper import FocusKeeper
from app.ui.widgets.i18n import tr
from app.ui.widgets.icons import Icon
from app.ui.widgets.labels import ElidedLabel, label
from app.ui.widgets.notices import Notices
from app.ui.widgets.page_canvas import NO_PAGE, PageCanvas
from app.ui.widgets.problem_text import problem_sentence
from app.ui.widgets.screen_fit import ScreenFit
from app.ui.widgets.stacking_row import StackingRow
from app.ui.widgets.window_keys import add_close_key
from app.ui.widgets.zoom_buttons import ZoomButtons

SIZE = (1180, 760)
MIN_NAME_WIDTH = 140
"""Minimum width of the document's name beside the buttons, in pixels of the style sheet."""


class DocumentWindow(QWidget):
    """Thumbnails, page and text, with linked selection.

    `page_chosen(int)`, `thumbnail_wanted(int)`, `line_corrected(page, line, text)`, `clean_up_changed(CleanUp)`,
    `read_again_clicked(int)`, `reading_cancelled(int)`, `model_clicked(int)`, `fields_wanted(page, names)`,
    `export_wanted(suffix)`, `table_save_wanted(Table, suffix)`, `open_wanted()` for another file, or
    `files_dropped(tuple[Path, ...])`, `page_asked_about(int)`, `document_asked_about()`,
    `closed()`. `find_bar` looks for words in the whole document.
    """

    page_chosen = Signal(int)
    thumbnail_wanted = Signal(int)
    line_corrected = Signal(int, int, str)
    clean_up_changed = Signal(CleanUp)
    read_again_clicked = Signal(int)
    reading_cancelled = Signal(int)
    model_clicked = Signal(int)
    fields_wanted = Signal(int, str)
    export_wanted = Signal(str)
    table_save_wanted = Signal(Table, str)
    open_wanted = Signal()
    files_dropped = Signal(tuple)
    page_asked_about = Signal(int)
    document_asked_about = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("documentWindow")
        ScreenFit(self, *SIZE)
        add_close_key(self)
        self.number = 0
        self.ocr_result: OcrResult | None = None
        self.clean_up = CleanUp()
        self._wanted_line = -1
        """The line to highlight once its page is known; -1 for none."""
        self._marked_words: Sequence[str] = ()
        self.thumbnails = ThumbnailStrip(self)
        self.canvas = PageCanvas(self)
        self.lines = LinesEdit(self)
        self.markdown, self.html = SourcePane("Markdown", self), SourcePane("HTML", self)
        self.tables, self.values = TablesPane(self), ValuesPane(self)
        self.notices = Notices(self)
        self.name = ElidedLabel(parent=self)
        self.status_label = label("", "muted", wraps=True, parent=self)
        self.cancel = button(tr("Cancel"), Role.LINK, tr("Stop reading this page"), self)
        self.copy = copy_button(tr("Copy text"), Role.PRIMARY, tr("Copy the cleaned-up text of this page"), self)
        self.model = button(
            tr("Read with the model"), Role.PLAIN, tr("For complex layouts, handwriting and other scripts"), self
        )
        self.again = button(tr("Read again"), Role.PLAIN, tr("With the built-in OCR; corrections are discarded"), self)
        self.export, self.clean_up_tool = QToolButton(self), QToolButton(self)
        self._export_menu, self._clean_ups = ExportMenu(self), CleanUpMenu(self)
        self.ask = button(tr("Ask"), Role.PLAIN, tr("Ask about this page in a new chat"), self)
        self.open = button(tr("Open…"), Role.PLAIN, tr("Open a document"), self)
        self.find_bar = FindBar(tr("Find in this document"), tr("No matches in this document"), self)
        self.zoom = ZoomButtons(self.canvas, self)
        self.fit = button(tr("Fit"), Role.PLAIN, tr("Fit the image to the window"), self)
        self.rotate = icon_button(Icon.ROTATE, tr("Rotate clockwise"), self)
        self._add_menus()
        self._lay_out()
        self._wire()
        self._add_keys()
        FocusKeeper(self, self.tabs)

    def begin(self, name: str, pages: int, number: int = 0, words: Sequence[str] = ()) -> None:
        """Show the page `number`, from 0, of a file of `pages` pages, on each of which `words` are marked."""
        self.setWindowTitle(f"{visible(name)} – Lorgnette")
        self.name.setText(name)
        self.thumbnails.set_count(pages)
        self.number = min(number, pages - 1)
        self._marked_words = words
        self.ask.setMenu(self._asks if pages > 1 else None)  # type: ignore[arg-type]  # None is none.
        self.clear_page()
        if pages > 1:
            self.thumbnails.setCurrentRow(self.number)
        else:
            self.page_chosen.emit(0)

    def clear_page(self) -> None:
        """Clear everything that is known of the page."""
        self.ocr_result = None
        self.canvas.set_picture(QPixmap())
        self.canvas.set_page(NO_PAGE)
        self.lines.clear_ocr_result()
        for pane in (self.markdown, self.html):
            pane.set_source("")
        self.tables.set_tables(())
        self.values.set_values(())
        self._show_reading()

    def show_picture(self, number: int, png: bytes) -> None:
        """Show the picture of a page, if it is still the current one."""
        if number == self.number:
            pixmap = QPixmap()
            pixmap.loadFromData(png, "PNG")
            self.canvas.set_picture(pixmap)
            self.lines.set_picture(pixmap)

    @Slot(OcrResult)
    def show_ocr_result(self, ocr_result: OcrResult) -> None:
        """Show the OCR result of a page, if it is still the current one."""
        if ocr_result.number != self.number:
            return
        is_new = self.ocr_result is None or self.ocr_result.page != ocr_result.page
        self.ocr_result = ocr_result
        page = ocr_result.corrected_page()
        if is_new:
            self.canvas.set_page(page)
        else:
            self.canvas.correct_page(page)
        self.lines.set_ocr_result(ocr_result)
        self._show_formats()
        if is_new:
            self.tables.set_tables(page.tables)
            self.values.set_values(labelled_values(page))
            if self._marked_words:
                self.canvas.highlight_boxes(boxes_of(self._marked_words, page))
        self._show_wanted_line()
        self.show_status(status_of(ocr_result))

    @Slot(int, Problem)
    def show_failure(self, number: int, problem: Problem) -> None:
        """Show why a page could not be read."""
        if number == self.number:
            self.show_status(problem_sentence(problem))

    def show_status(self, sentence: str) -> None:
        """Show a status message about the page."""
        self.status_label.setText(sentence)
        self.status_label.setVisible(bool(sentence))
        self.cancel.hide()

    @Slot(int, float)
    def show_progress(self, number: int, progress: float) -> None:
        """Show how much of a page has been read, if it is still the current one and being read."""
        if number == self.number and not self.cancel.isHidden():
            self.status_label.setText(tr("Reading… {share} %", share=ui_text.number(round(100 * progress))))

    def _show_reading(self) -> None:
        self.show_status(tr("Reading…"))
        self.cancel.show()

    def show_line(self, page: int, line: int) -> None:
        """Highlight a line in the text and on the page, which is shown first if another one is."""
        self._wanted_line = line
        if page != self.number:
            self.thumbnails.setCurrentRow(page)
        else:
            self._show_wanted_line()

    def clear_line(self) -> None:
        """Highlight no line, on this page or on the one that is waited for."""
        self._wanted_line = -1
        self.lines.highlight_line(-1)
        self.canvas.highlight_line(-1)

    def _show_wanted_line(self) -> None:
        if self._wanted_line >= 0 and self.ocr_result:
            self.lines.show_line(self._wanted_line)
            self.canvas.highlight_line(self._wanted_line)
            self._wanted_line = -1

    def set_clean_up(self, how: CleanUp) -> None:
        """Set the clean-up of texts, without emitting `clean_up_changed`."""
        self.clean_up = how
        self._clean_ups.set_clean_up(how)
        self.canvas.set_ignored(how.ignored)
        self._show_formats()

    @property
    def pdf_options(self) -> PdfOptions:
        """The chosen options of searchable PDFs."""
        return self._export_menu.pdf_options

    def closeEvent(self, event: QCloseEvent) -> None:
        """Emit `closed`."""
        super().closeEvent(event)
        self.closed.emit()

    def _show_formats(self) -> None:
        if self.ocr_result:
            self.lines.set_ignored(ignored_lines(self.ocr_result.page, self.clean_up.ignored))
            page = kept_page(self.ocr_result.corrected_page(), self.clean_up)
            self.markdown.set_source(page_as_markdown(page))
            self.html.set_source(page_as_html(page))

    def _add_menus(self) -> None:
        menus = ((self.export, tr("Export"), self._export_menu), (self.clean_up_tool, tr("Clean up"), self._clean_ups))
        for tool, name, menu in menus:
            tool.setObjectName("presets")
            tool.setText(name)
            tool.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            tool.setMenu(menu)
        self._asks = QMenu(self)
        self._asks.addAction(tr("About this page"), self._on_page_asked_about)
        self._asks.addAction(tr("About this document"), self.document_asked_about.emit)

    def _lay_out(self) -> None:
        tools, flow = QWidget(self), FlowLayout()
        tools.setLayout(flow)
        looks = (self.open, self.zoom, self.fit, self.rotate)
        for tool in (*looks, self.again, self.model, self.ask, self.clean_up_tool, self.export, self.copy):
            flow.addWidget(tool)
        head = QVBoxLayout()
        head.setContentsMargins(12, 8, 12, 8)
        head.addWidget(StackingRow(self.name, tools, MIN_NAME_WIDTH, self))
        self.tabs = QTabWidget(self)
        self.tabs.setUsesScrollButtons(False)  # The pane is as wide as its tabs.
        self.tabs.addTab(self.lines, tr("Text"))
        self.tabs.addTab(self.markdown, "Markdown")
        self.tabs.addTab(self.html, "HTML")
        self.tabs.addTab(self.tables, tr("Tables"))
        self.tabs.addTab(self.values, tr("Fields"))
        right = QWidget(self)
        column = QVBoxLayout(right)
        column.setContentsMargins(8, 0, 12, 12)
        column.addWidget(self.tabs, 1)
        state = QHBoxLayout()
        state.addWidget(self.status_label, 1)
        state.addWidget(self.cancel)
        column.addLayout(state)
        self.splitter = QSplitter(self)
        self.splitter.addWidget(self.canvas)
        self.splitter.addWidget(right)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        body = QHBoxLayout()
        body.setSpacing(0)
        body.addWidget(self.thumbnails)
        body.addWidget(self.splitter, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(head)
        whole.addWidget(self.find_bar)
        self.notices.bar.lay_out(whole, body)

    def _add_keys(self) -> None:
        for keys, act in (
            (QKeySequence(QKeySequence.StandardKey.Find), self.find_bar.open_bar),
            (QKeySequence(QKeySequence.StandardKey.Open), self.open_wanted.emit),
            (QKeySequence("Ctrl+Shift+O"), self.open_wanted.emit),
        ):
            QShortcut(keys, self).activated.connect(act)

    def _wire(self) -> None:
        drops = FileDrops(self)
        drops.dropped.connect(self.files_dropped)
        drops.refused.connect(self.notices.show_problem)
        self.open.clicked.connect(self.open_wanted)
        self._export_menu.export_wanted.connect(self.export_wanted)
        self._clean_ups.chosen.connect(self._choose)
        self._clean_ups.area_wanted.connect(self._begin_ignoring)
        self.thumbnails.page_chosen.connect(self._on_page_chosen)
        self.thumbnails.wanted.connect(self.thumbnail_wanted)
        self.canvas.line_hovered.connect(self.lines.highlight_line)
        self.canvas.line_hovered.connect(self.canvas.highlight_line)
        self.canvas.line_clicked.connect(self.lines.show_line)
        self.canvas.problem_met.connect(self.notices.show_problem)
        self.canvas.part_selected.connect(self._on_part_selected)
        self.lines.line_hovered.connect(self.canvas.highlight_line)
        self.lines.line_chosen.connect(self.canvas.highlight_line)
        self.lines.line_edited.connect(self._on_line_edited)
        self.tables.table_highlighted.connect(self._on_table_highlighted)
        self.tables.save_wanted.connect(self.table_save_wanted)
        self.values.value_highlighted.connect(self._on_value_highlighted)
        self.values.fields_wanted.connect(self._on_fields_wanted)
        self.fit.clicked.connect(self.canvas.fit)
        self.rotate.clicked.connect(self.canvas.rotate)
        self.copy.clicked.connect(self._on_copy_clicked)
        self.ask.clicked.connect(self._on_page_asked_about)
        self.again.clicked.connect(self._on_again_clicked)
        self.cancel.clicked.connect(self._on_cancel_clicked)
        self.model.clicked.connect(self._on_model_clicked)
        self.tabs.currentChanged.connect(self._on_tab_changed)

    @Slot()
    def _begin_ignoring(self) -> None:
        self.canvas.begin_selecting(tr("Drag over the area to ignore. Esc to cancel."))

    @Slot(CleanUp)
    def _choose(self, how: CleanUp) -> None:
        self.set_clean_up(how)
        self.clean_up_changed.emit(how)

    @Slot(int)
    def _on_page_chosen(self, number: int) -> None:
        self.number = number
        self.clear_page()
        self.page_chosen.emit(number)

    @Slot(int, str)
    def _on_line_edited(self, line: int, text: str) -> None:
        self.line_corrected.emit(self.number, line, text)

    @Slot(float, float, float, float)
    def _on_part_selected(self, left: float, top: float, right: float, bottom: float) -> None:
        self._choose(replace(self.clean_up, ignored=(*self.clean_up.ignored, Box(left, top, right, bottom))))

    @Slot(str)
    def _on_fields_wanted(self, names: str) -> None:
        self.fields_wanted.emit(self.number, names)

    @Slot(object)
    def _on_table_highlighted(self, table: Table | None) -> None:
        if self.tabs.currentWidget() is self.tables:
            self.canvas.highlight_boxes((table.box,) if table else ())

    @Slot(LabelledValue)
    def _on_value_highlighted(self, value: LabelledValue) -> None:
        self.canvas.highlight_boxes(value.boxes)

    @Slot()
    def _on_tab_changed(self) -> None:
        self.canvas.highlight_boxes(())
        self._on_table_highlighted(self.tables.table)

    @Slot()
    def _on_page_asked_about(self) -> None:
        self.page_asked_about.emit(self.number)

    @Slot()
    def _on_copy_clicked(self) -> None:
        if self.ocr_result:
            QGuiApplication.clipboard().setText(cleaned_text(self.ocr_result.corrected_page(), self.clean_up))

    @Slot()
    def _on_again_clicked(self) -> None:
        self._show_reading()
        self.read_again_clicked.emit(self.number)

    @Slot()
    def _on_cancel_clicked(self) -> None:
        self.show_status(tr("Reading was cancelled. “Read again” reads the page from the start."))
        self.reading_cancelled.emit(self.number)

    @Slot()
    def _on_model_clicked(self) -> None:
        self.show_status(tr("The model is reading…"))
        self.model_clicked.emit(self.number)
