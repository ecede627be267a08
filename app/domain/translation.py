"""An image in another language."""

from dataclasses import dataclass

from app.domain.attachments import Attachment
from app.domain.passages import Passage


@dataclass(frozen=True, slots=True)
class Translation:
    """An image's passages in another language; an empty text is not known yet. `page_width` is in pixels."""

    attachment: Attachment
    language: str
    page_width: int
    passages: tuple[Passage, ...]
    texts: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return all(self.texts)
