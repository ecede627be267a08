"""How fast a model is on this machine, from opening it to a decoded token: what `lorgnette bench` prints."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from app.domain.chat import Role, SeenImage, Turn
from app.domain.doubt import Piece
from app.domain.engine_status import Stage
from app.domain.generation import GREEDY, AnswerStats, GenerationOptions, LoadOptions, ModelInfo, Sampling
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.generation.generate import Listener
from app.engine.generation.model import Model
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.runtimes.choose import Choose, choose_runtime
from app.engine.runtimes.port import FloatArray

QUESTION = "What is on this image?"
TEXT = """\
Invoice 2024-0187, issued on 14 March by Harbour Street Bindery, 12 Harbour Street, Bristol.
Two hundred leaflets, folded twice, at 0.35 each: 70.00. Binding of eleven volumes in half cloth: 286.00.
Carriage: 9.50. Subtotal 365.50, tax at 20 % 73.10, total 438.60, payable within thirty days.
The picture shows a wooden table by a window, with an open ledger, a brass lamp and a cup of tea on it. Behind the
glass, two sailing boats lie at the quay; the clock on the customs house says ten minutes past four.
{"invoice": "2024-0187", "total": 438.60, "currency": "GBP", "lines": [{"text": "leaflets", "count": 200}]}
"""
"""Prose, figures and JSON: what the model says behind each of its tokens is compared."""
ANY_TOKEN = 1
STEPS, GUESSED, GUESSED_STEPS = 24, 8, 4
MACOS_UNIT = 1 if sys.platform == "darwin" else 1024
"""getrusage counts bytes on macOS and KiB on Linux."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One result: `value` in `unit`."""

    name: str
    value: float
    unit: str


Report = Callable[[Figure], None]


def benchmark(
    folder: Path,
    sides: Sequence[int],
    options: LoadOptions,
    report: Report,
    choose: Choose = choose_runtime,
) -> ModelInfo:
    """Open the model in `folder`, show it square noise of `sides` pixels, and report each figure as it is known.

    Speed does not depend on what is on an image. Raises UserError where the folder cannot be opened.
    """
    started = time.perf_counter()
    model = _load(folder, options, choose)
    report(Figure("opening", time.perf_counter() - started, "s"))
    with tempfile.TemporaryDirectory() as images:
        for number, side in enumerate(sides):
            paths = [Path(images) / f"{side}-{seed}.png" for seed in range(3)]
            for seed, path in enumerate(paths):
                noise = np.random.default_rng([side, seed]).integers(0, 256, (side, side, 3), np.uint8)
                Image.fromarray(noise).save(path)
            if number == 0:
                report(Figure("first token, first image after opening", _ask(model, paths[0])[0], "s"))
            _measure_image(model, side, paths[1], paths[2], report)
    memory = _most_memory()
    if memory is not None:
        report(Figure("most memory", memory / 1e9, "GB"))
    return model.info


def compare(folder: Path, options: LoadOptions, report: Report, choose: Choose = choose_runtime) -> None:
    """Report how far rounding between the layers moves what the model in `folder` says about a text.

    The model is opened twice, once with exact activations. Raises UserError where it cannot be opened.
    """
    rounded, exact = (
        _logits(folder, replace(options, exact_activations=is_exact), choose) for is_exact in (False, True)
    )
    same = [own.argmax() == true.argmax() for own, true in zip(rounded, exact, strict=True)]
    report(Figure("same likeliest token as with exact activations", 100 * float(np.mean(same)), "%"))
    divergences = [_divergence(true, own) for own, true in zip(rounded, exact, strict=True)]
    report(Figure("divergence from exact activations, mean", statistics.fmean(divergences), "nats"))


def _load(folder: Path, options: LoadOptions, choose: Choose) -> Model:
    checkpoint = open_checkpoint(folder)
    return Model.load(checkpoint, ChatTokenizer(checkpoint), choose, options, _ignore_stage, _never)


def _logits(folder: Path, options: LoadOptions, choose: Choose) -> list[FloatArray]:
    """What the model says behind each token of TEXT, each [V]."""
    model = _load(folder, options, choose)
    tokens = ChatTokenizer(open_checkpoint(folder)).encode(TEXT)
    _, stats = model.answer((Turn(Role.USER, QUESTION),), (), _options(), _UNHEARD)
    rows: list[FloatArray] = []
    for start in range(0, len(tokens), GUESSED):
        rows += list(model.session.step(tokens[start : start + GUESSED], stats.prompt_tokens + start))
    return rows


def _divergence(true: FloatArray, own: FloatArray) -> float:
    """Kullback and Leibler's, over the tokens that may be drawn: the likeliest of `true`."""
    likeliest = np.argsort(true)[-Sampling().top_k :]
    expected, said = (logits[likeliest].astype(np.float64) for logits in (true, own))
    expected, said = (logits - np.logaddexp.reduce(logits) for logits in (expected, said))
    return float(np.sum(np.exp(expected) * (expected - said)))


def _measure_image(model: Model, side: int, path: Path, other: Path, report: Report) -> None:
    size = f"{side} x {side}"
    first_token, looking, stats = _ask(model, path)
    report(Figure(f"{size}: looking", looking, "s"))
    report(Figure(f"{size}: prompt", stats.prompt_tokens, "tokens"))
    report(Figure(f"{size}: reading it", stats.prompt_tokens / (first_token - looking), "tokens/s"))
    report(Figure(f"{size}: first token", first_token, "s"))
    report(Figure(f"{size}: first token, asked again", _ask(model, path)[0], "s"))
    model.prepare((_turn(other, ""),), _options(), _ignore_stage, _never)
    report(Figure(f"{size}: first token, read ahead", _ask(model, other)[0], "s"))
    context = stats.context_tokens
    step = _step_seconds(model, context, 1, STEPS)
    report(Figure(f"{size}: decoding", 1 / step, "tokens/s"))
    guesses = _step_seconds(model, context, GUESSED, GUESSED_STEPS)
    report(Figure(f"{size}: decoding where {GUESSED - 1} guesses are right", GUESSED / guesses, "tokens/s"))


def _ask(model: Model, path: Path) -> tuple[float, float, AnswerStats]:
    """Seconds to the first token, seconds of them spent on looking, and the figures of the answer, one token long."""
    looked = started = time.perf_counter()

    def stage(stage: Stage, _progress: float) -> None:
        nonlocal looked
        if stage is Stage.LOOKING:
            looked = time.perf_counter()

    first = 0.0

    def piece(_piece: Piece) -> None:
        nonlocal first
        first = first or time.perf_counter()

    _, stats = model.answer((_turn(path, QUESTION),), (), _options(), Listener(stage, piece, _never))
    return (first or time.perf_counter()) - started, looked - started, stats


def _step_seconds(model: Model, position: int, tokens: int, count: int) -> float:
    """The median of `count` steps of so many tokens behind the last answer, each taken back."""
    seconds = []
    for _ in range(count):
        started = time.perf_counter()
        model.session.step([ANY_TOKEN] * tokens, position)
        seconds.append(time.perf_counter() - started)
        model.session.forget(tokens)
    return statistics.median(seconds)


def _turn(path: Path, text: str) -> Turn:
    return Turn(Role.USER, text, (SeenImage(str(path)),))


def _options() -> GenerationOptions:
    return GenerationOptions(sampling=GREEDY, max_new_tokens=1)


def _most_memory() -> int | None:
    """Bytes that this process had at most, mapped files included; None where the system does not tell."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MACOS_UNIT


def _ignore_stage(_stage: Stage, _progress: float) -> None:
    """Nobody watches."""


def _never() -> None:
    """It is not stopped."""


_UNHEARD = Listener(_ignore_stage, lambda _: None, _never)
