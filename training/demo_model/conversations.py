"""What is asked about an image, and the right answer."""

import json
import random
from enum import StrEnum

from training.demo_model.architecture import BOX_HEAD, BOX_MIDDLE, BOX_STEP, BOX_TAIL
from training.demo_model.text_images import ENDINGS, TextImage, random_word

REFUSAL = "I can only read short printed text."
NO_TEXT = "There is no text."
NOT_FOUND = "I cannot find that word."
READ = ("Read the text.",) * 6 + ("Read the text", "read the text", "Read text", "What does it say?", "Read this.")
COUNT = ("How many lines are there?",) * 4 + ("How many lines?", "how many lines are there")
OPENINGS = (
    "What is", "Describe", "Who", "Why is", "Tell me about", "Can you", "How", "Translate", "Write", "Is there", "Say",
    "What colour is", "Summarise", "Count the", "How many people", "Draw", "Hello", "Hi", "Thanks", "When", "Which",
    "Do you", "Please", "Compare", "List", "Where are", "Where do", "Read me", "How many words", "Find the", "Give me",
    "What time", "Are you", "Help", "Make", "Name", "Solve", "Reading is", "The text", "Where", "How many", "Explain",
)  # fmt: skip
ABSENT = 0.25
"""How many of the words that are asked for are not there."""
COMMON = (
    "the image this picture a an in on of and people colour car dog cat tree house poem story number sum table chart",
    "your name weather today you do see it is there me please about between left right first last total price who what",
    "language French German Spanish me sing code Python work life word lines text",
)

Turn = tuple[str, str]
"""A question and its answer."""


class Kind(StrEnum):
    """What is asked."""

    READ = "read"
    WHERE = "where"
    COUNT = "count"
    OTHER = "other"


def random_kind(rng: random.Random) -> Kind:
    """Reading and finding are the hard ones, and come most."""
    return rng.choices(list(Kind), (0.6, 0.31, 0.05, 0.04))[0]


def conversation(rng: random.Random, image: TextImage, turns: int, kind: Kind | None = None) -> list[Turn]:
    """At most `turns` questions about `image`, with different answers; of one kind if that is given."""
    made: dict[str, Turn] = {}
    for _ in range(turns + 3):
        turn = ask(rng, image, kind or random_kind(rng))
        if len(made) < turns:
            made.setdefault(turn[1], turn)
    return list(made.values())


def ask(rng: random.Random, image: TextImage, kind: Kind) -> Turn:
    """A question of this kind about `image`."""
    match kind:
        case Kind.READ:
            return rng.choice(READ), "\n".join(image.lines) or NO_TEXT
        case Kind.WHERE:
            return _where(rng, image)
        case Kind.COUNT:
            count = len(image.lines)
            return rng.choice(COUNT), f"{count} line" if count == 1 else f"{count} lines"
        case Kind.OTHER:
            return other_question(rng), REFUSAL


def box_answer(word: str, box: tuple[float, float, float, float], width: int, height: int) -> str:
    """As Qwen3-VL answers: JSON with thousandths of the image's width and height."""
    numbers = ", ".join(str(number) for number in thousandths(box, width, height))
    return f"{BOX_HEAD}{numbers}{BOX_MIDDLE}{json.dumps(word)[1:-1]}{BOX_TAIL}"


def thousandths(box: tuple[float, float, float, float], width: int, height: int) -> tuple[int, ...]:
    """Left, top, right and bottom in thousandths of the image's sides, 0..996, in steps of BOX_STEP."""
    sides = (width, height, width, height)
    steps = 1000 // BOX_STEP
    return tuple(
        BOX_STEP * min(steps - 1, max(0, round(edge / side * steps))) for edge, side in zip(box, sides, strict=True)
    )


def other_question(rng: random.Random) -> str:
    """A question that this model cannot answer."""
    words = [
        rng.choice(" ".join(COMMON).split()) if rng.random() < 0.8 else random_word(rng)
        for _ in range(rng.randint(0, 6))
    ]
    return f"{rng.choice(OPENINGS)} {' '.join(words)}".strip() + rng.choice(("?", "?", ".", "", "!"))


def _where(rng: random.Random, image: TextImage) -> Turn:
    # People type a word without the comma behind it; the box is the whole word's.
    plain = [word.text.rstrip(ENDINGS) or word.text for word in image.words]
    askable = [number for number, text in enumerate(plain) if plain.count(text) == 1 and len(text) > 1]
    if not askable or rng.random() < ABSENT:
        absent = random_word(rng).rstrip(ENDINGS)
        if absent and absent not in plain:
            return f"Where is {absent}?", NOT_FOUND
    if not askable:
        return rng.choice(READ), "\n".join(image.lines) or NO_TEXT
    number = rng.choice(askable)
    word = image.words[number]
    asked = plain[number] if rng.random() < 0.5 else word.text
    height, width, _ = image.pixels.shape
    return f"Where is {asked}?", box_answer(asked, word.box, width, height)
