"""The imports that have not ended, as a JSON file in the data folder: they are begun again at the next start."""

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec

from app.domain.error_texts import storage_texts
from app.domain.ids import ConversationId
from app.domain.images.attachments import DocumentPage, ImageCrop
from app.domain.images.open_imports import OpenImport
from app.regular_files import read_regular
from app.storage.database.rows import UNREADABLE
from app.storage.files.atomic import storage_error
from app.storage.files.data_folder import DataFolder
from app.storage.files.private_files import write_privately

MAX_BYTES = 4 * 1024**2


class _Row(msgspec.Struct, omit_defaults=True):
    """One import; only one of `crop` and `page` is given, for a part of the file."""

    chat_id: ConversationId
    path: str
    name: str
    crop: ImageCrop | None = None
    page: int | None = None
    is_incoming: bool = False


class OpenImportsFile:
    """Reads and writes the imports at `path`, in the data folder `data`."""

    def __init__(self, path: Path, data: DataFolder) -> None:
        self._path = path
        self._data = data

    def load(self) -> tuple[OpenImport, ...]:
        """Return the imports, in order; none if the file is missing or damaged."""
        try:
            rows = msgspec.convert(json.loads(read_regular(self._path, MAX_BYTES)), list[_Row])
        except (OSError, *UNREADABLE):
            return ()
        return tuple(
            OpenImport(
                chat_id=row.chat_id,
                path=row.path,
                name=row.name,
                part=row.crop if row.page is None else DocumentPage(row.page),
                is_incoming=row.is_incoming,
            )
            for row in rows
        )

    def save(self, imports: Sequence[OpenImport]) -> None:
        """Replace the imports; without any there is no file. Raises StorageError."""
        self._data.check()
        # Python's JSON, which escapes bytes of a path that are not UTF-8.
        content = json.dumps([msgspec.to_builtins(_row(item)) for item in imports]).encode("ascii")
        try:
            if imports:
                write_privately(self._path, content)
            else:
                self._path.unlink(missing_ok=True)
        except OSError as error:
            raise storage_error(error, storage_texts.OPEN_IMPORTS) from error


def _row(item: OpenImport) -> _Row:
    return _Row(
        item.chat_id,
        item.path,
        item.name,
        item.part if isinstance(item.part, ImageCrop) else None,
        item.part.number if isinstance(item.part, DocumentPage) else None,
        item.is_incoming,
    )
