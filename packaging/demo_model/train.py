"""Train the demo model from scratch: `python packaging/demo_model/train.py FOLDER`, again to go on where it stopped.

Two processes of one thread each share the work of a step (on two cores that is faster than one process of two threads,
and does not collapse when something else runs). Three losses:

- the answers' tokens, what the finished model is for;
- for every visual token the characters whose centres lie in it, in order, and
- where on the image a word begins or ends in it, and its line's top and bottom.

The last two hang on heads that are thrown away. They teach the vision tower thousands of labelled places an image,
where an answer alone sits on a plateau for an hour. Images start small and grow.
"""

import argparse
import json
import math
import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from architecture import WINDOW, make_model, make_tokenizer, special_ids
from batched import make_fast, read, see
from conversations import REFUSAL, Turn, ask, conversation, other_question, random_kind
from rounding import make_rounding
from text_images import Glyph, TextImage, render
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch import distributed as dist
from torch.multiprocessing.spawn import spawn
from torch.nn.functional import cross_entropy

SEED = 7
WORKERS = 2
SLOTS = 10
FIRST_CHARACTER, CHARACTERS = 32, 96  # printable ASCII, and one place more for "none"
PATCHES_A_STEP = 3000
"""Patches of all images of a worker's step; the batch is as large as that allows."""
MOST_IMAGES, MOST_IMAGES_SEEN = 40, 112
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
PEAK_RATE, MUON_RATE = 1.5e-3, 0.015
WARM_UP = 100
EASY_STEPS, VARIED_STEPS = 130, 850
SEEING_WHILE_READING = 0.18
"""The vision tower's learning rate in the second stage, as a part of the text decoder's: it has learned already."""
SEEING_EVERY = 3
"""While reading is learned, one step in so many is of seeing alone."""
CONVERSATIONS_FROM, ROUNDING_FROM = 0.7, 0.6
SLOT_WEIGHT, EDGE_WEIGHT = 0.5, 0.2
EDGE_BINS, EDGE_BLUR = 100, 1.2
"""Hundredths of the image's side, and the standard deviation of the blurred answer."""
WHOLE_IMAGES = 0.35
"""How many steps of seeing are over images as large as users' are: places are learned from these."""
WHOLE_IMAGES_READ = 0.65
"""The same of reading, at last; more text fits into a step of small ones."""
WAVES = (0.5, 1, 2, 4, 6, 10)
"""Cycles over the image's side of the position embeddings' first values."""
NOTHING = torch.zeros(0, 0, dtype=torch.long)
SAVE_STEPS, LOG_STEPS = 100, 20

Row = tuple[list[int], list[int]]
"""The tokens of a conversation and their labels."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Images of one size with their conversations, and what the thrown-away heads should say.

    `tokens` and `labels` are [B, T], labels -100 where nothing is to be learned; `slots` [B, V, SLOTS] are characters'
    numbers, CHARACTERS - 1 for none; `edges` [B, V, 4] are parts of the image's sides, NaN where there is none: the
    left of the first word that begins there, the right of the last that ends there, the top and bottom of their line.
    """

    pixels: Tensor
    tokens: Tensor
    labels: Tensor
    slots: Tensor
    edges: Tensor
    visual_start: int
    grid: tuple[int, int]


class Heads(nn.Module):
    """What a visual token holds: its characters and where their words are."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.slots = nn.Linear(width, SLOTS * CHARACTERS)
        self.edges = nn.Linear(width, 4 * EDGE_BINS)

    def loss(self, embeddings: Tensor, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """The two losses, and the part of the slots with a character that are right."""
        slots = self.slots(embeddings).float().view(-1, CHARACTERS)
        wanted = batch.slots.flatten()
        # Most slots are empty: they count for less, so that what is there is learned first.
        weights = torch.ones(CHARACTERS)
        weights[-1] = 0.2
        slot_loss = cross_entropy(slots, wanted, weights)
        filled = wanted != CHARACTERS - 1
        right = (slots.argmax(-1) == wanted)[filled].float().mean() if filled.any() else torch.tensor(1.0)
        known = ~batch.edges.isnan()
        if not known.any():
            return slot_loss, self.edges(embeddings).float().sum() * 0, right
        edges = self.edges(embeddings).float().unflatten(-1, (4, EDGE_BINS))[known]
        distance = torch.arange(EDGE_BINS) + 0.5 - batch.edges[known][:, None] * EDGE_BINS
        return slot_loss, cross_entropy(edges, torch.softmax(-((distance / EDGE_BLUR) ** 2) / 2, dim=-1)), right


class Lessons:
    """Makes batches; the same seed makes the same ones."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        ids = special_ids(tokenizer)
        self._start, self._pad, self._end = (
            ids[name] for name in ("<|vision_start|>", "<|image_pad|>", "<|vision_end|>")
        )
        self._stop = ids["<|im_end|>"]
        self._open = tokenizer.encode("<|im_start|>user\n").ids

    def batch(self, step: int, worker: int, stage: "Stage") -> Batch:
        """The batch of a worker at a step; the images' size is the same for all workers."""
        width, height = stage.size(random.Random(f"{SEED} {step}"))
        rng = random.Random(f"{SEED} {step} {worker}")
        patches = width * height // 256
        count = min(MOST_IMAGES if stage.reads else MOST_IMAGES_SEEN, PATCHES_A_STEP // patches)
        lines = min(3, max(1, height // 40))
        images = [
            _blank(rng, width, height) if rng.random() < 0.02 else render(rng, width, height, lines, stage.variety)
            for _ in range(count)
        ]
        grid = (height // WINDOW, width // WINDOW)
        tokens, labels = self._conversations(rng, images, grid, step, stage) if stage.reads else (NOTHING, NOTHING)
        told = [places(image, grid) for image in images]
        return Batch(
            torch.from_numpy(np.stack([image.pixels for image in images])),
            tokens,
            labels,
            torch.stack([slots for slots, _ in told]),
            torch.stack([edges for _, edges in told]),
            len(self._open) + 1,
            grid,
        )

    def _conversations(
        self, rng: random.Random, images: Sequence[TextImage], grid: tuple[int, int], step: int, stage: "Stage"
    ) -> tuple[Tensor, Tensor]:
        # While all ask the same, rows are short, and a step takes a third of the time.
        kind = random_kind(random.Random(f"{SEED} {step} kind"))
        said = [
            [ask(rng, image, kind)] if stage.asks_one_kind else conversation(rng, image, rng.randint(1, 3))
            for image in images
        ]
        rows = [self._row(turns, grid[0] * grid[1]) for turns in said]
        longest = max(len(tokens) for tokens, _ in rows)
        return _padded(rows, math.ceil(longest / LENGTH_STEP) * LENGTH_STEP)

    def without_image(self, step: int, worker: int) -> tuple[Tensor, Tensor]:
        """Tokens and labels [B, T] of questions without an image."""
        rng = random.Random(f"{SEED} {step} {worker} text")
        rows: list[Row] = []
        for _ in range(MOST_IMAGES):
            tokens, labels = [*self._open], [-100] * len(self._open)
            self._turn(tokens, labels, other_question(rng), REFUSAL)
            rows.append((tokens, labels))
        return _padded(rows, 128)

    def _row(self, turns: Sequence[Turn], visual: int) -> Row:
        tokens = [*self._open, self._start, *[self._pad] * visual, self._end]
        labels = [-100] * len(tokens)
        for number, (question, answer) in enumerate(turns):
            if number:
                follow_up = self._tokenizer.encode("\n<|im_start|>user\n").ids
                tokens += follow_up
                labels += [-100] * len(follow_up)
            self._turn(tokens, labels, question, answer)
        return tokens, labels

    def _turn(self, tokens: list[int], labels: list[int], question: str, answer: str) -> None:
        asked = self._tokenizer.encode(f"{question}<|im_end|>\n<|im_start|>assistant\n").ids
        said = [*self._tokenizer.encode(answer).ids, self._stop]
        tokens += asked + said
        labels += [-100] * len(asked) + said


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
    return 0.8 * min(1.0, (step - seeing_steps + 1) / WARM_UP, 1.2 * left)


def main() -> None:
    """Start the workers and wait for them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=8600)
    parser.add_argument("--seeing-steps", type=int, default=6000)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        MASTER_ADDR="127.0.0.1", MASTER_PORT="29541", OMP_NUM_THREADS="1", ONEDNN_PRIMITIVE_CACHE_CAPACITY="16384"
    )
    spawn(work, (options,), nprocs=WORKERS)  # type: ignore[no-untyped-call]


def work(worker: int, options: argparse.Namespace) -> None:
    """One worker's training loop."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", rank=worker, world_size=WORKERS)
    torch.manual_seed(SEED)
    tokenizer = make_tokenizer()
    model = make_model(tokenizer)
    _start_weights(model)
    heads = Heads(model.config.text_config.hidden_size)
    make_fast(model)
    linears = make_rounding(model.model.language_model)
    model.train()
    shares = _shares(model)
    optimisers = _optimisers(model, heads, shares[worker])
    saved = options.folder / f"training-{worker}.pt"
    first = _resume(saved, model, heads, optimisers) if saved.exists() else 0
    lessons = Lessons(tokenizer)
    parameters = [*model.parameters(), *heads.parameters()]
    began, shown = time.monotonic(), Counter[str]()
    for step in range(first, options.steps):
        stage = stage_at(step, options.steps, options.seeing_steps)
        for linear in linears:
            linear.rounds = stage.rounds
        rate = rate_at(step, options.steps, options.seeing_steps)
        for optimiser in optimisers:
            for group in optimiser.param_groups:
                slower = SEEING_WHILE_READING if stage.part is not None and group["sees"] else 1.0
                group["lr"] = group["peak"] * rate * slower
        figures = _learn(model, heads, lessons, step, worker, stage)
        learning = [[parameter for parameter in share if parameter.grad is not None] for share in shares]
        _share_gradients(parameters)
        nn.utils.clip_grad_norm_(parameters, 1.0)
        for optimiser in optimisers:
            optimiser.step()
        for parameter in parameters:  # Those of the other workers' shares, too.
            parameter.grad = None
        for owner, share in enumerate(learning):
            _send(share, owner)
        shown.update(figures | {"steps": 1})
        if worker == 0 and step % LOG_STEPS == LOG_STEPS - 1:
            means = {name: round(value / shown["steps"], 4) for name, value in shown.items() if name != "steps"}
            line = {"step": step + 1, "seconds": round(time.monotonic() - began), "rate": round(rate, 3)} | means
            with (options.folder / "log.jsonl").open("a") as log:
                log.write(json.dumps(line) + "\n")
            shown.clear()
        if step % SAVE_STEPS == SAVE_STEPS - 1 or step == options.steps - 1:
            _save(saved, model, heads, optimisers, step + 1)
    dist.destroy_process_group()


def _learn(model: Any, heads: Heads, lessons: Lessons, step: int, worker: int, stage: Stage) -> dict[str, float]:  # noqa: ANN401
    """Add the gradients of one step and return its figures."""
    batch = lessons.batch(step, worker, stage)
    text = model.model.language_model
    figures: dict[str, float] = {"images": len(batch.pixels)}
    with torch.autocast("cpu", dtype=torch.bfloat16):
        embeddings, levels, _ = see(model.model.visual, batch.pixels)
        slot_loss, edge_loss, right = heads.loss(embeddings, batch)
        loss = SLOT_WEIGHT * slot_loss + EDGE_WEIGHT * edge_loss
        if stage.reads:
            hidden = read(text, batch.tokens, batch.visual_start, embeddings, levels, batch.grid)
            answer_loss, exact = _answer_loss(model, hidden, batch.labels, batch.visual_start + embeddings.shape[1])
            loss = loss + answer_loss
            figures |= {"answer": answer_loss.item(), "exact": exact}
            if step % 40 == 0:
                tokens, labels = lessons.without_image(step, worker)
                loss = loss + 0.3 * _answer_loss(model, read(text, tokens, 0, None, [], (0, 0)), labels, 0)[0]
    torch.autograd.backward(loss)
    return figures | {"slots": slot_loss.item(), "characters": right.item(), "edges": edge_loss.item()}


def _answer_loss(model: Any, hidden: Tensor, labels: Tensor, start: int) -> tuple[Tensor, float]:  # noqa: ANN401
    """Mean loss of an answer's token behind `start`, and the part of the conversations without a wrong token."""
    wanted = labels[:, start + 1 :]
    logits = model.lm_head(hidden[:, start:-1]).float()
    wrong = (logits.argmax(-1) != wanted) & (wanted != -100)
    return cross_entropy(logits.flatten(0, 1), wanted.flatten()), 1 - wrong.any(1).float().mean().item()


def _share_gradients(parameters: list[nn.Parameter]) -> None:
    """Every worker gets the mean of all workers' gradients."""
    held = [p for p in parameters if p.grad is not None]
    flat = torch.cat([p.grad.flatten() for p in held if p.grad is not None])
    dist.all_reduce(flat)
    flat /= WORKERS
    start = 0
    for parameter in held:
        end = start + parameter.numel()
        parameter.grad = flat[start:end].view_as(parameter)
        start = end


def _shares(model: Any) -> list[list[nn.Parameter]]:  # noqa: ANN401
    """The blocks' matrices, dealt out: each worker computes Muon's steps for its own and sends the outcome."""
    matrices = [
        parameter
        for name, parameter in model.named_parameters()
        if parameter.ndim == 2 and ("blocks." in name or ".layers." in name or "merger" in name)
    ]
    return [matrices[worker::WORKERS] for worker in range(WORKERS)]


@torch.no_grad()
def _send(share: list[nn.Parameter], owner: int) -> None:
    flat = torch.cat([parameter.flatten() for parameter in share])
    dist.broadcast(flat, owner)
    for parameter, part in zip(share, torch.split(flat, [parameter.numel() for parameter in share]), strict=True):
        parameter.copy_(part.view_as(parameter))


def _optimisers(model: Any, heads: Heads, share: list[nn.Parameter]) -> list[torch.optim.Optimizer]:  # noqa: ANN401
    """Muon for this worker's share of the matrices (arXiv 2502.16982), AdamW for everything that is no matrix.

    Each has a group for seeing and one for reading.
    """
    matrices = {parameter for share in _shares(model) for parameter in share}
    seeing = set(model.model.visual.parameters())
    others = [parameter for parameter in model.parameters() if parameter not in matrices]
    groups = [
        [
            {"params": [p for p in kind if p in seeing] + extra, "sees": True, "peak": peak},
            {"params": [p for p in kind if p not in seeing], "sees": False, "peak": peak},
        ]
        for kind, extra, peak in ((share, [], MUON_RATE), (others, [*heads.parameters()], PEAK_RATE))
    ]
    muon = torch.optim.Muon(groups[0], lr=MUON_RATE, weight_decay=0.01)
    adam = torch.optim.AdamW(groups[1], lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=0.01)
    return [muon, adam]


@torch.no_grad()
def _start_weights(model: Any) -> None:  # noqa: ANN401
    """Position embeddings begin as waves over the image, so that a place can be read off them at once."""
    table = model.model.visual.pos_embed.weight
    side = math.isqrt(len(table))
    axis = torch.linspace(0, 1, side)
    waves = [axis * 2 - 1]
    for cycles in WAVES:
        waves += [torch.sin(2 * math.pi * cycles * axis), torch.cos(2 * math.pi * cycles * axis)]
    down = torch.stack(waves, dim=1)[:, None].expand(side, side, -1)
    across = down.transpose(0, 1)
    both = torch.cat([down, across], dim=2).flatten(0, 1)
    table.normal_(0, 0.02)
    table[:, : both.shape[1]] += 0.5 * both
    model.model.language_model.embed_tokens.weight.normal_(0, 0.05)


def places(image: TextImage, grid: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Slots [V, SLOTS] and edges [V, 4] of every visual token."""
    height, width, _ = image.pixels.shape
    slots = torch.full((grid[0] * grid[1], SLOTS), CHARACTERS - 1)
    edges = torch.full((grid[0] * grid[1], 4), float("nan"))
    inside: dict[int, list[Glyph]] = {}
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for glyph in image.glyphs:
        row, column = int(glyph.y // WINDOW), int(glyph.x // WINDOW)
        if row < grid[0] and column < grid[1]:
            token = row * grid[1] + column
            inside.setdefault(token, []).append(glyph)
            first.setdefault(glyph.word, token)
            if glyph.text != " ":
                last[glyph.word] = token
    for token, found in inside.items():
        numbers = [ord(glyph.text) - FIRST_CHARACTER for glyph in found[:SLOTS]]
        slots[token, : len(numbers)] = torch.tensor(numbers)
        line = image.words[Counter(glyph.word for glyph in found).most_common(1)[0][0]]
        edges[token, 1::2] = torch.tensor(line.box)[1::2] / height
        words = {glyph.word: image.words[glyph.word].box for glyph in found}
        begun = [box[0] for word, box in words.items() if first[word] == token]
        ended = [box[2] for word, box in words.items() if last.get(word) == token]
        if begun:
            edges[token, 0] = begun[0] / width
        if ended:
            edges[token, 2] = ended[-1] / width
    return slots, edges.clamp(0, 0.999)


def _padded(rows: Sequence[Row], length: int) -> tuple[Tensor, Tensor]:
    """Tokens and labels [B, length]."""
    tokens = torch.zeros(len(rows), length, dtype=torch.long)
    labels = torch.full_like(tokens, -100)
    for number, (row, answer) in enumerate(rows):
        tokens[number, : len(row)] = torch.tensor(row)
        labels[number, : len(answer)] = torch.tensor(answer)
    return tokens, labels


def _blank(rng: random.Random, width: int, height: int) -> TextImage:
    ground = [rng.randint(0, 255) for _ in range(3)]
    return TextImage(np.full((height, width, 3), ground, np.uint8), (), (), ())


def _save(path: Path, model: Any, heads: Heads, optimisers: list[torch.optim.Optimizer], step: int) -> None:  # noqa: ANN401
    state = {
        "model": model.state_dict(),
        "heads": heads.state_dict(),
        "optimisers": [optimiser.state_dict() for optimiser in optimisers],
        "step": step,
    }
    torch.save(state, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def _resume(path: Path, model: Any, heads: Heads, optimisers: list[torch.optim.Optimizer]) -> int:  # noqa: ANN401
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    heads.load_state_dict(state["heads"])
    for optimiser, saved in zip(optimisers, state["optimisers"], strict=True):
        optimiser.load_state_dict(saved)
    step: int = state["step"]
    return step


if __name__ == "__main__":
    main()
