"""The bubble of a user's question, on the right: images, text, and its alternatives."""

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.domain.images.attachments import Attachment
from app.ui.chat.branch_switch import BranchSwitch
from app.ui.chat.hover_buttons import HoverButtons
from app.ui.chat.question_editor import QuestionEditor
from app.ui.markdown.formulas import FormulaPainter
from app.ui.markdown.message_parts import MessageParts
from app.ui.markdown.safe_text_browser import SafeTextBrowser
from app.ui.widgets import ui_text
from app.ui.widgets.buttons import Role, button, icon_button
from app.ui.widgets.discard import discard
from app.ui.widgets.i18n import tr
from app.ui.widgets.icons import Icon
from app.ui.widgets.labels import label
from app.ui.widgets.message_edit import MAX_CHARACTERS
from app.ui.widgets.thumbnails import ThumbnailButton, ThumbnailPath

THUMBNAIL = QSize(72, 72)
MAX_WIDTH = 520
THUMBNAILS_IN_A_ROW = 5
PADDING = 12
SLACK = 4
"""Pixels by which a line may be wider as it is laid out than as it is measured."""
_MEASURED_LINES, _MEASURED_CHARACTERS = 3, 300


class QuestionBubble(QWidget):
    """Shows one message, which never changes. `image_clicked` carries the Attachment.

    `edited(id, text)` asks for an alternative question; the editor stays open. `reused(text)` asks to put its text into
    the composer, for other images. `more_clicked(id)` asks to show more of it, `quoted(text)` to quote the selected
    text. `text_cut(kept, lost)` and
    `mime_pasted(QMimeData)` are forwarded from its editor: images go to the next question.
    """

    image_clicked = Signal(Attachment)
    edited = Signal(str, str)
    more_clicked = Signal(str)
    quoted = Signal(str)
    reused = Signal(str)
    text_cut = Signal(int, int)
    mime_pasted = Signal(QMimeData)

    def __init__(
        self,
        parts: MessageParts,
        formulas: FormulaPainter,
        thumbnail_path: ThumbnailPath,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.message = message = parts.message
        self.editor: QuestionEditor | None = None
        self.versions = BranchSwitch(self)
        self.edit = icon_button(Icon.EDIT, tr("Edit the question and ask again"), self)
        self.edit.clicked.connect(self.open_editor)
        self.reuse = icon_button(Icon.REUSE, tr("Reuse this question for other images"), self)
        self.reuse.clicked.connect(self._on_reuse_clicked)
        HoverButtons(self, (self.reuse, self.edit))
        bubble = QFrame(self)
        bubble.setObjectName("bubble")
        bubble.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        column = QVBoxLayout(bubble)
        column.setContentsMargins(PADDING, PADDING, PADDING, PADDING)
        column.setSpacing(8)
        for start in range(0, len(message.attachments), THUMBNAILS_IN_A_ROW):
            column.addLayout(self._pictures(message.attachments[start : start + THUMBNAILS_IN_A_ROW], thumbnail_path))
        self.text = SafeTextBrowser(formulas, bubble)
        self.text.quoted.connect(self.quoted)
        self.more = button(tr("Show more"), Role.LINK, parent=bubble)
        self.more.clicked.connect(self._on_more_clicked)
        column.addWidget(self.text)
        column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self._column = column
        self._caption = label(_caption(message.attachments), "muted", wraps=True, parent=bubble)
        self._caption.setVisible(bool(message.attachments))
        column.addWidget(self._caption)
        actions = QHBoxLayout()
        actions.setSpacing(4)
        actions.addStretch(1)
        actions.addWidget(self.versions)
        actions.addWidget(self.reuse)
        actions.addWidget(self.edit)
        self._side = QWidget(self)
        self._content = QVBoxLayout(self._side)
        self._content.setContentsMargins(0, 0, 0, 0)
        self._content.setSpacing(4)
        self._content.addWidget(bubble)
        self._content.addLayout(actions)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(self._side, 3)
        self.update_parts(parts)

    def changeEvent(self, event: QEvent) -> None:
        """Fit the width to another font."""
        super().changeEvent(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange}:
            self._fit_width()

    def _fit_width(self) -> None:
        """Make the bubble as wide as its longest line, at most MAX_WIDTH, which an editor gets."""
        texts = (self.text, self.text.toPlainText()), (self._caption, self._caption.text())
        widest = max(_widest(widget, text) for widget, text in texts) + 2 * PADDING + SLACK
        wanted = MAX_WIDTH if self.editor is not None else max(widest, self._content.minimumSize().width())
        self._side.setMaximumWidth(min(wanted, MAX_WIDTH))

    def update_parts(self, parts: MessageParts) -> None:
        """Show the last shown part of the question, which itself never changes."""
        part = parts.part(self.message.id)
        self.text.show_part(part)
        self.text.setAccessibleName(tr("You: {text}", text=part.text))
        self.more.setVisible(parts.rest > 0)
        length = len(self.message.text)
        self.more.setToolTip(ui_text.shown_share(length - parts.rest, length))
        is_editable = length <= MAX_CHARACTERS
        self.edit.setVisible(is_editable and self.editor is None)
        self.reuse.setVisible(is_editable)
        self._fit_width()

    @Slot()
    def _on_more_clicked(self) -> None:
        self.more_clicked.emit(self.message.id)

    def _pictures(self, attachments: tuple[Attachment, ...], thumbnail_path: ThumbnailPath) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        for attachment in attachments:
            picture = ThumbnailButton(attachment, thumbnail_path(attachment), THUMBNAIL)
            picture.setProperty("attachment", attachment)
            picture.clicked.connect(self._on_picture_clicked)
            row.addWidget(picture)
        row.addStretch(1)
        return row

    @Slot()
    def _on_reuse_clicked(self) -> None:
        self.reused.emit(self.message.text)

    @Slot()
    def open_editor(self) -> None:
        """Open an editor for an alternative to this question."""
        if self.editor is not None:
            self.editor.edit.setFocus()
            return
        self.editor = QuestionEditor(self.message.text, self)
        self.editor.submitted.connect(self._on_submitted)
        self.editor.cancelled.connect(self._on_cancelled)
        self.editor.edit.text_cut.connect(self.text_cut)
        self.editor.edit.mime_pasted.connect(self.mime_pasted)
        self._column.insertWidget(self._column.indexOf(self.text), self.editor)
        self.editor.show()
        self.editor.edit.setFocus()
        self.text.hide()
        self.edit.hide()
        self._fit_width()

    @Slot(str)
    def _on_submitted(self, text: str) -> None:
        self.edited.emit(self.message.id, text)

    @Slot()
    def _on_cancelled(self) -> None:
        self.text.show()
        self.edit.show()
        if self.editor is not None:
            self.edit.setFocus()
            gone, self.editor = self.editor, None
            discard(gone)
            self._fit_width()

    @Slot()
    def _on_picture_clicked(self) -> None:
        self.image_clicked.emit(self.sender().property("attachment"))


def _widest(widget: QWidget, text: str) -> int:
    widget.ensurePolished()
    longest = sorted(text.splitlines(), key=len)[-_MEASURED_LINES:]
    metrics = widget.fontMetrics()
    return max((metrics.horizontalAdvance(line[:_MEASURED_CHARACTERS]) for line in longest), default=0)


def _caption(attachments: tuple[Attachment, ...]) -> str:
    if len(attachments) > 3:
        return ui_text.image_count(len(attachments))
    return "\n".join(f"{attachment.name} · {ui_text.pixels(attachment)}" for attachment in attachments)
