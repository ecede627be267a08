"""Whether the end of a database is missing, which SQLite itself does not always notice.

It reads zeros in place of what the last page lacks, and takes a file of a few bytes for a new database.
"""

import os
from pathlib import Path

_HEADER_BYTES = 100
_JOURNALS = ("-wal", "-journal")


def is_cut(path: Path) -> bool:
    """Whether the file is shorter than its header says (https://www.sqlite.org/fileformat2.html#the_database_header).

    What a journal beside it holds comes first: a file that was being written when the power failed is made whole by it.
    An empty file is none that was cut, as far as can be told from it.
    """
    journals = [path.with_name(path.name + suffix) for suffix in _JOURNALS]
    if any(journal.exists() and journal.stat().st_size for journal in journals):
        return False
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
            size = file.seek(0, os.SEEK_END)
    except OSError:  # SQLite says what is the matter.
        return False
    page, pages = int.from_bytes(header[16:18], "big"), int.from_bytes(header[28:32], "big")
    knows_pages = header[24:28] == header[92:96]  # Versions before 3.7.0 did not.
    return 0 < size < _HEADER_BYTES or (knows_pages and size < (page if page > 1 else 65536) * pages)
