"""The OCR page of an image."""

from dataclasses import dataclass, replace

from app.domain.documents.blocks import Block
from app.domain.documents.tables import Table
from app.domain.error_texts import document_texts
from app.domain.errors import Problem
from app.domain.images.codes import Code
from app.domain.images.geometry import TextLine

UNREAD = "[…]"
"""The text of a line that was detected but could not be read."""

UNCERTAIN_SCORE = 0.5
"""Score below which a line is probably wrong; it is kept so that nothing vanishes."""

_OF_THE_FILE = {
    document_texts.IMAGE_CUT_SHORT.id,
    document_texts.ONLY_FIRST_IMAGE.id,
    document_texts.WRONG_FIGURES.id,
}
"""Notices of what the file has, for which a model reads nothing better."""


@dataclass(frozen=True, slots=True)
class OcrPage:
    """The OCR of one image: `lines` in reading order, `text` the same lines as one would copy them.

    `rotation` is the clockwise rotation in degrees (0, 90, 180, 270) that the OCR applied before reading; the lines'
    coordinates are those of the unrotated image. `notice` is a sentence for the user in English, or empty, and
    `notice_problem` what it was made of, so that it can be worded in another language; pages of version 0.1 have none.
    The texts of `tables` are among the lines, too; those of `codes` are not. `script` names the script if the built-in
    OCR does not know it ("Cyrillic"). `blocks` are what the lines form; there are none on pages of earlier versions.
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
    notice_problem: Problem | None = None
    blocks: tuple[Block, ...] = ()

    @property
    def uncertain_lines(self) -> int:
        """The number of lines that are probably wrong, or UNREAD."""
        return sum(line.score < UNCERTAIN_SCORE for line in self.lines)

    @property
    def is_uncertain(self) -> bool:
        """Whether the notice says that a model may read the page better."""
        return bool(self.notice) and (self.notice_problem is None or self.notice_problem.id not in _OF_THE_FILE)


def with_notice(page: OcrPage, problem: Problem | None) -> OcrPage:
    """Return the page with the notice of a problem, or without a notice."""
    return replace(page, notice=problem.sentence if problem else "", notice_problem=problem)
