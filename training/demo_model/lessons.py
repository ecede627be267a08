"""The order of the lessons, and the batches of each: what is asked of the model at a step, and what is right."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from training.demo_model.architecture import WINDOW, special_ids
from training.demo_model.conversations import REFUSAL, Kind, Turn, conversation, other_question, random_kind
from training.demo_model.places import NOWHERE, Looks, looked_at, number_places, places
from training.demo_model.text_images import TextImage, render

SEED = 7
PATCHES_A_STEP = 3000
"""Patches of all images of a worker's step; the batch is as large as that allows."""
MAX_IMAGES, MAX_IMAGES_SEEN = 40, 112
# oneDNN compiles its kernels anew for every shape, for a second or two, so there are few shapes.
SEEN_SIZES = ((128, 32), (160, 64), (224, 64), (128, 96), (288, 64), (320, 96))
SMALL_SIZES = ((160, 32), (160, 64), (224, 64), (288, 64), (224, 96), (288, 128))
SIZES = tuple(
    (32 * wide, 32 * high)
    for wide, heights in {
        7: (2, 4, 7), 8: (3, 5), 9: (2, 4, 6), 10: (3, 8), 11: (2, 5), 12: (3, 4, 7), 13: (2, 10), 14: (4, 6),
        15: (3, 5), 16: (2, 4, 8), 17: (3, 6), 18: (4, 11), 19: (2, 5), 20: (3, 7, 10), 21: (4, 6), 22: (2, 8),
        23: (5, 9), 24: (2, 4, 7, 12),
    }.items()
    for high in heights
)  # fmt: skip
"""Every width from 224 to 768 pixels, and heights of 64 to 384."""
LENGTH_STEP = 32
WARM_UP = 100
EASY_STEPS, VARIED_STEPS = 130, 850
SEEING_EVERY = 3
"""While reading is learned, one step in so many is of seeing alone."""
CONVERSATIONS_FROM, ROUNDING_FROM = 0.7, 0.6
MAX_TURNS = 3
WHOLE_IMAGES = 0.35
"""How many steps of seeing are over images as large as users' are: places are learned from these."""
WHOLE_IMAGES_READ = 0.65
"""The same of reading, at last; more text fits into a step of small ones."""
NOTHING = torch.zeros(0, 0, dtype=torch.long)

HARD = 0.35
"""How many images have small and narrow letters."""

Row = tuple[list[int], list[int], list[Looks]]
"""The tokens of a conversation, their labels, and where each is read off."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Images of one size with their conversations, and what the thrown-away heads should say.

    `tokens` and `labels` are [B, T], labels -100 where nothing is to be learned; `looks` [B, T, 2] are the visual token
    that a label is read off and the character's number in it, NOWHERE where there is none; `slots` [B, V, SLOTS] are
    characters' numbers, CHARACTERS - 1 for none; `edges` [B, V, 4] are parts of the image's sides, NaN where there is
    none: the left of the first word that begins there, the right of the last that ends there, the top and bottom of
    their line.
    """

    pixels: Tensor
    tokens: Tensor
    labels: Tensor
    looks: Tensor
    slots: Tensor
    edges: Tensor
    visual_start: int
    grid: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Stage:
    """What is taught at one point of the training: which images, how varied, and whether the text model learns too.

    `part` is the part of the reading that is done, None while there is seeing alone; `reads` is false in some steps of
    reading, too, which keep the sight sharp for little time.
    """

    part: float | None
    variety: float
    reads: bool

    @property
    def rounds(self) -> bool:
        """Whether the text decoder computes with 4-bit weights."""
        return self.part is not None and self.part >= ROUNDING_FROM

    @property
    def asks_one_kind(self) -> bool:
        """Whether every conversation of a step is one question of one kind."""
        return self.part is not None and self.part < CONVERSATIONS_FROM

    def size(self, rng: random.Random) -> tuple[int, int]:
        """Width and height in pixels, multiples of 32; small at first."""
        if not self.reads:
            return rng.choice(SIZES if rng.random() < WHOLE_IMAGES * self.variety else SEEN_SIZES)
        return rng.choice(SIZES if rng.random() < min(WHOLE_IMAGES_READ, (self.part or 0) / 0.5) else SMALL_SIZES)


def stage_at(step: int, steps: int, seeing_steps: int) -> Stage:
    """The stage of a step: first seeing alone, then reading."""
    variety = min(1.0, max(0.0, (step - EASY_STEPS) / (VARIED_STEPS - EASY_STEPS)))
    if step < seeing_steps:
        return Stage(None, variety, reads=False)
    return Stage((step - seeing_steps) / (steps - seeing_steps), variety, reads=step % SEEING_EVERY != 0)


def rate_at(step: int, steps: int, seeing_steps: int) -> float:
    """The learning rate as a part of its peak: it warms up and falls evenly, once to see and once to read."""
    if step < seeing_steps:
        return min(1.0, (step + 1) / WARM_UP, max(0.1, 1.25 * (1 - step / seeing_steps)))
    left = (steps - step) / (steps - seeing_steps)
    return 0.6 * min(1.0, (step - seeing_steps + 1) / WARM_UP, 1.2 * left)


class Lessons:
    """Makes batches; the same seed makes the same ones."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        ids = special_ids(tokenizer)
        self._start, self._pad, self._end = (
            ids[name] for name in ("<|vision_start|>", "<|image_pad|>", "<|vision_end|>")
        )
        self._stop = ids["<|im_end|>"]
        self._numbers = number_places(tokenizer)
        self._open = tokenizer.encode("<|im_start|>user\n").ids

    def batch(self, step: int, worker: int, stage: "Stage") -> Batch:
        """The batch of a worker at a step; the images' size is the same for all workers."""
        width, height = stage.size(random.Random(f"{SEED} {step}"))
        rng = random.Random(f"{SEED} {step} {worker}")
        patches = width * height // 256
        count = min(MAX_IMAGES if stage.reads else MAX_IMAGES_SEEN, PATCHES_A_STEP // patches)
        lines = min(3, max(1, height // 40))
        images = [
            _blank(rng, width, height)
            if rng.random() < 0.02
            else render(rng, width, height, lines, stage.variety, HARD)
            for _ in range(count)
        ]
        grid = (height // WINDOW, width // WINDOW)
        rows = self._conversations(rng, images, grid, step, stage) if stage.reads else (NOTHING, NOTHING, NOTHING)
        told = [places(image, grid) for image in images]
        return Batch(
            torch.from_numpy(np.stack([image.pixels for image in images])),
            *rows,
            torch.stack([slots for slots, _ in told]),
            torch.stack([edges for _, edges in told]),
            len(self._open) + 1,
            grid,
        )

    def _conversations(
        self, rng: random.Random, images: Sequence[TextImage], grid: tuple[int, int], step: int, stage: "Stage"
    ) -> tuple[Tensor, Tensor, Tensor]:
        # While all ask the same, rows are short, and a step takes a third of the time.
        kind = self.kind(step, stage)
        said = [
            conversation(
                rng, image, MAX_TURNS if kind is Kind.WHERE else 1 if kind else rng.randint(1, MAX_TURNS), kind
            )
            for image in images
        ]
        rows = [self._row(turns, image, grid) for turns, image in zip(said, images, strict=True)]
        longest = max(len(tokens) for tokens, _, _ in rows)
        return _padded(rows, math.ceil(longest / LENGTH_STEP) * LENGTH_STEP)

    @staticmethod
    def kind(step: int, stage: "Stage") -> Kind | None:
        """What all conversations of a step ask, None where they differ or there are none."""
        return random_kind(random.Random(f"{SEED} {step} kind")) if stage.reads and stage.asks_one_kind else None

    def without_image(self, step: int, worker: int) -> tuple[Tensor, Tensor]:
        """Tokens and labels [B, T] of questions without an image."""
        rng = random.Random(f"{SEED} {step} {worker} text")
        rows: list[Row] = []
        for _ in range(MAX_IMAGES):
            tokens, labels = [*self._open], [-100] * len(self._open)
            asked, said = self._turn(other_question(rng), REFUSAL)
            rows.append((tokens + asked + said, labels + [-100] * len(asked) + said, []))
        return _padded(rows, 128)[:2]

    def _row(self, turns: Sequence[Turn], image: TextImage, grid: tuple[int, int]) -> Row:
        tokens = [*self._open, self._start, *[self._pad] * (grid[0] * grid[1]), self._end]
        follow_up = self._tokenizer.encode("\n<|im_start|>user\n").ids
        labels, looks = [-100] * len(tokens), [NOWHERE] * len(tokens)
        for number, (question, answer) in enumerate(turns):
            asked, said = self._turn(question, answer)
            before = [*follow_up, *asked] if number else asked
            tokens += before + said
            labels += [-100] * len(before) + said
            looks += [NOWHERE] * len(before) + looked_at(answer, said, self._numbers, image, grid)
        return tokens, labels, looks

    def _turn(self, question: str, answer: str) -> tuple[list[int], list[int]]:
        """The tokens of the question and of the answer."""
        asked = self._tokenizer.encode(f"{question}<|im_end|>\n<|im_start|>assistant\n").ids
        return asked, [*self._tokenizer.encode(answer).ids, self._stop]


def _padded(rows: Sequence[Row], length: int) -> tuple[Tensor, Tensor, Tensor]:
    """Tokens and labels [B, length], looks [B, length, 2]."""
    tokens = torch.zeros(len(rows), length, dtype=torch.long)
    labels = torch.full_like(tokens, -100)
    looks = torch.full((len(rows), length, 2), NOWHERE[0])
    for number, (row, answer, seen) in enumerate(rows):
        tokens[number, : len(row)] = torch.tensor(row)
        labels[number, : len(answer)] = torch.tensor(answer)
        if seen:
            looks[number, : len(seen)] = torch.tensor(seen)
    return tokens, labels, looks


def _blank(rng: random.Random, width: int, height: int) -> TextImage:
    ground = [rng.randint(0, 255) for _ in range(3)]
    return TextImage(np.full((height, width, 3), ground, np.uint8), (), (), ())
