"""Make the data of ICU that Qt brings along smaller by nine tenths: `python small_icu.py FOLDER/libicudata.so.NUMBER`.

Qt asks ICU for the order of words, for the names of time zones, and for the encodings of old texts; of these Lorgnette
uses the first, in lists of files. Needs gcc.
"""

import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

KEPT = re.compile(r"icudt\d+l/coll/.*")
"""What sorting reads, in every language."""

MAGIC = b"\xda\x27"
ALIGNMENT = 16


def smaller(data: bytes) -> bytes:
    """The parts of a common data file (`icudt73_dat`) that are KEPT, in the same format.

    It is a header, the number of parts, pairs of offsets to a name and a part in the order of the names, names, parts.
    Raises ValueError where it is something else.
    """
    header_size = struct.unpack_from("<H", data)[0]
    if data[2:4] != MAGIC or data[12:16] != b"CmnD":
        raise ValueError("This is not ICU's common data.")
    contents = data[header_size:]
    count = struct.unpack_from("<I", contents)[0]
    entries = [struct.unpack_from("<II", contents, 4 + 8 * number) for number in range(count)]
    ends = [start for _, start in entries[1:]] + [len(contents)]
    parts = [
        (name, contents[start:end])
        for (place, start), end in zip(entries, ends, strict=True)
        if KEPT.fullmatch((name := contents[place : contents.index(b"\0", place)]).decode())
    ]
    name_place = 4 + 8 * len(parts)
    names = b"".join(name + b"\0" for name, _ in parts)
    table, body = struct.pack("<I", len(parts)), bytearray()
    first = name_place + len(names) + -(name_place + len(names)) % ALIGNMENT
    for name, part in parts:
        table += struct.pack("<II", name_place, first + len(body))
        name_place += len(name) + 1
        body += part + bytes(-len(part) % ALIGNMENT)
    return data[:header_size] + (table + names).ljust(first, b"\0") + body


def make_small(library: Path) -> None:
    """Write `library`, which holds nothing but ICU's data, again with less of it."""
    version = library.name.rpartition(".")[2]
    whole = library.read_bytes()
    start = whole.index(MAGIC + struct.pack("<HH", 20, 0)) - 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").write_bytes(smaller(whole[start:]))
        symbol = f"icudt{version}_dat"
        (folder / "data.s").write_text(
            f'.section .rodata\n.balign 16\n.globl {symbol}\n.type {symbol}, @object\n{symbol}:\n.incbin "data"\n'
            f'.size {symbol}, . - {symbol}\n.section .note.GNU-stack, "", @progbits\n',
            encoding="ascii",
        )
        command = ["gcc", "-shared", "-nostdlib", f"-Wl,-soname,{library.name}", "-o", str(library.resolve()), "data.s"]
        subprocess.run(command, cwd=folder, check=True)


if __name__ == "__main__":
    make_small(Path(sys.argv[1]))
