"""Text that XML can hold."""

import re

_ODD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""Characters outside of XML 1.0's Char (https://www.w3.org/TR/xml/#charsets)."""


def xml_safe(text: str, instead: str = "") -> str:
    """Replace the characters that XML cannot hold, not even escaped."""
    return _ODD.sub(instead, text)
