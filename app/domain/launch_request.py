"""The request of a second start to the window that is already open."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchRequest:
    """Absolute paths of images to add; whether to capture an area of the screen, and to add the clipboard's image.

    If `reads_text`, the captured area is not added: its text goes to the clipboard.
    """

    images: tuple[str, ...] = ()
    capture: bool = False
    reads_text: bool = False
    clipboard: bool = False

    @property
    def stays_away(self) -> bool:
        """Whether the window is not wanted: the text of the screen is all that was asked for."""
        return self == LaunchRequest(capture=True, reads_text=True)
