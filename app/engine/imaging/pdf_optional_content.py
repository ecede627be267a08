"""Which layers of a PDF (optional content groups; ISO 32000-2, 8.11) are switched off when the document is opened."""

from pathlib import Path

from pikepdf import Array, Dictionary, Name, Object, Pdf, PdfError

from app.engine.process.descriptor_passing import open_to_read


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
