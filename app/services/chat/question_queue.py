"""Questions that were sent while an answer was being written: each follows when the answer before it has ended.

A stopped answer is followed by the next question. After a failed one the questions wait until the user sends them.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.chat.chat import Author, Conversation, Draft, Message, MessageState, new_id, title_from
from app.domain.chat.message_tree import MessageTree
from app.domain.chat.new_messages import new_answer
from app.domain.chat.queued_questions import QueuedQuestion, with_questions, without_questions
from app.domain.errors import Problem
from app.domain.ids import ConversationId
from app.domain.ports import ConversationStore
from app.services.chat.answers import Answers
from app.services.chat.chat_library import ChatLibrary
from app.services.chat.turn_writer import NewTurn, TurnWriter
from app.services.engines.store_thread import StoreAccess


class QuestionQueue(QObject):
    """The queued questions of all chats, shown or not.

    `changed` carries the id of a chat whose questions have changed, `problem_met` why one could not be saved.
    """

    changed = Signal(str)
    problem_met = Signal(Problem)

    def __init__(
        self,
        library: ChatLibrary,
        answers: Answers,
        writer: TurnWriter,
        chats: StoreAccess[ConversationStore],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._answers = answers
        self._writer = writer
        self._chats = chats
        self._questions: dict[ConversationId, tuple[QueuedQuestion, ...]] = {}
        self._held: set[ConversationId] = set()
        """Chats whose last answer has failed."""
        self._is_closed = False
        answers.answer_changed.connect(self._on_answer_changed)
        writer.saving_changed.connect(self._on_saving_changed)

    def questions(self, conversation_id: ConversationId) -> tuple[QueuedQuestion, ...]:
        """Return the queued questions of a chat, the next one first."""
        return self._questions.get(conversation_id, ())

    def is_held(self, conversation_id: ConversationId) -> bool:
        """Return whether the questions of a chat wait until the user sends them."""
        return conversation_id in self._held and bool(self.questions(conversation_id))

    def add(self, conversation_id: ConversationId, sent: Draft) -> None:
        """Queue a question behind all others of its chat, and send the next one if no answer is being written."""
        question = QueuedQuestion(new_id(), sent.text, sent.attachments)
        self._set(conversation_id, (*self.questions(conversation_id), question))
        self.resume(conversation_id)

    def take(self, conversation_id: ConversationId, question_id: str) -> QueuedQuestion | None:
        """Remove a question from the queue and return it; None if it has been sent meanwhile."""
        questions = self.questions(conversation_id)
        self._set(conversation_id, tuple(question for question in questions if question.id != question_id))
        return next((question for question in questions if question.id == question_id), None)

    def put_back(self, conversation_id: ConversationId, question: QueuedQuestion, place: int) -> None:
        """Queue a question that was taken at its place again, and send the next one if no answer is being written."""
        questions = self.questions(conversation_id)
        self._set(conversation_id, (*questions[:place], question, *questions[place:]))
        self._send_soon(conversation_id)

    def clear(self, conversation_id: ConversationId) -> None:
        """Remove all questions of a chat."""
        self._set(conversation_id, ())

    def clear_all(self) -> None:
        """Remove the questions of all chats, which are being replaced."""
        for conversation_id in list(self._questions):
            self.clear(conversation_id)

    def hold(self, conversation_id: ConversationId) -> None:
        """Let the questions of a chat wait, since what was asked before them has failed."""
        if self.questions(conversation_id):
            self._held.add(conversation_id)
            self.changed.emit(conversation_id)

    def resume(self, conversation_id: ConversationId) -> None:
        """Send the next question once no answer is being written, also after a failure."""
        if conversation_id in self._held:
            self._held.discard(conversation_id)
            self.changed.emit(conversation_id)
        self._send_soon(conversation_id)

    def close(self) -> None:
        """Send nothing any more: the application is closing, and the questions are in the drafts."""
        self._is_closed = True

    def _set(self, conversation_id: ConversationId, questions: tuple[QueuedQuestion, ...]) -> None:
        if questions:
            self._questions[conversation_id] = questions
        else:
            self._questions.pop(conversation_id, None)
            self._held.discard(conversation_id)
        self.changed.emit(conversation_id)

    @Slot(Message)
    def _on_answer_changed(self, answer: Message) -> None:
        if answer.state is MessageState.STREAMING or not self.questions(answer.conversation_id):
            return
        if answer.state is MessageState.FAILED:
            self.hold(answer.conversation_id)
        else:
            self.resume(answer.conversation_id)

    @Slot(str)
    def _on_saving_changed(self, conversation_id: ConversationId) -> None:
        if self.questions(conversation_id):
            self._send_soon(conversation_id)

    def _send_soon(self, conversation_id: ConversationId) -> None:
        """Send the next question when the event loop turns: by then the answer that has ended is being saved."""
        QTimer.singleShot(0, self, partial(self._load, conversation_id))

    def _is_due(self, conversation_id: ConversationId) -> bool:
        is_waiting = bool(self.questions(conversation_id)) and conversation_id not in self._held
        is_busy = self._writer.is_saving(conversation_id) or bool(self._answers.current(conversation_id))
        return is_waiting and not is_busy and not self._is_closed and conversation_id in self._library

    def _load(self, conversation_id: ConversationId) -> None:
        if self._is_due(conversation_id):
            send = partial(self._send, conversation_id)
            self._chats.run(lambda chats: chats.messages(conversation_id), send)

    def _send(self, conversation_id: ConversationId, messages: Sequence[Message]) -> None:
        if not self._is_due(conversation_id):  # Another one has been sent while the messages were being read.
            return
        conversation, tree = self._library[conversation_id], MessageTree(messages)
        if conversation.leaf_id not in tree:
            conversation = replace(conversation, leaf_id=tree.latest_leaf())
        questions = self.questions(conversation_id)
        queued, rest = questions[0], questions[1:]
        branch = tree.path_to(conversation.leaf_id)
        question = self._writer.question(conversation, queued.text, queued.attachments)
        answer = new_answer(conversation_id, question.id, Author.MODEL)
        turn = NewTurn(
            conversation=conversation,
            branch=branch,
            messages=(question, answer),
            draft=with_questions(without_questions(conversation.draft, questions), rest),
            start=self._writer.asking(conversation, answer, (*branch, question)),
            title=title_from(queued.text),
        )
        self._set(conversation_id, rest)
        self._writer.write(turn, partial(self._on_failed, conversation, queued))

    def _on_failed(self, conversation: Conversation, question: QueuedQuestion, problem: Problem) -> None:
        self._set(conversation.id, (question, *self.questions(conversation.id)))
        self.hold(conversation.id)
        self.problem_met.emit(problem)
