"""Our engine against Hugging Face's model with the same dequantised weights: the same logits, the same words."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.settings.load_options import LoadOptions
from app.engine.checkpoints.open_checkpoint import Checkpoint, open_checkpoint
from app.engine.generation.image_patches import cut_patches, load_patches
from app.engine.generation.mrope_positions import text_positions
from app.engine.generation.prompt import Prompt, VideoGrid, build_prompt
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.runtimes import shortlist_head
from app.engine.runtimes.port import FloatArray, ImagePatches
from app.engine.runtimes.registry import Choice
from app.engine.runtimes.torch import output_head
from tests.engine.conftest import TinyCheckpoint
from tests.support.reference import Reference
from tests.support.runtimes import RUNTIMES
from tests.support.tiny_checkpoint import Layout

STEPS = 64
MAX_PIXELS = 80 * 1024
WHOLE_VOCABULARY = 1_000_000
LAYOUTS = (Layout.AUTO_ROUND, Layout.AUTO_GPTQ)


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation; images are named by their sizes."""

    turns: tuple[tuple[Role, str, tuple[tuple[int, int], ...]], ...]


USER, ASSISTANT = Role.USER, Role.ASSISTANT
CASES = {
    "text only": Case(((USER, "What does the receipt show?", ()),)),
    "one image": Case(((USER, "What is on the sign?", ((330, 260),)),)),
    "two images": Case(((USER, "Describe the station.", ((300, 300), (250, 700))),)),
    "several turns": Case(
        (
            (USER, "What does the chart say?", ((500, 280),)),
            (ASSISTANT, "The chart has three bars.", ()),
            (USER, "And here?", ((260, 260),)),
            (ASSISTANT, "Words on a sign.", ()),
            (USER, "Describe the station.", ()),
        )
    ),
}


class TruthHarness:
    """One checkpoint opened by both."""

    def __init__(self, folder: Path, choice: Choice) -> None:
        self.checkpoint: Checkpoint = open_checkpoint(folder)
        self.tokenizer = ChatTokenizer(self.checkpoint)
        self.runtime = choice.open(self.checkpoint, LoadOptions(), lambda _: None, lambda: None)
        self.reference = Reference(folder)

    def prompt(self, turns: Sequence[Turn]) -> tuple[Prompt, list[ImagePatches]]:
        config = self.checkpoint.config
        images = [
            load_patches(Path(path), config.vision, self.checkpoint.preprocessor, MAX_PIXELS)
            for turn in turns
            for path in (image.path for image in turn.images)
        ]
        return build_prompt(turns, [image.grid_thw for image in images], self.tokenizer, config), images

    def logits(self, prompt: Prompt, images: list[ImagePatches], following: Sequence[int]) -> FloatArray:
        """Our logits after the prompt, and after each of the tokens that follow it, one by one."""
        features = [self.runtime.encode_image(image, lambda _: None, lambda: None) for image in images]
        arguments = (prompt.token_ids, prompt.positions, features)
        sequence = self.runtime.open_sequence()
        rows = [sequence.prefill(*arguments, lambda _: None, lambda: None)]
        for index, token in enumerate(following):
            positions = text_positions(prompt.next_position + index, 1)
            rows.append(sequence.step(np.array([token], np.int64), positions)[0])
        return np.stack(rows)


OpenHarness = Callable[..., TruthHarness]
"""(layout, group_size=128) -> the checkpoint, opened once for all tests."""


@pytest.fixture(scope="module", params=RUNTIMES)
def open_harness(request: pytest.FixtureRequest, tiny_checkpoint: TinyCheckpoint) -> Iterator[OpenHarness]:
    choice = RUNTIMES[request.param](LoadOptions())
    # The graph is looked at here, not the head that is right for the likeliest tokens alone; see test_screening.
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(shortlist_head, "CANDIDATES", WHOLE_VOCABULARY)
        patched.setattr(output_head, "CANDIDATES", WHOLE_VOCABULARY)
        yield _opener(tiny_checkpoint, choice)


def _opener(tiny_checkpoint: TinyCheckpoint, choice: Choice) -> OpenHarness:
    @cache
    def opened(layout: Layout, group_size: int = 128) -> TruthHarness:
        return TruthHarness(tiny_checkpoint(layout, group_size), choice)

    return opened


def turns_of(case: Case, folder: Path) -> list[Turn]:
    random = np.random.default_rng(11)
    turns = []
    for role, text, sizes in case.turns:
        paths = []
        for width, height in sizes:
            coarse = Image.fromarray(random.integers(0, 256, (9, 9, 3), np.uint8))
            path = folder / f"{len(list(folder.iterdir()))}.png"
            coarse.resize((width, height), Image.Resampling.BICUBIC).save(path)
            paths.append(str(path))
        turns.append(Turn(role=role, text=text, images=tuple(SeenImage(path) for path in paths)))
    return turns


def cosines(ours: FloatArray, theirs: FloatArray) -> FloatArray:
    products = (ours.astype(np.float64) * theirs).sum(axis=1)
    norms = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    return np.asarray(products / norms, np.float32)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_logits_and_greedy_words_are_those_of_hugging_face(
    open_harness: OpenHarness, layout: Layout, name: str, tmp_path: Path
) -> None:
    opened = open_harness(layout)
    turns = turns_of(CASES[name], tmp_path)
    prompt, images = opened.prompt(turns)
    pictures = [Image.open(image.path) for turn in turns for image in turn.images]
    pixels = opened.reference.pixels(pictures, MAX_PIXELS) if pictures else None

    truth = opened.reference.answer(prompt.token_ids, pixels, STEPS)
    ours = opened.logits(prompt, images, truth.tokens[:-1])

    assert cosines(ours, truth.logits).min() >= 0.999
    assert ours.argmax(axis=1).tolist() == truth.tokens
    # A model that says one word for ever would pass with half of its arithmetic missing.
    assert len(set(truth.tokens)) >= 12


@pytest.mark.parametrize("layout", LAYOUTS)
def test_patches_are_those_of_hugging_face(open_harness: OpenHarness, layout: Layout, tmp_path: Path) -> None:
    opened = open_harness(layout)
    turns = turns_of(CASES["two images"], tmp_path)
    _, images = opened.prompt(turns)

    pixels, grids = opened.reference.pixels([Image.open(image.path) for image in turns[0].images], MAX_PIXELS)

    assert [image.grid_thw for image in images] == [tuple(grid) for grid in grids.tolist()]
    ours = np.concatenate([image.pixels for image in images])
    assert np.abs(ours - pixels.numpy()).max() <= 2 / 255 / 0.5


def test_a_film_is_seen_as_hugging_face_sees_it(open_harness: OpenHarness, tmp_path: Path) -> None:
    opened = open_harness(Layout.AUTO_ROUND)
    random = np.random.default_rng(3)
    frames = [
        Image.fromarray(random.integers(0, 256, (9, 9, 3), np.uint8)).resize((96, 128), Image.Resampling.BICUBIC)
        for _ in range(6)
    ]
    config, preprocessor = opened.checkpoint.config, opened.checkpoint.preprocessor
    groups = [cut_patches(frames[start : start + 2], config.vision, preprocessor) for start in (0, 2, 4)]
    pixels, grid = opened.reference.video(frames)
    assert grid.tolist() == [[3, 8, 6]]
    ours = np.concatenate([group.pixels for group in groups])
    assert np.abs(ours - pixels.numpy()).max() <= 2 / 255 / 0.5

    video = VideoGrid(tuple((seconds, group.grid_thw) for seconds, group in zip((0.3, 1.3, 2.3), groups, strict=True)))
    turns = [Turn(USER, "What is on the sign?", (SeenImage("video.mp4"),))]
    prompt = build_prompt(turns, [video], opened.tokenizer, config)
    truth = opened.reference.answer_video(prompt.token_ids, (pixels, grid), STEPS)
    logits = opened.logits(prompt, groups, truth.tokens[:-1])
    assert cosines(logits, truth.logits).min() >= 0.999
    assert logits.argmax(axis=1).tolist() == truth.tokens


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_vision_tower_is_not_empty(open_harness: OpenHarness, layout: Layout, tmp_path: Path) -> None:
    """Loaders exist that leave the tower of a `gptq` folder random or zero; here the picture matters."""
    opened = open_harness(layout)
    turns = turns_of(CASES["one image"], tmp_path)
    prompt, images = opened.prompt(turns)
    Image.new("RGB", (330, 260), "white").save(turns[0].images[0].path)
    _, blank = opened.prompt(turns)

    seen, unseen = opened.logits(prompt, images, []), opened.logits(prompt, blank, [])

    assert cosines(seen, unseen)[0] < 0.999


@pytest.mark.parametrize(("layout", "group_size"), [(Layout.AUTO_ROUND, 32), (Layout.AUTO_GPTQ, 64)])
def test_smaller_groups(open_harness: OpenHarness, layout: Layout, group_size: int, tmp_path: Path) -> None:
    opened = open_harness(layout, group_size)
    prompt, images = opened.prompt(turns_of(CASES["text only"], tmp_path))

    truth = opened.reference.answer(prompt.token_ids, None, 16)

    assert opened.checkpoint.scheme == f"W4A16, group {group_size}"
    assert cosines(opened.logits(prompt, images, truth.tokens[:-1]), truth.logits).min() >= 0.999


def test_sixteen_bit_folders_open_too(open_harness: OpenHarness, tmp_path: Path) -> None:
    opened = open_harness(Layout.PLAIN)
    prompt, images = opened.prompt(turns_of(CASES["text only"], tmp_path))

    truth = opened.reference.answer(prompt.token_ids, None, STEPS)
    ours = opened.logits(prompt, images, truth.tokens[:-1])

    assert opened.checkpoint.quantization is None
    assert cosines(ours, truth.logits).min() >= 0.999
    assert ours.argmax(axis=1).tolist() == truth.tokens
