"""How the settings window shows a field: its label, bounds and help, declared beside the field."""

from dataclasses import Field, dataclass, field, fields
from typing import Any, TypeVar

T = TypeVar("T")
_KEY = "shown"


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """A field's label and help. Numbers lie within `bounds`, both inclusive; `unit` is shown after them."""

    label: str
    help: str = ""
    bounds: tuple[float, float] | None = None
    step: float = 1
    unit: str = ""


def shown(default: T, setting: ShownSetting) -> T:
    """Define a dataclass field with a default, which the settings window shows."""
    made: T = field(default=default, metadata={_KEY: setting})
    return made


def setting_of(described: "Field[Any]") -> ShownSetting | None:
    """Return how the settings window shows a field; None if it does not."""
    setting = described.metadata.get(_KEY)
    return setting if isinstance(setting, ShownSetting) else None


def bounded(cls: type, name: str, value: float) -> float:
    """Clamp `value` to the bounds of the field `name` of dataclass `cls`."""
    (setting,) = [setting_of(item) for item in fields(cls) if item.name == name]
    if setting is None or setting.bounds is None:
        return value
    return min(max(value, setting.bounds[0]), setting.bounds[1])
