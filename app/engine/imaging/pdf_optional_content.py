"""Which layers of a PDF (optional content groups; ISO 32000-2, 8.11) are switched off when the document is opened.

PDFium draws none of them, and yet tells their text.
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pikepdf import Array, Dictionary, Name, Object, Pdf, PdfError, Stream

from app.engine.imaging.pdf_characters import address_of, layers_of
from app.engine.process.descriptor_passing import open_to_read

if TYPE_CHECKING:
    from pypdfium2 import PdfPage
    from pypdfium2.raw import FPDF_PAGEOBJECT as PageObject  # noqa: N811

MAX_OBJECTS = 20_000
"""Maximum number of objects within hidden form XObjects that are looked at."""


def has_forms(page: "PdfPage") -> bool:
    """Return whether a page uses form XObjects, among its first objects."""
    return bool(_forms(page))


def hidden_objects(page: "PdfPage", off_layers: Callable[[], frozenset[str]]) -> frozenset[int]:
    """Return the addresses of the objects in form XObjects that are used on a layer that is off."""
    from pypdfium2 import raw  # noqa: PLC0415 - needed for documents only

    waiting = [form for form in _forms(page) if (layers := layers_of(form)) and layers & off_layers()]
    found: set[int] = set()
    while waiting and len(found) < MAX_OBJECTS:
        form = waiting.pop()
        for number in range(min(raw.FPDFFormObj_CountObjects(form), MAX_OBJECTS)):
            item = raw.FPDFFormObj_GetObject(form, number)
            found.add(address_of(item))
            if raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_FORM:
                waiting.append(item)
    return frozenset(found)


def without_hidden_forms(path: Path, password: str) -> bytes | None:
    """Return the document with the form XObjects emptied that belong to a layer that is off; None if there are none."""
    try:
        with open_to_read(path) as file, Pdf.open(file, password=password) as pdf:
            properties = pdf.Root.get("/OCProperties")
            off = _names_off(properties)
            forms = [item for item in pdf.objects if isinstance(item, Stream) and _is_off(item, off)] if off else []
            if not forms:
                return None
            for form in forms:
                form.write(b"")
            emptied = io.BytesIO()
            pdf.save(emptied)
            return emptied.getvalue()
    except (PdfError, OSError, ValueError, TypeError, AttributeError, RuntimeError):
        return None


def _is_off(item: Stream, off: frozenset[str]) -> bool:
    """Return whether a stream is a form XObject on one of these layers, also as a member of a group (8.11.2.2)."""
    layer = item.get("/OC")
    if item.get("/Subtype") != Name.Form or not isinstance(layer, Dictionary):
        return False
    members = layer.get("/OCGs")
    groups = [members] if isinstance(members, Dictionary) else _groups(members) or [layer]
    return all(str(group.get("/Name", "")) in off for group in groups)


def _forms(page: "PdfPage") -> "list[PageObject]":
    from pypdfium2 import raw  # noqa: PLC0415

    items = (
        raw.FPDFPage_GetObject(page, number) for number in range(min(raw.FPDFPage_CountObjects(page), MAX_OBJECTS))
    )
    return [item for item in items if raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_FORM]


def layers_off(path: Path, password: str) -> frozenset[str]:
    """Return the names of the layers that are off; none if the document cannot be read."""
    try:
        with open_to_read(path) as file, Pdf.open(file, password=password) as pdf:
            return _names_off(pdf.Root.get("/OCProperties"))
    except (PdfError, OSError, ValueError, TypeError, AttributeError):
        return frozenset()


def _names_off(properties: Object | None) -> frozenset[str]:
    """Return the names that the default configuration (8.11.4.3) switches off, and no group of that name is on."""
    if not isinstance(properties, Dictionary) or not isinstance(properties.get("/D"), Dictionary):
        return frozenset()
    default, groups = properties.D, _groups(properties.get("/OCGs"))
    off = {group.objgen for group in _groups(default.get("/OFF"))}
    if default.get("/BaseState") == Name.OFF:
        off |= {group.objgen for group in groups} - {group.objgen for group in _groups(default.get("/ON"))}
    names_on = {str(group.get("/Name", "")) for group in groups if group.objgen not in off}
    return frozenset(str(group.get("/Name", "")) for group in groups if group.objgen in off) - names_on


def _groups(groups: Object | None) -> list[Object]:
    return [group for group in groups if isinstance(group, Dictionary)] if isinstance(groups, Array) else []
