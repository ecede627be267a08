"""Automatic image resolution: how many pixels of an image of the draft the model sees, by the print that is on it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.documents.automatic_resolution import Resolution, automatic_resolution
from app.domain.documents.pages import OcrPage
from app.domain.images.attachments import Attachment
from app.domain.ports import AttachmentStore
from app.domain.settings.generation_options import GenerationOptions
from app.services.models.image_texts import MAX_CACHED, ImageTexts

MAX_WAITING = MAX_CACHED // 2
"""Maximum number of images that are waited for: the pages of more may not be cached together."""


class AutomaticResolution(QObject):
    """Chooses a resolution for each image that has none of its own, once the built-in OCR has read it.

    `changed` is emitted when an image has one, or has another one.
    """

    changed = Signal()

    def __init__(
        self,
        texts: ImageTexts,
        files: AttachmentStore,
        options: Callable[[], GenerationOptions],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._texts = texts
        self._files = files
        self._options = options
        self._visual_token_seconds = 0.0
        self._chosen: dict[tuple[str, int], tuple[OcrPage, Resolution]] = {}
        """The resolutions by path and most pixels: an image keeps its own when the machine's speed becomes known."""
        texts.page_read.connect(self._on_page_read)
        texts.unreadable.connect(self.changed)

    def of(self, attachment: Attachment) -> Resolution | None:
        """Return the chosen resolution; None if it is not to be chosen, or the image has not been read."""
        page = self._texts.page(self._path(attachment)) if self._is_automatic(attachment) else None
        return self._choose(self._path(attachment), page) if page else None

    def applied(self, attachments: Sequence[Attachment]) -> tuple[Attachment, ...]:
        """Return the attachments with the chosen resolutions as their own."""
        chosen = ((attachment, self.of(attachment)) for attachment in attachments)
        return tuple(replace(image, pixel_budget=found.pixel_budget) if found else image for image, found in chosen)

    def is_pending(self, attachments: Sequence[Attachment]) -> bool:
        """Return whether the resolution of an image is chosen as soon as it has been read; have those images read."""
        automatic = [attachment for attachment in attachments if self._is_automatic(attachment)]
        paths = [self._path(attachment) for attachment in automatic[:MAX_WAITING]]
        is_unread = any(not self._texts.has_ended(path) for path in paths)
        if is_unread:
            self._texts.read(paths)
        return is_unread

    @Slot(float)
    def set_visual_token_seconds(self, visual_token_seconds: float) -> None:
        """Set the seconds that a visual token takes, for images that are read from now on; 0 if unknown."""
        self._visual_token_seconds = visual_token_seconds

    @Slot(str, OcrPage)
    def _on_page_read(self, _path: str, _page: OcrPage) -> None:
        self.changed.emit()

    def _choose(self, path: str, page: OcrPage) -> Resolution:
        key = path, self._options().pixel_budget
        read, chosen = self._chosen.pop(key, (None, None))
        if chosen is None or read is not page:
            chosen = automatic_resolution(page, key[1], self._visual_token_seconds)
        self._chosen[key] = page, chosen
        if len(self._chosen) > MAX_CACHED:
            del self._chosen[next(iter(self._chosen))]
        return chosen

    def _is_automatic(self, attachment: Attachment) -> bool:
        is_open = attachment.pixel_budget is None and not attachment.is_video
        return is_open and self._options().automatic_resolution

    def _path(self, attachment: Attachment) -> str:
        return str(self._files.path(attachment))
