"""Identifiers: a type for each kind, so that one is not taken for another. Stored and sent, they are plain values."""

from typing import NewType

ConversationId = NewType("ConversationId", str)
"""32 random hex digits that name a conversation."""
FolderId = NewType("FolderId", str)
"""32 random hex digits that name a folder of chats."""
MessageId = NewType("MessageId", str)
"""32 random hex digits that name a message."""
ImportId = NewType("ImportId", str)
"""32 random hex digits that name the import of an image while it lasts."""
CallId = NewType("CallId", int)
"""Numbers the calls to an engine process, from its start on."""
Digest = NewType("Digest", str)
"""The lower-case hex SHA-256 of an attachment's file, which names it in the attachment store."""
