"""Writes a PDF of any length object by object, in the memory of one page (ISO 32000-1, 7.5)."""

import zlib
from collections.abc import Callable, Iterable
from typing import BinaryIO

from pikepdf import Array, Dictionary, Object, Pdf, Stream


class PdfWriter:
    """A new document, written to `file` as it grows; the methods return references to the objects they have written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._offsets: list[int] = []
        """Byte offset of each object; the first has number 1."""
        self._pages: list[str] = []
        file.write(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
        self._catalogue, self._tree = self._reserve(), self._reserve()

    def stream(self, entries: str, data: bytes) -> str:
        """Write a stream with `entries` and its length in its dictionary."""
        head = f"<<{entries} /Length {len(data)}>>\nstream\n".encode("ascii")
        return self._write(self._reserve(), b"%b%b\nendstream" % (head, data))

    def compressed(self, data: bytes) -> str:
        """Write a compressed stream without other entries."""
        return self.stream("/Filter /FlateDecode", zlib.compress(data))

    def copy(self, build: Callable[[Pdf], Object]) -> str:
        """Write an object that `build` makes, with all objects that it refers to, which must form a tree."""
        with Pdf.new() as pdf:
            return self._copied(build(pdf))

    def add_page(self, entries: str) -> None:
        """Write a page whose dictionary has `entries`."""
        page = f"<</Type /Page /Parent {_reference(self._tree)} {entries}>>"
        self._pages.append(self._write(self._reserve(), page.encode("ascii")))

    def finish(self) -> None:
        """Write the page tree, the cross-reference table and the trailer."""
        pages = f"<</Type /Pages /Count {len(self._pages)} /Kids [{' '.join(self._pages)}]>>"
        self._write(self._tree, pages.encode("ascii"))
        self._write(self._catalogue, f"<</Type /Catalog /Pages {_reference(self._tree)}>>".encode("ascii"))
        start = self._file.tell()
        table = "".join(f"{offset:010d} 00000 n \n" for offset in self._offsets)
        size = len(self._offsets) + 1
        self._file.write(
            f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n"
            f"<</Size {size} /Root {_reference(self._catalogue)}>>\nstartxref\n{start}\n%%EOF\n".encode("ascii")
        )

    def _reserve(self) -> int:
        self._offsets.append(0)
        return len(self._offsets)

    def _write(self, number: int, body: bytes) -> str:
        self._offsets[number - 1] = self._file.tell()
        self._file.write(b"%d 0 obj\n%b\nendobj\n" % (number, body))
        return _reference(number)

    def _copied(self, value: Object | int) -> str:
        """Return the value as text; indirect objects are written, and referred to."""
        if isinstance(value, Stream):
            entries = {key: entry for key, entry in value.items() if key != "/Length"}
            data = zlib.compress(value.read_bytes())
            return self.stream(f"{self._entries(entries.items())} /Filter /FlateDecode", data)
        if isinstance(value, Dictionary):
            text = f"<<{self._entries(value.items())}>>"
        elif isinstance(value, Array):
            text = f"[{' '.join(map(self._copied, value))}]"
        else:
            return value.unparse().decode("ascii") if isinstance(value, Object) else str(value)
        return self._write(self._reserve(), text.encode("ascii")) if value.is_indirect else text

    def _entries(self, items: Iterable[tuple[str, Object]]) -> str:
        return " ".join(f"{key} {self._copied(value)}" for key, value in items)


def _reference(number: int) -> str:
    return f"{number} 0 R"
