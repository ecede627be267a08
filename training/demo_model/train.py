"""Train the demo model from scratch: `python -m training.demo_model.train FOLDER`, again to go on where it stopped.

Two processes of one thread each share the work of a step (on two cores that is faster than one process of two threads,
and does not collapse when something else runs). The losses:

- the answers' tokens, what the finished model is for;
- for every visual token the characters whose centres lie in it, in order, and
- where on the image a word begins or ends in it, and its line's top and bottom;
- for every character of a text and every number of a box the visual token that it is read off, and for the former
  which of the characters in it.

All but the first hang on heads that are thrown away. They teach the vision tower thousands of labelled places an image,
and the text decoder where to look, where an answer alone sits on a plateau for hours. Images start small and grow.
"""

import argparse
import json
import math
import os
import time
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import distributed as dist
from torch import nn
from torch.multiprocessing.spawn import spawn

from training.demo_model.architecture import BOX_NUMBERS, make_model, make_tokenizer
from training.demo_model.batched import make_fast, read, see
from training.demo_model.conversations import Kind
from training.demo_model.heads import POINTING_LAYER, Heads
from training.demo_model.lessons import SEED, Lessons, Stage, rate_at, stage_at
from training.demo_model.released import start_from
from training.demo_model.rounding import make_rounding

WORKERS = 2
PEAK_RATE, MUON_RATE = 1.5e-3, 0.015
SEEING_WHILE_READING = 0.4
"""The vision tower's learning rate in the second stage, as a part of the text decoder's: it has learned already."""
SLOT_WEIGHT, EDGE_WEIGHT, POINTING_WEIGHT = 0.5, 0.2, 0.3
WAVES = (0.5, 1, 2, 4, 6, 10)
"""Cycles over the image's side of the position embeddings' first values."""
NUMBER_WAVES = 40
"""The most cycles over a box's numbers of their embeddings' first values."""
SAVE_STEPS, LOG_STEPS = 100, 20


def main() -> None:
    """Start the workers and wait for them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=11400)
    parser.add_argument("--seeing-steps", type=int, default=6000)
    parser.add_argument("--start", type=Path, help="go on to reading with the weights of this released model")
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
    _start_weights(model, tokenizer)
    if options.start:
        start_from(options.start, model, tokenizer)
    heads = Heads(model.config.text_config.hidden_size, tokenizer)
    make_fast(model)
    linears = make_rounding(model.model.language_model)
    model.train()
    shares = _shares(model)
    optimisers = _optimisers(model, heads, shares[worker])
    saved = options.folder / f"training-{worker}.pt"
    first = options.seeing_steps if options.start else 0
    if saved.exists():
        first = _resume(saved, model, heads, optimisers)
    lessons = Lessons(tokenizer)
    log = Log(options.folder / "log.jsonl" if worker == 0 else Path(os.devnull))
    for step in range(first, options.steps):
        stage = stage_at(step, options.steps, options.seeing_steps)
        for linear in linears:
            linear.rounds = stage.rounds
        rate = rate_at(step, options.steps, options.seeing_steps)
        figures = _learn(model, heads, lessons, step, worker, stage)
        _apply(stage, rate, optimisers, [*model.parameters(), *heads.parameters()], shares)
        log.note(step, rate, figures)
        if step % SAVE_STEPS == SAVE_STEPS - 1 or step == options.steps - 1:
            _save(saved, model, heads, optimisers, step + 1)
    dist.destroy_process_group()


class Log:
    """A line for every LOG_STEPS steps: the means of what was noted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._began = time.monotonic()
        self._figures: dict[str, list[float]] = {}

    def note(self, step: int, rate: float, figures: dict[str, float]) -> None:
        """Add a step's figures, of which not every step has all."""
        for name, value in figures.items():
            self._figures.setdefault(name, []).append(value)
        if step % LOG_STEPS == LOG_STEPS - 1:
            means = {name: round(sum(values) / len(values), 4) for name, values in self._figures.items()}
            line = {"step": step + 1, "seconds": round(time.monotonic() - self._began), "rate": round(rate, 3)}
            with self._path.open("a") as log:
                log.write(json.dumps(line | means) + "\n")
            self._figures.clear()


def _learn(model: Any, heads: Heads, lessons: Lessons, step: int, worker: int, stage: Stage) -> dict[str, float]:  # noqa: ANN401
    """Add the gradients of one step and return its figures."""
    batch = lessons.batch(step, worker, stage)
    text = model.model.language_model
    figures: dict[str, float] = {"images": len(batch.pixels)}
    with torch.autocast("cpu", dtype=torch.bfloat16):
        embeddings, levels, _ = see(model.model.visual, batch.pixels)
        slot_loss, edge_loss, right = heads.seeing_losses(embeddings, batch)
        loss = SLOT_WEIGHT * slot_loss + EDGE_WEIGHT * edge_loss
        if stage.reads:
            hidden, given = read(text, batch.tokens, batch.visual_start, embeddings, levels, batch.grid)
            answer_loss, exact = heads.answer_loss(model.lm_head, hidden, batch.labels)
            pointing_loss, pointed = heads.pointing_loss(given[POINTING_LAYER], batch)
            loss = loss + answer_loss + POINTING_WEIGHT * pointing_loss
            kind = lessons.kind(step, stage) or "all"
            figures |= {f"answer_{kind}": answer_loss.item(), f"exact_{kind}": exact}
            if kind in (Kind.WHERE, Kind.READ):
                figures[f"pointed_{kind}"] = pointed.item()
            if step % 40 == 0:
                tokens, labels = lessons.without_image(step, worker)
                loss = (
                    loss + 0.3 * heads.answer_loss(model.lm_head, read(text, tokens, 0, None, [], (0, 0))[0], labels)[0]
                )
    torch.autograd.backward(loss)
    return figures | {"slots": slot_loss.item(), "characters": right.item(), "edges": edge_loss.item()}


def _apply(
    stage: Stage,
    rate: float,
    optimisers: list[torch.optim.Optimizer],
    parameters: list[nn.Parameter],
    shares: list[list[nn.Parameter]],
) -> None:
    """Change the weights by the mean of all workers' gradients, and forget them."""
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            slower = SEEING_WHILE_READING if stage.part is not None and group["sees"] else 1.0
            group["lr"] = group["peak"] * rate * slower
    learning = [[parameter for parameter in share if parameter.grad is not None] for share in shares]
    _share_gradients(parameters)
    nn.utils.clip_grad_norm_(parameters, 1.0)
    for optimiser in optimisers:
        optimiser.step()
    for parameter in parameters:  # Those of the other workers' shares, too.
        parameter.grad = None
    for owner, share in enumerate(learning):
        _send(share, owner)


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
def _start_weights(model: Any, tokenizer: Tokenizer) -> None:  # noqa: ANN401
    """Position embeddings, and those of a box's numbers, begin as waves: a place can be read off them at once."""
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
    embeddings = model.model.language_model.embed_tokens.weight
    embeddings.normal_(0, 0.05)
    for numbers in BOX_NUMBERS:
        places = torch.linspace(0, 1, len(numbers))[:, None]
        frequencies = torch.logspace(-1, math.log10(NUMBER_WAVES), embeddings.shape[1])
        curves = torch.cos(2 * math.pi * (frequencies * places + torch.rand(embeddings.shape[1])))
        embeddings[[tokenizer.token_to_id(number) for number in numbers]] = 0.07 * curves


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
