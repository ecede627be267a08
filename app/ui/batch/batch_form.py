"""The form with the options of a batch and its output folder."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLineEdit, QWidget

from app.domain.batch.batch import MAX_PARALLEL, BatchOptions, Output
from app.domain.documents.clean_up import CleanUp
from app.domain.documents.fields import fields_from, fields_text
from app.domain.documents.reader_choice import ReaderChoice
from app.domain.models.model_info import ModelInfo
from app.ui.batch.margins_edit import MarginsEdit
from app.ui.widgets import ui_text
from app.ui.widgets.buttons import Role, button, icon_button
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.i18n import tr
from app.ui.widgets.icons import Icon
from app.ui.widgets.labels import ElidedLabel, label
from app.ui.widgets.spin_boxes import IntegerBox
from app.ui.widgets.stacking_row import StackingRow

MIN_NAMES_WIDTH = 160
"""Minimum width of the names of files and folders beside the buttons, in pixels of the style sheet."""
_NO_TARGET: tuple[Path | None, bool] = (None, False)


class BatchForm(QWidget):
    """Sources, output folder, outputs, clean-up, OCR and fields; `changed()` is emitted when the user changes any.

    `sources_changed()` when other files or another output folder are shown. `files_clicked()`, `folder_clicked()` and
    `target_clicked()` request file dialogs.
    """

    changed = Signal()
    sources_changed = Signal()
    files_clicked = Signal()
    folder_clicked = Signal()
    target_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sources: tuple[Path, ...] = ()
        self.target, self._is_default_target = _NO_TARGET
        self._sources = ElidedLabel(parent=self)
        self._target = ElidedLabel(parent=self)
        self.files = button(tr("Add files…"), Role.PLAIN, tr("Add files to the batch"), self)
        self.folder = button(tr("Add a folder…"), Role.PLAIN, tr("Add a folder and its subfolders"), self)
        self.clear = icon_button(Icon.CLOSE, tr("Remove all files and folders"), self)
        self.choose = button(tr("Choose…"), Role.PLAIN, tr("Choose the output folder"), self)
        self.boxes = {output: QCheckBox(ui_text.batch_output(output), self) for output in Output}
        self.reader = QComboBox(self)
        for choice in ReaderChoice:
            self.reader.addItem(ui_text.reader_choice(choice), choice)
        self.reader.setAccessibleName(tr("Read with"))
        self.fields = QLineEdit(self)
        self.fields.setAccessibleName(tr("Fields"))
        self.fields.setPlaceholderText(tr("date, total: with tax, vendor"))
        self.fields.setToolTip(tr("Columns for the model to extract, each with an optional hint after a colon"))
        self.fields.setAcceptDrops(False)  # The window takes drops.
        self.joins = QCheckBox(tr("Join lines into paragraphs"), self)
        self.strips = QCheckBox(tr("Remove hyphens at line ends"), self)
        self.main_text = QCheckBox(tr("Leave out headers, footers and page numbers"), self)
        self.ignored = MarginsEdit(self)
        self.parallel = IntegerBox(self)
        self.parallel.setRange(1, MAX_PARALLEL)
        self.parallel.setAccessibleName(tr("Parallel requests"))
        self.parallel.setToolTip(tr("Number of requests sent to the server at the same time"))
        self.watches = QCheckBox(tr("Watch the folders for new files"), self)
        self.watches.setToolTip(tr("Processes files as they arrive, until you stop it; also after a restart"))
        self._server: ModelInfo | None = None
        self._goes_to = label("", "muted", parent=self)
        self._lay_out()
        self.files.clicked.connect(self.files_clicked)
        self.folder.clicked.connect(self.folder_clicked)
        self.choose.clicked.connect(self.target_clicked)
        self.clear.clicked.connect(self._on_clear_clicked)
        self.reader.activated.connect(self.changed)
        self.fields.editingFinished.connect(self.changed)
        self.fields.textChanged.connect(self._show_server)
        self.changed.connect(self._show_server)
        self.ignored.edited.connect(self.changed)
        for box in (*self.boxes.values(), self.joins, self.strips, self.main_text):
            box.clicked.connect(self.changed)
        self.show_options(BatchOptions())
        self.set_sources(())
        self.set_target(None)
        self.set_model(None)

    def set_sources(self, sources: Sequence[Path]) -> None:
        """Show the sources, each once."""
        self.sources = tuple(dict.fromkeys(sources))
        names = tr(", ").join(source.name or str(source) for source in self.sources[:20])
        more = "…" if len(self.sources) > 20 else ""
        self._sources.setText(f"{names}{more}" if self.sources else tr("Drop folders and files here."))
        self.clear.setVisible(bool(self.sources))
        self.sources_changed.emit()

    def set_target(self, target: Path | None, *, is_default: bool = False) -> None:
        """Show the output folder; one that is only the default goes with the sources."""
        self.target, self._is_default_target = target, is_default
        self._target.setText(str(target) if target else tr("Not chosen yet"))
        self.sources_changed.emit()

    def set_model(self, info: ModelInfo | None) -> None:
        """Set the open model; for a server's model, show where images are sent, and offer parallel requests."""
        self._server = info if info and info.server else None
        if self._server:
            says = tr("Questions and images are sent to {host}.", host=self._server.server)
            self._goes_to.setText(says if self._server.leaves_machine else self._server.name)
        self._show_server()

    def show_options(self, options: BatchOptions) -> None:
        """Show the options, except for the model, which is always the open one."""
        for output, box in self.boxes.items():
            box.setChecked(output in options.outputs)
        self.reader.setCurrentIndex(self.reader.findData(options.reader))
        self.fields.setText(fields_text(options.fields))
        self.joins.setChecked(options.clean_up.joins_lines)
        self.strips.setChecked(options.clean_up.strips_hyphens)
        self.main_text.setChecked(options.clean_up.is_main_text)
        self.ignored.set_areas(options.clean_up.ignored)
        self._show_server()

    def options(self, model: str) -> BatchOptions:
        """Return the chosen options for `model`, if any (see BatchOptions). Raises BatchError."""
        options = BatchOptions(
            outputs=tuple(output for output, box in self.boxes.items() if box.isChecked()),
            reader=ReaderChoice(self.reader.currentData()),
            fields=fields_from(self.fields.text()),
            model=model,
            clean_up=CleanUp(
                self.joins.isChecked(),
                self.strips.isChecked(),
                self.ignored.areas,
                self.main_text.isChecked(),
            ),
        )
        options.check()
        return options

    def _lay_out(self) -> None:
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(12)
        self._form.setVerticalSpacing(8)
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._server_row = self._flow(self.parallel, self._goes_to)
        rows = (
            (tr("Images"), self._row(self._sources, self.clear, self.files, self.folder)),
            (tr("New files"), self._flow(self.watches)),
            (tr("Output folder"), self._row(self._target, self.choose)),
            (tr("Output formats"), self._flow(*self.boxes.values())),
            (tr("Text"), self._flow(self.joins, self.strips, self.main_text)),
            (tr("Ignore margins"), self.ignored),
            (tr("Read with"), self._flow(self.reader)),
            (tr("Fields"), self.fields),
            (tr("Parallel requests"), self._server_row),
        )
        for name, widget in rows:
            self._form.addRow(label(name, "hint", parent=self), widget)

    def _flow(self, *widgets: QWidget) -> QWidget:
        made, flow = QWidget(self), FlowLayout()
        made.setLayout(flow)
        for widget in widgets:
            flow.addWidget(widget)
        return made

    def _row(self, wide: QWidget, *narrow: QWidget) -> QWidget:
        return StackingRow(wide, self._flow(*narrow), MIN_NAMES_WIDTH, self)

    @Slot()
    def _show_server(self) -> None:
        """Show the server's options if the batch uses the model and it is a server's."""
        may_ask = self.reader.currentData() != ReaderChoice.BUILT_IN or bool(self.fields.text().strip())
        self._form.setRowVisible(self._server_row, self._server is not None and may_ask)

    @Slot()
    def _on_clear_clicked(self) -> None:
        if self._is_default_target:
            self.set_target(None)
        self.set_sources(())
        self.changed.emit()
