"""How well tables are found: printed ones, whose cells are known, ruled in several ways or not at all.

`python -m benchmarks.bench_tables [FIRST_SEED [COUNT]]`: a cell counts where its text (NFKC, no white space)
stands in its row, column and span. Pages of prose and of forms tell how often a table is seen where there is none.
"""

import random
import sys
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from app.domain.documents.tables import Table
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Recogniser

FONTS = ("DejaVuSans.ttf", "LiberationSerif-Regular.ttf", "LiberationSans-Regular.ttf", "LiberationMono-Regular.ttf")
CHINESE = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
NAMES = (
    "Apples", "Green tea", "Paper A4", "Milk 3.5 %", "Delivery", "Screws M4", "Notebook", "Coffee beans", "Batteries",
    "Light bulb", "Rye bread", "Cable 2 m", "Socks", "Printer ink", "Ticket Zone A", "Room 12", "Breakfast", "Parking",
)  # fmt: skip
CHINESE_NAMES = (
    "苹果",
    "绿茶",
    "打印纸",
    "牛奶",
    "送货费",
    "螺丝钉",
    "笔记本",
    "咖啡豆",
    "电池",
    "灯泡",
    "面包",
    "门票",
)
HEADS = ("Item", "Quantity", "Price", "Total", "Date", "Code", "Remark", "Tax")
STYLES = ("ruled", "ruled with spans", "level lines only", "unruled")
Place = tuple[int, int, int, int, str]


@dataclass
class Printed:
    """A page, and the cells on it."""

    image: Image.Image
    cells: set[Place] = field(default_factory=set)


def folded(text: str) -> str:
    """What is compared of a text."""
    return "".join(unicodedata.normalize("NFKC", text).split()).replace("，", ",")


def value(rng: random.Random, kind: int, *, chinese: bool) -> str:
    """Something that fits into a column of this kind."""
    match kind:
        case 0:
            return rng.choice(CHINESE_NAMES if chinese else NAMES)
        case 1:
            return str(rng.randint(1, 250))
        case 2:
            return f"{rng.uniform(0.5, 900):.2f}"
        case 3:
            return f"{rng.randint(1, 28):02}.{rng.randint(1, 12):02}.2025"
        case _:
            return "".join(rng.choices("ABCDEFGHKLMNPRSTUVWXYZ", k=2)) + str(rng.randint(100, 9999))


def print_table(rng: random.Random, style: str) -> Printed:
    """A page with one table below a line of text."""
    chinese = rng.random() < 0.25
    size = rng.randint(18, 32)
    font = ImageFont.truetype(CHINESE if chinese else rng.choice(FONTS), size)
    rows, kinds = rng.randint(4, 12), [0, *rng.choices((1, 2, 3, 4), k=rng.randint(1, 4))]
    grid = [[rng.choice(HEADS) for _ in kinds]]
    grid += [[value(rng, kind, chinese=chinese) for kind in kinds] for _ in range(rows - 1)]
    pad, high = rng.randint(8, 26), size + rng.randint(10, 34)
    if style != "ruled" and "spans" not in style:
        pad = rng.randint(14, 40)
    widths = [max(font.getlength(row[column]) for row in grid) + 2 * pad for column in range(len(kinds))]
    left, top = rng.randint(40, 120), rng.randint(120, 240)
    image = Image.new("RGB", (round(left * 2 + sum(widths)) + 60, top + high * rows + 200), "white")
    draw = ImageDraw.Draw(image)
    draw.text((left, 40), "Overview of this month, all amounts in euros", fill="black", font=font)
    printed = Printed(image)
    edges = [left + sum(widths[:column]) for column in range(len(kinds) + 1)]
    spans = style.endswith("spans")
    pen = rng.choice((1, 2, 3))
    for row, texts in enumerate(grid):
        column = 0
        while column < len(kinds):
            wide = 2 if spans and column + 1 < len(kinds) and rng.random() < 0.12 else 1
            text = texts[column]
            room = edges[column + wide] - edges[column]
            x = (
                edges[column] + pad
                if kinds[column] in (0, 3, 4) or row == 0
                else edges[column] + room - pad - font.getlength(text)
            )
            if wide == 2:
                x = edges[column] + (room - font.getlength(text)) / 2
            y = top + row * high + (high - size) / 2 - 2
            draw.text((x, y), text, fill="black", font=font)
            printed.cells.add((row, column, 1, wide, folded(text)))
            if style.startswith("ruled"):
                draw.rectangle(
                    (edges[column], top + row * high, edges[column + wide], top + (row + 1) * high),
                    outline="black",
                    width=pen,
                )
            column += wide
    if style.startswith("level"):
        for level in (0, 1, rows):
            draw.line((edges[0], top + level * high, edges[-1], top + level * high), fill="black", width=pen)
    draw.text((left, top + rows * high + 60), "Thank you for your order.", fill="black", font=font)
    if rng.random() < 0.4:
        printed.image = image.rotate(rng.uniform(-2.5, 2.5), Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    if rng.random() < 0.4:
        printed.image = printed.image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 0.8)))
    return printed


def print_other(rng: random.Random, kind: str) -> Image.Image:
    """A page without a table."""
    font = ImageFont.truetype(rng.choice(FONTS), rng.randint(18, 30))
    image = Image.new("RGB", (1100, 1300), "white")
    draw = ImageDraw.Draw(image)
    words = __doc__.split() if __doc__ else []

    def column(left: int, width: int) -> None:
        line, y = "", 100.0
        while y < 1200:
            word = rng.choice(words)
            if font.getlength(f"{line} {word}") > width:
                draw.text((left, y), line.strip(), fill="black", font=font)
                line, y = "", y + font.size * 1.4
            line += f" {word}"

    match kind:
        case "prose":
            column(90, 900)
        case "two columns":
            column(70, 440)
            column(580, 440)
        case _:
            for number in range(14):
                draw.text((90, 100 + 60 * number), f"{rng.choice(HEADS)}:", fill="black", font=font)
                draw.text((420, 100 + 60 * number), value(rng, number % 5, chinese=False), fill="black", font=font)
    return image


def cells_of(table: Table) -> set[Place]:
    """What was found, in the terms of what was printed."""
    return {
        (cell.row, cell.column, cell.row_span, cell.column_span, folded(cell.text)) for cell in table.cells if cell.text
    }


def main(first: int, count: int) -> None:
    """Print the table of figures."""
    recogniser = Recogniser()
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for style in STYLES:
        for seed in range(first, first + count):
            printed = print_table(random.Random(f"{style} {seed}"), style)
            tables = read_page(printed.image, recogniser, lambda: None).tables
            best = max(
                (cells_of(table) for table in tables), key=lambda cells: len(cells & printed.cells), default=set()
            )
            found = len(best & printed.cells)
            sums[style].update(right=found, told=len(best), true=len(printed.cells), missed=not tables)
            if "-v" in sys.argv and found < 0.9 * len(printed.cells):
                print(style, seed, f"{found} of {len(printed.cells)}, {len(tables)} tables")
                printed.image.save(f"table {style} {seed}.png")
        tally = sums[style]
        score = 2 * tally["right"] / (tally["told"] + tally["true"])
        print(f"{style:18} cell F1 {100 * score:5.1f} %   no table seen on {tally['missed']} of {count}")
    for kind in ("prose", "two columns", "form"):
        pages = [print_other(random.Random(f"{kind} {seed}"), kind) for seed in range(first, first + count)]
        wrong = sum(bool(read_page(page, recogniser, lambda: None).tables) for page in pages)
        print(f"{kind:18} a table seen on {wrong} of {count}")


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    main(*(numbers + [0, 15][len(numbers) :]))
