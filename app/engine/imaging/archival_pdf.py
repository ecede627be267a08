"""Writes PDF/A-2b (ISO 19005-2), and checks what was written: a file that does not conform is refused.

pikepdf's check approves only what it knows to conform. It does not check the data within pictures.
"""

from typing import BinaryIO

from pikepdf import Pdf

from app.domain.error_texts import export_texts
from app.domain.errors import ImageError

FLAVOUR = "2b"


def save_archival(pdf: Pdf, file: BinaryIO, name: str) -> None:
    """Save a document as PDF/A-2b to an empty file that can be read; raises ImageError, with `name`, if it cannot be.

    Scripts, hidden annotations and metadata that the standard does not allow are removed.
    """
    from pikepdf import pdfa  # noqa: PLC0415 - imports fontTools

    pdfa.prepare(pdf, FLAVOUR)
    options = pdfa.resolve_save_kwargs(pdfa.Flavour(FLAVOUR))
    pdf.save(file, **options)
    file.seek(0)
    if not pdfa.validate_written(file, FLAVOUR).passed:
        raise ImageError(export_texts.NOT_ARCHIVAL, file=name)
