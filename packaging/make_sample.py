"""Draw the images behind "Try the sample": `python packaging/make_sample.py`.

receipt.png is for the reader and the full model, note.png for the demo model, which reads three lines.
"""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

OUT = Path(__file__).resolve().parent.parent / "resources" / "samples"
FONTS = "/usr/share/fonts/truetype/dejavu"
RECEIPT = """\
          CAFE LORGNETTE
         12 Harbour Street
          Tel. 555 0142

Table 4              2026-11-03
Served by Mina            14:27
-------------------------------
2 x Espresso               5.00
1 x Walnut cake            4.00
1 x Orange juice           3.80
-------------------------------
Net                       10.76
VAT 19 %                   2.04
TOTAL EUR                 12.80
-------------------------------
Paid by card
Thank you, come again!
"""
NOTE = """\
Gate B14
Boarding 09:35
Luggage: 23 kg
"""


def draw(name: str, text: str, font: str, width: int) -> None:
    """Write one picture."""
    lines = text.splitlines()
    image = Image.new("RGB", (width, 80 + 42 * len(lines)), "#FBFAF6")
    pen, face = ImageDraw.Draw(image), ImageFont.truetype(f"{FONTS}/{font}", 28)
    for number, line in enumerate(lines):
        pen.text((44, 40 + 42 * number), line, font=face, fill="#262522")
    path = OUT / name
    image.quantize(32).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size} bytes, {image.width} x {image.height}")


def main() -> None:
    """Write both pictures."""
    draw("receipt.png", RECEIPT, "DejaVuSansMono.ttf", 620)
    draw("note.png", NOTE, "DejaVuSans.ttf", 512)


if __name__ == "__main__":
    main()
