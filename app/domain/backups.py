"""Backups of the chat database, and the amount of data in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """The number of records in a database. Amounts compare by messages, then by chats, images and OCR results."""

    messages: int = 0
    chats: int = 0
    images: int = 0
    readings: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(**{name: getattr(self, name) + getattr(other, name) for name in self.__slots__})

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(**{name: max(0, getattr(self, name) - getattr(other, name)) for name in self.__slots__})

    @property
    def order(self) -> tuple[int, int, int, int]:
        """The sort key: messages, chats, images, readings."""
        return self.messages, self.chats, self.images, self.readings


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A file that the chats can be restored from.

    `made` is in UTC. `ever` counts everything that its database has ever held, including what the user has deleted: a
    database that has held less than another is not that one's successor.
    """

    path: Path
    made: datetime
    amount: Amount
    ever: Amount


def best_of(backups: Sequence[Backup]) -> Backup | None:
    """Return the backup that has ever held the most, the newest if several are equal; None if there is none."""
    return max(backups, key=lambda backup: (backup.ever.order, backup.made), default=None)
