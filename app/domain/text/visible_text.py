"""Untrusted text written safely: invisible characters are escaped, and invalid UTF-8 does not make a write fail.

A file name is bytes on most systems; Python represents bytes that are not UTF-8 as lone surrogates ("surrogateescape",
PEP 383), which UTF-8 cannot encode. A model's or a server's text may have other lone surrogates.
"""

import codecs
import json
import re
import unicodedata

ANY_TEXT = "lorgnette.any_text"
"""The name of the codec error handler for lone surrogates; see `encoded`."""
_COMMANDS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""C0, DEL and C1 control characters (ECMA-48), which terminals interpret, except tab and line feed."""
_JOINERS = "\u200c\u200d"
"""Joiners that Persian and emoji need."""


def without_commands(text: str) -> str:
    r"""Escape characters that a terminal would interpret as `\x1b`; tabs and line breaks stay, CR LF becomes LF."""
    return _COMMANDS.sub(lambda found: _escaped(found[0]), text.replace("\r\n", "\n"))


def visible(text: str) -> str:
    r"""Return `text` on one line: line breaks, controls, lone surrogates and bidi controls as `\n`, `\u202e`."""
    return "".join(letter if _is_seen(letter) else _escaped(letter) for letter in text)


def encoded(text: str) -> bytes:
    """Encode `text` as UTF-8: the raw bytes of a file name as they are, other lone surrogates as U+FFFD."""
    return text.encode("utf-8", ANY_TEXT)


def as_json(value: object) -> str:
    r"""Return `value` as one line of JSON, non-ASCII letters unescaped; lone surrogates become `\udce9`."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


def _is_seen(letter: str) -> bool:
    return letter in _JOINERS or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _escaped(letter: str) -> str:
    return ascii(letter)[1:-1]


def _bytes_of(error: UnicodeError) -> tuple[bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    halves = error.object[error.start : error.end]
    return b"".join(
        bytes([ord(half) - 0xDC00]) if "\udc80" <= half <= "\udcff" else "\ufffd".encode() for half in halves
    ), error.end


codecs.register_error(ANY_TEXT, _bytes_of)
