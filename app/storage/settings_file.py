"""The settings as one JSON file that a person may edit: what is wrong in it costs that field, not the others."""

from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from app.domain.errors import Problem, ProblemKind
from app.domain.settings import Settings
from app.domain.shown_setting import setting_of
from app.storage.atomic import storage_error, write_whole


class SettingsFile:
    """Reads and writes the settings at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> tuple[Settings, Problem | None]:
        """The settings, and what the user should know about the file. A missing file means the defaults."""
        try:
            content = msgspec.json.decode(self._path.read_bytes())
        except FileNotFoundError:
            return Settings(), None
        except (msgspec.DecodeError, UnicodeDecodeError):
            return Settings(), self._set_aside()
        except OSError as error:
            return Settings(), Problem(
                ProblemKind.STORAGE,
                f"The settings could not be read ({error.strerror}).",
                todo="The defaults are in force until the file can be read again.",
            )
        if not isinstance(content, dict):
            return Settings(), self._set_aside()
        return _merged(Settings(), content), None

    def save(self, settings: Settings) -> None:
        """Write all settings in one step; raises StorageError."""
        try:
            write_whole(self._path, msgspec.json.format(msgspec.json.encode(settings), indent=2))
        except OSError as error:
            raise storage_error(error, "The settings") from error

    def _set_aside(self) -> Problem:
        kept = self._path.with_name(f"{self._path.stem}.damaged{self._path.suffix}")
        self._path.replace(kept)
        return Problem(
            ProblemKind.STORAGE,
            "The settings file is damaged, so the defaults are in force.",
            f"The damaged file is kept as {kept.name}.",
        )


def _merged(defaults: Any, content: dict[str, Any]) -> Any:  # noqa: ANN401 - the same dataclass in and out
    """`defaults`, a settings dataclass, with those fields of `content` that are of the right type and in bounds."""
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
            setting = setting_of(field)
            changes[field.name] = _checked(value, types[field.name], default, setting.bounds if setting else None)
    return replace(defaults, **changes)


def _group(annotation: Any) -> Any:  # noqa: ANN401 - a type, or a union of types
    """The settings dataclass that a field holds, or may hold; None for a plain value or a list."""
    if get_origin(annotation) is tuple:
        return None
    return next((part for part in (annotation, *get_args(annotation)) if is_dataclass(part)), None)


def _checked(value: object, expected: Any, default: object, bounds: tuple[float, float] | None) -> object:  # noqa: ANN401
    try:
        converted = msgspec.convert(value, expected)
    except msgspec.ValidationError:
        return default
    # Written so that NaN, which compares as neither, is out of bounds.
    return converted if bounds is None or bounds[0] <= converted <= bounds[1] else default
