"""The chat that is shown: its branch of messages, its draft, and the sending of questions.

Nothing is asked before it is on disk: the question and an empty answer are saved first, then the engine is asked, and
only then is the composer cleared. A failed save leaves the draft as it was.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.chat.chat import DEFAULT_TITLE, Author, Conversation, Draft, Message, MessageState, Turn, title_from
from app.domain.chat.message_tree import MessageTree
from app.domain.chat.new_messages import new_answer, new_conversation, new_question, new_readings
from app.domain.chat.queued_questions import with_questions, without_questions
from app.domain.errors import Problem
from app.domain.ids import ConversationId, MessageId
from app.domain.images.attachments import Attachment
from app.domain.ports import AttachmentStore, ConversationStore
from app.services.chat.answers import Answers
from app.services.chat.chat_library import ChatLibrary
from app.services.chat.chat_titles import ChatTitles
from app.services.chat.question_queue import QuestionQueue
from app.services.chat.turn_writer import NewTurn, TurnWriter
from app.services.chat.turns import turns_for
from app.services.engines.store_thread import StoreAccess

DRAFT_MILLISECONDS = 400
READ_QUESTION = "Read text"


class ChatSession(QObject):
    """One conversation at a time.

    `conversation_changed` carries the Conversation that is shown, `branch_changed` a tuple of its Messages,
    `message_changed` one Message to add or update, `message_pointed_at` the id of one to scroll to, `draft_changed`
    the Draft, `image_repeated` an Attachment that the draft has already, `problem_met` a Problem.
    """

    conversation_changed = Signal(Conversation)
    branch_changed = Signal(tuple)
    message_changed = Signal(Message)
    message_pointed_at = Signal(str)
    draft_changed = Signal(Draft)
    image_repeated = Signal(Attachment)
    busy_changed = Signal(bool)
    problem_met = Signal(Problem)

    def __init__(
        self,
        library: ChatLibrary,
        answers: Answers,
        writer: TurnWriter,
        queue: QuestionQueue,
        chats: StoreAccess[ConversationStore],
        attachments: AttachmentStore,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._answers = answers
        self._titles = ChatTitles(library, answers, self)
        self._writer = writer
        self._queue = queue
        self._chats = chats
        self._attachments = attachments
        self.guard: Callable[[Callable[[], None]], None] = lambda go: go()
        self._conversation = new_conversation()
        self._tree = MessageTree()
        self._draft = Draft()
        self._draft_timer = QTimer(self, singleShot=True, interval=DRAFT_MILLISECONDS)
        self._draft_timer.timeout.connect(self.save_draft)
        answers.answer_changed.connect(self._on_answer_changed)
        writer.written.connect(self._on_written)
        writer.saving_changed.connect(self._on_saving_changed)
        library.header_changed.connect(self._on_header_changed)

    @property
    def conversation_id(self) -> ConversationId:
        """The id of the chat that is shown; a new one has an id before it has anything to save."""
        return self._conversation.id

    @property
    def conversation(self) -> Conversation:
        """The chat that is shown."""
        return self._conversation

    @property
    def branch(self) -> tuple[Message, ...]:
        """The messages that are shown, oldest first."""
        return self._tree.path_to(self._conversation.leaf_id)

    @property
    def draft(self) -> Draft:
        """The content of the composer."""
        return self._draft

    @property
    def is_busy(self) -> bool:
        """True if an answer of this chat is unfinished."""
        return self._writer.is_saving(self._conversation.id) or bool(self._answers.current(self._conversation.id))

    def prefill_turns(self) -> tuple[Turn, ...]:
        """The turns that the model would be asked, without the question's text; empty if nothing is to be prefilled."""
        if self._draft.is_empty or not (self.branch or self._draft.attachments):
            return ()
        asked = self._writer.question(self._conversation, "", self._draft.attachments)
        return turns_for((*self.branch, asked), self._attachments, self._conversation.instructions)

    def leave(self, go: Callable[[], None]) -> None:
        """Save the draft and call `go`, which shows another chat; `guard` may ask first, or never call it."""
        self.save_draft()
        self.guard(go)

    def start_new(self, create: Callable[[], Conversation] = new_conversation) -> None:
        """Show the empty chat that `create` returns."""
        self.leave(lambda: self._show(create(), ()))

    def begin_again(self) -> None:
        """Show an empty chat with the current draft, after the chats were replaced."""
        draft = self._with_queue(self._draft)
        self._queue.clear_all()
        self._show(new_conversation(), ())
        if not draft.is_empty:
            self.set_draft(draft)

    @Slot(str)
    def open(self, conversation_id: ConversationId, message_id: MessageId | None = None) -> None:
        """Show a saved chat as soon as its messages have been loaded, and point at one of them."""
        if conversation_id == self._conversation.id:
            self._point_at(message_id)
        else:
            self.leave(partial(self._open, conversation_id, message_id))

    def _open(self, conversation_id: ConversationId, message_id: MessageId | None) -> None:
        if conversation_id not in self._library:  # It was deleted meanwhile.
            return
        self._show(self._library[conversation_id], ())
        read = partial(self._on_messages_read, conversation_id, message_id)
        self._chats.run(lambda chats: chats.messages(conversation_id), read)

    @Slot(tuple)
    def delete_all(self, conversation_ids: tuple[ConversationId, ...]) -> None:
        """Delete chats; if one is the one that is shown, show an empty one in its place."""
        is_shown = self._conversation.id in conversation_ids
        if is_shown:
            self.save_draft()
        for conversation_id in conversation_ids:
            self._queue.clear(conversation_id)  # They are in the draft, which is restored with the chat.
            self._writer.stop(conversation_id)
        if is_shown:
            self._show(new_conversation(), ())
        self._library.delete(*conversation_ids)

    @Slot(str)
    def set_draft_text(self, text: str) -> None:
        """Set the text of the draft; it is saved shortly after the last keystroke."""
        self._draft = replace(self._draft, text=text)
        self._draft_timer.start()

    def add_attachment(self, conversation_id: ConversationId, attachment: Attachment) -> None:
        """Add an image to the draft of the chat for which it was dropped, which may no longer be the one shown.

        If the draft has an image with the same content, `image_repeated` is emitted instead.
        """
        is_shown = conversation_id == self._conversation.id
        if not is_shown and conversation_id not in self._library:
            return
        draft = self._draft if is_shown else self._library[conversation_id].draft
        if draft.has(attachment):
            self.image_repeated.emit(attachment)
        elif is_shown:
            self.set_draft(draft.with_image(attachment))
        else:
            self._library.save_draft(self._library[conversation_id], draft.with_image(attachment))

    @Slot(Attachment)
    def remove_attachment(self, attachment: Attachment) -> None:
        """Remove an image from the draft."""
        self.set_draft(self._draft.without_image(attachment))

    @Slot(Attachment, object)
    def set_pixel_budget(self, attachment: Attachment, pixels: int | None) -> None:
        """Set the maximum number of pixels of an image of the draft that the model sees; None for the setting."""
        self.set_draft(self._draft.with_budget(attachment, pixels))

    @Slot()
    def save_draft(self) -> None:
        """Save the draft now."""
        self._draft_timer.stop()
        draft = self._with_queue(self._draft)
        if self._writer.is_saving(self._conversation.id):
            self._draft_timer.start()  # The row that is being saved is newer than this one.
        elif draft != self._conversation.draft:
            self._library.save_draft(self._conversation, draft)
            self._conversation = replace(self._conversation, draft=draft)

    @Slot(str)
    def send(self, text: str) -> None:
        """Ask the model about the draft's images and the chat so far; while it answers, queue the question."""
        if not text.strip() or self._writer.is_saving(self._conversation.id):  # It would be sent twice.
            return
        sent = Draft(text=text, attachments=self._draft.attachments)
        if self.is_busy or self._queue.questions(self._conversation.id):
            self._enqueue(sent)
            return
        question = self._writer.question(self._conversation, text, sent.attachments)
        answer = new_answer(self._conversation.id, question.id, Author.MODEL)
        ask, title = self._writer.asking(self._conversation, answer, (*self.branch, question)), title_from(text)
        if not self.branch and self._titles.is_generic(title):
            self._titles.expect(answer.id, title, [self._attachments.path(image) for image in sent.attachments])
        self._commit((question, answer), sent, ask, title)

    def _enqueue(self, sent: Draft) -> None:
        self._queue.add(self._conversation.id, sent)
        self.set_draft(self._draft.without(sent))
        self.save_draft()

    @Slot(str)
    def edit_queued(self, question_id: str) -> None:
        """Put a queued question back into the draft, above what is in it."""
        if question := self._queue.take(self._conversation.id, question_id):
            self.set_draft(with_questions(self._draft, (question,)))

    @Slot(str)
    def cancel_queued(self, question_id: str) -> None:
        """Remove a queued question."""
        self._queue.take(self._conversation.id, question_id)
        self._draft_timer.start()

    @Slot(Attachment)
    def read_text(self, image: Attachment) -> None:
        """Have the built-in OCR read one image of the draft or of the chat."""
        self.read_texts((image,))

    @Slot(tuple)
    def read_texts(self, images: tuple[Attachment, ...]) -> None:
        """Have the built-in OCR read images of the draft or of the chat, one after the other, a turn for each."""
        if self.is_busy or not images:
            return
        messages = new_readings(self._conversation, READ_QUESTION, self._writer.resolution.applied(images))
        files = [self._attachments.path(image) for image in images]
        title = title_from(images[0].name)
        if not self.branch:
            self._titles.expect(messages[1].id, title)
        self._commit(messages, Draft(attachments=images), partial(self._answers.read_all, messages[1::2], files), title)

    @Slot(str)
    def regenerate(self, answer_id: MessageId) -> None:
        """Answer the same question again, as a new branch beside the old answer."""
        old = self._tree[answer_id]
        if self.is_busy or old.parent_id is None or old.author is None:
            return
        answer = new_answer(self._conversation.id, old.parent_id, old.author)
        asked = self._tree.path_to(old.parent_id)
        read, path = partial(self._answers.read, answer), self._attachments.path
        ask = self._writer.asking(self._conversation, answer, asked)
        start = partial(read, path(asked[-1].attachments[0])) if old.author is Author.READER else ask
        self._commit((answer,), Draft(), start)

    @Slot(str, str)
    def edit(self, question_id: MessageId, text: str) -> None:
        """Ask an edited question about the same images, as a new branch beside the old one."""
        if self.is_busy or not text.strip():
            return
        old = self._tree[question_id]
        question = replace(new_question(self._conversation, text, old.attachments), parent_id=old.parent_id)
        answer = new_answer(self._conversation.id, question.id, Author.MODEL)
        ask = self._writer.asking(self._conversation, answer, (*self._tree.path_to(old.parent_id), question))
        self._commit((question, answer), Draft(), ask)

    @Slot(str)
    def continue_answer(self, answer_id: MessageId) -> None:
        """Have the model continue the last answer of the branch, which is incomplete."""
        old = self._tree[answer_id]
        has_begun = bool(old.text or old.thought)
        if self.is_busy or old.author is not Author.MODEL or not has_begun or answer_id != self._conversation.leaf_id:
            return
        answer = replace(old, state=MessageState.STREAMING, problem=None)
        self._commit((answer,), Draft(), self._writer.asking(self._conversation, answer, self._tree.path_to(answer_id)))

    def images(self, message_id: MessageId | None = None) -> tuple[Attachment, ...]:
        """Return the images of the branch and the draft, oldest first, or of the last question before a message."""
        if message_id is None:
            shown = [*(image for message in self.branch for image in message.attachments), *self._draft.attachments]
            return tuple(dict.fromkeys(shown))
        path = self._tree.path_to(message_id)
        return next((message.attachments for message in reversed(path) if message.attachments), ())

    def versions(self, message_id: MessageId) -> tuple[MessageId, ...]:
        """Return the ids of all versions of a message, oldest first."""
        return self._tree.siblings(message_id)

    @Slot(str)
    def show_version(self, message_id: MessageId) -> None:
        """Show the newest branch through a message."""
        self._conversation = replace(self._conversation, leaf_id=self._tree.latest_leaf(message_id))
        self._library.save(self._conversation)
        self.branch_changed.emit(self.branch)

    @Slot()
    def stop(self) -> None:
        """End the unfinished answers of this chat; their text so far is kept."""
        self._writer.stop(self._conversation.id)

    def _show(self, conversation: Conversation, messages: Sequence[Message]) -> None:
        self._conversation = conversation
        self._draft = without_questions(conversation.draft, self._queue.questions(conversation.id))
        self._tree = MessageTree(messages)
        for answer in self._answers.current(conversation.id):
            if answer.id in self._tree:
                self._tree.put(answer)
        if conversation.leaf_id not in self._tree:
            self._conversation = replace(conversation, leaf_id=self._tree.latest_leaf())
        self.conversation_changed.emit(self._conversation)
        self.branch_changed.emit(self.branch)
        self.draft_changed.emit(self._draft)
        self.busy_changed.emit(self.is_busy)

    def _commit(
        self, messages: tuple[Message, ...], sent: Draft, start: Callable[[], None], title: str = DEFAULT_TITLE
    ) -> None:
        """Save `messages` and the draft without `sent`; on success show them and `start` the answer."""
        self._draft_timer.stop()
        turn = NewTurn(
            conversation=self._conversation,
            branch=self.branch,
            messages=messages,
            draft=self._with_queue(self._draft.without(sent)),
            start=start,
            sent=sent,
            title=title,
        )
        self._writer.write(turn, partial(self._on_commit_failed, self._conversation.id))

    @Slot(Conversation, NewTurn)
    def _on_written(self, conversation: Conversation, turn: NewTurn) -> None:
        if conversation.id != self._conversation.id:
            return
        is_new_branch = turn.messages[0].parent_id != self._conversation.leaf_id
        self._conversation = conversation
        for message in turn.messages:
            self._tree.put(message)
        self.set_draft(self._draft.without(turn.sent))  # The user may have continued typing meanwhile.
        self.conversation_changed.emit(conversation)
        if is_new_branch:
            self.branch_changed.emit(self.branch)
        else:
            for message in turn.messages:
                self.message_changed.emit(message)

    def _on_commit_failed(self, conversation_id: ConversationId, problem: Problem) -> None:
        self._queue.hold(conversation_id)
        self.problem_met.emit(problem)

    def _with_queue(self, draft: Draft) -> Draft:
        """Return the draft as it is saved: below the questions that have not been sent yet."""
        return with_questions(draft, self._queue.questions(self._conversation.id))

    def _on_messages_read(
        self, conversation_id: ConversationId, message_id: MessageId | None, messages: Sequence[Message]
    ) -> None:
        is_there = conversation_id in self._library  # It may have been deleted while they were loaded.
        if is_there and conversation_id == self._conversation.id:
            self.save_draft()  # It may have been typed meanwhile.
            self._show(self._library[conversation_id], messages)
            self._point_at(message_id)

    def _point_at(self, message_id: MessageId | None) -> None:
        if message_id is None or message_id not in self._tree:
            return
        if not self._tree.is_on_path(message_id, self._conversation.leaf_id):
            self.show_version(message_id)
        self.message_pointed_at.emit(message_id)

    def set_draft(self, draft: Draft) -> None:
        """Show another draft of this chat; it is saved shortly after."""
        self._draft = draft
        self.draft_changed.emit(draft)
        self._draft_timer.start()

    @Slot(str)
    def _on_saving_changed(self, conversation_id: ConversationId) -> None:
        if conversation_id == self._conversation.id:
            self.busy_changed.emit(self.is_busy)

    @Slot(Conversation)
    def _on_header_changed(self, renamed: Conversation) -> None:
        """Adopt what the user has set, which the next turn would otherwise overwrite with what was before."""
        if renamed.id == self._conversation.id:
            self._conversation = replace(renamed, leaf_id=self._conversation.leaf_id, draft=self._conversation.draft)
            self.conversation_changed.emit(self._conversation)

    @Slot(Message)
    def _on_answer_changed(self, answer: Message) -> None:
        if answer.id in self._tree:
            self._tree.put(answer)
            if self._tree.is_on_path(answer.id, self._conversation.leaf_id):
                self.message_changed.emit(answer)
            self.busy_changed.emit(self.is_busy)
