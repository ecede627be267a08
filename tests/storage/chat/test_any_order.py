"""The database of chats beside plain dictionaries, through questions, deletions, kills and restarts in any order."""

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.domain.chat.chat import Conversation, Draft, Message, MessageState
from app.domain.ids import ConversationId
from app.storage.stores import SqliteStores
from tests.support.chats import answer, attachment, conversation, question
from tests.support.sql import connections, execute

numbers = st.integers(0, 20)
words = st.sampled_from(["", "walnut", "a walnut cake", "WALNUTS and 'quotes\" %_\\", "日本 walnut", "other"])
if_any = precondition(lambda machine: bool(machine.chats))
if_any_message = precondition(lambda machine: bool(machine.messages))


class StoreBesideDictionaries(RuleBasedStateMachine):
    """`chats` and `messages` are what must be there; `deleted` are the ids of chats that can still be restored."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "lorgnette.sqlite"
        self.open()
        self.chats: dict[str, Conversation] = {}
        self.messages: dict[str, Message] = {}
        self.deleted: set[str] = set()
        self.count = 0

    def open(self) -> None:
        with connections() as self.connections:
            self.stores = SqliteStores.open(self.path)

    def teardown(self) -> None:
        self.stores.close()
        self.folder.cleanup()

    def chat(self, number: int) -> Conversation:
        return list(self.chats.values())[number % len(self.chats)]

    def new_id(self) -> str:
        self.count += 1
        return f"id{self.count}"

    def ask(self, chat: Conversation, text: str) -> None:
        asked = replace(
            question(text, self.new_id(), chat.leaf_id), conversation_id=chat.id, attachments=(attachment(),)
        )
        answered = answer("", self.new_id(), asked.id, MessageState.STREAMING)
        answered = replace(answered, conversation_id=chat.id)
        chat = replace(chat, leaf_id=answered.id, draft=Draft(text="more"))
        self.stores.chats.save_turn(chat, (asked, answered))
        self.chats[chat.id] = chat
        self.messages |= {asked.id: asked, answered.id: answered}

    @rule(text=words)
    def begin(self, text: str) -> None:
        chat = conversation(self.new_id(), text, self.count)
        self.ask(chat, text)

    @if_any
    @rule(number=numbers, text=words)
    def continue_chat(self, number: int, text: str) -> None:
        self.ask(self.chat(number), text)

    @if_any_message
    @rule(number=numbers, text=words, state=st.sampled_from(MessageState))
    def stream(self, number: int, text: str, state: MessageState) -> None:
        message = replace(list(self.messages.values())[number % len(self.messages)], text=text, state=state)
        self.stores.chats.save_message(message)
        self.messages[message.id] = message

    @if_any
    @rule(number=numbers, text=words)
    def rename(self, number: int, text: str) -> None:
        chat = replace(self.chat(number), title=text, is_pinned=not self.chat(number).is_pinned)
        self.stores.chats.save_conversation(replace(chat, draft=Draft()))
        self.chats[chat.id] = chat

    @if_any
    @rule(number=numbers, text=words)
    def write_draft(self, number: int, text: str) -> None:
        chat = replace(self.chat(number), draft=Draft(text=text))
        self.stores.chats.save_draft(chat.id, chat.draft)
        self.chats[chat.id] = chat

    @if_any
    @rule(number=numbers)
    def delete(self, number: int) -> None:
        self.stores.chats.delete_conversation(self.chat(number).id)
        self.deleted.add(self.chat(number).id)

    @if_any
    @rule(number=numbers)
    def restore(self, number: int) -> None:
        self.stores.chats.restore_conversation(self.chat(number).id)
        self.deleted.discard(self.chat(number).id)

    @rule(is_killed=st.booleans())
    def start_again(self, is_killed: bool) -> None:
        if is_killed:
            self.connections.close()
        else:
            self.stores.close()
        self.open()
        assert self.stores.problem is None
        self.chats = {chat.id: chat for chat in self.chats.values() if chat.id not in self.deleted}
        kept = [message for message in self.messages.values() if message.conversation_id in self.chats]
        self.messages = {
            message.id: replace(message, state=MessageState.INTERRUPTED)
            if message.state is MessageState.STREAMING
            else message
            for message in kept
        }
        self.deleted.clear()

    @invariant()
    def is_the_same(self) -> None:
        shown = [chat for chat in self.chats.values() if chat.id not in self.deleted]
        assert self.stores.chats.conversations() == sorted(shown, key=lambda chat: chat.updated, reverse=True)
        for chat in self.chats:
            assert self.stores.chats.messages(ConversationId(chat)) == [
                it for it in self.messages.values() if it.conversation_id == chat
            ]
        named = [chat.id for chat in shown if "walnut" in chat.title.lower()]
        said = [
            message.id
            for message in self.messages.values()
            if message.conversation_id not in self.deleted
            and message.state is not MessageState.STREAMING
            and "walnut" in message.text.lower()
        ]
        hits = self.stores.chats.search("walnut")
        assert sorted(str(hit.conversation_id) for hit in hits if hit.message_id is None) == sorted(named)
        assert [hit.message_id for hit in hits if hit.message_id] == said[::-1]
        execute(self.path, "INSERT INTO message_search (message_search) VALUES ('integrity-check')")
        assert self.stores.chats.damaged_rows == 0


TestStoreBesideDictionaries = StoreBesideDictionaries.TestCase
TestStoreBesideDictionaries.settings = settings(max_examples=12, stateful_step_count=15)
