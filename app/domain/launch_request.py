"""The request of a second start to the window that is already open."""

from dataclasses import dataclass
from enum import StrEnum

MAX_DELAY = 60
"""Maximum delay of a capture, in seconds."""


class CaptureTarget(StrEnum):
    """What of the screen is captured: an area that the user selects, the active window, or a whole screen."""

    AREA = "area"
    WINDOW = "window"
    SCREEN = "screen"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchRequest:
    """Absolute paths of images to add; whether to capture the screen, and to add the clipboard's image.

    `target` is captured, after `delay` seconds, at most MAX_DELAY. If `reads_text`, what is captured is not added: its
    text goes to the clipboard.
    """

    images: tuple[str, ...] = ()
    capture: bool = False
    reads_text: bool = False
    clipboard: bool = False
    target: CaptureTarget = CaptureTarget.AREA
    delay: int = 0

    @property
    def stays_away(self) -> bool:
        """Whether the window is not wanted: the text of the screen is all that was asked for."""
        return self.capture and self.reads_text and not self.images and not self.clipboard
