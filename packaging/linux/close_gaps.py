"""Close the gaps in shared libraries (ELF, 64 bits, little-endian): `python close_gaps.py FOLDER`.

auditwheel appends what it changes to a library behind the debugging information; where that has been stripped, most of
a small library is a gap. Addresses stay as they are: only what lies where in the file changes.
"""

import itertools
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

ELF, EM_X86_64, PT_LOAD, NOBITS = b"\x7fELF\x02\x01", 62, 1, 8
SEGMENT, SECTION = "<IIQQQQQQ", "<IIQQQQIIQQ"
HEADER_SIZE = 64
WORTH_IT = 4096
"""Bytes; a library with smaller gaps stays as it is."""


@dataclass
class Part:
    """What keeps together in a file: a loaded segment, or a section that is not loaded. Bytes."""

    start: int
    size: int
    align: int
    remainder: int
    new_start: int = 0


def closed(library: bytes) -> bytes:
    """The same library without gaps, or the library itself where there is nothing to gain.

    Raises ValueError where segments overlap, or something lies outside of them that sections do not name.
    """
    program, sections = struct.unpack_from("<QQ", library, 32)
    program_size, programs, section_size, section_count = struct.unpack_from("<HHHH", library, 54)
    page = 0x1000 if struct.unpack_from("<H", library, 18)[0] == EM_X86_64 else 0x10000
    headers = [list(struct.unpack_from(SEGMENT, library, program + n * program_size)) for n in range(programs)]
    tables = [list(struct.unpack_from(SECTION, library, sections + n * section_size)) for n in range(section_count)]
    parts = _parts(headers, tables, page)
    new_sections = _place(parts)
    size = new_sections + section_count * section_size
    if size > len(library) - WORTH_IT:
        return library

    result = bytearray(size)
    for part in parts:
        result[part.new_start : part.new_start + part.size] = library[part.start : part.start + part.size]
    new_program = _moved(parts, program, programs * program_size)
    for number, header in enumerate(headers):
        if header[5]:
            header[2] = _moved(parts, header[2], header[5])
        elif header[0] == PT_LOAD:  # All zeros, but the loader compares it with the address.
            header[2] = header[3] % page
        if header[0] == PT_LOAD:
            header[7] = min(header[7], page)
        struct.pack_into(SEGMENT, result, new_program + number * program_size, *header)
    for number, table in enumerate(tables):
        if _is_stored(table):
            table[4] = _moved(parts, table[4], table[5])
        struct.pack_into(SECTION, result, new_sections + number * section_size, *table)
    struct.pack_into("<QQ", result, 32, new_program, new_sections)
    return bytes(result)


def _parts(headers: list[list[int]], tables: list[list[int]], page: int) -> list[Part]:
    """What is in the file, in its order: loaded segments first."""
    loaded = [Part(h[2], h[5], min(h[7], page), h[3]) for h in headers if h[0] == PT_LOAD and h[5]]
    for before, after in itertools.pairwise(loaded):
        if before.start + before.size > after.start:
            raise ValueError("Segments overlap, or are not in order.")
    if not _holds(loaded[0], 0, HEADER_SIZE):
        raise ValueError("The header is not loaded.")
    rest = [
        Part(table[4], table[5], max(table[8], 1), 0)
        for table in tables
        if _is_stored(table) and not any(_holds(part, table[4], table[5]) for part in loaded)
    ]
    return loaded + sorted(rest, key=lambda part: part.start)


def _place(parts: list[Part]) -> int:
    """Give each part its new start; returns the first place behind them that a table of sections may have."""
    end = 0
    for part in parts:
        part.new_start = end + (part.remainder - end) % part.align
        end = part.new_start + part.size
    return end + -end % 8


def _moved(parts: list[Part], place: int, size: int) -> int:
    inside = next((part for part in parts if _holds(part, place, size)), None)
    if inside is None:
        raise ValueError(f"Nothing is known of the byte {place}.")
    return place - inside.start + inside.new_start


def _is_stored(table: list[int]) -> bool:
    return table[1] not in {0, NOBITS} and table[5] > 0


def _holds(part: Part, start: int, size: int) -> bool:
    return part.start <= start and start + size <= part.start + part.size


def close_gaps(folder: Path) -> int:
    """Rewrite the shared libraries in `folder`, and say how many bytes that has saved."""
    saved = 0
    for path in sorted(folder.rglob("*.so*")):
        library = b"" if path.is_symlink() or not path.is_file() else path.read_bytes()
        if not library.startswith(ELF):
            continue
        smaller = closed(library)
        if len(smaller) < len(library):
            path.write_bytes(smaller)
            saved += len(library) - len(smaller)
    return saved


if __name__ == "__main__":
    print(f"gaps: {close_gaps(Path(sys.argv[1])) / 2**20:.0f} MB")
