"""Saving of turns: nothing is asked before it is on disk, whichever chat is shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.domain.chat.chat import DEFAULT_TITLE, Conversation, Draft, Message, now
from app.domain.chat.new_messages import new_question
from app.domain.errors import Problem
from app.domain.ids import ConversationId
from app.domain.images.attachments import Attachment
from app.domain.ports import AttachmentStore, ConversationStore
from app.domain.settings.generation_options import GenerationOptions
from app.services.chat.answers import Answers
from app.services.chat.chat_library import ChatLibrary
from app.services.chat.turns import turns_for
from app.services.engines.store_thread import StoreAccess
from app.services.models.automatic_resolution import AutomaticResolution


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTurn:
    """Messages that follow a branch of a conversation, and `start`, which begins their answer.

    `draft` is what the conversation's saved draft is from now on, and `sent` the part of the composer's that the
    messages were made of. `title` is the conversation's if it has none yet.
    """

    conversation: Conversation
    branch: tuple[Message, ...]
    messages: tuple[Message, ...]
    draft: Draft
    start: Callable[[], None]
    sent: Draft = Draft()
    title: str = DEFAULT_TITLE

    def saved(self) -> Conversation:
        """Return the conversation with these messages."""
        is_titled = self.conversation.leaf_id is not None or self.conversation.title != DEFAULT_TITLE
        shown, added = (
            {image.digest for message in part for image in message.attachments} for part in (self.branch, self.messages)
        )
        return replace(
            self.conversation,
            title=self.conversation.title if is_titled else self.title,
            leaf_id=self.messages[-1].id,
            updated=now(),
            draft=self.draft,
            image_count=self.conversation.image_count + len(added - shown),
        )


class TurnWriter(QObject):
    """Saves one turn of a conversation at a time, then begins its answer.

    `written(Conversation, NewTurn)` is emitted when a turn is on disk, before its answer begins; `saving_changed` with
    a conversation's id when a turn of it begins or ends to be saved.
    """

    written = Signal(Conversation, NewTurn)
    saving_changed = Signal(str)

    def __init__(
        self,
        library: ChatLibrary,
        answers: Answers,
        chats: StoreAccess[ConversationStore],
        attachments: AttachmentStore,
        options: Callable[[], GenerationOptions],
        resolution: AutomaticResolution,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.resolution = resolution
        self._library = library
        self._answers = answers
        self._chats = chats
        self._attachments = attachments
        self._options = options
        self._saving: set[ConversationId] = set()
        self._stopping: set[ConversationId] = set()
        """Conversations whose answer is to end as soon as it has begun."""

    def is_saving(self, conversation_id: ConversationId) -> bool:
        """Return whether a turn of a conversation is being saved."""
        return conversation_id in self._saving

    def question(self, conversation: Conversation, text: str, attachments: Sequence[Attachment]) -> Message:
        """Return a new question whose images have the resolution at which the model sees them from now on."""
        return new_question(conversation, text, self.resolution.applied(attachments))

    def asking(self, conversation: Conversation, answer: Message, asked: Sequence[Message]) -> Callable[[], None]:
        """Return a callable that has the model write `answer` to the messages `asked`, with the current options."""
        turns = turns_for(asked, self._attachments, conversation.instructions)
        return partial(self._answers.ask, answer, turns, self._options())

    def write(self, turn: NewTurn, on_failed: Callable[[Problem], None]) -> None:
        """Save a turn; on success its answer begins, else `on_failed` is called and nothing has changed."""
        conversation = turn.saved()
        self._saving.add(conversation.id)
        self.saving_changed.emit(conversation.id)

        def failed(problem: Problem) -> None:
            self._end(conversation.id)
            on_failed(problem)

        self._chats.run(
            lambda chats: chats.save_turn(conversation, turn.messages),
            lambda _: self._on_saved(conversation, turn),
            failed,
        )

    def stop(self, conversation_id: ConversationId) -> None:
        """End the unfinished answers of a conversation, also one that has not been asked for yet."""
        if conversation_id in self._saving:
            self._stopping.add(conversation_id)
        self._answers.stop(conversation_id)

    def _on_saved(self, saved: Conversation, turn: NewTurn) -> None:
        conversation = self._with_header(saved, turn.conversation)
        if conversation == saved:
            self._library.put(conversation)
        else:  # What the user set meanwhile was saved with the branch of before this turn.
            self._library.save(conversation)
        self.written.emit(conversation, turn)
        turn.start()
        if conversation.id in self._stopping:
            self._answers.stop(conversation.id)
        self._end(conversation.id)

    def _end(self, conversation_id: ConversationId) -> None:
        self._saving.discard(conversation_id)
        self._stopping.discard(conversation_id)
        self.saving_changed.emit(conversation_id)

    def _with_header(self, saved: Conversation, before: Conversation) -> Conversation:
        """Return `saved` with what the user set while it was being saved."""
        is_listed = saved.id in self._library
        listed = self._library[saved.id] if is_listed else before
        title = saved.title if listed.title == before.title else listed.title
        return replace(
            saved,
            title=title,
            is_pinned=listed.is_pinned,
            is_temporary=listed.is_temporary,
            instructions=listed.instructions,
            folder_id=listed.folder_id,
        )
