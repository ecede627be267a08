"""The request of a second start to the window that is already open."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchRequest:
    """Absolute paths of images to add; whether to capture an area of the screen, and to add the clipboard's image."""

    images: tuple[str, ...] = ()
    capture: bool = False
    clipboard: bool = False
