"""The header Retry-After, with which a server delays the next request."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MAX_SECONDS = 999_999_999
_MAX_DIGITS = 4000
"""Maximum number of digits that are converted; Python refuses to convert much longer ones."""


def retry_after(value: str, now: datetime | None = None) -> float | None:
    """Return the delay in seconds, given as a number or a date (RFC 9110, 10.2.3); None for anything else."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:_MAX_DIGITS]), _MAX_SECONDS))
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
    except Exception:  # noqa: BLE001 - Python's parser raises many kinds of errors, and none means a date
        return None
