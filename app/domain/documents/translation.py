"""The translation of an image."""

from dataclasses import dataclass

from app.domain.documents.paragraphs import Paragraph
from app.domain.images.attachments import Attachment


@dataclass(frozen=True, slots=True)
class Translation:
    """An image's paragraphs and their translations; an empty text is still missing. `page_width` is in pixels."""

    attachment: Attachment
    language: str
    page_width: int
    paragraphs: tuple[Paragraph, ...]
    texts: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """True if no text is missing."""
        return all(self.texts)
