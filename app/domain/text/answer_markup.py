"""Tags of HTML, and comments with places, as models write them in documents: `qwenvl html` and `qwenvl markdown`."""

import re
from html import unescape

_NAMES = (
    "a|abbr|address|article|aside|b|blockquote|body|br|caption|center|cite|code|col|colgroup|dd|del|div|dl|dt|em|figcaption"
    "|figure|font|footer|h[1-6]|head|header|hr|html|i|img|ins|li|main|mark|meta|nav|ol|p|pre|q|s|section|small|span|strong"
    "|sub|sup|table|tbody|td|tfoot|th|thead|title|tr|tt|u|ul"
)
PLACED = r"[a-z][a-z0-9]{0,40}(?=\s[^<>]{0,1000}\bdata-bbox\s*=)"
"""The name of any element that says where it is."""
TAG = re.compile(
    rf"<(?P<end>/?)(?P<name>{PLACED}|{_NAMES})(?P<attributes>(?:[\s/][^<>]*+)?)(?P<closed>>|\Z|(?=<))", re.IGNORECASE
)
"""A tag, which the next or the text's end may cut off; text in angle brackets, such as an address, is none."""
ELEMENT = re.compile(_NAMES, re.IGNORECASE)
"""The name of an element of HTML."""
ANY_TAG = re.compile(r"<[^<>]*+>?")
_ATTRIBUTE = re.compile(r"""(?<![\w-])([A-Za-z][\w-]{0,40})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=]+))""")
COMMENT = re.compile(
    r"(?P<indent>^[ \t]*)?<!--[ \t]*(?P<label>[^<>\n]{0,100}?)[ \t]*\((?P<numbers>[-\d., \t]{1,100})\)"
    r"(?P<closed>[ \t]*-->)?(?P<rest>[ \t]*\n)?",
    re.MULTILINE,
)
"""A comment with numbers, e.g. `<!-- Table (1, 2, 3, 4) -->`; the text's end may cut it off."""


def attributes(written: str) -> dict[str, str]:
    """Return the values of a tag's attributes by their names in small letters."""
    return {name.lower(): unescape("".join(values)) for name, *values in _ATTRIBUTE.findall(written)}
