"""How well a demo model does on strings it has never seen: `python -m training.demo_model.evaluate MODEL_FOLDER`.

It asks through the application's own engine, image files and all, as a user would. Prints a JSON object.
"""

import argparse
import json
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.settings.generation_options import GenerationOptions
from app.domain.settings.load_options import LoadOptions
from app.engine.backends.model_backend import ModelBackend
from app.engine.process.messages import AnswerDelta, Ask, Event, OpenModel
from training.demo_model.boxes import box_of, overlap
from training.demo_model.conversations import NOT_FOUND, REFUSAL, other_question
from training.demo_model.text_images import ENDINGS, TextImage, random_word, render

SEED = "unseen"
Question = Callable[[TextImage], tuple[str, Callable[[str], float]] | None]


class Engine:
    """The application's engine in this process."""

    def __init__(self, folder: Path, options: LoadOptions) -> None:
        self._backend = ModelBackend()
        self._backend.handle(OpenModel(str(folder), options), _ignore, _go_on)

    def ask(self, question: str, image: Path) -> str:
        """The answer, drawn as the model's publisher recommends."""
        return "".join(piece.text for piece in self.pieces(question, image))

    def pieces(self, question: str, image: Path) -> list[AnswerDelta]:
        """The answer as it streams, with how likely each piece was."""
        events: list[Event] = []
        turn = Turn(Role.USER, question, (SeenImage(str(image)),))
        options = GenerationOptions(max_new_tokens=200, doubts=True)
        self._backend.handle(Ask((turn,), options), events.append, _go_on)
        return [event for event in events if isinstance(event, AnswerDelta)]


def unseen_image(rng: random.Random, lines: int) -> TextImage:
    """An image with exactly so many lines, 224 to 768 pixels wide."""
    while True:
        image = render(rng, rng.randint(224, 768), rng.randint(50 + 40 * lines, 120 + 90 * lines), lines)
        if len(image.lines) == lines:
            return image


def measure(folder: Path, count: int, options: LoadOptions) -> dict[str, float]:
    """Parts of 1: exact answers by kind, the mean overlap of boxes, and of characters where lines are read."""
    engine = Engine(folder, options)
    rng = random.Random(SEED)
    figures: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        figures.setdefault(name, []).append(value)

    with tempfile.TemporaryDirectory() as folder_of_images:
        path = Path(folder_of_images) / "image.png"
        for _ in range(count):
            for lines in (1, 2, 3):
                image = unseen_image(rng, lines)
                Image.fromarray(image.pixels).save(path)
                note(f"read_{lines}", engine.ask("Read the text.", path) == "\n".join(image.lines))
                note("count", engine.ask("How many lines are there?", path).split(" ")[0] == str(lines))
                _find(engine, rng, image, path, note)
            note("other", engine.ask(other_question(rng), path) == REFUSAL)
    return {name: round(sum(values) / len(values), 4) for name, values in sorted(figures.items())}


def _find(engine: Engine, rng: random.Random, image: TextImage, path: Path, note: Callable[[str, float], None]) -> None:
    texts = [word.text for word in image.words]
    words = [word for word in image.words if texts.count(word.text) == 1 and len(word.text) > 1]
    if not words:
        return
    word = rng.choice(words)
    height, width, _ = image.pixels.shape
    sides = (width, height, width, height)
    left, top, right, bottom = (edge / side * 1000 for edge, side in zip(word.box, sides, strict=True))
    found = box_of(engine.ask(f"Where is {word.text}?", path))
    note("box_overlap", overlap(found, (left, top, right, bottom)) if found else 0.0)
    absent = next(text for text in (random_word(rng).rstrip(ENDINGS) for _ in range(100)) if text and text not in texts)
    note("absent_word", engine.ask(f"Where is {absent}?", path) == NOT_FOUND)


def _ignore(event: Event) -> None:
    """Opening is not watched."""


def _go_on() -> None:
    """Nobody stops this."""


def main() -> None:
    """Measure the model folders that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=200, help="images of each number of lines")
    parser.add_argument("--rounded", action="store_true", help="round activations to 8 bits")
    options = parser.parse_args()
    loading = LoadOptions(exact_activations=not options.rounded)
    for folder in options.folders:
        figures = measure(folder, options.count, loading)
        print(json.dumps({"folder": folder.name, "images": options.count} | figures), flush=True)


if __name__ == "__main__":
    main()
