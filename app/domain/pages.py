"""What a reader found on one image."""

from dataclasses import dataclass

from app.domain.codes import Code
from app.domain.regions import TextLine
from app.domain.tables import Table


@dataclass(frozen=True, slots=True)
class Page:
    """What a reader found on one image, `lines` in reading order, `text` the same lines as people would copy them.

    `rotation` is the clockwise turn in degrees (0, 90, 180, 270) that the reader applied before it could read; the
    lines' coordinates are those of the unrotated image. `notice` is a sentence for the user, or empty. The texts of
    `tables` are among the lines, too; those of `codes` are not. `script` names the writing where the built-in reader
    does not know it ("Cyrillic").
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
