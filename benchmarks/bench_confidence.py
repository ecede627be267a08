"""How often words of each score are right, on pages that others published.

`python -m benchmarks.bench_confidence FOLDER [SET…] [--fit]`: FOLDER is as for `bench_public_pages`. A word is right if
all its runs of letters and digits are words of the page's truth, tables included, or stand within one of them: a word
that is parted at the line's end is one word there. Words that end with a hyphen are left out. `--fit` prints the
constants of `app/engine/reader/word_confidence.py`, fitted to all files and, for the error that is printed, to four
fifths of them at a time.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.domain.ports import NEVER_CANCELLED
from app.engine.imaging.open_image import open_image
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Recogniser
from app.engine.reader.uncertain_amounts import UNCERTAIN_AMOUNT
from app.engine.reader.word_confidence import BIAS, LINE_WEIGHT, WORD_WEIGHT, evidence
from benchmarks.bench_public_pages import Row, scorer

SETS = ("sroie", "mdpbench", "omnidocbench")
LANGUAGES = frozenset({"en", "de", "fr", "it", "pt", "nl", "es", "zh"})
EDGES = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0)
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """A word: its file, its score, its line's, and whether it is right."""

    file: str
    score: float
    line_score: float
    is_right: bool


def main() -> None:
    """Print the table of reliability, and with --fit the constants."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("sets", nargs="*")
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args()
    score = scorer(options.folder)
    reader = Recogniser()
    samples: list[Sample] = []
    for name in options.sets or SETS:
        for line in (options.folder / name / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["kind"] != "photo" and score.LANGUAGES.get(row["lang"], row["lang"]) in LANGUAGES:
                page = read_page(open_image(options.folder / name / row["file"]), reader, NEVER_CANCELLED)
                wanted, joined = _truth(score, row)
                samples += [
                    Sample(row["file"], word.score, line.score, _is_right(score, word.text, wanted, joined))
                    for line in page.lines
                    for word in line.words
                    if score.words(word.text, "en") and not word.text.endswith("-")
                ]
    right = np.array([sample.is_right for sample in samples], np.float64)
    _table(np.array([sample.score for sample in samples]), right)
    if options.fit:
        _fit(samples)


def _truth(score: object, row: Row) -> tuple[set[str], str]:
    """Return the words of a page's truth, and all of it without white space and hyphens."""
    texts = [row["text"], *(block.get("text") or "" for block in row.get("blocks") or [])]
    texts += [cell for table in row.get("tables") or [] for cells in table["rows"] for cell in cells]
    text = "\n".join(texts)
    return set(score.words(text, "en")), score.folded(text).replace(" ", "").replace("-", "")  # type: ignore[attr-defined]


def _is_right(score: object, text: str, wanted: set[str], joined: str) -> bool:
    tight = score.folded(text).replace("-", "")  # type: ignore[attr-defined]
    return set(score.words(text, "en")) <= wanted or (len(tight) >= 4 and tight in joined)  # type: ignore[attr-defined]


def _table(scores: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> None:
    error = 0.0
    print(f"{'score':14} {'words':>6} {'mean score':>11} {'right':>7}")
    for low, high in pairwise(EDGES):
        inside = (scores >= low) & ((scores < high) | (high == 1.0))
        if inside.any():
            told, found = scores[inside].mean(), right[inside].mean()
            error += inside.mean() * abs(told - found)
            print(f"{low:.2f} to {high:.2f}   {inside.sum():6} {told:11.3f} {found:7.3f}")
    print(f"{len(scores)} words, {right.mean():.3f} right, expected calibration error {100 * error:.1f} points")


def _fit(samples: Sequence[Sample]) -> None:
    """Print the constants, and the table for words of files that they were not fitted to."""
    kept = [sample for sample in samples if sample.line_score > UNCERTAIN_AMOUNT]
    lines = np.array([evidence(sample.line_score) for sample in kept])
    logits = np.array([np.log(sample.score / (1 - sample.score)) for sample in kept])
    features = np.stack([np.ones(len(kept)), (logits - BIAS - LINE_WEIGHT * lines) / WORD_WEIGHT, lines], axis=1)
    right = np.array([sample.is_right for sample in kept], np.float64)
    files = sorted({sample.file for sample in kept})
    folds = np.array([files.index(sample.file) % FOLDS for sample in kept])
    scores = np.zeros(len(kept))
    for fold in range(FOLDS):
        weights = _regression(features[folds != fold], right[folds != fold])
        scores[folds == fold] = 1 / (1 + np.exp(-features[folds == fold] @ weights))
    _table(scores, right)
    print("BIAS, WORD_WEIGHT, LINE_WEIGHT = {:.2f}, {:.2f}, {:.2f}".format(*_regression(features, right)))


def _regression(features: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the weights of a logistic regression, by Newton's method."""
    weights = np.zeros(features.shape[1])
    for _ in range(40):
        chances = 1 / (1 + np.exp(-features @ weights))
        hessian = features.T @ (features * (chances * (1 - chances) + 1e-9)[:, None])
        weights += np.linalg.solve(hessian, features.T @ (right - chances))
    return weights


if __name__ == "__main__":
    main()
