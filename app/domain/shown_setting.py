"""What the settings window shows of a field, kept beside the field: its name, its bounds, and what it does."""

from dataclasses import Field, dataclass, field, fields
from typing import Any, TypeVar

T = TypeVar("T")
_KEY = "shown"


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """A field in words. Numbers lie between `bounds`, both included; `unit` follows them."""

    label: str
    help: str = ""
    bounds: tuple[float, float] | None = None
    step: float = 1
    unit: str = ""


def shown(default: T, setting: ShownSetting) -> T:
    """A dataclass's field with a default, which the settings window shows."""
    made: T = field(default=default, metadata={_KEY: setting})
    return made


def setting_of(described: "Field[Any]") -> ShownSetting | None:
    """What the settings window shows of a field; None where it shows nothing."""
    setting = described.metadata.get(_KEY)
    return setting if isinstance(setting, ShownSetting) else None


def bounded(cls: type, name: str, value: float) -> float:
    """`value`, or the bound of the field `name` of dataclass `cls` that is nearest to it."""
    (setting,) = [setting_of(item) for item in fields(cls) if item.name == name]
    if setting is None or setting.bounds is None:
        return value
    return min(max(value, setting.bounds[0]), setting.bounds[1])
