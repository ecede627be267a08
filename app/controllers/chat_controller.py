"""Connects the chat's messages, its composer and the list of all chats with their services."""

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QApplication

from app.domain.chat.chat import DEFAULT_TITLE, Conversation, Message
from app.domain.ids import ConversationId
from app.services.chat.answers import Answers
from app.services.chat.chat_library import ChatLibrary
from app.services.chat.chat_session import ChatSession
from app.services.chat.question_queue import QuestionQueue
from app.ui.shell.main_window import MainWindow
from app.ui.widgets import ui_text
from app.ui.widgets.i18n import tr, tr_count
from app.ui.widgets.notice import Action, Notice, Severity


class ChatController(QObject):
    """Wires the window's chat to its services. If `opens_latest`, the latest chat is shown once the list is loaded."""

    def __init__(
        self,
        window: MainWindow,
        session: ChatSession,
        library: ChatLibrary,
        answers: Answers,
        queue: QuestionQueue,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.opens_latest = True
        self._window = window
        self._session = session
        self._library = library
        self._queue = queue
        self._deleted: dict[tuple[ConversationId, ...], tuple[tuple[Conversation, ...], Notice]] = {}
        """Chats that can be restored, by their ids, as they were deleted together, in the order of their deletion."""
        self._shown_chat = session.conversation_id
        self._wire_composer()
        self._wire_view()
        self._wire_sidebar()
        self._wire_queue()
        window.stop_triggered.connect(session.stop)
        window.read_triggered.connect(self._on_read_triggered)
        window.regenerate_triggered.connect(self._on_regenerate_triggered)
        session.conversation_changed.connect(self._on_conversation_changed)
        session.branch_changed.connect(self._on_branch_changed)
        session.message_changed.connect(self._on_message_changed)
        session.message_pointed_at.connect(window.chat_view.show_message)
        answers.activity_changed.connect(window.chat_view.set_activity)

    def _wire_composer(self) -> None:
        composer, session = self._window.composer, self._session
        composer.text_changed.connect(session.set_draft_text)
        composer.submitted.connect(session.send)
        composer.stop_clicked.connect(session.stop)
        composer.read_clicked.connect(session.read_text)
        composer.read_all_clicked.connect(session.read_texts)
        composer.budget_chosen.connect(session.set_pixel_budget)
        composer.text_cut.connect(self._on_text_cut)
        session.draft_changed.connect(composer.set_draft)
        session.busy_changed.connect(composer.set_busy)

    def _wire_view(self) -> None:
        view, session = self._window.chat_view, self._session
        view.regenerate_clicked.connect(session.regenerate)
        view.continue_clicked.connect(session.continue_answer)
        view.question_edited.connect(session.edit)
        view.version_chosen.connect(session.show_version)
        view.link_clicked.connect(self._on_link_clicked)
        view.text_cut.connect(self._on_text_cut)

    def _wire_sidebar(self) -> None:
        sidebar, library = self._window.sidebar, self._library
        sidebar.new_chat_clicked.connect(self._on_new_chat_clicked)
        sidebar.conversation_chosen.connect(self._session.open)
        sidebar.menus.renamed.connect(library.rename)
        sidebar.menus.pinned.connect(library.pin)
        sidebar.list.chats_deleted.connect(self._session.delete_all)
        library.conversations_changed.connect(sidebar.set_conversations)
        sidebar.first_images.wanted.connect(library.find_first_images)
        library.first_images_found.connect(sidebar.first_images.put)
        library.deleted.connect(self._on_deleted)
        self._window.menu_button.undelete_triggered.connect(self._on_undelete_triggered)
        library.loaded.connect(self._on_library_loaded)

    def _wire_queue(self) -> None:
        queued = self._window.queued
        queued.edit_clicked.connect(self._on_queued_edited)
        queued.send_clicked.connect(self._on_queued_sent)
        self._queue.changed.connect(self._on_queue_changed)

    @Slot()
    def discard_deleted(self) -> None:
        """Withdraw the offer to restore deleted chats, since all chats have been replaced."""
        for _, notice in self._deleted.values():
            self._window.notices.dismiss(notice)
        self._deleted.clear()
        self._window.menu_button.undelete.setEnabled(False)

    def chat_for_interrupted(self, chat_id: ConversationId) -> ConversationId:
        """Return `chat_id`; a chat without anything to save is unknown, and a new one is shown in its place."""
        if chat_id in self._library:
            return chat_id
        if self._session.conversation_id in self._library:
            self._session.start_new()
        return self._session.conversation_id

    @Slot()
    def _on_library_loaded(self) -> None:
        latest = self._library.latest
        is_untouched = (
            not (self._session.branch or self._session.conversation.is_temporary) and self._session.draft.is_empty
        )
        if self.opens_latest and latest is not None and is_untouched:
            self._session.open(latest.id)

    @Slot()
    def _on_new_chat_clicked(self) -> None:
        self._session.start_new()
        self._window.composer.focus()

    @Slot(Conversation)
    def _on_conversation_changed(self, conversation: Conversation) -> None:
        if conversation.id != self._shown_chat:
            self._shown_chat = conversation.id
            self._window.composer.clear_imports()
            self._on_queue_changed(conversation.id)
        title = "" if conversation.title == DEFAULT_TITLE else conversation.title
        self._window.set_chat(title, is_temporary=conversation.is_temporary)
        self._window.sidebar.select(conversation.id)

    @Slot(str)
    def _on_queue_changed(self, conversation_id: ConversationId) -> None:
        if conversation_id == self._session.conversation_id:
            questions = self._queue.questions(conversation_id)
            self._window.queued.show_questions(questions, is_held=self._queue.is_held(conversation_id))

    @Slot()
    def _on_queued_sent(self) -> None:
        self._queue.resume(self._session.conversation_id)

    @Slot(str)
    def _on_queued_edited(self, question_id: str) -> None:
        self._session.edit_queued(question_id)
        self._window.composer.focus()

    @Slot(tuple)
    def _on_branch_changed(self, branch: tuple[Message, ...]) -> None:
        versions = {message.id: self._session.versions(message.id) for message in branch}
        self._window.chat_view.set_branch(branch, versions)
        self._window.set_empty(not branch)
        self._show_used_tokens(branch)

    @Slot(Message)
    def _on_message_changed(self, message: Message) -> None:
        self._window.chat_view.put_message(message)
        self._window.set_empty(False)
        if message.stats:
            self._show_used_tokens((message,))

    def _show_used_tokens(self, branch: tuple[Message, ...]) -> None:
        used = next((message.stats.context_tokens for message in reversed(branch) if message.stats), 0)
        self._window.composer.set_used_tokens(used)

    @Slot(tuple)
    def _on_deleted(self, deleted: tuple[Conversation, ...]) -> None:
        several = tr_count("{count} chat deleted.", "{count} chats deleted.", len(deleted))
        one = tr("“{title}” deleted.", title=ui_text.chat_title(deleted[0]))
        detail = tr_count(
            "You can restore it from the menu until you quit Lorgnette. Backups may still contain it: to delete those "
            "backups, choose “Restore chats from a backup…” in the menu.",
            "You can restore them from the menu until you quit Lorgnette. Backups may still contain them: to delete "
            "those backups, choose “Restore chats from a backup…” in the menu.",
            len(deleted),
        )
        ids = tuple(conversation.id for conversation in deleted)
        undo = Action(tr("Undo"), self._undelete, ids, is_undo=True)
        text = one if len(deleted) == 1 else several
        notice = self._window.notices.show_notice(Notice(Severity.SUCCESS, text, detail, (undo,)))
        self._deleted[ids] = deleted, notice
        self._window.menu_button.undelete.setEnabled(True)

    def _undelete(self, *conversation_ids: ConversationId) -> None:
        deleted, notice = self._deleted.pop(conversation_ids)
        self._window.notices.dismiss(notice)
        self._window.menu_button.undelete.setEnabled(bool(self._deleted))
        self._library.restore(*deleted)
        self._session.open(conversation_ids[0])

    @Slot()
    def _on_undelete_triggered(self) -> None:
        if self._deleted:
            self._undelete(*next(reversed(self._deleted)))

    @Slot()
    def _on_read_triggered(self) -> None:
        """Read the images of the draft, or else the latest image of the chat."""
        drafted = tuple(image for image in self._session.draft.attachments if not image.is_video)
        latest = tuple(image for image in self._session.images() if not image.is_video)[-1:]
        self._session.read_texts(drafted or latest)

    @Slot()
    def _on_regenerate_triggered(self) -> None:
        answers = [message for message in self._session.branch if message.author is not None]
        if answers:
            self._session.regenerate(answers[-1].id)

    @Slot(int, int)
    def _on_text_cut(self, kept: int, lost: int) -> None:
        text = tr_count(
            "The text is too long for one question: its last character was not pasted.",
            "The text is too long for one question: its last {count} characters were not pasted.",
            lost,
        )
        there = tr("The first {count} are there.", count=kept)
        todo = tr("Send them, then paste the rest as the next question.")
        self._window.notices.show_notice(Notice(Severity.WARNING, text, f"{there} {todo}"))

    @Slot(str)
    def _on_link_clicked(self, target: str) -> None:
        QApplication.clipboard().setText(target)
        text = tr("This link goes to {target}", target=target[:300])
        self._window.notices.show_notice(Notice(Severity.SUCCESS, text, tr("The address was copied, not opened.")))
