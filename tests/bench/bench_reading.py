"""How well and how fast the built-in reader reads, beside rapidocr as shipped, in one run over the same images.

`python -m tests.bench.bench_reading FOLDER`: FOLDER holds images and `manifest.jsonl`, one object a line with `file`,
`kind` ("ocr" is used), `group`, `lang`, `text`, and optionally `case_insensitive`.
"""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rapidocr import RapidOCR

from app.engine.imaging.open_image import open_image
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Recogniser
from tests.support.word_score import Score, score

READABLE = {"en", "zh", "ja", "de", "fr", "es", "la", "it", "pt", "nl", "ch"}
"""Languages whose script the reader knows; the others are shown, and not counted in the last row."""


@dataclass(slots=True)
class Tally:
    """Sums over images."""

    score: Score = Score(0, 0, 0)
    f1_sum: float = 0.0
    seconds: float = 0.0
    images: int = 0

    def add(self, result: Score, seconds: float) -> None:
        """Count one image."""
        self.score += result
        self.f1_sum += result.f1
        self.seconds += seconds
        self.images += 1


def main(folder: Path) -> None:
    """Print the table."""
    cases = [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    cases = [case for case in cases if case["kind"] == "ocr" and case.get("text")]
    ours = Recogniser()
    shipped = RapidOCR(params={"Global.log_level": "error"})
    readers: dict[str, Callable[[Path], str]] = {
        "Lorgnette": lambda path: read_page(open_image(path), ours, lambda: None).text,
        "rapidocr as shipped": lambda path: "\n".join(shipped(path).txts or ()),
    }
    tallies: dict[str, dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
    for case in cases:
        languages = set(case["lang"].replace("+", ",").split(","))
        groups = [case["group"], "all"] + (["Latin, Chinese, Japanese"] if languages <= READABLE else [])
        for name, read in readers.items():
            started = time.perf_counter()
            text = read(folder / case["file"])
            seconds = time.perf_counter() - started
            result = score(text, case["text"], case["lang"], ignore_case=bool(case.get("case_insensitive")))
            if "-v" in sys.argv:
                print(f"  {name:20} {case['file']:50} {case['lang']:6} {result.f1:.3f} {seconds:.2f}")
            for group in groups:
                tallies[group][name].add(result, seconds)
    print(f"{'group':28} {'images':>6}   " + "   ".join(f"{name:>26}" for name in readers))
    for group, by_name in tallies.items():
        cells = [
            f"F1 {100 * tally.score.f1:5.1f} ({100 * tally.f1_sum / tally.images:5.1f}) "
            f"{tally.seconds / tally.images:6.2f} s"
            for tally in by_name.values()
        ]
        print(f"{group:28} {next(iter(by_name.values())).images:6}   " + "   ".join(f"{cell:>26}" for cell in cells))
    print("F1 over all words (and the mean over images); seconds an image, on however many threads each one takes.")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
