"""Whether the model is right as often as it is sure: `python -m training.demo_model.calibrate MODEL_FOLDER`.

Words of read images that it has never seen are sorted by how likely the model found them; for each share it prints how
many were read rightly, and at last the expected calibration error (Guo et al. 2017, https://arxiv.org/abs/1706.04599).
"""

import argparse
import random
import re
import tempfile
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path

from PIL import Image

from app.domain.settings.load_options import LoadOptions
from app.domain.text.confidence import LowConfidenceSpan, low_confidence_words
from training.demo_model.evaluate import Engine, unseen_image

SEED = "calibration"
EDGES = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0)


def read_words(engine: Engine, image: Path) -> list[tuple[str, float]]:
    """The words of the answer and how likely each was."""
    text, pieces = "", []
    for piece in engine.pieces("Read the text.", image):
        pieces.append(LowConfidenceSpan(len(text), len(text) + len(piece.text), piece.probability))
        text += piece.text
    return [(text[word.start : word.end], word.probability) for word in low_confidence_words(text, pieces)]


def rightness(said: list[str], true: list[str]) -> list[bool]:
    """Which of the words that were said stand in the image in that order."""
    right = [False] * len(said)
    for block in SequenceMatcher(None, said, true, autojunk=False).get_matching_blocks():
        right[block.a : block.a + block.size] = [True] * block.size
    return right


def main() -> None:
    """Measure one model folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=200, help="images of each number of lines")
    options = parser.parse_args()
    engine = Engine(options.folder, LoadOptions())
    rng = random.Random(SEED)
    seen: list[tuple[float, bool]] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.png"
        for _ in range(options.count):
            for lines in (1, 2, 3):
                image = unseen_image(rng, lines)
                Image.fromarray(image.pixels).save(path)
                said = read_words(engine, path)
                right = rightness([word for word, _ in said], re.findall(r"\S+", "\n".join(image.lines)))
                seen += [(probability, is_right) for (_, probability), is_right in zip(said, right, strict=True)]
    error = 0.0
    for low, high in pairwise(EDGES):
        within = [(sure, right) for sure, right in seen if low <= sure < high or sure == high == 1.0]
        if within:
            mean_sure = sum(sure for sure, _ in within) / len(within)
            mean_right = sum(right for _, right in within) / len(within)
            error += abs(mean_sure - mean_right) * len(within) / len(seen)
            print(f"{low:.3f} to {high:.3f}: {len(within):5} words, sure {mean_sure:.3f}, right {mean_right:.3f}")
    print(f"{len(seen)} words, {sum(right for _, right in seen) / len(seen):.4f} right, calibration error {error:.4f}")


if __name__ == "__main__":
    main()
