r"""A formula as MathML that contains nothing but mathematics.

latex2mathml's text output passes the arguments of \text, \href and \style through unescaped, tags and attributes
included. Its tree is used instead, filtered by allowlists of elements and attributes, and written by a serialiser that
escapes. The names are those of MathML Core (https://www.w3.org/TR/mathml-core/), and those of MathML 3 that
latex2mathml uses.
"""

import re
from html import unescape
from xml.etree import ElementTree as ET

from latex2mathml.converter import Converter

ELEMENTS = frozenset({
    "math", "menclose", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mroot", "mrow",
    "ms", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder",
    "munderover",
})  # fmt: skip
ATTRIBUTES = frozenset({
    "accent", "accentunder", "columnalign", "columnlines", "columnspacing", "columnspan", "depth", "display",
    "displaystyle", "fence", "form", "frame", "height", "largeop", "linethickness", "lspace", "mathbackground",
    "mathcolor", "mathsize", "mathvariant", "maxsize", "minsize", "movablelimits", "notation", "rowalign",
    "rowlines", "rowspacing", "rowspan", "rspace", "scriptlevel", "separator", "stretchy", "symmetric", "voffset",
    "width",
})  # fmt: skip
_NAMESPACE = "http://www.w3.org/1998/Math/MathML"
_VALUE = re.compile(r"[\w#%.+ -]{0,100}", re.ASCII)
"""Allowed attribute values: lengths, colours, keywords, but no addresses."""


def mathml(tex: str, *, is_display: bool) -> str:
    """Return `tex` as a `math` element.

    Raises ValueError for an unexpected element, and whatever latex2mathml raises for invalid TeX.
    """
    display = "block" if is_display else "inline"
    root = _copy(Converter(display=display).convert_to_element(tex))
    root.set("xmlns", _NAMESPACE)
    return ET.tostring(root, encoding="unicode", method="xml", short_empty_elements=False)


def _copy(element: ET.Element) -> ET.Element:
    if element.tag not in ELEMENTS:
        raise ValueError(f"“{element.tag}” is not an element of a formula")
    attributes = {name: value for name, value in element.items() if name in ATTRIBUTES and _VALUE.fullmatch(value)}
    copied = ET.Element(element.tag, attributes)
    # latex2mathml writes symbols as references, &#x0002B;, which its own serialiser does not escape.
    copied.text = unescape(element.text or "")
    copied.extend([_copy(child) for child in element])
    return copied
