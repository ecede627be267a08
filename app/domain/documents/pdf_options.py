"""What may be changed of a document that becomes a searchable PDF."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PdfOptions:
    """Options of a searchable PDF.

    `is_archival`: it conforms to PDF/A-2b (ISO 19005-2). `is_deskewed`: skewed scans are rotated upright.
    `is_compressed`: losslessly stored pictures become JPEGs, those in black and white are coded as faxes are.
    """

    is_archival: bool = False
    is_deskewed: bool = False
    is_compressed: bool = False


AS_IT_IS = PdfOptions()
"""Nothing is changed."""
