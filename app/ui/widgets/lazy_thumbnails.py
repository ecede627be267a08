"""Thumbnails that are loaded off the window's thread when they are drawn first; a bounded number of bytes is held."""

from collections import OrderedDict
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QImage, QPixmap

from app.domain.ids import Digest
from app.domain.images.attachments import Attachment
from app.ui.widgets.thumbnails import ThumbnailPath, rounded_image, thumbnail_image

Submit = Callable[[Callable[[], QImage], Callable[[QImage], None], Callable[[Exception], None]], None]
"""Runs work on another thread, then calls the second with its result, or the third with its error, on this one."""


def run_now(work: Callable[[], QImage], done: Callable[[QImage], None], _failed: Callable[[Exception], None]) -> None:
    """Run `work` on this thread: for few thumbnails."""
    done(work())


MAX_BYTES = 48 << 20
"""Maximum bytes of the thumbnails that are held: more than a large screen shows at once."""
MAX_WANTED = 512
"""Maximum number of thumbnails that wait to be loaded; those that were drawn longest ago are dropped."""

_Key = tuple[Digest, int, float]


class LazyThumbnails(QObject):
    """Emits `loaded(side)` whenever a thumbnail has been loaded: who shows thumbnails of this size draws itself again.

    One is loaded at a time, the one that was drawn last first: what is scrolled past does not delay what is seen.
    """

    loaded = Signal(int)

    def __init__(self, thumbnail_path: ThumbnailPath, submit: Submit, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thumbnail_path = thumbnail_path
        self._submit = submit
        self._held: OrderedDict[_Key, QPixmap] = OrderedDict()
        self._bytes = 0
        self._wanted: OrderedDict[_Key, Attachment] = OrderedDict()
        self._is_loading = False

    def picture(self, image: Attachment, side: int, ratio: float) -> QPixmap | None:
        """Return all of an image within a square of `side` by `side` pixels, of which each is `ratio` of the screen's.

        Returns None while it is being loaded; it is transparent if there is no thumbnail.
        """
        key = image.digest, side, ratio
        if key in self._held:
            self._held.move_to_end(key)
            return self._held[key]
        self._wanted[key] = image
        self._wanted.move_to_end(key)
        if len(self._wanted) > MAX_WANTED:
            self._wanted.popitem(last=False)
        self._load_next()
        return None

    def _load_next(self) -> None:
        if self._is_loading or not self._wanted:
            return
        self._is_loading = True
        key, image = self._wanted.popitem()
        path, (_, side, ratio) = self._thumbnail_path(image), key
        self._submit(
            lambda: rounded_image(thumbnail_image(path), QSize(side, side), ratio),
            partial(self._on_loaded, key),
            partial(self._on_failed, key),
        )

    def _on_loaded(self, key: _Key, image: QImage) -> None:
        self._is_loading = False
        self._wanted.pop(key, None)  # It was drawn again meanwhile.
        self._held[key] = QPixmap.fromImage(image)
        self._bytes += image.sizeInBytes()
        while self._bytes > MAX_BYTES and len(self._held) > 1:
            _, oldest = self._held.popitem(last=False)
            self._bytes -= oldest.width() * oldest.height() * oldest.depth() // 8
        self._load_next()
        self.loaded.emit(key[1])

    def _on_failed(self, key: _Key, _error: Exception) -> None:
        """Show nothing where a file cannot be read."""
        self._on_loaded(key, rounded_image(QImage(), QSize(key[1], key[1]), key[2]))
