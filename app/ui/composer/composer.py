"""The composer: the draft's images and text, and the actions on them."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QMimeData, QObject, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.domain.chat.chat import Draft, title_from
from app.domain.chat.presets import Preset, matching
from app.domain.chat.published_prompts import published_presets
from app.domain.documents.automatic_resolution import Resolution
from app.domain.ids import Digest, ImportId
from app.domain.images.attachments import Attachment
from app.domain.images.visual_cost import visual_cost
from app.domain.settings.generation_options import GenerationOptions
from app.ui.composer.attachment_chip import AttachmentChip
from app.ui.composer.context_gauge import ContextGauge
from app.ui.composer.default_question import default_question
from app.ui.composer.import_chip import ImportChip
from app.ui.composer.preset_button import PresetButton
from app.ui.composer.preset_list import PresetList
from app.ui.widgets import ui_text
from app.ui.widgets.buttons import Role, button, icon_button
from app.ui.widgets.discard import discard
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.i18n import mark, tr
from app.ui.widgets.icons import Icon
from app.ui.widgets.labels import label, tooltip
from app.ui.widgets.message_edit import MessageEdit
from app.ui.widgets.read_button import read_button, show_read_button
from app.ui.widgets.theme import zoomed
from app.ui.widgets.thumbnails import ThumbnailPath

CHIPS_HEIGHT = 64
NO_IMAGE = mark("Ask anything, or drop an image to ask about it")
WITH_IMAGE = mark("Ask about the image, or press Enter for “{question}”")


class Composer(QFrame):
    """Emits the user's requests; its content is set from outside.

    `text_changed(str)`, `submitted(str)`, `stop_clicked()`, `open_clicked()`, `read_clicked(Attachment)`,
    `read_all_clicked(tuple[Attachment, ...])`,
    `image_clicked(Attachment)`, `image_removed(Attachment)`, `budget_chosen(Attachment, int | None)`,
    `import_cancelled(str)`, `mime_pasted(QMimeData)`, `preset_saved(Preset)`, `preset_removed(Preset)`; `up_pressed()`
    in an empty field; `text_cut(kept, lost)` forwarded from its field.
    """

    text_changed = Signal(str)
    submitted = Signal(str)
    stop_clicked = Signal()
    open_clicked = Signal()
    read_clicked = Signal(Attachment)
    read_all_clicked = Signal(tuple)
    image_clicked = Signal(Attachment)
    image_removed = Signal(Attachment)
    budget_chosen = Signal(Attachment, object)  # int | None: a union is no class.
    import_cancelled = Signal(str)
    mime_pasted = Signal(QMimeData)
    preset_saved = Signal(Preset)
    preset_removed = Signal(Preset)
    up_pressed = Signal()
    text_cut = Signal(int, int)

    def __init__(self, thumbnail_path: ThumbnailPath, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("composer")
        self._thumbnail_path = thumbnail_path
        self._attachments: tuple[Attachment, ...] = ()
        self._attachment_chips: dict[Digest, AttachmentChip] = {}
        self._import_chips: dict[ImportId, ImportChip] = {}
        self._is_busy = False
        self._options = GenerationOptions()
        self._visual_token_seconds = 0.0
        self._resolutions: Mapping[Digest, Resolution] = {}
        self._own_question, self._is_demo = "", False
        self.edit = MessageEdit(self)
        self.add = icon_button(Icon.ADD_IMAGES, tr("Open images"), self)
        self.capture = button(tr("Screen"), Role.PLAIN, tr("Capture an area of the screen (Ctrl+Shift+S)"), self)
        self.read = read_button(self)
        self.presets = PresetButton(self)
        self.offered = PresetList(self)
        self._own_presets: tuple[Preset, ...] = ()
        self._published_presets: tuple[Preset, ...] = ()
        self.gauge = ContextGauge(self)
        self._used_tokens = self._capacity = 0
        self.send = button(tr("Send"), Role.PRIMARY, tr("Send the message"), self)
        self.stop = button(tr("Stop"), Role.PRIMARY, tr("Stop the answer"), self)
        self.leaving = label("", "warning", wraps=True, parent=self)
        self.leaving.hide()
        self._chips = _ChipRow(self)
        self._lay_out()
        self._connect()
        self._update()

    @Slot(Draft)
    def set_draft(self, draft: Draft) -> None:
        """Show a draft; if its text is unchanged, the cursor stays where it is."""
        if draft.text != self.edit.toPlainText():
            with QSignalBlocker(self.edit):
                self.edit.setPlainText(draft.text)
                self.edit.moveCursor(self.edit.textCursor().MoveOperation.End)
        wanted = {attachment.digest: attachment for attachment in draft.attachments}
        for digest, attachment in wanted.items():
            if digest not in self._attachment_chips:
                self._attachment_chips[digest] = self._attachment_chip(attachment)
        self._attachments = draft.attachments
        gone = [self._attachment_chips.pop(digest) for digest in set(self._attachment_chips) - set(wanted)]
        for chip in gone:  # Hiding one may move the focus, whose handlers must find all others in place.
            discard(chip)
        self._show_costs()
        self._update()

    def set_options(self, options: GenerationOptions) -> None:
        """Set the options for images that have no pixel budget of their own."""
        self._options = options
        self._show_costs()

    def set_resolutions(self, resolutions: Mapping[Digest, Resolution]) -> None:
        """Set the automatic resolutions of the images that have one, by digest."""
        self._resolutions = resolutions
        self._show_costs()

    def set_used_tokens(self, tokens: int) -> None:
        """Set the number of tokens that the chat has so far."""
        self._used_tokens = tokens
        self._show_costs()

    def set_capacity(self, tokens: int) -> None:
        """Set the size of the model's context in tokens; 0 if no model is open."""
        self._capacity = tokens
        self._show_costs()

    def set_server(self, host: str) -> None:
        """Show that questions are sent to `host`; empty if they stay on this machine."""
        self.leaving.setText(tr("Questions and images are sent to {host}.", host=host))
        self.leaving.setVisible(bool(host))

    @Slot(float)
    def set_visual_token_seconds(self, visual_token_seconds: float) -> None:
        """Set the seconds that a visual token takes; 0 if unknown."""
        self._visual_token_seconds = visual_token_seconds
        self._show_costs()

    def set_presets(self, own: tuple[Preset, ...]) -> None:
        """Offer the user's own presets beside the built-in ones."""
        self._own_presets = own
        self.presets.set_presets(self._published_presets, own)

    def set_default_question(self, own: str) -> None:
        """Set the user's own question for images that are sent without a text; empty for the built-in one."""
        self._own_question = own
        self._update()

    def set_model(self, name: str, *, is_demo: bool = False) -> None:
        """Offer the presets that were published for the open model, if any, before all others."""
        self._is_demo = is_demo
        self._update()
        published = published_presets(name)
        if published != self._published_presets:
            self._published_presets = published
            self.presets.set_presets(published, self._own_presets)

    def add_import(self, import_id: ImportId, name: str) -> None:
        """Show that an image is being opened."""
        chip = ImportChip(import_id, name)
        chip.cancel_clicked.connect(self.import_cancelled)
        self._import_chips[import_id] = chip
        self._chips.add(chip)
        self._update()

    def remove_import(self, import_id: ImportId) -> None:
        """Remove the chip of an image that has been opened, or could not be."""
        if chip := self._import_chips.pop(import_id, None):
            discard(chip)
            self._update()

    def clear_imports(self) -> None:
        """Remove all import chips, because another chat is shown; its draft is set separately."""
        for import_id in list(self._import_chips):
            self.remove_import(import_id)

    @Slot(bool)
    def set_busy(self, is_busy: bool) -> None:
        """Show Stop while an answer is generated; what is typed meanwhile is queued."""
        had_focus = self.stop.hasFocus() or self.send.hasFocus()
        self._is_busy = is_busy
        self._update()
        if had_focus:
            (self.stop if is_busy else self.edit).setFocus()

    @Slot()
    def focus(self) -> None:
        """Put the cursor into the text."""
        self.edit.setFocus()

    @Slot(str)
    def take(self, text: str) -> None:
        """Replace the field's text with `text`; Ctrl+Z restores it."""
        cursor = self.edit.textCursor()
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)  # Unlike setPlainText, this can be undone.
        self.focus()

    @Slot(str)
    def quote(self, text: str) -> None:
        """Add `text` as a quotation, and put the cursor below it."""
        cursor = self.edit.textCursor()
        cursor.movePosition(QTextCursor.MoveOperation.End)
        before = "\n" if self.edit.toPlainText().strip() else ""
        quoted = "\n".join(f"> {line}".rstrip() for line in text.strip().split("\n"))
        cursor.insertText(f"{before}{quoted}\n\n")
        self.edit.setTextCursor(cursor)
        self.focus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Pass some keys to the preset list while it is shown."""
        kinds = {QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride}
        if watched is self.edit and isinstance(event, QKeyEvent) and event.type() in kinds and self.offered.isVisible():
            if event.type() is QEvent.Type.KeyPress:
                return self.offered.handle_key(event.key())
            if event.key() == Qt.Key.Key_Escape:  # Otherwise it would stop an answer.
                event.accept()
                return True
        return super().eventFilter(watched, event)

    def _lay_out(self) -> None:
        actions = FlowLayout()
        actions.addWidget(self.add)
        actions.addWidget(self.capture)
        actions.addWidget(self.read)
        actions.addWidget(self.presets)
        actions.push()
        actions.addWidget(self.gauge)
        actions.addWidget(self.send)
        actions.addWidget(self.stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.leaving)
        column.addWidget(self._chips)
        column.addWidget(self.offered)
        column.addWidget(self.edit)
        column.addLayout(actions)

    def _connect(self) -> None:
        self.edit.textChanged.connect(self._on_text_changed)
        self.edit.submitted.connect(self.submit)
        self.edit.installEventFilter(self)
        self.offered.chosen.connect(self._on_preset_chosen)
        self.presets.chosen.connect(self._on_preset_chosen)
        self.presets.saved.connect(self._on_preset_named)
        self.presets.removed.connect(self.preset_removed)
        self.edit.mime_pasted.connect(self.mime_pasted)
        self.edit.up_pressed.connect(self.up_pressed)
        self.edit.text_cut.connect(self.text_cut)
        self.edit.focus_changed.connect(self._on_focus_changed)
        self.add.clicked.connect(self.open_clicked)
        self.read.clicked.connect(self._on_read_clicked)
        self.send.clicked.connect(self.submit)
        self.stop.clicked.connect(self.stop_clicked)

    def _attachment_chip(self, attachment: Attachment) -> AttachmentChip:
        chip = AttachmentChip(attachment, self._thumbnail_path(attachment))
        chip.image_clicked.connect(self.image_clicked)
        chip.read_clicked.connect(self.read_clicked)
        chip.remove_clicked.connect(self.image_removed)
        chip.budget_chosen.connect(self.budget_chosen)
        self._chips.add(chip)
        return chip

    def _show_costs(self) -> None:
        waiting = 0
        for attachment in self._attachments:
            resolution = self._resolutions.get(attachment.digest)
            chip = self._attachment_chips[attachment.digest]
            chip.show_cost(attachment, self._options, self._visual_token_seconds, resolution)
            budget = resolution.pixel_budget if resolution else self._options.pixel_budget
            waiting += visual_cost(attachment, budget, self._options.clip_frames).tokens
        self.gauge.show_tokens(self._used_tokens, waiting, self._capacity)

    def _default_question(self) -> str:
        return default_question(self._attachments, self._own_question, is_demo=self._is_demo)

    def _readable(self) -> tuple[Attachment, ...]:
        return tuple(attachment for attachment in self._attachments if not attachment.is_video)

    def _update(self) -> None:
        has_text = bool(self.edit.toPlainText().strip())
        self.presets.set_savable(is_savable=has_text)
        self._chips.setVisible(bool(self._attachment_chips or self._import_chips))
        question = title_from(self._default_question())
        self.edit.setPlaceholderText(tr(WITH_IMAGE, question=question) if self._attachments else tr(NO_IMAGE))
        self.edit.viewport().update()  # Qt repaints a placeholder only when it appears or goes.
        show_read_button(self.read, len(self._readable()))
        self.read.setEnabled(bool(self._readable()) and not self._is_busy)
        for chip in self._attachment_chips.values():
            chip.read.setEnabled(not self._is_busy)
        is_sendable = (has_text or bool(self._attachments)) and not self._import_chips
        self.send.setText(tr("Queue") if self._is_busy else tr("Send"))
        name = tr("Send the message after this answer") if self._is_busy else tr("Send the message")
        self.send.setAccessibleName(name)
        self.send.setToolTip(tooltip(name))
        self.send.setVisible(is_sendable or not self._is_busy)
        self.send.setEnabled(is_sendable)
        self.stop.setVisible(self._is_busy)

    @Slot()
    def _on_text_changed(self) -> None:
        self._update()
        text = self.edit.toPlainText()
        is_command = text.startswith("/") and "\n" not in text
        presets = (*self._published_presets, *ui_text.built_in_presets(), *self._own_presets)
        self.offered.offer(matching(presets, text[1:]) if is_command else ())
        self.text_changed.emit(text)

    @Slot(Preset)
    def _on_preset_chosen(self, preset: Preset) -> None:
        self.take(preset.text)
        cursor = self.edit.textCursor()
        start, end = preset.changeable
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        self.edit.setTextCursor(cursor)

    @Slot(str)
    def _on_preset_named(self, name: str) -> None:
        self.preset_saved.emit(Preset(name, self.edit.toPlainText().strip()))

    @Slot()
    def submit(self) -> None:
        """Send the text, or the default question about the images if there is none."""
        text = self.edit.toPlainText()
        self.submit_question(text if text.strip() else self._default_question())

    @Slot(str)
    def submit_question(self, question: str) -> None:
        """Send a question about the draft's images; what has been typed stays."""
        # Otherwise Enter would send the question without an image that is still being opened.
        if self.send.isEnabled():
            self.submitted.emit(question)

    @Slot()
    def _on_read_clicked(self) -> None:
        images = self._readable()
        self.focus()  # The button is about to be disabled, which would move the focus to an arbitrary widget.
        self.read_all_clicked.emit(images)

    @Slot(bool)
    def _on_focus_changed(self, has_focus: bool) -> None:
        self.setProperty("focused", has_focus)
        self.style().unpolish(self)
        self.style().polish(self)


class _ChipRow(QScrollArea):
    """A row of chips that scrolls if there are many."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        inner = QWidget()
        self._row = QHBoxLayout(inner)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self._row.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for ground in (self.viewport(), inner):  # A style sheet without a selector would be that of menus, too.
            ground.setAutoFillBackground(False)
        self.horizontalScrollBar().rangeChanged.connect(self._fit)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self._fit()

    @Slot()
    def _fit(self) -> None:
        """Fit the height to a chip, and the scroll bar if there is one."""
        bar = self.horizontalScrollBar()
        height = zoomed(self, CHIPS_HEIGHT) + (bar.sizeHint().height() if bar.maximum() > 0 else 0)
        if height != self.height():
            self.setFixedHeight(height)

    def add(self, chip: QWidget) -> None:
        self._row.insertWidget(self._row.count() - 1, chip)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.height())
