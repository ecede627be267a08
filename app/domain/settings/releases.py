"""Versions of Lorgnette and their order."""

import re
from dataclasses import dataclass

_VERSION = re.compile(r"v?(\d{1,6}(?:\.\d{1,6}){0,3})")


@dataclass(frozen=True, slots=True)
class Release:
    """An available version; `page` is an https link to it."""

    version: str
    page: str


def is_newer(version: str, own: str) -> bool:
    """Return whether `version` is newer than `own`; False for one with a suffix, such as "1.0rc1"."""
    found, known = _numbers(version), _numbers(own)
    return bool(found) and bool(known) and found > known


def _numbers(version: str) -> tuple[int, ...]:
    match = _VERSION.fullmatch(version.strip())
    if not match:
        return ()
    numbers = [int(part) for part in match[1].split(".")]
    return tuple(numbers + [0] * (4 - len(numbers)))
