"""Pictures of several images of the store, decoded in the images process."""

from collections.abc import Callable, Sequence
from functools import partial

from app.domain.ids import Digest
from app.domain.images.attachments import Attachment
from app.domain.ports import AttachmentStore
from app.engine.process.messages import Done, Event, Failed, ImageProbed
from app.services.engines.images_engine import ImagesEngine


class Pictures:
    """Renders images as PNGs."""

    def __init__(self, images: ImagesEngine, files: AttachmentStore) -> None:
        self._images = images
        self._files = files

    def make(self, images: Sequence[Attachment], size: int, done: Callable[[dict[Digest, bytes]], None]) -> None:
        """Call `done` with PNGs of at most `size` pixels a side by digest; an image that cannot be decoded has none."""
        once = {image.digest: image for image in images}
        made: dict[Digest, bytes] = {}
        open_digests = set(once)

        def on_event(digest: Digest, event: Event) -> None:
            if isinstance(event, ImageProbed):
                made[digest] = event.thumbnail
            elif isinstance(event, Done | Failed):
                open_digests.discard(digest)
                if not open_digests:
                    done(made)

        for digest, image in once.items():
            self._images.probe(self._files.path(image), size, partial(on_event, digest))
        if not once:
            done(made)
