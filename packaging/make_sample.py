"""Draw resources/samples/receipt.png, the image behind "Try the sample": `python packaging/make_sample.py`."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

OUT = Path(__file__).resolve().parent.parent / "resources" / "samples" / "receipt.png"
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
WIDTH = 620
LINES = """\
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


def main() -> None:
    """Write the picture."""
    font = ImageFont.truetype(FONT, 28)
    lines = LINES.splitlines()
    image = Image.new("RGB", (WIDTH, 80 + 42 * len(lines)), "#FBFAF6")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((44, 40 + 42 * number), line, font=font, fill="#262522")
    image.quantize(32).save(OUT, optimize=True)
    print(f"{OUT}: {OUT.stat().st_size} bytes, {image.width} x {image.height}")


if __name__ == "__main__":
    main()
