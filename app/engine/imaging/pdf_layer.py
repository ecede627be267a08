"""What a page of a PDF tells of itself: its text with positions, and what else it draws."""

from dataclasses import dataclass

from app.engine.imaging.pdf_drawings import Drawings
from app.engine.imaging.pdf_text import PdfLine


@dataclass(frozen=True, slots=True)
class PageLayer:
    """The text layer and the drawings of a page whose picture has this `width` and `height` in pixels.

    `lines` are in the order of the page's content.
    """

    width: int
    height: int
    lines: tuple[PdfLine, ...]
    drawings: Drawings

    @property
    def text(self) -> str:
        """The lines, as they come."""
        return "\n".join(line.text for line in self.lines)

    @property
    def is_hidden(self) -> bool:
        """Whether there is text and none of it is drawn, as when OCR software laid it over a scan."""
        return bool(self.lines) and all(line.is_hidden for line in self.lines)
