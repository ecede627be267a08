"""How well and how fast the built-in reader reads, beside rapidocr as shipped and tesseract, in one run.

`python -m benchmarks.bench_reading FOLDER`: FOLDER holds images and `manifest.jsonl`, one object a line with `file`,
`kind` ("ocr" is used), `group`, `lang`, `text`, and optionally `case_insensitive`. Pages drawn here come after them.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rapidocr import RapidOCR

from app.engine.imaging.open_image import open_image
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Recogniser
from app.paths import RESOURCES
from benchmarks.drawn_pages import drawn_pages
from tests.support.word_score import Score, score

READABLE = {"en", "zh", "ja", "de", "fr", "es", "la", "it", "pt", "nl", "ch"}
"""Languages whose script the reader knows; the others are shown, and not counted in the row of those."""

TESSERACT = {"zh": "chi_sim", "ja": "jpn", "ru": "rus", "sr": "srp", "el": "ell", "ar": "ara", "hi": "hin", "te": "tel"}
"""Tesseract is told each image's language, which the other two are not."""


@dataclass(frozen=True, slots=True)
class Case:
    """An image and what stands on it."""

    path: Path
    group: str
    language: str
    text: str
    ignore_case: bool = False
    is_ordered: bool = False


@dataclass(slots=True)
class Tally:
    """Sums over images."""

    score: Score = Score(0, 0, 0)
    f1_sum: float = 0.0
    errors: float = 0.0
    processor: float = 0.0
    images: int = 0
    ordered: int = 0

    def add(self, case: Case, text: str, processor: float) -> None:
        """Count one image."""
        result = score(text, case.text, case.language, ignore_case=case.ignore_case)
        self.score += result
        self.f1_sum += result.f1
        self.processor += processor
        self.images += 1
        if case.is_ordered:
            self.errors += character_error_rate(text, case.text)
            self.ordered += 1

    def __str__(self) -> str:
        errors = f" CER {100 * self.errors / self.ordered:5.1f}" if self.ordered else " " * 10
        return f"F1 {100 * self.score.f1:5.1f}{errors} {self.processor / self.images:5.2f} s"


def character_error_rate(read: str, truth: str) -> float:
    """Levenshtein's distance over the length of the truth, white space folded."""
    one, two = (np.array([ord(letter) for letter in " ".join(text.split())], np.int64) for text in (read, truth))
    places = np.arange(len(two) + 1)
    row = places.copy()
    for number, letter in enumerate(one, start=1):
        step = np.concatenate([[number], np.minimum(row[1:] + 1, row[:-1] + (two != letter))])
        row = np.minimum.accumulate(step - places) + places
    return float(row[-1]) / max(1, len(two))


def cases_in(folder: Path, scratch: Path) -> Iterator[Case]:
    """The folder's images, then the drawn ones, which are saved to `scratch`."""
    for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if case["kind"] == "ocr" and case.get("text"):
            ignore_case = bool(case.get("case_insensitive"))
            yield Case(folder / case["file"], case["group"], case["lang"], case["text"], ignore_case)
    for page in drawn_pages():
        path = scratch / f"{page.name}.png"
        page.image.save(path)
        yield Case(path, page.group, "en", page.text, is_ordered=page.is_ordered)


def readers() -> dict[str, Callable[[Case], str]]:
    """Each reads one image, on one thread."""
    ours = Recogniser()
    one_thread = {"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": 1}
    shipped = RapidOCR(params=one_thread)
    found: dict[str, Callable[[Case], str]] = {
        "Lorgnette": lambda case: read_page(open_image(case.path), ours, lambda: None).text,
        "rapidocr as shipped": lambda case: "\n".join(shipped(case.path).txts or ()),
    }
    if shutil.which("tesseract"):
        found["tesseract"] = _tesseract
    for read in found.values():  # The models are loaded at the first image.
        read(Case(RESOURCES / "samples" / "note.png", "", "en", ""))
    return found


def _tesseract(case: Case) -> str:
    command = ["tesseract", str(case.path), "-", "-l", TESSERACT.get(case.language[:2], "eng")]
    ran = subprocess.run(command, capture_output=True, check=False, env=os.environ | {"OMP_THREAD_LIMIT": "1"})
    return ran.stdout.decode(errors="replace")


def main(folder: Path, *, is_verbose: bool) -> None:
    """Print the table."""
    tallies: dict[str, dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
    by_name = readers()
    with tempfile.TemporaryDirectory() as scratch:
        for case in cases_in(folder, Path(scratch)):
            languages = set(case.language.replace("+", ",").split(","))
            groups = [case.group]
            if not case.is_ordered:
                groups += ["all photographs and scans"]
                groups += ["of these Latin, Chinese, Japanese"] if languages <= READABLE else []
            for name, read in by_name.items():
                started = _processor_time()
                text = read(case)
                seconds = _processor_time() - started
                for group in groups:
                    tallies[group][name].add(case, text, seconds)
                if is_verbose:
                    one = Tally()
                    one.add(case, text, seconds)
                    print(f"  {name:20} {case.path.name:45} {case.language:6} {one}")
    print(f"{'group':34} {'images':>6}   " + "   ".join(f"{name:>26}" for name in by_name))
    for group, row in tallies.items():
        print(f"{group:34} {row['Lorgnette'].images:6}   " + "   ".join(f"{tally!s:>26}" for tally in row.values()))
    print(
        "F1 over all words, CER the mean over images (%), seconds of one core an image; wall time is the same or more."
    )


def _processor_time() -> float:
    """Seconds of this process and of those that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    main(Path(sys.argv[1]), is_verbose="-v" in sys.argv)
