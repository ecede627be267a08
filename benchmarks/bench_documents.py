"""Searchable PDFs judged by another reader, and what long documents cost.

`python -m benchmarks.bench_documents` wants poppler's `pdftotext`. Words are printed at known places, read by the
built-in reader, written to a searchable PDF, and looked for there with `pdftotext -bbox`. With a FOLDER of photos and
scans behind it, those are made searchable, too, and words are compared with where tesseract sees the same ones, which
is no truth, but independent.
"""

import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import pikepdf
from PIL import Image, ImageDraw, ImageFont

from app.cli import main as main_command
from app.domain.ports import NEVER_CANCELLED
from app.engine.imaging.documents import open_document
from app.engine.imaging.searchable_pdf import write_searchable_pdf
from app.engine.reader.read_document_page import read_document_page
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Recogniser
from tests.support.documents import scanned_pdf, written_pdf

FONTS = ("DejaVuSans", "DejaVuSerif", "LiberationSerif-Regular", "LiberationSans-Regular", "LiberationMono-Regular")
WORDS = Path(__file__).read_text(encoding="utf-8").split()
PAGES, LONG, READ = 20, 500, 10
_FOUND = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)</word>')
Box = tuple[float, float, float, float]


def printed(path: Path, seed: int) -> list[tuple[str, Box]]:
    """A page of words at 150 dots to the inch, and where they are in points."""
    rng = random.Random(seed)
    font = ImageFont.truetype(FONTS[seed % len(FONTS)], rng.randint(22, 36))
    image = Image.new("RGB", (1240, 1754), "white")
    draw = ImageDraw.Draw(image)
    words = [word for word in WORDS if word.isalpha() and len(word) > 1]
    boxes: list[tuple[str, Box]] = []
    for top in range(120, 1600, 60):
        left = 110.0
        while left < 1000:
            word = rng.choice(words)
            box = draw.textbbox((left, top), word, font=font)
            draw.text((left, top), word, fill="black", font=font)
            left = box[2] + font.size * 0.3
            boxes.append((word, (box[0] * 0.48, box[1] * 0.48, box[2] * 0.48, box[3] * 0.48)))
    image.save(path, dpi=(150, 150))
    return boxes


def overlap(one: Box, other: Box) -> float:
    """Of their widths, as a share of what both cover."""
    both = min(one[2], other[2]) - max(one[0], other[0])
    return max(0.0, both) / (max(one[2], other[2]) - min(one[0], other[0]))


def judge_words(folder: Path, recogniser: Recogniser) -> None:
    """Print how well words lie where they were printed."""
    read = partial(read_page, reader=recogniser, check=NEVER_CANCELLED)
    shares: list[float] = []
    missing = 0
    for seed in range(PAGES):
        path, target = folder / "page.png", folder / "page.pdf"
        truth = printed(path, seed)
        page = read_document_page(open_document(path), 0, read, NEVER_CANCELLED, lambda: recogniser)
        write_searchable_pdf(path, [page], target, "", NEVER_CANCELLED)
        told = subprocess.run(["pdftotext", "-bbox", target, "-"], capture_output=True, text=True, check=True).stdout
        found = [(m[5], (float(m[1]), float(m[2]), float(m[3]), float(m[4]))) for m in _FOUND.finditer(told)]
        for word, box in truth:
            middle = (box[1] + box[3]) / 2
            same = [at for text, at in found if text == word and at[1] <= middle <= at[3]]
            if same:
                shares.append(max(overlap(box, at) for at in same))
            else:
                missing += 1
    shares.sort()
    print(f"words found by pdftotext: {len(shares)} of {len(shares) + missing}")
    median, low = shares[len(shares) // 2], shares[len(shares) // 20]
    print(f"overlap of their widths: median {median:.3f}, worst twentieth {low:.3f}")


def judge_long(folder: Path, recogniser: Recogniser) -> None:
    """Print what documents of many pages take."""
    read = partial(read_page, reader=recogniser, check=NEVER_CANCELLED)
    for name, one in (("written", written_pdf(folder / "w.pdf", "The total of all items is 12.40 EUR")),
                      ("scanned", scanned_pdf(folder / "s.pdf", ["The total of all items is 12.40 EUR"]))):  # fmt: skip
        path = folder / f"{name}.pdf"
        with pikepdf.open(one) as source, pikepdf.new() as long:
            for _ in range(LONG):
                long.pages.extend(source.pages)
            long.save(path)
        document, started = open_document(path), time.perf_counter()
        numbers = range(LONG if name == "written" else READ)
        pages = [read_document_page(document, number, read, NEVER_CANCELLED, lambda: recogniser) for number in numbers]
        each = (time.perf_counter() - started) / len(pages)
        started = time.perf_counter()
        write_searchable_pdf(path, (pages * LONG)[:LONG], folder / "out.pdf", "", NEVER_CANCELLED)
        written = time.perf_counter() - started
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{name}: {each:.3f} s a page read, {written:.1f} s to write {LONG} pages, most memory {most:.0f} MB")


def judge_real(images: Path, folder: Path) -> None:
    """Print how words of real images lie beside where tesseract sees them."""
    matched = within = seen = 0
    shares: list[float] = []
    for path in sorted(images.iterdir()):
        if main_command(["ocr", "--format", "pdf", "-o", str(folder), str(path)]):
            continue
        with Image.open(path) as opened, pikepdf.open(folder / f"{path.stem}.pdf") as pdf:
            opened.convert("RGB").save(folder / "real.png")
            scale = opened.width / float(pdf.pages[0].MediaBox[2])
        rows = command_output("tesseract", str(folder / "real.png"), "-", "tsv").splitlines()[1:]
        words = [(cells[11], [int(cell) for cell in cells[6:10]]) for cells in (row.split("\t") for row in rows)
                 if float(cells[10]) > 80 and len(cells[11]) > 2]  # fmt: skip
        told = _FOUND.findall(command_output("pdftotext", "-l", "1", "-bbox", str(folder / f"{path.stem}.pdf"), "-"))
        seen += len(words)
        for text, (left, top, width, height) in words:
            box = (left, top, left + width, top + height)
            others = [scaled(found, scale) for found in told if found[4] == text]
            near = [other for other in others if other[1] - height < top + height / 2 < other[3] + height]
            if not near:
                continue
            best = max(near, key=lambda other: overlap(box, other))
            matched += 1
            shares.append(overlap(box, best))
            middle = (left + width / 2, top + height / 2)
            within += best[0] <= middle[0] <= best[2] and best[1] <= middle[1] <= best[3]
    shares.sort()
    print(f"real images: of {seen} words that tesseract is sure of, {matched} have the same text in that line;")
    print(f"  {within} of them lie over its middle; overlap of widths: median {shares[len(shares) // 2]:.2f}")


def scaled(found: tuple[str, ...], scale: float) -> Box:
    """Points as pdftotext prints them, in pixels."""
    left, top, right, bottom = (float(edge) * scale for edge in found[:4])
    return left, top, right, bottom


def command_output(*command: str) -> str:
    """What another program prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def main() -> None:
    """Print all figures."""
    recogniser = Recogniser()
    with tempfile.TemporaryDirectory() as folder:
        judge_long(Path(folder), recogniser)
        judge_words(Path(folder), recogniser)
    for images in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            judge_real(Path(images), Path(folder))


if __name__ == "__main__":
    main()
