"""The messages of one branch, oldest above."""

from collections.abc import Mapping, Sequence
from math import ceil
from types import MappingProxyType

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.domain.chat import Author, Message, Role
from app.domain.engine_status import Stage
from app.domain.grounding import Region, regions_in
from app.ui.answer_card import AnswerCard
from app.ui.card_column import CardColumn
from app.ui.formulas import FormulaPainter
from app.ui.question_card import QuestionCard
from app.ui.thumbnails import ThumbnailPath
from app.ui.translation import tr

NO_CHOICE: Mapping[str, Sequence[str]] = MappingProxyType({})
POINT_MILLISECONDS = 1500
"""How long a message that was looked for is marked."""
LETTER, LINE, FRAME, PICTURE = 7, 20, 64, 100
"""Pixels, for guessing how tall a card is."""


class ChatView(CardColumn):
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
    quoted = Signal(str)
    reused = Signal(str)

    def __init__(self, thumbnail_path: ThumbnailPath, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chatView")
        self.setAccessibleName(tr("Messages"))
        self._thumbnail_path = thumbnail_path
        self._formulas = FormulaPainter(self)
        self._messages: dict[str, Message] = {}
        self._versions = NO_CHOICE
        self._sought = ""
        self._sought_place = 0
        self._marked = ""
        self._point_timer = QTimer(self)
        self._point_timer.setSingleShot(True)
        self._point_timer.setInterval(POINT_MILLISECONDS)
        self._point_timer.timeout.connect(self._on_pointed)

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages of the branch as they are shown, oldest first."""
        return tuple(self._messages.values())

    @property
    def answers(self) -> tuple[AnswerCard, ...]:
        """The cards of the answers near the screen, oldest first."""
        return tuple(card for _, card in self.built() if isinstance(card, AnswerCard))

    def set_branch(self, messages: Sequence[Message], versions: Mapping[str, Sequence[str]] = NO_CHOICE) -> None:
        """Show these messages and no others, and their end; cards that are there already are kept.

        `versions` has the ids of all that stand in the place of one, oldest first, where there are others.
        """
        self._messages = {message.id: message for message in messages}
        self._versions = versions
        for key, card in self.built():
            if key in self._messages:
                self._bring_up_to_date(key, card)
        self.set_keys(tuple(self._messages))

    def put_message(self, message: Message) -> None:
        """Add a message at the end, or show it as it now stands. What the user has just said is scrolled to."""
        is_new, before = message.id not in self._messages, self._last
        self._messages[message.id] = message
        for key in (before, message.id):
            if card := self.card(key):
                self._bring_up_to_date(key, card)
        if is_new:
            self.append(message.id, goes_there=message.role is Role.USER)

    def set_activity(self, message_id: str, stage: Stage, progress: float) -> None:
        """Show what the engine does for an answer that has no words yet."""
        card = self.card(message_id)
        if isinstance(card, AnswerCard):
            card.set_activity(stage, progress)

    def regions(self, message_id: str) -> Sequence[Region]:
        """The places that an answer names."""
        message = self._messages.get(message_id)
        return regions_in(message.text) if message and message.author is Author.MODEL else ()

    @Slot(str, int)
    def set_lit(self, message_id: str, number: int) -> None:
        """Mark what names a place in an answer; -1 for none."""
        card = self.card(message_id)
        if isinstance(card, AnswerCard):
            card.text.set_lit(number)

    @Slot(str)
    def look_for(self, words: str) -> None:
        """Mark `words` wherever they are and go to the last message that has them; an empty text ends it."""
        self._sought = words.strip()
        for card in self.answers:
            card.text.set_sought(self._sought)
        self._sought_place = -1
        self._go_to_sought()

    @Slot(int)
    def look_further(self, step: int) -> None:
        """Go `step` messages on among those that have the words, round and round."""
        self._sought_place += step
        self._go_to_sought()

    def show_message(self, message_id: str) -> None:
        """Scroll to a message and mark it for a moment."""
        if message_id in self._messages:
            self._on_pointed()
            self._marked = message_id
            self._point_timer.start()
            self.point_at(message_id)
            if card := self.card(message_id):
                _mark(card, is_marked=True)

    @Slot()
    def edit_last_question(self) -> None:
        """Go to the last question of the branch and open its editor."""
        questions = [key for key, message in self._messages.items() if message.role is Role.USER]
        if questions:
            self.point_at(questions[-1])
            card = self.card(questions[-1])
            if isinstance(card, QuestionCard):
                card.open_editor()

    def make_card(self, key: str, parent: QWidget) -> QWidget:
        """The card of a question or an answer."""
        message = self._messages[key]
        card = self._question(message, parent) if message.role is Role.USER else self._answer(message, parent)
        self._bring_up_to_date(key, card)
        if key == self._marked:
            _mark(card, is_marked=True)
        return card

    def guess_height(self, key: str, width: int) -> int:
        """From the length of the text: about the same for most letters."""
        message = self._messages[key]
        lines = sum(ceil(max(1, len(line)) * LETTER / width) for line in message.text.split("\n"))
        return FRAME + LINE * lines + (PICTURE if message.attachments else 0)

    def keeps(self, card: QWidget) -> bool:
        """Nothing that is being edited may be lost."""
        return (isinstance(card, QuestionCard) and card.editor is not None) or super().keeps(card)

    @property
    def _last(self) -> str:
        return next(reversed(self._messages), "")

    def _question(self, message: Message, parent: QWidget) -> QuestionCard:
        card = QuestionCard(message, self._thumbnail_path, parent)
        card.image_clicked.connect(self.image_clicked)
        card.edited.connect(self.question_edited)
        card.reused.connect(self.reused)
        card.versions.chosen.connect(self.version_chosen)
        return card

    def _answer(self, message: Message, parent: QWidget) -> AnswerCard:
        card = AnswerCard(message, self._formulas, parent)
        card.regenerate_clicked.connect(self.regenerate_clicked)
        card.continue_clicked.connect(self.continue_clicked)
        card.regions_clicked.connect(self.regions_clicked)
        card.region_hovered.connect(self.region_hovered)
        card.versions.chosen.connect(self.version_chosen)
        card.remedy_clicked.connect(self.remedy_clicked)
        card.link_clicked.connect(self.link_clicked)
        card.quoted.connect(self.quoted)
        card.text.set_sought(self._sought)
        return card

    def _bring_up_to_date(self, key: str, card: QWidget) -> None:
        if isinstance(card, AnswerCard):
            if card.message != self._messages[key]:
                card.update_message(self._messages[key])
            card.set_last(is_last=key == self._last)
        if isinstance(card, AnswerCard | QuestionCard):
            card.versions.set_alternatives(self._versions.get(key, (key,)), key)

    def _go_to_sought(self) -> None:
        wanted = self._sought.casefold()
        ids = [key for key, message in self._messages.items() if wanted and wanted in message.text.casefold()]
        if ids:
            self._sought_place %= len(ids)
            self.show_message(ids[self._sought_place])
        self.found.emit(self._sought_place + 1 if ids else 0, len(ids))

    @Slot()
    def _on_pointed(self) -> None:
        if card := self.card(self._marked):
            _mark(card, is_marked=False)
        self._marked = ""


def _mark(card: QWidget, *, is_marked: bool) -> None:
    card.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=is_marked)
    card.setProperty("found", is_marked)
    card.style().unpolish(card)
    card.style().polish(card)
