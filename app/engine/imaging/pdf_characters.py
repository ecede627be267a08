"""The characters of a PDF page's text layer, where they stand on its picture, and whether they are drawn.

PDFium lists characters in the order of the page's content, with blanks and line breaks of its own, which are left out.
"""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from ctypes import byref, c_double, c_uint, c_ulong, c_ushort, c_void_p, cast, create_string_buffer
from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, radians, sin
from typing import TYPE_CHECKING
from unicodedata import normalize

from app.engine.imaging.pdf_frame import PdfFrame
from app.engine.imaging.symbol_fonts import sign_of

if TYPE_CHECKING:
    from pypdfium2 import PdfTextPage
    from pypdfium2.raw import FPDF_PAGEOBJECT as PageObject  # noqa: N811

MAX_CHARACTERS = 200_000
"""Maximum number of characters of a page that are looked at; a dense newspaper page has 30,000."""

ASCENT, DESCENT = 0.72, 0.2
"""Height of capital letters above the baseline and depth of letters below it, as fractions of the font size."""

MIN_SIZE = 2.0
"""Minimum font size in pixels; smaller text cannot be seen."""

MIN_ADVANCE = 0.01
"""Minimum width of a character, as a fraction of the font size, below which its ink decides."""

UNKNOWN = "\ufffd"
"""Stands for a character that the font does not name."""
HYPHENS = {0x02, 0xFFFE}
"""What PDFium gives for a hyphen at a line's end (fpdf_text.h, FPDFText_IsHyphen)."""

_DECOMPOSED = (("\ufb00", "\ufb4f"), ("\ufb50", "\ufdff"), ("\ufe70", "\ufeff"), ("\uff65", "\uff9f"))
"""Ranges of ligatures and positional forms that stand for letters: Latin, Armenian, Hebrew, Arabic, half-width kana."""


@dataclass(frozen=True, slots=True)
class Direction:
    """The direction of writing on the picture: `degrees` clockwise from left to right, and its unit vector."""

    degrees: int
    x: float
    y: float

    @classmethod
    def at(cls, angle: float) -> "Direction":
        """Create a direction from an angle in degrees, rounded to a whole one."""
        rounded = round(angle) % 360
        return cls(rounded, cos(radians(rounded)), sin(radians(rounded)))


@dataclass(frozen=True, slots=True)
class FontUse:
    """How the characters of a text object are drawn; `is_hidden` if they are not, as those over a scan.

    `along` and `across` are the coefficients a, b, c by which a x + b y + c maps a point of the page to the distance
    in pixels along the direction and across it. `is_off` is true on a layer that is switched off.
    """

    font: str
    size: float
    direction: Direction
    is_hidden: bool
    is_off: bool
    along: tuple[float, float, float]
    across: tuple[float, float, float]


@dataclass(slots=True)
class Character:
    """A character in pixels along its direction (`start` to `end`) and across it (`top` to `bottom`).

    `is_hyphen` is true for a hyphen that divides a word at the end of its line.
    """

    text: str
    start: float
    end: float
    top: float
    bottom: float
    use: FontUse
    is_hyphen: bool = False


def characters_of(
    layer: "PdfTextPage", frame: PdfFrame, off_layers: Callable[[], frozenset[str]], hidden: AbstractSet[int]
) -> Iterator[Character]:
    """Yield the characters within the page's visible part; blanks have no text.

    What is on one of the `off_layers`, the names of optional content that is switched off, is left out; they are asked
    for only if there is optional content. So are the `hidden` text objects, which are named by their addresses.
    """
    from pypdfium2 import raw  # noqa: PLC0415 - needed for documents only

    width, height = frame.size
    uses: dict[int, FontUse] = {}
    box, x, y = raw.FS_RECTF(), c_double(), c_double()
    left, right, bottom, top = c_double(), c_double(), c_double(), c_double()
    loose, origin, tight = byref(box), (byref(x), byref(y)), (byref(left), byref(right), byref(bottom), byref(top))
    for index in range(min(raw.FPDFText_CountChars(layer), MAX_CHARACTERS)):
        if raw.FPDFText_IsGenerated(layer, index) == 1:
            continue
        item = raw.FPDFText_GetTextObject(layer, index)
        address = address_of(item)
        if address in hidden:
            continue
        use = uses.get(address)
        if use is None:
            use = uses[address] = _use(layer, index, item, frame, off_layers)
        if use.is_off or use.size < MIN_SIZE or not raw.FPDFText_GetCharOrigin(layer, index, *origin):
            continue
        raw.FPDFText_GetLooseCharBox(layer, index, loose)
        raw.FPDFText_GetCharBox(layer, index, *tight)
        direction, (a, b, c), (d, e, f) = use.direction, use.along, use.across
        base = d * x.value + e * y.value + f
        above, below = base - ASCENT * use.size, base + DESCENT * use.size
        if direction.degrees % 90:
            start = a * x.value + b * y.value + c
            end = start + (box.right - box.left) * frame.scale * max(abs(direction.x), 0.5)
        else:
            start, end = _ordered(a * box.left + b * box.bottom + c, a * box.right + b * box.top + c)
            if end - start < MIN_ADVANCE * use.size:
                start, end = _ordered(a * left.value + b * bottom.value + c, a * right.value + b * top.value + c)
            inner, outer = _ordered(d * left.value + e * bottom.value + f, d * right.value + e * top.value + f)
            above, below = min(above, inner), max(below, outer)
        middle, line = (start + end) / 2, (above + below) / 2
        across, down = direction.x * middle - direction.y * line, direction.y * middle + direction.x * line
        if 0 <= across <= width and 0 <= down <= height:
            code = raw.FPDFText_GetUnicode(layer, index)
            is_hyphen = code in HYPHENS or raw.FPDFText_IsHyphen(layer, index) == 1
            yield Character(
                "-" if is_hyphen else sign_of(use.font, _text(code)), start, end, above, below, use, is_hyphen
            )


def address_of(item: "PageObject") -> int:
    """Return what tells an object of a page from others."""
    return cast(item, c_void_p).value or 0


def _ordered(first: float, second: float) -> tuple[float, float]:
    return (first, second) if first <= second else (second, first)


def _use(
    layer: "PdfTextPage", index: int, item: "PageObject", frame: PdfFrame, off_layers: Callable[[], frozenset[str]]
) -> FontUse:
    from pypdfium2 import raw  # noqa: PLC0415

    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(layer, index, byref(matrix))
    zero, right, up = (frame.to_pixels(*point) for point in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)))
    end = frame.to_pixels(matrix.a, matrix.b)
    direction = Direction.at(degrees(atan2(end.y - zero.y, end.x - zero.x)))
    size = abs(raw.FPDFText_GetFontSize(layer, index)) * hypot(matrix.c, matrix.d) * frame.scale
    mode = raw.FPDFTextObj_GetTextRenderMode(item) if item else raw.FPDF_TEXTRENDERMODE_FILL
    is_undrawn = mode in {raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP}
    is_hidden = is_undrawn or _is_transparent(item, is_stroked=mode == raw.FPDF_TEXTRENDERMODE_STROKE)
    layers = layers_of(item)
    along = [direction.x * point.x + direction.y * point.y for point in (right, up, zero)]
    across = [direction.x * point.y - direction.y * point.x for point in (right, up, zero)]
    return FontUse(
        _font(item),
        size,
        direction,
        is_hidden,
        bool(layers and layers & off_layers()),
        (along[0] - along[2], along[1] - along[2], along[2]),
        (across[0] - across[2], across[1] - across[2], across[2]),
    )


def _is_transparent(item: "PageObject", *, is_stroked: bool) -> bool:
    from pypdfium2 import raw  # noqa: PLC0415

    channels = [c_uint(255) for _ in range(4)]
    getter = raw.FPDFPageObj_GetStrokeColor if is_stroked else raw.FPDFPageObj_GetFillColor
    return bool(item and getter(item, *map(byref, channels)) and channels[3].value == 0)


def _font(item: "PageObject") -> str:
    from pypdfium2 import raw  # noqa: PLC0415

    font = raw.FPDFTextObj_GetFont(item) if item else None
    if not font:
        return ""
    name = create_string_buffer(128)
    raw.FPDFFont_GetBaseFontName(font, name, len(name))
    return name.value.decode("utf-8", "replace")


def layers_of(item: "PageObject") -> set[str]:
    """Return the names of the optional content that an object belongs to (ISO 32000-2, 8.11.3.2)."""
    from pypdfium2 import raw  # noqa: PLC0415

    names = set()
    for number in range(max(0, raw.FPDFPageObj_CountMarks(item)) if item else 0):
        mark = raw.FPDFPageObj_GetMark(item, number)
        if _utf16(lambda *to, mark=mark: raw.FPDFPageObjMark_GetName(mark, *to)) == "OC":
            names.add(_utf16(lambda *to, mark=mark: raw.FPDFPageObjMark_GetParamStringValue(mark, b"Name", *to)))
    return names


def _utf16(fill: Callable[..., int]) -> str:
    buffer, length = (c_ushort * 128)(), c_ulong()
    if not fill(buffer, 256, byref(length)):
        return ""
    return bytes(buffer)[: max(0, min(length.value, 256) - 2)].decode("utf-16-le", "replace")


def _text(code: int) -> str:
    """Return the text of a code: nothing for blanks, letters for ligatures, UNKNOWN for what is no character."""
    if code == 0 or code > 0x10FFFF or 0xD800 <= code < 0xE000:
        return UNKNOWN
    letter = chr(code)
    if letter.isspace() or letter in "\u200b\u2060\ufeff":
        return ""
    if any(first <= letter <= last for first, last in _DECOMPOSED):
        return normalize("NFKC", letter).strip()
    return letter
