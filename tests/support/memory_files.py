"""An attachment store that keeps everything in memory."""

from pathlib import Path

from app.domain.images.attachments import Attachment


class MemoryFiles:
    """Implements domain.ports.AttachmentStore and services' ImageFiles."""

    is_lasting = True

    def __init__(self) -> None:
        self.added: dict[str, Path] = {}
        self.thumbnails: dict[str, bytes] = {}
        self.incoming: dict[Path, bytes] = {}

    def add(self, source: Path, digest: str) -> Path:
        """Remember the source."""
        self.added[digest] = source
        return Path("/store") / digest

    def path(self, attachment: Attachment) -> Path:
        """Where it would lie."""
        return Path("/store") / attachment.digest

    def save_thumbnail(self, digest: str, png: bytes) -> None:
        """Remember it."""
        self.thumbnails[digest] = png

    def save_incoming(self, data: bytes, name: str) -> Path:
        """Remember the bytes."""
        path = Path("/incoming") / name
        self.incoming[path] = data
        return path

    def new_incoming(self, name: str) -> Path:
        """Nothing is there yet."""
        return Path("/incoming") / name

    def discard_incoming(self, path: Path) -> None:
        """Forget them."""
        self.incoming.pop(path, None)
