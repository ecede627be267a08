"""A database as another program sees it, and as the disk treats it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch


def execute(path: Path, statement: str) -> list[tuple[Any, ...]]:
    """Run a statement through a connection of our own, whether or not a store is open."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(statement).fetchall()


class Connections:
    """Those that were opened in a `with connections()`."""

    def __init__(self) -> None:
        self.opened: list[sqlite3.Connection] = []

    def execute(self, statement: str) -> None:
        """Run a statement, such as a pragma that holds for one connection, in all that are still open."""
        for connection in self.opened:
            with suppress(sqlite3.ProgrammingError):  # It is closed.
                connection.execute(statement)

    def close(self) -> None:
        """Close all of them, as the end of their process does."""
        for connection in self.opened:
            connection.close()


@contextmanager
def connections() -> Iterator[Connections]:
    """Remember which connections are opened."""
    connect, made = sqlite3.connect, Connections()

    def connecting(*arguments: Any, **named: Any) -> sqlite3.Connection:  # noqa: ANN401 - connect's own
        made.opened.append(connect(*arguments, **named))
        return made.opened[-1]

    with patch.object(sqlite3, "connect", connecting):
        yield made
