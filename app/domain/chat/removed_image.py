"""An image that was removed from a draft, and can be put back."""

from dataclasses import dataclass, replace

from app.domain.chat.chat import Draft
from app.domain.images.attachments import Attachment


@dataclass(frozen=True, slots=True)
class RemovedImage:
    """`image` was the one at `place`; `replacement` is the crop of it that took its place, if any."""

    image: Attachment
    place: int
    replacement: Attachment | None = None

    def put_back(self, draft: Draft) -> Draft:
        """Return the draft with the image in its place again, and without its replacement."""
        if draft.has(self.image):
            return draft
        rest = tuple(image for image in draft.attachments if image != self.replacement)
        return replace(draft, attachments=(*rest[: self.place], self.image, *rest[self.place :]))


def removed_image(before: Draft, after: Draft) -> RemovedImage | None:
    """Return the first image of `before` that `after` lacks, with the crop of it that `after` has; None if none is."""
    for place, image in enumerate(before.attachments):
        if not after.has(image):
            crops = (new for new in after.attachments if new.part_of and new.part_of.digest == image.digest)
            return RemovedImage(image, place, next(crops, None))
    return None
