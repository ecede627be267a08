"""Delays between attempts: exponential backoff with jitter."""

import random
from collections.abc import Callable
from dataclasses import dataclass

FIRST_DELAY_SECONDS = 1.0
MAX_DELAY_SECONDS = 60.0
MAX_TRIES = 6
"""Maximum number of consecutive attempts without progress, or with too little to count."""
MAX_RETRY_AFTER_SECONDS = 900.0
"""Maximum delay in seconds that a server may ask for; a longer one is reported to the user as an error."""


@dataclass(slots=True)
class RetryPolicy:
    """Counts the attempts since the last progress. `draw` returns random numbers from 0 to 1 for the jitter."""

    draw: Callable[[], float] = random.random
    first_delay_seconds: float = FIRST_DELAY_SECONDS
    tries: int = 0

    def reset(self) -> None:
        """Start counting again, after progress."""
        self.tries = 0

    def next_delay(self, retry_after: float | None) -> float | None:
        """Return the seconds until the next attempt, at least `retry_after`; None after the last one.

        The delay doubles each time up to MAX_DELAY_SECONDS. Half of it is random, so that many clients that were cut
        off together do not return together.
        """
        self.tries += 1
        if self.tries >= MAX_TRIES or (retry_after is not None and retry_after > MAX_RETRY_AFTER_SECONDS):
            return None
        longest = min(MAX_DELAY_SECONDS, self.first_delay_seconds * (1 << (self.tries - 1)))
        return max(longest * (0.5 + 0.5 * self.draw()), retry_after or 0.0)
