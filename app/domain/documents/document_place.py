"""A page of a file that was opened as a document."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPlace:
    """The page `number`, from 0, of the file called `name`.

    `path` is where the file was when it was opened last; empty if that is unknown, or if it is an image of a chat.
    """

    path: str
    name: str
    number: int
