"""How the settings window shows a field: its label, bounds and help, declared beside the field."""

from dataclasses import Field, dataclass, field, fields
from enum import Enum, auto
from typing import Any, TypeVar

T = TypeVar("T")
_KEY = "shown"
_BOUNDS = "bounds"


class SettingKind(Enum):
    """What a setting's value means beyond its type, which decides how it is edited."""

    OF_TYPE = auto()
    """What its type says."""
    KEYS = auto()
    """A text that names keys, such as "Ctrl+Alt+T"; empty for none."""
    FOLDER = auto()
    """A text that is a path; empty for the default folder."""
    RESOLUTION = auto()
    """A number of pixels, with levels to choose from, or the automatic choice of another field."""


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """A field's label and help. Numbers lie within `bounds`, both inclusive; `unit` is shown after them."""

    label: str
    help: str = ""
    bounds: tuple[float, float] | None = None
    step: float = 1
    unit: str = ""
    kind: SettingKind = SettingKind.OF_TYPE


def shown(default: T, setting: ShownSetting) -> T:
    """Define a dataclass field with a default, which the settings window shows."""
    made: T = field(default=default, metadata={_KEY: setting})
    return made


def setting_of(described: "Field[Any]") -> ShownSetting | None:
    """Return how the settings window shows a field; None if it does not."""
    setting = described.metadata.get(_KEY)
    return setting if isinstance(setting, ShownSetting) else None


def within(default: T, bounds: tuple[float, float]) -> T:
    """Define a dataclass field with a default and bounds, which the settings window does not show."""
    made: T = field(default=default, metadata={_BOUNDS: bounds})
    return made


def bounds_of(described: "Field[Any]") -> tuple[float, float] | None:
    """Return the bounds of a field, both inclusive; None if it has none."""
    setting = setting_of(described)
    found: tuple[float, float] | None = setting.bounds if setting else described.metadata.get(_BOUNDS)
    return found


def bounded(cls: type, name: str, value: float) -> float:
    """Clamp `value` to the bounds of the field `name` of dataclass `cls`."""
    (bounds,) = [bounds_of(item) for item in fields(cls) if item.name == name]
    return value if bounds is None else min(max(value, bounds[0]), bounds[1])
