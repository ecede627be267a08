"""What makes the Linux bundle smaller changes nothing that is loaded."""

import struct
from pathlib import Path

import PySide6
import pytest

from tests.support.packaging_scripts import packaging_script

PAGE = 0x1000
LOAD = 1


def library_with_a_gap(gap: int) -> bytes:
    """A library of two segments, `gap` bytes between them, and a section behind them that is not loaded."""
    second, names = 0x200 + gap, b"\0.data\0.shstrtab\0"
    headers = struct.pack("<IIQQQQQQ", LOAD, 5, 0, 0, 0, 0x200, 0x200, PAGE)
    headers += struct.pack("<IIQQQQQQ", LOAD, 6, second, 0x40200, 0x40200, 0x30, 0x80, 0x40000)
    sections = bytes(64)
    sections += struct.pack("<IIQQQQIIQQ", 1, 1, 3, 0x40210, second + 0x10, 0x20, 0, 0, 8, 0)
    sections += struct.pack("<IIQQQQIIQQ", 7, 3, 0, 0, second + 0x30, len(names), 0, 0, 1, 0)
    table = second + 0x30 + len(names)
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, table, 0, 64, 56, 2, 64, 3, 2)
    first = (header + headers).ljust(0x200, b"\x11")
    return first + bytes(gap) + bytes(range(0x30)) + names + sections


def loaded(library: bytes) -> dict[int, bytes]:
    """What is at which address, as a loader would map it."""
    start = struct.unpack_from("<Q", library, 32)[0]
    found = {}
    for number in range(struct.unpack_from("<H", library, 56)[0]):
        kind, _, offset, address, _, size, _, align = struct.unpack_from("<IIQQQQQQ", library, start + number * 56)
        if kind == LOAD:
            assert (address - offset) % align == 0
            found[address] = library[offset : offset + size]
    return found


def section(library: bytes, number: int) -> bytes:
    start = struct.unpack_from("<Q", library, 40)[0]
    offset, size = struct.unpack_from("<QQ", library, start + number * 64 + 24)
    return library[offset : offset + size]


def test_gaps_are_closed_and_all_is_loaded_where_it_was() -> None:
    whole = library_with_a_gap(0x40000)
    closed = packaging_script("linux/close_gaps").closed(whole)
    assert len(closed) < len(whole) - 0x40000 + 2 * PAGE
    before, after = loaded(whole), loaded(closed)
    assert before[0x40200] == after[0x40200] == bytes(range(0x30))
    assert before[0][0x100:] == after[0][0x100:]
    assert section(closed, 1) == bytes(range(0x10, 0x30))
    assert section(closed, 2) == b"\0.data\0.shstrtab\0"


def test_a_library_without_a_gap_stays_as_it_is() -> None:
    whole = library_with_a_gap(0)
    assert packaging_script("linux/close_gaps").closed(whole) == whole


def test_segments_that_overlap_are_refused() -> None:
    overlapping = bytearray(library_with_a_gap(0x40000))
    struct.pack_into("<Q", overlapping, 64 + 32, 0x40300)
    with pytest.raises(ValueError, match="overlap"):
        packaging_script("linux/close_gaps").closed(bytes(overlapping))


def icu_parts(data: bytes) -> dict[str, bytes]:
    contents = data[struct.unpack_from("<H", data)[0] :]
    count = struct.unpack_from("<I", contents)[0]
    pairs = [struct.unpack_from("<II", contents, 4 + 8 * number) for number in range(count)]
    ends = [start for _, start in pairs[1:]] + [len(contents)]
    return {
        contents[name : contents.index(b"\0", name)].decode(): contents[start:end]
        for (name, start), end in zip(pairs, ends, strict=True)
    }


def test_what_sorting_reads_is_left_of_icu_in_every_language() -> None:
    library = next((Path(PySide6.__file__).parent / "Qt" / "lib").glob("libicudata.so.*"), None)
    if library is None:
        pytest.skip("Qt brings no ICU along here.")
    whole = library.read_bytes()
    data = whole[whole.index(b"\xda\x27\x14\x00\x00\x00") - 2 :]
    before, after = icu_parts(data), icu_parts(packaging_script("linux/small_icu").smaller(data))
    assert {name for name in before if "/coll/" in name} <= after.keys()
    assert list(after) == sorted(after)
    assert all(before[name].startswith(part.rstrip(b"\0")) for name, part in after.items())
    assert sum(map(len, after.values())) * 5 < len(data)
