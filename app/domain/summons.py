"""What a start asks for besides the window."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Summons:
    """Absolute paths of images to add; whether to choose a part of the screen, and to take the clipboard's image."""

    images: tuple[str, ...] = ()
    capture: bool = False
    clipboard: bool = False
