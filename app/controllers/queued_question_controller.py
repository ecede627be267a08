"""Removes queued questions, and offers to put them back."""

from PySide6.QtCore import QObject, Slot

from app.domain.chat.chat import Conversation, title_from
from app.domain.chat.queued_questions import QueuedQuestion
from app.services.chat.chat_session import ChatSession
from app.services.chat.question_queue import QuestionQueue
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import one_line
from app.ui.widgets.notice import Action, Notice, Severity


class QueuedQuestionController(QObject):
    """Shows a notice for each queued question that was removed, until another chat is shown."""

    def __init__(self, window: MainWindow, session: ChatSession, queue: QuestionQueue, parent: QObject) -> None:
        super().__init__(parent)
        self._notices = window.notices
        self._session = session
        self._queue = queue
        self._shown_chat = session.conversation_id
        self._offers: dict[QueuedQuestion, Notice] = {}
        window.queued.cancel_clicked.connect(self._on_cancel_clicked)
        session.conversation_changed.connect(self._on_conversation_changed)

    @Slot(str)
    def _on_cancel_clicked(self, question_id: str) -> None:
        questions = self._queue.questions(self._session.conversation_id)
        self._session.cancel_queued(question_id)
        for place, question in enumerate(questions):
            if question.id == question_id:
                text = tr("The queued question “{text}” was removed.", text=one_line(title_from(question.text)))
                undo = Action(tr("Undo"), self._put_back, (question, place), is_undo=True)
                self._offers[question] = self._notices.show_notice(Notice(Severity.SUCCESS, text, actions=(undo,)))

    @Slot(Conversation)
    def _on_conversation_changed(self, conversation: Conversation) -> None:
        if conversation.id != self._shown_chat:
            self._shown_chat = conversation.id
            for notice in self._offers.values():
                self._notices.dismiss(notice)
            self._offers.clear()

    def _put_back(self, question: QueuedQuestion, place: int) -> None:
        self._notices.dismiss(self._offers.pop(question))
        self._queue.put_back(self._session.conversation_id, question, place)
        self._session.save_draft()
