"""Bounds what PDFium parses at once: it cannot be interrupted while it loads a page.

Form XObjects (ISO 32000-2, 8.10) are parsed each time that they are used, so that a few of them, each using the next
several times, become billions of operators.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from pikepdf import Array, Dictionary, Name, Object, Page, Pdf, PdfError, Stream

from app.domain.error_texts import image_texts
from app.domain.errors import ImageError
from app.engine.process.descriptor_passing import open_to_read

MAX_CONTENT = 100_000_000
"""Maximum bytes of content of a page, which PDFium parses in 5 to 10 s."""

MAX_DEPTH = 40
"""Maximum depth of form XObjects within one another, as PDFium has it."""

_USE = re.compile(rb"/([^\s/<>\[\](){}%]+)\s+Do\b")


def check_content(path: Path, number: int, password: str) -> None:
    """Raise ImageError if page `number` has too much content, forms counted as often as they are used.

    A document that cannot be read is left to PDFium, which tells why.
    """
    try:
        with open_to_read(path) as file, Pdf.open(file, password=password) as pdf:
            length = _Lengths().of_page(pdf.pages[number])
    except (PdfError, OSError, ValueError, TypeError, AttributeError, LookupError, RuntimeError):
        return
    if length > MAX_CONTENT:
        raise ImageError(image_texts.PAGE_TOO_COMPLEX, file=path.name)


class _Lengths:
    """Adds up the lengths of content streams; those of forms are remembered."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], int] = {}

    def of_page(self, page: Page) -> int:
        resources = page.obj.get("/Resources") or page.resources
        parts = list(_appearances(page.obj)) + list(_patterns(resources))
        if not any(_forms(holder) for holder in (resources, *(part.get("/Resources") for part in parts))):
            return 0  # PDFium parses each stream once: fast enough for any file.
        contents = page.obj.get("/Contents")
        streams = list(contents) if isinstance(contents, Array) else [contents]
        data = b"\n".join(stream.read_bytes() for stream in streams if isinstance(stream, Stream))
        return self._of_content(data, resources, MAX_DEPTH) + sum(self._of_form(part, MAX_DEPTH) for part in parts)

    def _of_form(self, form: Object, depth: int) -> int:
        if depth == 0:
            return 0
        if form.objgen not in self._known:
            self._known[form.objgen] = 0  # If it uses itself.
            self._known[form.objgen] = self._of_content(form.read_bytes(), form.get("/Resources"), depth - 1)
        return self._known[form.objgen]

    def _of_content(self, data: bytes, resources: Object | None, depth: int) -> int:
        forms = _forms(resources)
        if not forms:
            return len(data)
        return len(data) + sum(
            self._of_form(forms[name], depth) for use in _USE.findall(data) if (name := use.decode("latin-1")) in forms
        )


def _forms(resources: Object | None) -> dict[str, Object]:
    """Return the form XObjects of a dictionary of resources by their names."""
    return {
        name.removeprefix("/"): item
        for name, item in _entries(resources, "/XObject")
        if isinstance(item, Stream) and item.get("/Subtype") == Name.Form
    }


def _patterns(resources: Object | None) -> Iterator[Object]:
    """Yield what has content of its own: tiling patterns, and the glyphs of Type 3 fonts."""
    yield from (item for _, item in _entries(resources, "/Pattern") if isinstance(item, Stream))
    for _, font in _entries(resources, "/Font"):
        yield from (item for _, item in _entries(font, "/CharProcs") if isinstance(item, Stream))


def _appearances(page: Object) -> Iterator[Object]:
    """Yield the usual appearances of annotations (ISO 32000-2, 12.5.5)."""
    annotations = page.get("/Annots")
    for annotation in annotations if isinstance(annotations, Array) else ():
        appearance = annotation.get("/AP") if isinstance(annotation, Dictionary) else None
        usual = appearance.get("/N") if isinstance(appearance, Dictionary) else None
        if isinstance(usual, Stream):
            yield usual
        elif isinstance(usual, Dictionary):
            yield from (item for _, item in usual.items() if isinstance(item, Stream))


def _entries(holder: Object | None, key: str) -> list[tuple[str, Object]]:
    part = holder.get(key) if isinstance(holder, Dictionary) else None
    return list(part.items()) if isinstance(part, Dictionary) else []
