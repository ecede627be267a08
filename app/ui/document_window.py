"""A document beside what was read on it."""

from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QGuiApplication, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSplitter, QTabWidget, QToolButton, QVBoxLayout, QWidget

from app.domain.clean_up import CleanUp, cleaned_text, without_ignored
from app.domain.errors import Problem
from app.domain.labelled_values import LabelledValue, labelled_values
from app.domain.page_formats import page_as_html, page_as_markdown
from app.domain.pages import Page
from app.domain.readings import Reading
from app.domain.regions import Box
from app.domain.tables import Table
from app.ui.buttons import Role, button
from app.ui.labels import ElidedLabel, label
from app.ui.lines_edit import LinesEdit
from app.ui.notice_bar import NoticeBar
from app.ui.page_canvas import PageCanvas
from app.ui.page_rail import PageRail
from app.ui.source_pane import SourcePane
from app.ui.tables_pane import TablesPane
from app.ui.translation import mark, tr
from app.ui.values_pane import ValuesPane

SIZE = (1180, 760)
EXPORTS = (
    ("pdf", mark("PDF that can be searched")),
    ("txt", mark("Text")),
    ("md", mark("Markdown")),
    ("html", mark("Web page")),
    ("json", mark("JSON with places")),
    ("xlsx", mark("Spreadsheet of the tables")),
)


class DocumentWindow(QWidget):
    """Rail, page and text, linked with one another.

    `page_chosen(int)`, `thumbnail_wanted(int)`, `line_corrected(page, line, text)`, `clean_up_changed(CleanUp)`,
    `read_again_clicked(int)`, `model_clicked(int)`, `fields_wanted(page, names)`, `export_wanted(suffix)`,
    `table_save_wanted(Table, suffix)`, `closed()`.
    """

    page_chosen = Signal(int)
    thumbnail_wanted = Signal(int)
    line_corrected = Signal(int, int, str)
    clean_up_changed = Signal(object)
    read_again_clicked = Signal(int)
    model_clicked = Signal(int)
    fields_wanted = Signal(int, str)
    export_wanted = Signal(str)
    table_save_wanted = Signal(object, str)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("documentWindow")
        self.resize(*SIZE)
        self.number = 0
        self.reading: Reading | None = None
        self.clean_up = CleanUp()
        self._ignores = False
        self.rail = PageRail(self)
        self.canvas = PageCanvas(self)
        self.lines = LinesEdit(self)
        self.markdown, self.html = SourcePane("Markdown", self), SourcePane("HTML", self)
        self.tables, self.values = TablesPane(self), ValuesPane(self)
        self.notices = NoticeBar(self)
        self.name = ElidedLabel(parent=self)
        self.words = label("", "muted", wraps=True, parent=self)
        self.copy = button(tr("Copy text"), Role.PRIMARY, tr("Copy the text of this page, cleaned up"), self)
        self.model = button(
            tr("Read with the model"), Role.PLAIN, tr("For hard layouts, handwriting, other scripts"), self
        )
        self.again = button(tr("Read again"), Role.PLAIN, tr("With the built-in reader; corrections are lost"), self)
        self.export, self.tidy = QToolButton(self), QToolButton(self)
        self.fit = button(tr("Fit"), Role.PLAIN, tr("Show all of the image"), self)
        self.turn = button("↻", Role.PLAIN, tr("Turn the image clockwise"), self)
        self._add_menus()
        self._lay_out()
        self._wire()

    def begin(self, name: str, pages: int) -> None:
        """Show a file of so many pages."""
        self.setWindowTitle(f"{name} – Lorgnette")
        self.name.setText(name)
        self.rail.set_count(pages)
        self.number = 0
        self.clear_page()
        if pages > 1:
            self.rail.setCurrentRow(0)
        else:
            self.page_chosen.emit(0)

    def clear_page(self) -> None:
        """Nothing is known of the page yet."""
        self.reading = None
        self.canvas.set_picture(QPixmap())
        self.canvas.set_page(Page(1, 1, (), ""))
        self.lines.clear_reading()
        for pane in (self.markdown, self.html):
            pane.set_source("")
        self.tables.set_tables(())
        self.values.set_values(())
        self.say(tr("Reading …"))

    def show_picture(self, number: int, png: bytes) -> None:
        """Show the picture of a page, if it is still looked at."""
        if number == self.number:
            pixmap = QPixmap()
            pixmap.loadFromData(png, "PNG")
            self.canvas.set_picture(pixmap)

    def show_reading(self, reading: Reading) -> None:
        """Show what was read on a page, if it is still looked at."""
        if reading.number != self.number:
            return
        is_new = self.reading is None or self.reading.page != reading.page
        self.reading = reading
        page = reading.corrected_page()
        if is_new:
            self.canvas.set_page(page)
        self.lines.set_reading(reading)
        self._show_formats()
        if is_new:
            self.tables.set_tables(page.tables)
            self.values.set_values(labelled_values(page))
        self.say(_words(reading))

    def show_failure(self, number: int, problem: Problem) -> None:
        """Say why a page could not be read."""
        if number == self.number:
            self.say(problem.sentence)

    def say(self, sentence: str) -> None:
        """Say something about the page."""
        self.words.setText(sentence)
        self.words.setVisible(bool(sentence))

    def set_clean_up(self, how: CleanUp) -> None:
        """Choose what is done with texts, without telling that it was chosen."""
        self.clean_up = how
        self._joins.setChecked(how.joins_lines)
        self._strips.setChecked(how.strips_hyphens)
        self._forget.setEnabled(bool(how.ignored))
        self.canvas.set_ignored(how.ignored)
        self._show_formats()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell that nobody looks at it any more."""
        super().closeEvent(event)
        self.closed.emit()

    def _show_formats(self) -> None:
        if self.reading:
            page = without_ignored(self.reading.corrected_page(), self.clean_up.ignored)
            self.markdown.set_source(page_as_markdown(page))
            self.html.set_source(page_as_html(page))

    def _add_menus(self) -> None:
        for tool, name in ((self.export, tr("Export")), (self.tidy, tr("Clean up"))):
            tool.setObjectName("presets")
            tool.setText(name)
            tool.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        for suffix, name in EXPORTS:
            menu.addAction(tr(name), partial(self.export_wanted.emit, suffix))
        self.export.setMenu(menu)
        tidy = QMenu(self)
        self._joins = tidy.addAction(tr("Join lines to paragraphs"))
        self._strips = tidy.addAction(tr("Strip hyphens at ends of lines"))
        for action in (self._joins, self._strips):
            action.setCheckable(True)
            action.triggered.connect(self._on_tidied)
        tidy.addSeparator()
        self._ignore = tidy.addAction(tr("Ignore a part of the page…"), self._begin_ignoring)
        self._forget = tidy.addAction(tr("Ignore nothing"), self._ignore_nothing)
        self._forget.setEnabled(False)
        self.tidy.setMenu(tidy)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(12, 8, 12, 8)
        head.setSpacing(8)
        head.addWidget(self.name, 1)
        for tool in (self.fit, self.turn, self.again, self.model, self.tidy, self.export, self.copy):
            head.addWidget(tool)
        self.tabs = QTabWidget(self)
        self.tabs.addTab(self.lines, tr("Text"))
        self.tabs.addTab(self.markdown, "Markdown")
        self.tabs.addTab(self.html, "HTML")
        self.tabs.addTab(self.tables, tr("Tables"))
        self.tabs.addTab(self.values, tr("Fields"))
        right = QWidget(self)
        column = QVBoxLayout(right)
        column.setContentsMargins(8, 0, 12, 12)
        column.addWidget(self.tabs, 1)
        column.addWidget(self.words)
        self.splitter = QSplitter(self)
        self.splitter.addWidget(self.canvas)
        self.splitter.addWidget(right)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        body = QHBoxLayout()
        body.setSpacing(0)
        body.addWidget(self.rail)
        body.addWidget(self.splitter, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(head)
        whole.addWidget(self.notices)
        whole.addLayout(body, 1)

    def _wire(self) -> None:
        self.rail.page_chosen.connect(self._on_page_chosen)
        self.rail.wanted.connect(self.thumbnail_wanted)
        self.canvas.line_hovered.connect(self.lines.light_line)
        self.canvas.line_clicked.connect(self.lines.show_line)
        self.canvas.part_selected.connect(self._on_part_selected)
        self.lines.line_hovered.connect(self.canvas.light_line)
        self.lines.line_chosen.connect(self.canvas.light_line)
        self.lines.line_edited.connect(self._on_line_edited)
        self.tables.table_lit.connect(self._on_table_lit)
        self.tables.save_wanted.connect(self.table_save_wanted)
        self.values.value_lit.connect(self._on_value_lit)
        self.values.fields_wanted.connect(self._on_fields_wanted)
        self.fit.clicked.connect(self.canvas.fit)
        self.turn.clicked.connect(self.canvas.turn)
        self.copy.clicked.connect(self._on_copy_clicked)
        self.again.clicked.connect(self._on_again_clicked)
        self.model.clicked.connect(self._on_model_clicked)
        self.tabs.currentChanged.connect(self._on_tab_changed)

    def _begin_ignoring(self) -> None:
        self.canvas.begin_selecting()

    def _ignore_nothing(self) -> None:
        self._choose(replace(self.clean_up, ignored=()))

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

    @Slot()
    def _on_tidied(self) -> None:
        self._choose(
            replace(self.clean_up, joins_lines=self._joins.isChecked(), strips_hyphens=self._strips.isChecked())
        )

    @Slot(str)
    def _on_fields_wanted(self, names: str) -> None:
        self.fields_wanted.emit(self.number, names)

    @Slot(object)
    def _on_table_lit(self, table: Table | None) -> None:
        if self.tabs.currentWidget() is self.tables:
            self.canvas.light_boxes((table.box,) if table else ())

    @Slot(object)
    def _on_value_lit(self, value: LabelledValue) -> None:
        self.canvas.light_boxes(value.boxes)

    @Slot()
    def _on_tab_changed(self) -> None:
        self.canvas.light_boxes(())
        self._on_table_lit(self.tables.table)

    @Slot()
    def _on_copy_clicked(self) -> None:
        if self.reading:
            QGuiApplication.clipboard().setText(cleaned_text(self.reading.corrected_page(), self.clean_up))

    @Slot()
    def _on_again_clicked(self) -> None:
        self.say(tr("Reading …"))
        self.read_again_clicked.emit(self.number)

    @Slot()
    def _on_model_clicked(self) -> None:
        self.say(tr("The model reads …"))
        self.model_clicked.emit(self.number)


def _words(reading: Reading) -> str:
    said = [reading.page.notice]
    if reading.model_name:
        said.append(tr("Read by {name}, which tells no places.", name=reading.model_name))
    if reading.corrections:
        said.append(tr("Corrected lines: {count}.", count=len(reading.corrections)))
    return " ".join(filter(None, said))
