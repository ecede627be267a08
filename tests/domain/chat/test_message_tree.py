"""The tree of messages beside a plain list, through questions, edits, losses and switches of branches in any order."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.domain.chat.chat import Message
from app.domain.chat.message_tree import MessageTree
from app.domain.ids import MessageId
from tests.support.chats import question

any_message = rule(number=st.integers(0, 20))
"""A rule for one of the messages, whatever their number is."""
if_any = precondition(lambda machine: bool(machine.listed))


class TreeBesideList(RuleBasedStateMachine):
    """What a chat does with its tree; `listed` has the messages in the order in which they came."""

    def __init__(self) -> None:
        super().__init__()
        self.tree = MessageTree()
        self.listed: list[Message] = []
        self.leaf: MessageId | None = None
        self.count = 0

    def add(self, parent_id: str | None) -> None:
        self.count += 1
        self.listed.append(question("text", f"m{self.count}", parent_id))
        self.tree.put(self.listed[-1])
        self.leaf = self.listed[-1].id

    def pick(self, number: int) -> Message:
        return self.listed[number % len(self.listed)]

    def children(self, parent_id: MessageId | None) -> list[MessageId]:
        return [message.id for message in self.listed if message.parent_id == parent_id]

    def newest(self, leaf: MessageId | None) -> MessageId | None:
        while below := self.children(leaf):
            leaf = below[-1]
        return leaf

    def branch(self) -> list[Message]:
        """From the first message to the leaf: a parent is older than its children."""
        found: list[Message] = []
        for message in reversed(self.listed):
            if message.id == (found[0].parent_id if found else self.leaf):
                found.insert(0, message)
        return found

    @rule()
    def send(self) -> None:
        self.add(self.leaf)

    @if_any
    @any_message
    def edit(self, number: int) -> None:
        self.add(self.pick(number).parent_id)

    @if_any
    @any_message
    def stream(self, number: int) -> None:
        longer = replace(self.pick(number), text="longer")
        self.listed[number % len(self.listed)] = longer
        self.tree.put(longer)

    @if_any
    @any_message
    def show_version(self, number: int) -> None:
        self.leaf = self.tree.latest_leaf(self.pick(number).id)
        assert self.leaf == self.newest(self.pick(number).id)

    @if_any
    @any_message
    def lose(self, number: int) -> None:
        """A message and all below it are gone when the chat is opened again."""
        gone = {self.pick(number).id}
        for message in self.listed:
            gone |= {message.id} if message.parent_id in gone else set()
        self.listed = [message for message in self.listed if message.id not in gone]
        self.tree = MessageTree(self.listed)
        if self.leaf in gone:
            self.leaf = self.tree.latest_leaf()
            assert self.leaf == self.newest(None)

    @invariant()
    def is_the_same(self) -> None:
        branch = self.branch()
        assert list(self.tree.path_to(self.leaf)) == branch
        assert len(self.tree) == len(self.listed)
        for message in self.listed:
            assert self.tree[message.id] is message
            assert list(self.tree.siblings(message.id)) == self.children(message.parent_id)
            assert self.tree.is_on_path(message.id, self.leaf) == (message in branch)


TestTreeBesideList = TreeBesideList.TestCase
TestTreeBesideList.settings = settings(max_examples=40, stateful_step_count=20)
