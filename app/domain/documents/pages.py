"""The OCR page of an image."""

from dataclasses import dataclass

from app.domain.documents.tables import Table
from app.domain.images.codes import Code
from app.domain.images.geometry import TextLine


@dataclass(frozen=True, slots=True)
class OcrPage:
    """The OCR of one image: `lines` in reading order, `text` the same lines as one would copy them.

    `rotation` is the clockwise rotation in degrees (0, 90, 180, 270) that the OCR applied before reading; the lines'
    coordinates are those of the unrotated image. `notice` is a sentence for the user, or empty. The texts of `tables`
    are among the lines, too; those of `codes` are not. `script` names the script if the built-in OCR does not know it
    ("Cyrillic").
    """

    width: int
    height: int
    lines: tuple[TextLine, ...]
    text: str
    rotation: int = 0
    notice: str = ""
    tables: tuple[Table, ...] = ()
    codes: tuple[Code, ...] = ()
    script: str = ""
