"""Which script is named for which, on real images and on rendered lines: a table of confusions.

`python -m benchmarks.bench_scripts FOLDER FONTS…`: FOLDER as for bench_reading, FONTS are folders with fonts (Debian:
fonts-noto-core, -noto-cjk, -dejavu, -liberation); scripts for which none is there are left out. Each line is read as an
image of its own.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image, ImageOps

from app.domain.text.scripts import OTHER_SCRIPTS
from app.engine.imaging.open_image import open_image
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Recogniser
from benchmarks.bench_reading import cases_in
from benchmarks.script_lines import ALPHABETS, Lines

LATIN, CHINESE, NONE = "Latin", "Chinese, Japanese", "none"
SCRIPTS = (LATIN, CHINESE, *(script.name for script in OTHER_SCRIPTS))
LANGUAGES = {
    "zh": CHINESE, "ch": CHINESE, "ja": CHINESE, "ru": "Cyrillic", "sr": "Cyrillic", "el": "Greek", "ko": "Korean",
    "ar": "Arabic", "fa": "Arabic", "he": "Hebrew", "th": "Thai", "hi": "Devanagari", "ta": "Tamil", "te": "Telugu",
}  # fmt: skip
"""Scripts by the beginning of a language's tag; all others are Latin."""
LINES_EACH = 12
SEED = 7

Named = Iterator[tuple[str, Image.Image]]


def images(folder: Path) -> Named:
    """The folder's images with the script that they are written in; of two languages the one that is not Latin."""
    with TemporaryDirectory() as scratch:
        for case in cases_in(folder, Path(scratch)):
            scripts = [LANGUAGES.get(tag[:2], LATIN) for tag in case.language.replace("+", ",").split(",")]
            yield next((script for script in scripts if script != LATIN), LATIN), open_image(case.path)


def rendered(fonts: Sequence[Path]) -> Named:
    """Lines of made-up words, worn as on photographs and scans."""
    lines = Lines(fonts, SEED)
    for number, script in enumerate(SCRIPTS[: len(ALPHABETS)]):
        if lines.can_draw(number):
            for _ in range(LINES_EACH):
                line = lines.draw(number).convert("RGB")
                ground = tuple(int(level) for level in np.asarray(line)[0, 0])
                yield script, ImageOps.expand(line, line.height // 2, ground)


def print_confusions(title: str, named: Named, reader: Recogniser) -> None:
    """A row for each script, with how often which was named; none is right for those that the reader knows."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for script, image in named:
        table[script][read_page(image, reader, lambda: None).script or NONE] += 1
    print(f"{title:24} named")
    for script, counts in table.items():
        right = counts[NONE] if script in {LATIN, CHINESE} else counts[script]
        told = ", ".join(f"{name} {count}" for name, count in counts.most_common())
        print(f"{script:20} {right:3}/{counts.total():<3}  {told}")


if __name__ == "__main__":
    recogniser = Recogniser()
    print_confusions("images", images(Path(sys.argv[1])), recogniser)
    print_confusions("rendered lines", rendered([Path(folder) for folder in sys.argv[2:]]), recogniser)
