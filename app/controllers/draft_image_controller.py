"""Removes images from the draft, and offers to put them back."""

from PySide6.QtCore import QObject, Slot

from app.domain.chat.chat import Conversation, Draft
from app.domain.chat.removed_image import RemovedImage, removed_image
from app.domain.images.attachments import Attachment
from app.services.chat.chat_session import ChatSession
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.i18n import tr
from app.ui.widgets.notice import Action, Notice, Severity


class DraftImageController(QObject):
    """Shows a notice for each image that was removed or replaced by a crop of it, until another chat is shown."""

    def __init__(self, window: MainWindow, session: ChatSession, parent: QObject) -> None:
        super().__init__(parent)
        self._notices = window.notices
        self._session = session
        self._shown_chat, self._draft = session.conversation_id, session.draft
        self._is_removing = False
        self._offers: dict[RemovedImage, Notice] = {}
        window.composer.image_removed.connect(self._on_image_removed)
        session.conversation_changed.connect(self._on_conversation_changed)
        session.draft_changed.connect(self._on_draft_changed)

    @Slot(Attachment)
    def _on_image_removed(self, image: Attachment) -> None:
        self._is_removing = True
        self._session.remove_attachment(image)
        self._is_removing = False

    @Slot(Conversation)
    def _on_conversation_changed(self, conversation: Conversation) -> None:
        if conversation.id != self._shown_chat:
            self._shown_chat, self._draft = conversation.id, Draft()
            for notice in self._offers.values():
                self._notices.dismiss(notice)
            self._offers.clear()

    @Slot(Draft)
    def _on_draft_changed(self, draft: Draft) -> None:
        before, self._draft = self._draft, draft
        removed = removed_image(before, draft)
        if removed and (self._is_removing or removed.replacement):  # Otherwise it was sent.
            text = tr("“{name}” was removed from the question.", name=removed.image.name)
            if removed.replacement:
                text = tr("“{name}” was replaced by the selected area.", name=removed.image.name)
            undo = Action(tr("Undo"), self._put_back, (removed,), is_undo=True)
            self._offers[removed] = self._notices.show_notice(Notice(Severity.SUCCESS, text, actions=(undo,)))

    def _put_back(self, removed: RemovedImage) -> None:
        self._notices.dismiss(self._offers.pop(removed))
        self._session.set_draft(removed.put_back(self._session.draft))
