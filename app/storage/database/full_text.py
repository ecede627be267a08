"""Conditions of searches for words in a full-text table of trigrams."""

from collections.abc import Sequence

TRIGRAM = 3
"""Minimum length of a word in the index, in characters; shorter words are searched for in every text."""


def words_condition(index: str, table: str, words: Sequence[str]) -> tuple[str, str, list[str], str]:
    """Return the tables to search in, the condition that the text of `table` has all `words`, its values, and the key.

    `index` is the full-text table of `table`, whose key is `number`: by the key that is returned the rows are in order
    as they are found, and need not be sorted.
    """
    long = [word for word in words if len(word) >= TRIGRAM]
    condition, values = contains(f"{table}.text", [word for word in words if len(word) < TRIGRAM])
    if not long:
        return table, condition, values, f"{table}.number"
    quoted = " ".join('"' + word.replace('"', '""') + '"' for word in long)
    source = f"{index} JOIN {table} ON {table}.number = {index}.rowid"
    return source, f"{index} MATCH ? AND {condition}", [quoted, *values], f"{index}.rowid"


def contains(column: str, words: Sequence[str]) -> tuple[str, list[str]]:
    """Return the condition that `column` contains all `words`, and its values."""
    conditions = ["TRUE", *[f"{column} LIKE ? ESCAPE '\\'" for _ in words]]
    escaped = [word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in words]
    return " AND ".join(conditions), [f"%{word}%" for word in escaped]
