"""Versions of Lorgnette, and which of two is newer."""

import re
from dataclasses import dataclass

_VERSION = re.compile(r"v?(\d{1,6}(?:\.\d{1,6}){0,3})")


@dataclass(frozen=True, slots=True)
class Release:
    """A version that can be had; `page` is an https link to it."""

    version: str
    page: str


def is_newer(version: str, own: str) -> bool:
    """Whether `version` comes after `own`, number by number; what is no plain version, such as "1.0rc1", never does."""
    found, known = _numbers(version), _numbers(own)
    return bool(found) and bool(known) and found > known


def _numbers(version: str) -> tuple[int, ...]:
    match = _VERSION.fullmatch(version.strip())
    if not match:
        return ()
    numbers = [int(part) for part in match[1].split(".")]
    return tuple(numbers + [0] * (4 - len(numbers)))
