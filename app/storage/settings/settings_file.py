"""The settings as one JSON file that users may edit: an invalid value costs only that field."""

import json
import os
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from app.domain.error_texts import settings_texts, storage_texts
from app.domain.errors import Problem
from app.domain.settings.settings import Settings
from app.domain.shown_setting import bounds_of
from app.regular_files import read_regular
from app.storage.database.rows import UNREADABLE
from app.storage.files.atomic import os_words, storage_error
from app.storage.files.data_folder import DataFolder
from app.storage.files.private_files import write_privately

MAX_BYTES = 4 * 1024**2


class SettingsFile:
    """Reads and writes the settings at `path`, in the data folder `data`."""

    def __init__(self, path: Path, data: DataFolder | None = None) -> None:
        self._path = path
        self._data = data or DataFolder(path.parent)

    def load(self) -> tuple[Settings, Problem | None]:
        """Return the settings, and a problem with the file to report, if any. A missing file means the defaults.

        Anything else at that path, or an unreadable file, is set aside: the next change would overwrite it.
        """
        try:
            content = _decoded(read_regular(self._path, MAX_BYTES))
            if not isinstance(content, dict):
                raise TypeError
            return _merged(Settings(), content), None
        except FileNotFoundError:
            return Settings(), None
        except (OSError, *UNREADABLE):
            return Settings(), self._set_aside()

    def save(self, settings: Settings) -> None:
        """Write all settings in one step; raises StorageError."""
        self._data.check()
        try:
            write_privately(self._path, _encoded(settings))
        except OSError as error:
            raise storage_error(error, storage_texts.SETTINGS) from error

    def _set_aside(self) -> Problem:
        kept = next(name for name in self._damaged_names() if not os.path.lexists(name))
        try:
            self._path.replace(kept)
        except OSError as error:
            return settings_texts.FILE_NOT_READABLE.problem(reason=os_words(error), path=str(self._path))
        return settings_texts.FILE_DAMAGED.problem(file=kept.name)

    def _damaged_names(self) -> Iterator[Path]:
        for number in count(1):
            mark = "damaged" if number == 1 else f"damaged-{number}"
            yield self._path.with_name(f"{self._path.stem}.{mark}{self._path.suffix}")


def _encoded(settings: Settings) -> bytes:
    try:
        return msgspec.json.format(msgspec.json.encode(settings), indent=2)
    except UnicodeEncodeError:  # Bytes of a folder's name that are not UTF-8, which JSON can only hold as escapes.
        return json.dumps(msgspec.to_builtins(settings), indent=2).encode("ascii")


def _decoded(content: bytes) -> object:
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError:  # Raised for escapes of a name that is not UTF-8, too.
        return json.loads(content)


def _merged(defaults: Any, content: dict[str, Any]) -> Any:  # noqa: ANN401 - the same dataclass in and out
    """Return `defaults`, a settings dataclass, with the fields of `content` that have the right type and bounds."""
    changes: dict[str, Any] = {}
    types = get_type_hints(type(defaults))
    for field in fields(defaults):
        if field.name not in content:
            continue
        value = content[field.name]
        default = getattr(defaults, field.name)
        if group := _group(types[field.name]):
            changes[field.name] = _merged(default or group(), value) if isinstance(value, dict) else default
        else:
            changes[field.name] = _checked(value, types[field.name], default, bounds_of(field))
    return replace(defaults, **changes)


def _group(annotation: Any) -> Any:  # noqa: ANN401 - a type, or a union of types
    """Return the settings dataclass that a field holds, or may hold; None for a plain value or a list."""
    if get_origin(annotation) is tuple:
        return None
    return next((part for part in (annotation, *get_args(annotation)) if is_dataclass(part)), None)


def _checked(value: object, expected: Any, default: object, bounds: tuple[float, float] | None) -> object:  # noqa: ANN401
    try:
        converted = msgspec.convert(value, expected)
        texts = b"".join(map(os.fsencode, _texts(msgspec.to_builtins(converted))))
    except UNREADABLE:
        return default
    if b"\0" in texts:  # No path, no address has NUL.
        return default
    # Written so that NaN, for which every comparison is false, is out of bounds.
    return converted if bounds is None or converted is None or bounds[0] <= converted <= bounds[1] else default


def _texts(value: object) -> Iterator[str]:
    """Yield the strings in plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _texts([*value, *value.values()])
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
