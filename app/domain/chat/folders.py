"""Folders of chats: each chat is in one at most."""

from dataclasses import dataclass

from app.domain.ids import FolderId

MAX_NAME = 80
"""Maximum length of a folder's name in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatFolder:
    """A folder as the list of chats shows it, in ascending order of `position`; a collapsed one hides its chats."""

    id: FolderId
    name: str
    position: int = 0
    is_collapsed: bool = False


def folder_name(text: str) -> str:
    """Return the name that a folder gets from what was typed or imported: one line; empty if there is none."""
    return " ".join(text.split())[:MAX_NAME].rstrip()
