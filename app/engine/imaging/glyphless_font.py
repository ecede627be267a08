"""A font without visible glyphs, for PDF text that can be searched and selected but is not seen.

Every two-byte code is a UTF-16 code unit and has the same glyph, half as wide as it is high, so that one font serves
all scripts. The glyph is a line there and back: it has a size, by which viewers mark the selection, but no area. The
file is the minimum that ISO 32000-1 (9.9, table 126) requires of a TrueType font in a PDF; its tables are those of
https://learn.microsoft.com/typography/opentype/spec.
"""

import struct

from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

UNITS = 1000
"""Font units per em."""
ADVANCE = 500
"""Advance width of every glyph, in font units."""
DATE = 3_850_070_400
"""When the font was made: 2026, in seconds since 1904; readers doubt an earlier date."""
_NAME = "/LorgnetteInvisible"
_TO_UNICODE = b"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
1 beginbfrange
<0000> <FFFF> <0000>
endbfrange
endcmap
CMapName currentdict /CMap defineresource pop
end
end"""


def glyphless_font(pdf: Pdf) -> Object:
    """Create the font as an object of `pdf`."""
    file = Stream(pdf, _true_type())
    file.Length1 = len(_true_type())
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name(_NAME),
        Flags=4,
        FontBBox=Array([0, 0, ADVANCE, UNITS]),
        ItalicAngle=0,
        Ascent=UNITS,
        Descent=0,
        CapHeight=UNITS,
        StemV=80,
        FontFile2=pdf.make_indirect(file),
    )
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name(_NAME),
        CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
        FontDescriptor=pdf.make_indirect(descriptor),
        DW=ADVANCE,
        CIDToGIDMap=pdf.make_indirect(Stream(pdf, b"\x00\x01" * 65_536)),
    )
    font = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=Name(_NAME),
        Encoding=Name("/Identity-H"),
        DescendantFonts=Array([pdf.make_indirect(descendant)]),
        ToUnicode=pdf.make_indirect(Stream(pdf, _TO_UNICODE)),
    )
    return pdf.make_indirect(font)


def _true_type() -> bytes:
    glyph = struct.pack(">hhhhh", 1, 0, 0, ADVANCE, UNITS)  # One contour, and its bounding box.
    glyph += struct.pack(">HH2B4h", 1, 0, 1, 1, 0, ADVANCE, 0, UNITS)  # Its two points, (0, 0) and the opposite corner.
    glyph += b"\0" * (-len(glyph) % 4)
    tables = {
        b"glyf": glyph,
        b"head": struct.pack(
            ">IIIIHHQQhhhhHHhhh",
            0x10000,
            0x10000,
            0,
            0x5F0F3CF5,
            0,
            UNITS,
            DATE,
            DATE,
            0,
            0,
            ADVANCE,
            UNITS,
            0,
            8,
            2,
            0,
            0,
        ),
        b"hhea": struct.pack(">IhhhHhhhhhh4hhH", 0x10000, UNITS, 0, 0, ADVANCE, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1),
        b"hmtx": struct.pack(">Hhh", ADVANCE, 0, 0),
        b"loca": struct.pack(">HHH", 0, 0, len(glyph) // 2),
        b"maxp": struct.pack(">IH13H", 0x10000, 2, 2, 1, *[0] * 11),
    }
    offset = 12 + 16 * len(tables)
    head = struct.pack(">IHHHH", 0x10000, len(tables), 64, 2, 32)
    body = b""
    for tag, table in sorted(tables.items()):
        padded = table + b"\0" * (-len(table) % 4)
        total = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        head += struct.pack(">4sIII", tag, total, offset + len(body), len(table))
        body += padded
    return head + body
