"""Calibration data for AutoRound: windows of the user's own texts, and questions about the user's own images.

Nothing is downloaded: AutoRound's default calibration set is on a hub, and this machine may have no network.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.error_texts import quantize_texts
from app.domain.errors import QuantizeError, UserError
from app.domain.images.attachments import IMAGE_SUFFIXES
from app.domain.ports import NEVER_CANCELLED, ProgressCallback
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.generation.image_patches import load_patches
from app.engine.generation.prompt import build_prompt
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.imaging.open_image import open_image
from app.engine.quantize.files import TEXT_SUFFIXES, CalibrationFile, find_files, read_texts
from app.engine.quantize.recipe import Recipe
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Recogniser

MIN_TOKENS = 32
PIXELS_A_TOKEN = 32 * 32
READING_QUESTION = "Read all the text on this image."
BUILT_IN = (
    "Please describe what you see on this photo, from the left to the right, and say what the people are doing.",
    "The receipt lists two coffees, a slice of cake and a bottle of water. The total is 14.60, paid by card.",
    "| Station | Departure | Platform |\n| --- | --- | --- |\n| Lyon | 09:42 | 4 |\n| Basel | 10:05 | 11 |",
    "Bitte lies den Text auf dem Schild vor und übersetze ihn ins Englische.",
    "¿Qué dice el cartel? El museo abre de martes a domingo, de diez a seis.",
    "请描述这张图片，并读出上面的所有文字。",
    "この画像に写っている文字を読んでください。",
    '{"invoice": "2024-0117", "items": [{"name": "toner", "price": 59.9}], "currency": "EUR"}',
    "def area(width: float, height: float) -> float:\n    return width * height\n",
    "In the chart, sales grow from 12 million in 2019 to 31 million in 2023; only 2020 was lower than the year before.",
)
"""Texts for rounding to nearest, which needs a little of everything and learns nothing from it."""


@dataclass(frozen=True, slots=True)
class ImageSample:
    """A question about the image at `path`, encoded with at most `pixel_budget` pixels, and the text read from it.

    `token_ids` are at most `seqlen` tokens. Pixels are not stored: hundreds of images would not fit into memory.
    """

    token_ids: tuple[int, ...]
    path: Path
    pixel_budget: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """Equally long `windows` of text, and `images`. `skipped` counts unreadable files in the given folders."""

    windows: tuple[tuple[int, ...], ...]
    images: tuple[ImageSample, ...]
    skipped: int

    @property
    def samples(self) -> int:
        """The number of samples, texts and images together."""
        return len(self.windows) + len(self.images)

    @property
    def tokens(self) -> int:
        """The number of tokens of all samples, image tokens included."""
        return sum(map(len, self.windows)) + sum(len(image.token_ids) for image in self.images)

    @property
    def longest(self) -> int:
        """The number of tokens of the longest sample."""
        return max(len(sample) for sample in (*self.windows, *(image.token_ids for image in self.images)))


def make_calibration(
    base: Checkpoint, recipe: Recipe, texts: Sequence[Path], images: Sequence[Path], progress: ProgressCallback
) -> Calibration:
    """Read the user's files; images take precedence if there are more than `recipe.samples`.

    `progress` is called with the fraction of the images that has been read. Raises QuantizeError, ImageError.
    """
    tokenizer = ChatTokenizer(base)
    image_files = find_files(images, IMAGE_SUFFIXES)
    image_samples, skipped_images = _read_images(base, tokenizer, recipe, image_files, progress)
    documents, skipped_texts = read_texts(find_files(texts, TEXT_SUFFIXES))
    if not documents and not image_samples:
        documents = _without_files(recipe, is_given=bool(texts or images))
    tokens = [token for document in documents for token in tokenizer.encode(f"{document}\n\n")]
    windows = _windows(tokens, recipe, recipe.samples - len(image_samples))
    if not image_samples and len(tokens) < MIN_TOKENS:
        raise QuantizeError(quantize_texts.TOO_FEW_TOKENS, tokens=len(tokens))
    return Calibration(tuple(windows), tuple(image_samples), skipped_images + skipped_texts)


def _without_files(recipe: Recipe, *, is_given: bool) -> list[str]:
    if is_given:
        raise QuantizeError(quantize_texts.NOTHING_FOUND)
    if recipe.iters:
        raise QuantizeError(quantize_texts.NOTHING_GIVEN)
    return list(BUILT_IN)


def _windows(tokens: Sequence[int], recipe: Recipe, max_windows: int) -> Iterator[tuple[int, ...]]:
    """Yield at most `max_windows` windows, evenly spread over all texts; a shorter one if there is no whole window."""
    length = min(recipe.seqlen, len(tokens))
    count = len(tokens) // length if length else 0
    taken = max(0, min(count, max_windows))
    if taken > recipe.batch_size:
        # AutoRound keeps the position ids of the first batch for all others, so all must have its size.
        taken -= taken % recipe.batch_size
    for index in range(taken):
        start = index * count // taken * length
        yield tuple(tokens[start : start + length])


def _read_images(
    base: Checkpoint,
    tokenizer: ChatTokenizer,
    recipe: Recipe,
    files: Sequence[CalibrationFile],
    progress: ProgressCallback,
) -> tuple[list[ImageSample], int]:
    samples: list[ImageSample] = []
    skipped = 0
    recogniser = Recogniser() if files else None
    # Half of the window, so that the text after the image fits, too.
    budget = recipe.seqlen // 2 * PIXELS_A_TOKEN
    for index, file in enumerate(files):
        if len(samples) == recipe.samples or recogniser is None:
            break
        try:
            patches = load_patches(file.path, base.config.vision, base.preprocessor, budget)
            page = read_page(open_image(file.path), recogniser, NEVER_CANCELLED)
        except UserError:
            if file.is_named:
                raise
            skipped += 1
            continue
        turns = (Turn(Role.USER, READING_QUESTION, (SeenImage(str(file.path)),)), Turn(Role.ASSISTANT, page.text))
        prompt = build_prompt(turns, [patches.grid_thw], tokenizer, base.config)
        samples.append(ImageSample(tuple(prompt.token_ids[: recipe.seqlen].tolist()), file.path, budget))
        progress((index + 1) / len(files))
    return samples, skipped
