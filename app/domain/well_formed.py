"""Text from any source made safe for UTF-8, SQLite, JSON and terminals.

Python strings may contain lone surrogates. A file name is bytes on Linux and UTF-16 on Windows, valid or not; Python
represents the invalid parts as lone surrogates (`os.fsdecode`). A server's JSON may contain them, too. A path keeps
them as long as a file is opened by it; a name loses them when it becomes text.
"""

import re

_SURROGATE = re.compile("[\ud800-\udfff]")


def well_formed(text: str) -> str:
    """Return `text` with U+FFFD in place of each lone surrogate; surrogate pairs become their character.

    A text without surrogates is returned itself, of whatever subclass of str it is.
    """
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
