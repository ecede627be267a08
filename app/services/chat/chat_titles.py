"""Titles of chats from what was read or answered, where the question tells nothing."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from app.domain.chat.chat import Message, MessageState, title_from, title_of_answer
from app.domain.chat.presets import BUILT_IN
from app.domain.ids import MessageId
from app.services.chat.answers import Answers
from app.services.chat.chat_library import ChatLibrary

_PRESETS = frozenset(title_from(preset.text) for preset in BUILT_IN)


class ChatTitles(QObject):
    """Renames a chat once the answer that names it has ended, unless the user has renamed it meanwhile."""

    def __init__(self, library: ChatLibrary, answers: Answers, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._answers = answers
        self._until_then: dict[MessageId, tuple[str, Sequence[Path]]] = {}
        """The titles that chats have until their answers name them, and the files asked about, by answer."""
        answers.answer_changed.connect(self._on_answer_changed)

    def expect(self, answer_id: MessageId, title: str, files: Sequence[Path] = ()) -> None:
        """Have an answer name its chat, which is called `title` until then.

        If the model cannot answer, what was read on the images in `files` names the chat, if anything.
        """
        self._until_then[answer_id] = title, files

    def is_generic(self, title: str) -> bool:
        """Return whether another chat is called so already, or any may be, since it is a built-in preset."""
        taken = (conversation.title for conversation in self._library.conversations)
        return title in _PRESETS or title in taken

    @Slot(Message)
    def _on_answer_changed(self, answer: Message) -> None:
        if answer.state is MessageState.STREAMING or answer.id not in self._until_then:
            return
        (title, files), chat = self._until_then.pop(answer.id), answer.conversation_id
        texts = self._answers.texts(files) if self._answers.is_refusal(answer) else (answer.text,)
        named = next(filter(None, map(title_of_answer, texts)), "")
        if named and chat in self._library and self._library[chat].title == title:
            self._library.rename(chat, named)
