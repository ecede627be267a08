"""Visual tokens and height of print at the automatic resolution and the settings' own, and the demo model's answers.

`python -m benchmarks.bench_resolution [FOLDER ...] [--count 20]` reads each folder's images with the built-in OCR and
prints the means of both; then it asks the demo model about `count` unseen images of one, two and three lines at both.
"""

import argparse
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from PIL import Image

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.documents.automatic_resolution import automatic_resolution, print_heights
from app.domain.documents.pages import OcrPage
from app.domain.errors import UserError
from app.domain.images.visual_tokens import seen_size, visual_tokens
from app.domain.ports import NEVER_CANCELLED
from app.domain.settings.generation_options import GenerationOptions
from app.domain.settings.load_options import LoadOptions
from app.engine.backends.model_backend import ModelBackend
from app.engine.imaging.open_image import open_image
from app.engine.process.messages import AnswerDelta, Ask, Event, OpenModel
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Recogniser
from app.paths import DEMO_MODEL
from training.demo_model.evaluate import unseen_image

BUDGET = GenerationOptions().pixel_budget
LOW = 14
"""Height in pixels below which print counts as low."""


@dataclass(frozen=True, slots=True)
class Row:
    """One image: visual tokens, and the smallest print's height in pixels (0 without print), at both resolutions."""

    tokens: tuple[int, int]
    heights: tuple[float, float]

    @property
    def is_lower(self) -> bool:
        """Whether print is low at the automatic resolution that is not so at the settings' own."""
        before, after = self.heights
        return after < LOW <= before


def row(page: OcrPage) -> Row:
    """Return an image's figures."""
    budgets = BUDGET, automatic_resolution(page, BUDGET).pixel_budget
    smallest = min(print_heights(page.lines), default=0.0)
    first, second = (
        (visual_tokens(page.width, page.height, budget), smallest * seen_size(page.width, page.height, budget)[1])
        for budget in budgets
    )
    return Row((first[0], second[0]), (first[1] / page.height, second[1] / page.height))


def pages(folder: Path, reader: Recogniser) -> Iterator[OcrPage]:
    """Yield the pages of a folder's images."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            image = open_image(path)
        except UserError:
            continue
        yield read_page(image, reader, NEVER_CANCELLED)


def show(name: str, rows: list[Row]) -> None:
    """Print the means of a folder."""
    before, after = (mean(found.tokens[which] for found in rows) for which in (0, 1))
    lower = sum(found.is_lower for found in rows)
    print(
        f"{name:24} {len(rows):5} images  tokens {before:7.1f} -> {after:7.1f} ({after / before - 1:+.0%})  "
        f"print below {LOW} pixels by it: {lower}"
    )


def demo_answers(count: int, reader: Recogniser) -> tuple[float, float, float]:
    """Return the fractions of exact answers at both resolutions, the automatic one last, and the ratio of tokens."""
    backend, rng = ModelBackend(), random.Random("resolution")
    backend.handle(OpenModel(str(DEMO_MODEL), LoadOptions()), _ignore, NEVER_CANCELLED)
    exact: list[tuple[bool, bool]] = []
    tokens: list[tuple[int, int]] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(3 * count):
            image = unseen_image(rng, 1 + number % 3)
            path = Path(folder) / f"{number}.png"
            Image.fromarray(image.pixels).save(path)
            page = read_page(open_image(path), reader, NEVER_CANCELLED)
            budgets = BUDGET, automatic_resolution(page, BUDGET).pixel_budget
            first, second = (_read(backend, path, budget) == "\n".join(image.lines) for budget in budgets)
            exact.append((first, second))
            tokens.append(row(page).tokens)
    before, after = (mean(pair[which] for pair in exact) for which in (0, 1))
    return before, after, sum(pair[1] for pair in tokens) / sum(pair[0] for pair in tokens)


def _read(backend: ModelBackend, path: Path, budget: int) -> str:
    events: list[Event] = []
    turn = Turn(Role.USER, "Read the text.", (SeenImage(str(path), budget),))
    backend.handle(Ask((turn,), GenerationOptions(max_new_tokens=200)), events.append, NEVER_CANCELLED)
    return "".join(event.text for event in events if isinstance(event, AnswerDelta))


def _ignore(event: Event) -> None:
    """Do nothing."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--count", type=int, default=20, help="unseen images of each number of lines, 0 for none")
    options = parser.parse_args()
    reader, rows = Recogniser(), []
    for folder in options.folders:
        found = [row(page) for page in pages(folder, reader)]
        show(folder.name, found)
        rows += found
    if len(options.folders) > 1:
        show("all", rows)
    if options.count:
        before, after, ratio = demo_answers(options.count, reader)
        print(f"demo model, exact answers {before:.1%} -> {after:.1%}, visual tokens {ratio - 1:+.0%}")


if __name__ == "__main__":
    main()
