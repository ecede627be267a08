"""How long to wait before another try."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 60.0
TRIES = 6
"""In a row without a byte gained."""
LONGEST_WISH_SECONDS = 900.0
"""A server that wants more patience than this is told about, and not waited for."""


@dataclass(slots=True)
class Patience:
    """Counts the tries since something was gained. `draw` gives numbers from 0 to 1 and spreads the waiting."""

    draw: Callable[[], float] = random.random
    first_seconds: float = FIRST_SECONDS
    tries: int = 0

    def gained(self) -> None:
        """Something came: begin again."""
        self.tries = 0

    def next_wait(self, wished: float | None) -> float | None:
        """Seconds until the next try, at least what the server wished for; None where it is time to give up.

        Doubles each time up to LONGEST_SECONDS, half of it by chance, so that many that were cut off at once do not
        come back at once.
        """
        self.tries += 1
        if self.tries >= TRIES or (wished is not None and wished > LONGEST_WISH_SECONDS):
            return None
        longest = min(LONGEST_SECONDS, self.first_seconds * (1 << (self.tries - 1)))
        return max(longest * (0.5 + 0.5 * self.draw()), wished or 0.0)


def retry_after(value: str, now: datetime | None = None) -> float | None:
    """The seconds that a Retry-After header asks for, as a number or as a date (RFC 9110, 10.2.3); None for neither."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
