"""Small PDF documents, and a damaged scan."""

from collections.abc import Sequence
from pathlib import Path

import pikepdf
from PIL import Image, ImageDraw, ImageFont


def scanned_pdf(path: Path, texts: Sequence[str]) -> Path:
    """A page for each text, as a picture alone, 595 x 842 points."""
    font = ImageFont.load_default(60)
    pages = []
    for text in texts:
        page = Image.new("RGB", (1240, 1754), "white")
        ImageDraw.Draw(page).text((120, 160), text, fill="black", font=font)
        pages.append(page)
    pages[0].save(path, save_all=True, append_images=pages[1:], resolution=150)
    return path


def written_pdf(path: Path, text: str, size: tuple[int, int] = (595, 842)) -> Path:
    """One page whose text is text: 24 points high, beginning 72 points from the left and 100 from the top."""
    stream = f"BT /F1 24 Tf 72 {size[1] - 100} Td ({text}) Tj ET".encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
        % size,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    content, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    content += b"xref\n0 6\n0000000000 65535 f \n%strailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        table,
        len(content),
    )
    path.write_bytes(content)
    return path


def locked_pdf(path: Path, text: str, password: str) -> Path:
    """As `written_pdf`, and encrypted."""
    with pikepdf.open(written_pdf(path.with_suffix(".open"), text)) as pdf:
        pdf.save(path, encryption=pikepdf.Encryption(owner=f"{password}, owner", user=password))
    return path


def damaged_tiff(path: Path) -> Path:
    """A TIFF on whose LZW code libtiff remarks."""
    Image.effect_noise((64, 64), 80).save(path, compression="tiff_lzw")
    data = bytearray(path.read_bytes())
    data[200:260] = bytes(255 - value for value in data[200:260])
    path.write_bytes(data)
    return path


def drawn_pdf(path: Path, content: str, *, fonts: Sequence[str] = ("Helvetica",), **page: object) -> Path:
    """One page of 595 x 842 points with this content; its fonts are /F1, /F2 …, `page` are entries of the page."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(595, 842))
        leaf = pdf.pages[0]
        named = {
            f"/F{number}": pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=f"/{font}")
            for number, font in enumerate(fonts, start=1)
        }
        for font in named.values():
            font.BaseFont = pikepdf.Name(str(font.BaseFont))
            font.Encoding = pikepdf.Name.WinAnsiEncoding
        leaf.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(named))
        leaf.Contents = pdf.make_stream(content.encode("latin-1"))
        for key, value in page.items():
            leaf[f"/{key}"] = value
        pdf.save(path)
    return path
