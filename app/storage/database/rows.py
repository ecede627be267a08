"""Reading of database rows: an unreadable value costs only that value, never its row or table.

A flipped bit or another program may have put anything into any column. Each value is read by itself, and an invalid
one is replaced by a neutral default: no images, no figures, 1 January 1970.
"""

import sqlite3
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

import msgspec

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(1970, 9000)
"""Years whose moments can be converted to local time in any time zone."""
UNREADABLE = (msgspec.MsgspecError, ValueError, TypeError, ArithmeticError, RecursionError)
"""Errors that decoders raise for invalid input: not JSON, wrong fields, nested too deeply, incomplete characters."""


class ReadRow:
    """Reads values from a row; `is_damaged` is set once one was invalid."""

    def __init__(self, row: sqlite3.Row) -> None:
        self._row = row
        self.is_damaged = False

    def text(self, column: str) -> str:
        """Return a text; empty if the value is not one."""
        value = self._row[column]
        return value if isinstance(value, str) else self._wrong("")

    def text_or_none(self, column: str) -> str | None:
        """Return a text, or None if there is none."""
        return None if self._row[column] is None else self.text(column)

    def number(self, column: str) -> int:
        """Return a non-negative integer; 0 if the value is not one."""
        value = self._row[column]
        return value if isinstance(value, int) and 0 <= value < 2**31 else self._wrong(0)

    def moment(self, column: str) -> datetime:
        """Return a moment that is stored in ISO 8601."""
        try:
            found = datetime.fromisoformat(self._row[column])
        except UNREADABLE:
            return self._wrong(_LONG_AGO)
        if found.year not in _YEARS:
            return self._wrong(_LONG_AGO)
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def one_of(self, column: str, kind: type[E], fallback: E) -> E:
        """Return the member of an enumeration; `fallback` if there is none."""
        try:
            return kind(self._row[column])
        except UNREADABLE:
            return self._wrong(fallback)

    def decoded(self, column: str, decoder: "msgspec.json.Decoder[T]", fallback: T) -> T:
        """Return the decoded JSON; `fallback` if there is none."""
        text = self._row[column]
        if text is None:
            return fallback
        try:
            return decoder.decode(text)
        except UNREADABLE:
            return self._wrong(fallback)

    def found_wrong(self) -> None:
        """Mark the row as damaged because a later check has found a value invalid."""
        self.is_damaged = True

    def _wrong(self, fallback: T) -> T:
        self.is_damaged = True
        return fallback
