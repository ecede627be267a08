"""The messages of one branch, oldest above. Follows the end while the reader is there, and stays put otherwise."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from app.domain.chat import Message, Role
from app.domain.engine_status import Stage
from app.domain.grounding import Region
from app.ui.answer_card import AnswerCard
from app.ui.discard import discard
from app.ui.question_card import QuestionCard
from app.ui.thumbnails import ThumbnailPath

MAX_WIDTH = 760
NO_CHOICE: Mapping[str, Sequence[str]] = MappingProxyType({})
POINT_MILLISECONDS = 1500
"""How long a message that was looked for is marked."""
NEAR_END = 24
"""Pixels above the end within which the view still counts as being there."""


class ChatView(QScrollArea):
    """Signals of its cards are passed on: `image_clicked(Attachment)`, `regenerate_clicked(str)` and so on.

    `found(place, count)` tells at which of the messages with the words looked for the view is.
    """

    image_clicked = Signal(object)
    regenerate_clicked = Signal(str)
    continue_clicked = Signal(str)
    question_edited = Signal(str, str)
    version_chosen = Signal(str)
    regions_clicked = Signal(str)
    region_hovered = Signal(str, int)
    found = Signal(int, int)
    remedy_clicked = Signal(object)
    link_clicked = Signal(str)

    def __init__(self, thumbnail_path: ThumbnailPath, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chatView")
        self.setAccessibleName("Messages")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._thumbnail_path = thumbnail_path
        self._answers: dict[str, AnswerCard] = {}
        self._questions: dict[str, QuestionCard] = {}
        self._order: list[str] = []
        self._is_following = True
        self._sought = ""
        self._sought_place = 0
        self._pointed_at: QWidget | None = None
        self._point_timer = QTimer(self)
        self._point_timer.setSingleShot(True)
        self._point_timer.setInterval(POINT_MILLISECONDS)
        self._point_timer.timeout.connect(self._on_pointed)
        column = QWidget()
        column.setObjectName("chatColumn")
        self._column = QVBoxLayout(column)
        self._column.setContentsMargins(24, 16, 24, 16)
        self._column.setSpacing(20)
        self._column.addStretch(1)
        self._content = column
        self.setWidget(column)  # Makes this scroll area the column's event filter too.
        self.verticalScrollBar().rangeChanged.connect(self._on_range_changed)
        self.verticalScrollBar().valueChanged.connect(self._on_value_changed)

    @property
    def answers(self) -> tuple[AnswerCard, ...]:
        """The cards of the answers that are shown, oldest first."""
        return tuple(self._answers[message_id] for message_id in self._order if message_id in self._answers)

    def set_branch(self, messages: Sequence[Message], versions: Mapping[str, Sequence[str]] = NO_CHOICE) -> None:
        """Show these messages and no others, and their end; cards that are there already are kept.

        `versions` has the ids of all that stand in the place of one, oldest first, where there are others.
        """
        wanted = {message.id for message in messages}
        for message_id in [message_id for message_id in self._order if message_id not in wanted]:
            self._remove(message_id)
        for message in messages:
            self.put_message(message)
            card = self._answers.get(message.id) or self._questions[message.id]
            card.versions.set_alternatives(versions.get(message.id, (message.id,)), message.id)
        self._mark_last()
        self._is_following = True
        self._follow()

    def put_message(self, message: Message) -> None:
        """Add a message at the end, or show it as it now stands. What the user has just said is scrolled to."""
        if message.id in self._answers:
            if self._answers[message.id].message != message:
                self._answers[message.id].update_message(message)
        elif message.id not in self._questions:
            self._is_following = self._is_following or message.role is Role.USER
            self._order.append(message.id)
            self._column.insertWidget(self._column.count() - 1, self._card(message))
            self._mark_last()

    def set_activity(self, message_id: str, stage: Stage, progress: float) -> None:
        """Show what the engine does for an answer that has no words yet."""
        if message_id in self._answers:
            self._answers[message_id].set_activity(stage, progress)

    def regions(self, message_id: str) -> Sequence[Region]:
        """The places that an answer names."""
        return self._answers[message_id].regions if message_id in self._answers else ()

    @Slot(str, int)
    def set_lit(self, message_id: str, number: int) -> None:
        """Mark what names a place in an answer; -1 for none."""
        if message_id in self._answers:
            self._answers[message_id].text.set_lit(number)

    @Slot(str)
    def look_for(self, words: str) -> None:
        """Mark `words` wherever they are and go to the last message that has them; an empty text ends it."""
        self._sought = words.strip()
        for card in self._answers.values():
            card.text.set_sought(self._sought)
        self._sought_place = -1
        self._go_to_sought()

    @Slot(int)
    def look_further(self, step: int) -> None:
        """Go `step` messages on among those that have the words, round and round."""
        self._sought_place += step
        self._go_to_sought()

    def _go_to_sought(self) -> None:
        wanted = self._sought.casefold()
        ids = [key for key in self._order if wanted and wanted in self._text_of(key).casefold()]
        if ids:
            self._sought_place %= len(ids)
            self.point_at(ids[self._sought_place])
        self.found.emit(self._sought_place + 1 if ids else 0, len(ids))

    def _text_of(self, message_id: str) -> str:
        card = self._answers.get(message_id) or self._questions[message_id]
        return card.message.text

    def point_at(self, message_id: str) -> None:
        """Scroll to a message and mark it for a moment."""
        self._on_pointed()
        card = self._answers.get(message_id) or self._questions.get(message_id)
        if card is not None:
            self._is_following = False
            self._pointed_at = card
            _mark(card, is_marked=True)
            self._point_timer.start()
            self._follow()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the column at a readable width in a wide window."""
        if watched is self._content and event.type() is QEvent.Type.Resize:
            side = max(24, (self._content.width() - MAX_WIDTH) // 2)
            self._column.setContentsMargins(side, 16, side, 16)
        return super().eventFilter(watched, event)

    def _card(self, message: Message) -> QWidget:
        if message.role is Role.USER:
            question = QuestionCard(message, self._thumbnail_path, self._content)
            question.image_clicked.connect(self.image_clicked)
            question.edited.connect(self.question_edited)
            question.versions.chosen.connect(self.version_chosen)
            self._questions[message.id] = question
            return question
        answer = AnswerCard(message, self._content)
        answer.regenerate_clicked.connect(self.regenerate_clicked)
        answer.continue_clicked.connect(self.continue_clicked)
        answer.regions_clicked.connect(self.regions_clicked)
        answer.region_hovered.connect(self.region_hovered)
        answer.versions.chosen.connect(self.version_chosen)
        answer.remedy_clicked.connect(self.remedy_clicked)
        answer.link_clicked.connect(self.link_clicked)
        answer.text.set_sought(self._sought)
        self._answers[message.id] = answer
        return answer

    def _remove(self, message_id: str) -> None:
        self._order.remove(message_id)
        card = self._answers.pop(message_id, None) or self._questions.pop(message_id)
        if card is self._pointed_at:
            self._pointed_at = None
        discard(card)

    def _mark_last(self) -> None:
        for message_id, card in self._answers.items():
            card.set_last(is_last=message_id == self._order[-1])

    def _follow(self) -> None:
        bar = self.verticalScrollBar()
        if self._pointed_at is not None:  # The range changes several times until everything is laid out.
            bar.setValue(self._pointed_at.y() - NEAR_END)
        elif self._is_following:
            bar.setValue(bar.maximum())

    @Slot()
    def _on_pointed(self) -> None:
        if self._pointed_at is not None:
            _mark(self._pointed_at, is_marked=False)
            self._pointed_at = None

    @Slot(int, int)
    def _on_range_changed(self, _minimum: int, _maximum: int) -> None:
        self._follow()

    @Slot(int)
    def _on_value_changed(self, value: int) -> None:
        self._is_following = value >= self.verticalScrollBar().maximum() - NEAR_END


def _mark(card: QWidget, *, is_marked: bool) -> None:
    card.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=is_marked)
    card.setProperty("found", is_marked)
    card.style().unpolish(card)
    card.style().polish(card)
