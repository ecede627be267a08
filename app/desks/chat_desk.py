"""The chat: its messages, its composer, and the list of all chats."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QApplication

from app.domain.chat import DEFAULT_TITLE, Conversation, Message
from app.domain.errors import Problem, ProblemKind
from app.domain.search import SearchHit
from app.services.answers import Answers
from app.services.chat_session import ChatSession
from app.services.library import Library
from app.ui import words
from app.ui.main_window import MainWindow
from app.ui.translation import tr


class ChatDesk(QObject):
    """Wires the window's chat to its services. `opens_latest` is whether the last chat is shown when all are known."""

    def __init__(
        self,
        window: MainWindow,
        session: ChatSession,
        library: Library,
        answers: Answers,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.opens_latest = True
        self._window = window
        self._session = session
        self._library = library
        self._deleted: Conversation | None = None
        self._shown_chat = session.conversation_id
        self._wire_composer()
        self._wire_view()
        self._wire_sidebar()
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
        composer.image_removed.connect(session.remove_attachment)
        composer.budget_chosen.connect(session.set_pixel_budget)
        session.draft_changed.connect(composer.set_draft)
        session.busy_changed.connect(composer.set_busy)

    def _wire_view(self) -> None:
        view, session = self._window.chat_view, self._session
        view.regenerate_clicked.connect(session.regenerate)
        view.continue_clicked.connect(session.go_on)
        view.question_edited.connect(session.edit)
        view.version_chosen.connect(session.show_version)
        view.link_clicked.connect(self._on_link_clicked)

    def _wire_sidebar(self) -> None:
        sidebar, library = self._window.sidebar, self._library
        sidebar.new_chat_clicked.connect(self._on_new_chat_clicked)
        sidebar.conversation_chosen.connect(self._session.open)
        sidebar.conversation_renamed.connect(library.rename)
        sidebar.conversation_deleted.connect(self._session.delete)
        sidebar.conversation_pinned.connect(library.pin)
        sidebar.searched.connect(library.search)
        sidebar.hit_chosen.connect(self._on_hit_chosen)
        library.conversations_changed.connect(sidebar.set_conversations)
        library.deleted.connect(self._on_deleted)
        self._window.notices.remedy_clicked.connect(self._on_remedy_clicked)
        library.found.connect(sidebar.set_hits)
        library.loaded.connect(self._on_library_loaded)

    @Slot()
    def _on_library_loaded(self) -> None:
        latest = self._library.latest
        is_untouched = not self._session.branch and self._session.draft.is_empty
        if self.opens_latest and latest is not None and is_untouched:
            self._session.open(latest.id)

    @Slot()
    def _on_new_chat_clicked(self) -> None:
        self._session.start_new()
        self._window.composer.focus()

    @Slot(object)
    def _on_hit_chosen(self, hit: SearchHit) -> None:
        self._session.open(hit.conversation_id, hit.message_id)

    @Slot(object)
    def _on_conversation_changed(self, conversation: Conversation) -> None:
        if conversation.id != self._shown_chat:
            self._shown_chat = conversation.id
            self._window.composer.clear_imports()
        self._window.set_title("" if conversation.title == DEFAULT_TITLE else conversation.title)
        self._window.sidebar.select(conversation.id)

    @Slot(object)
    def _on_branch_changed(self, branch: Sequence[Message]) -> None:
        versions = {message.id: self._session.versions(message.id) for message in branch}
        self._window.chat_view.set_branch(branch, versions)
        self._window.set_empty(not branch)
        self._show_used_tokens(branch)

    @Slot(object)
    def _on_message_changed(self, message: Message) -> None:
        self._window.chat_view.put_message(message)
        self._window.set_empty(False)
        if message.stats:
            self._show_used_tokens((message,))

    def _show_used_tokens(self, branch: Sequence[Message]) -> None:
        used = next((message.stats.context_tokens for message in reversed(branch) if message.stats), 0)
        self._window.composer.set_used_tokens(used)

    @Slot(object)
    def _on_deleted(self, conversation: Conversation) -> None:
        notices = self._window.notices
        if self._deleted:
            notices.dismiss(_deletion(self._deleted))
        self._deleted = conversation
        notices.show_problem(_deletion(conversation))

    @Slot(object)
    def _on_remedy_clicked(self, kind: ProblemKind) -> None:
        if kind is ProblemKind.DELETED and self._deleted:
            self._window.notices.dismiss(_deletion(self._deleted))
            self._library.restore(self._deleted)
            self._session.open(self._deleted.id)
            self._deleted = None

    @Slot()
    def _on_read_triggered(self) -> None:
        if images := [image for image in self._session.images() if not image.is_video]:
            self._session.read_text(images[-1])

    @Slot()
    def _on_regenerate_triggered(self) -> None:
        answers = [message for message in self._session.branch if message.author is not None]
        if answers:
            self._session.regenerate(answers[-1].id)

    @Slot(str)
    def _on_link_clicked(self, target: str) -> None:
        QApplication.clipboard().setText(target)
        self._window.notices.show_problem(
            Problem(
                ProblemKind.LINK,
                tr("This link leads to {target}", target=target[:300]),
                tr("Its address was copied, not opened."),
            )
        )


def _deletion(conversation: Conversation) -> Problem:
    return Problem(
        ProblemKind.DELETED,
        tr("“{title}” was deleted.", title=words.chat_title(conversation)),
        todo=tr("It is gone for good when Lorgnette is closed."),
    )
