"""How many true values of receipts are linked to their place, and how many false ones are marked.

`python -m benchmarks.bench_proofs FOLDER`: FOLDER holds images and `manifest.jsonl` as the ICDAR 2019 SROIE set has it,
with `keys` (total, date, company, address) and `blocks` (lines with boxes). The built-in OCR reads each image, and
scripted answers name its keys: as they are, in one sentence of all, and with one digit changed at a time. A changed
value that the receipt has elsewhere is counted apart, since it is on the image.
"""

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rapidfuzz.fuzz import partial_ratio_alignment, ratio

from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box, TextLine
from app.domain.ports import NEVER_CANCELLED
from app.domain.proofs.claims import number_value
from app.domain.proofs.page_text import PageText
from app.domain.proofs.proofs import Proof, Verdict, proofs_of
from app.engine.imaging.open_image import open_image
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Recogniser

KEYS = ("total", "date", "company", "address")
MIN_OVERLAP = 0.5
SENTENCES = {
    "total": "The total of this receipt is {}.",
    "date": "It was issued on {}.",
    "company": "It was issued by {}.",
    "address": "The address is {}",
}
CHANGES = 5
"""Number of digits of each value that are changed, one at a time."""


def main() -> None:
    """Print a row a key, and the time that a long answer takes."""
    folder = Path(sys.argv[1])
    cases = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    reader, seed = Recogniser(), random.Random(1)
    counts: dict[str, Counter[str]] = {key: Counter() for key in KEYS}
    pages: list[OcrPage] = []
    for case in cases:
        page = read_page(open_image(folder / case["file"]), reader, NEVER_CANCELLED)
        pages.append(page)
        measure(case, PageText([page]), counts, seed)
    for key in KEYS:
        count = counts[key]
        print(
            f"{key:8} linked {share(count, 'linked', 'true')} (place right {share(count, 'placed', 'true')}), "
            f"false marks {share(count, 'wrong', 'true')}; changed: marked {share(count, 'marked', 'changed')}, "
            f"of those not elsewhere on the receipt {share(count, 'marked off', 'changed off')}"
        )
    print_time(pages)


def share(count: Counter[str], part: str, whole: str) -> str:
    """Return a fraction as it is printed."""
    return f"{count[part]}/{count[whole]} = {100 * count[part] / max(1, count[whole]):.1f} %"


def measure(case: dict[str, Any], text: PageText, counts: dict[str, Counter[str]], seed: random.Random) -> None:
    """Count the proofs of one receipt's values."""
    for key in KEYS:
        value = case["keys"].get(key, "")
        if not value:
            continue
        count, (answer, start) = counts[key], sentence(key, value)
        proofs = within(proofs_of(answer, text), start, start + len(value))
        count["true"] += 1
        count["linked"] += bool(proofs) and all(proof.verdict is Verdict.FOUND for proof in proofs)
        count["wrong"] += any(proof.verdict is not Verdict.FOUND for proof in proofs)
        boxes = [box for proof in proofs if proof.place for box in proof.place.boxes]
        is_placed = any(overlap(boxes, truth) >= MIN_OVERLAP for truth in true_places(key, value, case["blocks"]))
        count["placed"] += is_placed
        if not is_placed:
            print(f"  {case['file']} {key}: {value!r} -> {[(proof.verdict.value, proof.printed) for proof in proofs]}")
        for changed in changes(value, seed):
            answer, start = sentence(key, changed)
            proofs = within(proofs_of(answer, text), start, start + len(changed))
            is_marked = any(proof.verdict is not Verdict.FOUND for proof in proofs)
            is_elsewhere = is_printed(changed, case["blocks"])
            count["changed"] += 1
            count["marked"] += is_marked
            count["changed off"] += not is_elsewhere
            count["marked off"] += is_marked and not is_elsewhere
            if not is_marked and not is_elsewhere:
                print(f"  {case['file']} {key} changed: {changed!r} -> {[proof.printed for proof in proofs]}")


def sentence(key: str, value: str) -> tuple[str, int]:
    """Return an answer and where the value begins in it."""
    before, _, after = SENTENCES[key].partition("{}")
    return before + value + after, len(before)


def within(proofs: Sequence[Proof], start: int, end: int) -> list[Proof]:
    """Return the proofs of what overlaps [start, end)."""
    return [proof for proof in proofs if proof.start < end and start < proof.end]


def changes(value: str, seed: random.Random) -> Iterator[str]:
    """Yield the value with one digit changed, for some of its digits."""
    digits = [place for place, sign in enumerate(value) if sign.isdigit()]
    for place in seed.sample(digits, min(CHANGES, len(digits))):
        other = seed.choice([digit for digit in "0123456789" if digit != value[place]])
        yield value[:place] + other + value[place + 1 :]


def is_printed(value: str, blocks: Sequence[dict[str, Any]]) -> bool:
    """Return whether a line has a value, or its number in another notation."""
    numbers = number_value(value) if value.replace(".", "").isdigit() else frozenset[str]()
    words = (word for block in blocks for word in block["text"].split())
    return any(value in block["text"] for block in blocks) or any(
        not numbers.isdisjoint(number_value(word)) for word in words if word.replace(".", "").isdigit()
    )


def true_places(key: str, value: str, blocks: Sequence[dict[str, Any]]) -> Iterator[list[Box]]:
    """Yield the boxes of the places of a value: each line that has it, or all lines that are parts of it."""
    lines = [(block["text"], Box(*block["box"])) for block in blocks]
    if key in {"total", "date"}:
        for text, box in lines:
            if (start := text.find(value)) >= 0:
                yield [part(box, text, start, start + len(value))]
        return
    wanted = value.casefold()
    runs = [lines[start:end] for start in range(len(lines)) for end in range(start + 1, min(len(lines), start + 7) + 1)]
    best = max(runs, key=lambda run: ratio(" ".join(text for text, _ in run).casefold(), wanted))
    yield [box for _, box in best]
    for text, box in lines:
        found = partial_ratio_alignment(wanted, text.casefold(), score_cutoff=85)
        if found and len(text) > len(value):
            yield [part(box, text, found.dest_start, found.dest_end)]


def part(box: Box, text: str, start: int, end: int) -> Box:
    """Return the part of a line's box that some of its letters take, all being equally wide."""
    return Box(box.left + box.width * start / len(text), box.top, box.left + box.width * end / len(text), box.bottom)


def overlap(boxes: Sequence[Box], truth: Sequence[Box]) -> float:
    """Return the intersection over union of the boxes around both."""
    if not boxes:
        return 0.0
    one, other = Box.around(boxes), Box.around(truth)
    shared = one.share_inside(other) * one.width * one.height
    return shared / max(1e-6, one.width * one.height + other.width * other.height - shared)


def print_time(pages: Sequence[OcrPage]) -> None:
    """Print the time for an answer of about 500 tokens and a page of 200 lines."""
    lines: list[TextLine] = [line for page in pages for line in page.lines][:200]
    page = OcrPage(1000, 4000, tuple(lines), "\n".join(line.text for line in lines))
    answer = "\n".join(f"- {line.text}" for line in lines[:100])[:1800]
    started = time.perf_counter()
    text = PageText([page])
    prepared = (text.claims, text.trigrams)
    built = time.perf_counter()
    rounds = 20
    for _ in range(rounds):
        found = proofs_of(answer, text)
    seconds = (time.perf_counter() - built) / rounds
    print(
        f"{len(answer)} letters against {len(lines)} lines: {1000 * seconds:.1f} ms for {len(found)} claims, "
        f"after {1000 * (built - started):.1f} ms once a page ({len(prepared[0])} values)"
    )


if __name__ == "__main__":
    main()
