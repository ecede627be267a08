"""What answers are compared with: the text that was read on the images of their questions, with its corrections."""

from collections import OrderedDict
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pages import OcrPage
from app.domain.ids import Digest
from app.domain.images.attachments import Attachment
from app.domain.ports import AttachmentStore, OcrResultStore
from app.domain.proofs.page_text import PageText
from app.domain.proofs.proofs import ProofSource
from app.services.engines.store_thread import StoreAccess
from app.services.models.image_texts import ImageTexts

MAX_PAGES, MAX_SOURCES = 256, 64
"""Maximum numbers of pages and of sources that are kept; what was used longest ago is looked up again."""


class ProofSources(QObject):
    """Looks up pages as they are asked for; `changed` is emitted when one more is known, or is another."""

    changed = Signal()

    def __init__(
        self,
        pages: StoreAccess[OcrResultStore],
        texts: ImageTexts,
        files: AttachmentStore,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = pages
        self._texts = texts
        self._files = files
        self._pages: OrderedDict[Digest, OcrPage | None] = OrderedDict()
        """The pages that were looked up; None for an image that nobody has read yet, or while it is looked up."""
        self._paths: dict[str, Digest] = {}
        """The images that nobody has read yet, by the paths of their files."""
        self._sources: OrderedDict[tuple[tuple[Digest, ...], str], ProofSource] = OrderedDict()
        texts.page_read.connect(self._on_page_read)

    def source(self, images: Sequence[Attachment], question: str) -> ProofSource | None:
        """Return what answers to `question` about `images` are compared with; None as long as no page is known."""
        known: dict[Digest, OcrPage] = {}
        for image in images:
            if not image.is_video and (page := self._page(image)):
                known[image.digest] = page
        if not known:
            return None
        key = (tuple(known), question)
        if key not in self._sources:
            is_whole = len(known) == len(images) and not any(page.is_uncertain for page in known.values())
            self._sources[key] = ProofSource(PageText(tuple(known.values())), tuple(known), question, is_whole)
            if len(self._sources) > MAX_SOURCES:
                self._sources.popitem(last=False)
        return self._sources[key]

    @Slot(OcrResult)
    def take_corrected(self, result: OcrResult) -> None:
        """Take the corrections that are made in the document window."""
        if result.number == 0 and result.digest in self._pages:
            self._keep(result.digest, result.corrected_page())

    def _page(self, image: Attachment) -> OcrPage | None:
        digest = image.digest
        if digest not in self._pages:
            self._pages[digest] = None
            if len(self._pages) > MAX_PAGES:
                self._pages.popitem(last=False)
            done = partial(self._on_looked_up, image)
            self._store.run(lambda pages: pages.ocr_result(digest, 0), done, lambda _: done(None))
        self._pages.move_to_end(digest)
        return self._pages[digest]

    def _on_looked_up(self, image: Attachment, stored: OcrResult | None) -> None:
        path = str(self._files.path(image))
        page = stored.corrected_page() if stored else self._texts.page(path)
        if page:
            self._keep(image.digest, page)
        else:
            self._paths[path] = image.digest

    @Slot(str, OcrPage)
    def _on_page_read(self, path: str, page: OcrPage) -> None:
        if digest := self._paths.pop(path, None):
            self._keep(digest, page)

    def _keep(self, digest: Digest, page: OcrPage) -> None:
        self._pages[digest] = page
        for key in [key for key in self._sources if digest in key[0]]:
            del self._sources[key]
        self.changed.emit()
