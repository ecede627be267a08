"""The messages of one branch, oldest first. A long one has several bubbles, the last of which has its buttons."""

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType

from PySide6.QtCore import QMimeData, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.domain.chat.chat import Message, MessageState, Role
from app.domain.errors import Problem
from app.domain.ids import MessageId
from app.domain.images.attachments import Attachment
from app.domain.models.engine_status import Stage
from app.domain.proofs.proofs import Proof, ProofSource
from app.domain.text.grounding import Detection
from app.ui.chat.answer_bubble import AnswerBubble
from app.ui.chat.bubble_column import BubbleColumn
from app.ui.chat.question_bubble import QuestionBubble
from app.ui.chat.thought_fold import ThoughtFold
from app.ui.markdown.formulas import FormulaPainter
from app.ui.markdown.message_parts import MessageParts, is_thought
from app.ui.markdown.safe_text_browser import SafeTextBrowser
from app.ui.widgets.i18n import tr
from app.ui.widgets.thumbnails import ThumbnailPath

NO_CHOICE: Mapping[MessageId, Sequence[MessageId]] = MappingProxyType({})
POINT_MILLISECONDS = 1500
"""Time in milliseconds for which a message that was scrolled to is marked."""
LETTER, LINE, FRAME, PICTURE = 7, 20, 64, 100
"""Sizes in pixels for estimating the height of a bubble: a letter's width, and heights of the rest."""


class ChatView(BubbleColumn):
    """Forwards the signals of its bubbles: `image_clicked(Attachment)`, `regenerate_clicked(str)` and so on.

    `found(place, count)` carries the position of the current match among the messages that match the search.
    """

    image_clicked = Signal(Attachment)
    regenerate_clicked = Signal(str)
    continue_clicked = Signal(str)
    question_edited = Signal(str, str)
    version_chosen = Signal(str)
    detections_clicked = Signal(str)
    detection_hovered = Signal(str, int)
    proof_clicked = Signal(str, Proof)
    found = Signal(int, int)
    remedy_clicked = Signal(Problem)
    full_model_clicked = Signal()
    link_clicked = Signal(str)
    quoted = Signal(str)
    reused = Signal(str)
    text_cut = Signal(int, int)
    mime_pasted = Signal(QMimeData)

    def __init__(self, thumbnail_path: ThumbnailPath, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chatView")
        self.setAccessibleName(tr("Messages"))
        self._thumbnail_path = thumbnail_path
        self._formulas = FormulaPainter(self)
        self._refusal = ""
        self._parts: dict[str, MessageParts] = {}
        self._versions = NO_CHOICE
        self._proof_sources: Mapping[MessageId, ProofSource] = {}
        self._search_terms = ""
        self._sought_place = 0
        self._marked = ""
        self._point_timer = QTimer(self)
        self._point_timer.setSingleShot(True)
        self._point_timer.setInterval(POINT_MILLISECONDS)
        self._point_timer.timeout.connect(self._on_pointed)

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages of the branch that is shown, oldest first."""
        return tuple(parts.message for parts in self._parts.values())

    @property
    def answers(self) -> tuple[AnswerBubble, ...]:
        """The bubbles of the answers near the screen, oldest first."""
        return tuple(bubble for _, bubble in self.built() if isinstance(bubble, AnswerBubble))

    def set_refusal(self, text: str) -> None:
        """Offer the full model below answers that end with `text`, which is empty if the open model never says it."""
        self._refusal = text
        for answer in self.answers:
            answer.set_refusal(text)

    def set_branch(
        self, messages: Sequence[Message], versions: Mapping[MessageId, Sequence[MessageId]] = NO_CHOICE
    ) -> None:
        """Show exactly these messages, and scroll to the end; existing bubbles are kept.

        `versions` has the ids of all alternatives of a message, itself included, oldest first, if there are any.
        """
        known, self._parts = self._parts, {}
        for message in messages:
            if parts := known.get(message.id):
                parts.update(message)
            self._parts[message.id] = parts or MessageParts(message)
        self._versions = versions
        self.set_keys([key for parts in self._parts.values() for key in parts.keys])

    def put_message(self, message: Message) -> None:
        """Append a message, or show its present state. Scrolls to the user's new question."""
        parts = self._parts.get(message.id)
        before = parts.keys if parts else ()
        if parts:
            parts.update(message)
        else:
            parts = self._parts[message.id] = MessageParts(message)
        self.replace_keys(before, parts.keys)
        *_, above, last = ["", *self._parts]
        if before and message.state is not MessageState.STREAMING:  # Its tables and code are complete.
            for key in parts.keys:
                if bubble := self.bubble(key):
                    self.update_bubble(key, bubble)
        thought = tuple(filter(is_thought, parts.keys))
        for key in (above, *thought, message.id) if message.id == last else (*thought, message.id):
            if bubble := self.bubble(key):
                self.update_bubble(key, bubble)
        if not before and message.role is Role.USER:
            self.follow_end()

    @Slot(str, Stage, float)
    def set_activity(self, message_id: MessageId, stage: Stage, progress: float) -> None:
        """Show what the engine is doing for an answer that has no text yet."""
        bubble = self.bubble(message_id)
        if isinstance(bubble, AnswerBubble):
            bubble.set_activity(stage, progress)

    def detections(self, message_id: MessageId) -> Sequence[Detection]:
        """Return the detections in an answer."""
        return self._parts[message_id].detections if message_id in self._parts else ()

    def set_proof_sources(self, sources: Mapping[MessageId, ProofSource]) -> None:
        """Compare answers with what was read on their images; those without a source are compared with nothing."""
        self._proof_sources = dict(sources)
        for key, bubble in self.built():
            self._compare(key, bubble)

    def _compare(self, key: str, bubble: QWidget) -> None:
        message_id = MessageId(_message_id(key))
        if text := _text_of(bubble):
            text.proof_marks.set_source(self._proof_sources.get(message_id))

    @Slot(str, int)
    def set_highlighted(self, message_id: MessageId, number: int) -> None:
        """Highlight the text of a detection in an answer; -1 for none."""
        for key in self._parts[message_id].keys if message_id in self._parts else ():
            if text := _text_of(self.bubble(key)):
                text.set_highlighted(number)

    @Slot(str)
    def look_for(self, words: str) -> None:
        """Mark all matches of `words` and go to the last message that has one; an empty text ends the search."""
        self._search_terms = words.strip()
        for _, bubble in self.built():
            _mark_terms(bubble, self._search_terms)
        self._sought_place = -1
        self._go_to_sought()

    @Slot(int)
    def look_further(self, step: int) -> None:
        """Move by `step` among the messages that match, wrapping around."""
        self._sought_place += step
        self._go_to_sought()

    @Slot(str)
    def show_message(self, message_id: MessageId) -> None:
        """Scroll to a message and mark it briefly."""
        if message_id in self._parts:
            self._show_bubble(self._parts[message_id].keys[0])

    def _show_bubble(self, key: str) -> None:
        self._on_pointed()
        self._marked = key
        self._point_timer.start()
        self.point_at(key)
        if bubble := self.bubble(key):
            _mark(bubble, is_marked=True)

    @Slot(str)
    def show_more(self, message_id: MessageId) -> None:
        """Show more of a long message."""
        parts = self._parts[message_id]
        before = parts.keys
        parts.show_more()
        self.replace_keys(before, parts.keys)
        for key in parts.keys:
            if bubble := self.bubble(key):
                self.update_bubble(key, bubble)

    @Slot()
    def edit_last_question(self) -> None:
        """Go to the last question of the branch and open its editor."""
        questions = [message.id for message in self.messages if message.role is Role.USER]
        if questions:
            self.point_at(questions[-1])
            bubble = self.bubble(questions[-1])
            if isinstance(bubble, QuestionBubble):
                bubble.open_editor()

    def make_bubble(self, key: str, parent: QWidget) -> QWidget:
        """Build the bubble of a question, of an answer, or of a part of either that is not the last."""
        parts = self._parts[_message_id(key)]
        bubble: QWidget
        if is_thought(key):
            bubble = ThoughtFold(parts.message, parent)
        elif key != parts.message.id:
            bubble = self._text(parts.message, parent)
        elif parts.message.role is Role.USER:
            bubble = self._question(parts, parent)
        else:
            bubble = self._answer(parts, parent)
        self.update_bubble(key, bubble)
        self._compare(key, bubble)
        _mark_terms(bubble, self._search_terms)
        if key == self._marked:
            _mark(bubble, is_marked=True)
        return bubble

    def estimate_height(self, key: str, width: int) -> int:
        """Estimate the height from the length of the text, as most letters are about equally wide."""
        if is_thought(key):
            return LINE
        parts = self._parts[_message_id(key)]
        characters, lines = parts.length(key)
        height = LINE * (lines + characters * LETTER // width)
        if key != parts.message.id:
            return height
        return FRAME + height + (PICTURE if parts.message.attachments else 0)

    def gap_below(self, key: str) -> int:
        """Return the gap below a bubble; 0 within a message, as between its paragraphs."""
        return super().gap_below(key) if key == _message_id(key) else 0

    def keeps(self, bubble: QWidget) -> bool:
        """Keep a bubble that is being edited, so that no text is lost."""
        return (isinstance(bubble, QuestionBubble) and bubble.editor is not None) or super().keeps(bubble)

    @property
    def _last(self) -> str:
        return next(reversed(self._parts), "")

    def _text(self, message: Message, parent: QWidget) -> SafeTextBrowser:
        text = SafeTextBrowser(self._formulas, parent)
        text.link_clicked.connect(self.link_clicked)
        text.detection_hovered.connect(partial(self.detection_hovered.emit, message.id))
        text.quoted.connect(self.quoted)
        text.proof_clicked.connect(partial(self.proof_clicked.emit, message.id))
        if message.role is Role.USER:
            text.setObjectName("bubble")
        return text

    def _question(self, parts: MessageParts, parent: QWidget) -> QuestionBubble:
        bubble = QuestionBubble(parts, self._formulas, self._thumbnail_path, parent)
        bubble.more_clicked.connect(self.show_more)
        bubble.quoted.connect(self.quoted)
        bubble.image_clicked.connect(self.image_clicked)
        bubble.edited.connect(self.question_edited)
        bubble.reused.connect(self.reused)
        bubble.text_cut.connect(self.text_cut)
        bubble.mime_pasted.connect(self.mime_pasted)
        bubble.versions.chosen.connect(self.version_chosen)
        return bubble

    def _answer(self, parts: MessageParts, parent: QWidget) -> AnswerBubble:
        bubble = AnswerBubble(parts, self._formulas, parent)
        bubble.set_refusal(self._refusal)
        bubble.more_clicked.connect(self.show_more)
        bubble.regenerate_clicked.connect(self.regenerate_clicked)
        bubble.continue_clicked.connect(self.continue_clicked)
        bubble.detections_clicked.connect(self.detections_clicked)
        bubble.detection_hovered.connect(self.detection_hovered)
        bubble.versions.chosen.connect(self.version_chosen)
        bubble.remedy_clicked.connect(self.remedy_clicked)
        bubble.full_model_clicked.connect(self.full_model_clicked)
        bubble.link_clicked.connect(self.link_clicked)
        bubble.quoted.connect(self.quoted)
        bubble.text.proof_clicked.connect(partial(self.proof_clicked.emit, parts.message.id))
        return bubble

    def update_bubble(self, key: str, bubble: QWidget) -> None:
        """Show the message's present state, and its alternatives."""
        parts = self._parts[_message_id(key)]
        if isinstance(bubble, ThoughtFold):
            bubble.show_thought(parts.message)
        if isinstance(bubble, SafeTextBrowser):
            bubble.show_part(parts.part(key))
        if isinstance(bubble, AnswerBubble):
            bubble.set_last(is_last=key == self._last)
        if isinstance(bubble, AnswerBubble | QuestionBubble):
            bubble.update_parts(parts)
        if isinstance(bubble, AnswerBubble | QuestionBubble):
            bubble.versions.set_alternatives(self._versions.get(MessageId(key), (MessageId(key),)), key)

    def _go_to_sought(self) -> None:
        wanted = self._search_terms.casefold()
        places = {message.id: message.text.casefold().find(wanted) for message in self.messages} if wanted else {}
        keys = [self._parts[message_id].key_at(place) for message_id, place in places.items() if place >= 0]
        if keys:
            self._sought_place %= len(keys)
            self._show_bubble(keys[self._sought_place])
        self.found.emit(self._sought_place + 1 if keys else 0, len(keys))

    @Slot()
    def _on_pointed(self) -> None:
        if bubble := self.bubble(self._marked):
            _mark(bubble, is_marked=False)
        self._marked = ""


def _mark_terms(bubble: QWidget, words: str) -> None:
    text = bubble if isinstance(bubble, AnswerBubble) else _text_of(bubble)
    if text:
        text.set_search_terms(words)


def _mark(bubble: QWidget, *, is_marked: bool) -> None:
    bubble.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=is_marked)
    bubble.setProperty("found", is_marked)
    bubble.style().unpolish(bubble)
    bubble.style().polish(bubble)


def _message_id(key: str) -> str:
    return key.partition("#")[0]


def _text_of(bubble: QWidget | None) -> SafeTextBrowser | None:
    return (
        bubble.text
        if isinstance(bubble, AnswerBubble | QuestionBubble)
        else bubble
        if isinstance(bubble, SafeTextBrowser)
        else None
    )
