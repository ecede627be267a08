"""A file of an allowed folder while a tool works on it: a copy in memory, checked by the images process."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.engine.process.messages import ImageProbed, PagesFound, ProbeImage
from app.serving.held_memory import HeldMemory
from app.serving.mcp.allowed_folders import AllowedFolders
from app.serving.mcp.tools import ToolError
from app.serving.served_process import ServedProcess, last_event
from app.serving.uploads import Uploads, uploads

MAX_FILE_BYTES = 128 * 1024 * 1024
_THUMBNAIL = 16


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file: `path` is its copy's, `image` what it is, None for a document; `files` has room for more copies."""

    path: Path
    pages: int
    image: ImageProbed | None
    files: Uploads


class FileOpener:
    """Opens files of the allowed folders; `images` checks what they are. One file at a time is held."""

    def __init__(self, folders: AllowedFolders, images: ServedProcess) -> None:
        self._folders = folders
        self._images = images
        self._memory = HeldMemory(2 * MAX_FILE_BYTES)
        self._reading = threading.Lock()

    @asynccontextmanager
    async def opened(self, text: str) -> AsyncIterator[OpenedFile]:
        """Open the image or document at the path `text`. Raises PathRefused, ToolError, ApiError, OSError."""
        name, content = await asyncio.to_thread(self._read, text)
        with self._memory.holding() as share, uploads(share) as files:
            path = files.add(content, name)
            del content
            probed = await last_event(self._images, ProbeImage(str(path), _THUMBNAIL))
            if isinstance(probed, PagesFound):
                yield OpenedFile(path, probed.pages, None, files)
            elif isinstance(probed, ImageProbed) and not probed.media_type.startswith("video/"):
                yield OpenedFile(path, 1, probed, files)
            else:
                raise ToolError(f"“{text}” is neither an image nor a PDF.")

    def _read(self, text: str) -> tuple[str, bytes]:
        """Read a file; one at a time, since a call that is cancelled meanwhile still reads its own to the end."""
        with self._reading:
            return self._folders.read(text, MAX_FILE_BYTES)
