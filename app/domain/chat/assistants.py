"""Assistants: instructions under a name, which any chat can be given."""

from collections.abc import Sequence
from dataclasses import dataclass

MAX_NAME_CHARS = 60


@dataclass(frozen=True, slots=True)
class Assistant:
    """Instructions for chats, under a name that no other assistant has."""

    name: str
    instructions: str


def name_of(instructions: str, assistants: Sequence[Assistant]) -> str:
    """Return the name of the assistant that has these instructions; empty if none has."""
    return next((assistant.name for assistant in assistants if assistant.instructions == instructions), "")


def with_assistant(assistants: Sequence[Assistant], added: Assistant) -> tuple[Assistant, ...]:
    """Return the assistants, with `added` in place of one that has its name, sorted by name."""
    others = (assistant for assistant in assistants if assistant.name != added.name)
    return tuple(sorted((*others, added), key=lambda assistant: assistant.name.casefold()))
