"""The bubble of an answer by the model or the built-in OCR, during and after generation."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.domain.chat.chat import UNFINISHED, Author, Message, MessageState
from app.domain.errors import Problem
from app.domain.models.engine_status import Stage
from app.domain.text.grounding import Detection
from app.domain.text.place_answers import is_only_places, place_labels
from app.ui.chat.branch_switch import BranchSwitch
from app.ui.chat.hover_buttons import HoverButtons
from app.ui.chat.place_chips import PlaceChips
from app.ui.chat.thought_fold import no_answer
from app.ui.markdown.formulas import FormulaPainter
from app.ui.markdown.message_parts import MessageParts, is_thought
from app.ui.markdown.safe_text_browser import SafeTextBrowser
from app.ui.widgets import ui_text
from app.ui.widgets.buttons import Role, button, icon_button
from app.ui.widgets.copy_button import copy_icon_button
from app.ui.widgets.discard import discard
from app.ui.widgets.i18n import tr, tr_count
from app.ui.widgets.icons import Icon
from app.ui.widgets.labels import label
from app.ui.widgets.notice import Action, notice_of
from app.ui.widgets.notice_box import NoticeBox
from app.ui.widgets.problem_text import page_notice
from app.ui.widgets.zoomed_width import ZoomedWidth

PROGRESS_WIDTH = 240
"""Maximum width of the progress bar, in pixels of the style sheet."""


class AnswerBubble(QWidget):
    """Shows a message in its present state, or the last shown part of it.

    `more_clicked(str)`, `regenerate_clicked(str)`, `continue_clicked(str)` and `detections_clicked(str)` carry its id,
    `remedy_clicked` its Problem, `detection_hovered(str, int)` its id and the index of a detection, or -1, and
    `quoted(str)` the selected text.
    """

    more_clicked = Signal(str)
    regenerate_clicked = Signal(str)
    continue_clicked = Signal(str)
    detections_clicked = Signal(str)
    detection_hovered = Signal(str, int)
    remedy_clicked = Signal(Problem)
    full_model_clicked = Signal()
    link_clicked = Signal(str)
    quoted = Signal(str)

    def __init__(self, parts: MessageParts, formulas: FormulaPainter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._message = parts.message
        self._is_last = False
        self._problem: NoticeBox | None = None
        self.text = SafeTextBrowser(formulas, self)
        self.text.link_clicked.connect(self.link_clicked)
        self.text.detection_hovered.connect(self._on_detection_hovered)
        self.text.quoted.connect(self.quoted)
        self.text.proof_marks.counted.connect(self._on_proofs_counted)
        self.detections: Sequence[Detection] = ()
        self.chips = PlaceChips(self)
        self.data = button("", Role.LINK, parent=self)
        self._has_only_places = self._has_several_parts = False
        self._shows_data = False
        self._is_sought = False
        self.more = button(tr("Show more"), Role.LINK, parent=self)
        self.places = button("", Role.LINK, tr("Show on the image what the answer refers to"), self)
        self.activity = label("", "muted", parent=self)
        self.progress = QProgressBar(self)
        self.progress.setTextVisible(False)
        ZoomedWidth(self.progress, self.progress.setMaximumWidth, PROGRESS_WIDTH)
        self.progress.setAccessibleName(tr("Progress"))
        self.notice = label("", "hint", wraps=True, parent=self)
        self.unproven = label("", "hint", wraps=True, parent=self)
        self.unproven.hide()
        self.footer = label("", "muted", wraps=True, parent=self)
        self.copy = copy_icon_button(tr("Copy the answer"), self)
        self.regenerate = icon_button(Icon.REGENERATE, tr("Regenerate the answer"), self)
        self._hover_buttons = HoverButtons(self, (self.copy, self.regenerate))
        self.quote = icon_button(Icon.QUOTE, tr("Quote the selection in your next question"), self)
        self.quote.hide()
        self.text.copyAvailable.connect(self.quote.setVisible)
        self.quote.clicked.connect(self._on_quote_clicked)
        self.continue_button = button(tr("Continue"), Role.LINK, tr("Continue this answer"), self)
        self.full_model = button(tr("Get the full model…"), Role.LINK, parent=self)
        self._refusal = ""
        self.versions = BranchSwitch(self)
        self._actions = QWidget(self)
        self._lay_out()
        self.copy.clicked.connect(self.copy_text)
        self.regenerate.clicked.connect(self._on_regenerate_clicked)
        self.continue_button.clicked.connect(self._on_continue_clicked)
        self.full_model.clicked.connect(self.full_model_clicked)
        self.places.clicked.connect(self._on_places_clicked)
        self.chips.hovered.connect(self._on_detection_hovered)
        self.chips.clicked.connect(self._on_chip_clicked)
        self.data.clicked.connect(self._on_data_clicked)
        self.more.clicked.connect(self._on_more_clicked)
        self.update_parts(parts)

    @property
    def message(self) -> Message:
        """The message that is shown."""
        return self._message

    def update_parts(self, parts: MessageParts) -> None:
        """Show the message's present state: its last part, and the actions for the whole message."""
        self._message = message = parts.message
        self._has_several_parts = sum(not is_thought(key) for key in parts.keys) > 1
        is_streaming = message.state is MessageState.STREAMING
        text = message.text
        part = parts.part(message.id)
        self.text.show_part(part)
        self.detections = parts.detections
        self._show_places()
        self.text.setAccessibleName(tr("Answer: {text}", text=part.text))
        self.more.setVisible(parts.rest > 0)
        self.more.setToolTip(ui_text.shown_share(len(text) - parts.rest, len(text)))
        is_waiting = is_streaming and not text and message.thought is None
        self.activity.setVisible(is_waiting)
        self.progress.setVisible(is_waiting and self.progress.value() > 0)
        self.footer.setText(ui_text.answer_footer(message))
        self.footer.setToolTip(ui_text.answer_figures(message))
        self.footer.setVisible(not is_streaming and bool(self.footer.text()))
        self._actions.setVisible(not is_streaming)
        self.copy.setVisible(bool(message.text))
        self._show_continue()
        self._show_full_model()
        self.places.setText(ui_text.places(len(self.detections)))
        self.places.setVisible(bool(self.detections))
        self.notice.setText(page_notice(message.page) if message.page else no_answer(message))
        self.notice.setVisible(bool(self.notice.text()))
        self._show_problem(message.problem)

    def set_search_terms(self, words: str) -> None:
        """Mark all matches of `words`, also in the data of places."""
        self.text.set_search_terms(words)
        self._is_sought = bool(words) and words.casefold() in self._message.text.casefold()
        self._show_places()

    def set_last(self, *, is_last: bool) -> None:
        """Set whether this is the last message: only then can it be continued, and are its buttons always shown."""
        self._is_last = is_last
        self._hover_buttons.set_always(always=is_last)
        self._show_continue()

    def set_activity(self, stage: Stage, progress: float) -> None:
        """Show what the engine is doing before the first text."""
        self.activity.setText(ui_text.activity(stage, progress))
        self.progress.setValue(round(progress * 100))
        self.progress.setVisible(self.activity.isVisibleTo(self) and progress > 0)

    @Slot()
    def _on_quote_clicked(self) -> None:
        self.quoted.emit(self.text.selected_text)

    @Slot()
    def copy_text(self) -> None:
        """Copy what is shown: the answer's source text, or the labels of its places, one a line."""
        labels = "\n".join(place_labels(self._message.text))
        shows_labels = self._has_only_places and not self.text.isVisibleTo(self)
        QGuiApplication.clipboard().setText(labels if shows_labels else self._message.text)

    def _lay_out(self) -> None:
        actions = QHBoxLayout(self._actions)
        actions.setContentsMargins(0, 0, 0, 0)
        actions.setSpacing(8)
        for action in (
            self.versions,
            self.places,
            self.data,
            self.copy,
            self.quote,
            self.continue_button,
            self.full_model,
            self.regenerate,
        ):
            actions.addWidget(action)
        actions.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        for item in (
            self.chips,
            self.text,
            self.more,
            self.unproven,
            self.notice,
            self.activity,
            self.progress,
            self.footer,
            self._actions,
        ):
            self._column.addWidget(item)
        self._column.setAlignment(self.more, Qt.AlignmentFlag.AlignLeft)
        self.activity.setText(tr("Waiting…"))
        self.activity.setAlignment(Qt.AlignmentFlag.AlignLeft)

    def _show_places(self) -> None:
        """Show chips in place of an answer that is nothing but places, unless its data is wanted."""
        text = self._message.text
        self._has_only_places = is_only_places(text, len(self.detections))
        self.chips.setVisible(self._has_only_places)
        self.chips.show_places(self.detections if self._has_only_places else ())
        self.text.setVisible(bool(text) and (not self._has_only_places or self._shows_data or self._is_sought))
        self.data.setVisible(self._has_only_places)
        self.data.setText(tr("Hide data") if self._shows_data else tr("Show data"))

    def _show_problem(self, problem: Problem | None) -> None:
        notice = notice_of(problem, *self._remedies(problem)) if problem else None
        if self._problem is not None and self._problem.notice == notice:
            return
        if self._problem is not None:
            gone, self._problem = self._problem, None
            discard(gone)
        if notice is not None:
            self._problem = NoticeBox(notice, is_dismissible=False, parent=self)
            self._column.insertWidget(2, self._problem)

    def _on_remedy_clicked(self, problem: Problem) -> None:
        self.remedy_clicked.emit(problem)

    def _remedies(self, problem: Problem) -> tuple[Action, ...]:
        """Return the button for a problem of the model; the built-in OCR is started again by itself."""
        label = ui_text.remedy(problem) if self._message.author is Author.MODEL else ""
        return (Action(label, self._on_remedy_clicked, (problem,)),) if label else ()

    def set_refusal(self, text: str) -> None:
        """Offer the full model if the answer ends with `text`, which the open model says where it cannot answer."""
        self._refusal = text
        self._show_full_model()

    def _show_full_model(self) -> None:
        is_refused = bool(self._refusal) and self._message.text.endswith(self._refusal)
        self.full_model.setVisible(is_refused and self._message.author is Author.MODEL)

    def _show_continue(self) -> None:
        message = self._message
        has_begun = bool(message.text or message.thought)
        has_more = message.state in UNFINISHED and message.author is Author.MODEL and has_begun
        self.continue_button.setText(
            tr("Continue anyway") if message.state is MessageState.REPEATING else tr("Continue")
        )
        self.continue_button.setVisible(self._is_last and has_more)

    @Slot(int)
    def _on_detection_hovered(self, number: int) -> None:
        self.detection_hovered.emit(self._message.id, number)

    @Slot(int, int)
    def _on_proofs_counted(self, _found: int, others: int) -> None:
        """Say how many values are not on the image; those that are need no words."""
        counted = tr_count(
            "{count} value was not found on the image. Please check it.",
            "{count} values were not found on the image. Please check them.",
            others,
        )
        # A long answer has several bubbles, of which this one knows its own values alone.
        several = tr("What is marked in amber was not found on the image. Please check it.")
        self.unproven.setText(several if self._has_several_parts else counted)
        self.unproven.setVisible(others > 0)

    @Slot(int)
    def _on_chip_clicked(self, number: int) -> None:
        """Show the image, with the chip's box lit."""
        self.detections_clicked.emit(self._message.id)
        self.detection_hovered.emit(self._message.id, number)

    @Slot()
    def _on_data_clicked(self) -> None:
        self._shows_data = not self._shows_data
        self._show_places()

    @Slot()
    def _on_places_clicked(self) -> None:
        self.detections_clicked.emit(self._message.id)

    @Slot()
    def _on_continue_clicked(self) -> None:
        self.continue_clicked.emit(self._message.id)

    @Slot()
    def _on_more_clicked(self) -> None:
        self.more_clicked.emit(self._message.id)

    @Slot()
    def _on_regenerate_clicked(self) -> None:
        self.regenerate_clicked.emit(self._message.id)
