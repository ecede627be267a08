"""Benchmarks a model on this machine, from opening it to a decoded token: the figures of `lorgnette bench`."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.models.answer_stats import AnswerStats
from app.domain.models.engine_status import Stage
from app.domain.models.model_info import ModelInfo
from app.domain.ports import IGNORE, NEVER_CANCELLED
from app.domain.settings.generation_options import GREEDY, GenerationOptions, Sampling
from app.domain.settings.load_options import LoadOptions
from app.domain.text.confidence import TextDelta
from app.engine.answering import NO_STAGE, GenerationCallbacks
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.generation.model import Model
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.runtimes.port import FloatArray
from app.engine.runtimes.registry import Choose, choose_runtime

QUESTION = "What is on this image?"
TEXT = """\
Invoice 2024-0187, issued on 14 March by Harbour Street Bindery, 12 Harbour Street, Bristol.
Two hundred leaflets, folded twice, at 0.35 each: 70.00. Binding of eleven volumes in half cloth: 286.00.
Carriage: 9.50. Subtotal 365.50, tax at 20 % 73.10, total 438.60, payable within thirty days.
The picture shows a wooden table by a window, with an open ledger, a brass lamp and a cup of tea on it. Behind the
glass, two sailing boats lie at the quay; the clock on the customs house says ten minutes past four.
{"invoice": "2024-0187", "total": 438.60, "currency": "GBP", "lines": [{"text": "leaflets", "count": 200}]}
"""
"""Text of which the logits after each token are compared: prose, figures and JSON."""
ANY_TOKEN = 1
STEPS, VERIFIED, VERIFIED_STEPS = 24, 8, 4
MACOS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes per unit of getrusage's `ru_maxrss`: bytes on macOS, KiB on Linux."""


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
    """Open the model in `folder`, give it square noise of `sides` pixels, and report each figure once it is known.

    Speed does not depend on an image's content. Raises UserError if the folder cannot be opened.
    """
    started = time.perf_counter()
    model = _load(folder, options, choose)
    report(Figure("model load", time.perf_counter() - started, "s"))
    with tempfile.TemporaryDirectory() as images:
        for number, side in enumerate(sides):
            paths = [Path(images) / f"{side}-{seed}.png" for seed in range(3)]
            for seed, path in enumerate(paths):
                noise = np.random.default_rng([side, seed]).integers(0, 256, (side, side, 3), np.uint8)
                Image.fromarray(noise).save(path)
            if number == 0:
                report(Figure("time to first token, first image after load", _ask(model, paths[0])[0], "s"))
            _measure_image(model, side, paths[1], paths[2], report)
    memory = _peak_memory()
    if memory is not None:
        report(Figure("peak memory", memory / 1e9, "GB"))
    return model.info


def compare(folder: Path, options: LoadOptions, report: Report, choose: Choose = choose_runtime) -> None:
    """Report how much rounding between the layers changes the logits of the model in `folder` over a text.

    The model is opened twice, once with exact activations. Raises UserError if it cannot be opened.
    """
    rounded, exact = (
        _logits(folder, replace(options, exact_activations=is_exact), choose) for is_exact in (False, True)
    )
    same = [own.argmax() == true.argmax() for own, true in zip(rounded, exact, strict=True)]
    report(Figure("same top-1 token as with exact activations", 100 * float(np.mean(same)), "%"))
    divergences = [_divergence(true, own) for own, true in zip(rounded, exact, strict=True)]
    report(Figure("KL divergence from exact activations, mean", statistics.fmean(divergences), "nats"))


def _load(folder: Path, options: LoadOptions, choose: Choose) -> Model:
    checkpoint = open_checkpoint(folder)
    return Model.load(checkpoint, ChatTokenizer(checkpoint), choose, options, NO_STAGE, NEVER_CANCELLED)


def _logits(folder: Path, options: LoadOptions, choose: Choose) -> list[FloatArray]:
    """Return the logits after each token of TEXT, each [V]."""
    model = _load(folder, options, choose)
    tokens = ChatTokenizer(open_checkpoint(folder)).encode(TEXT)
    _, stats = model.answer((Turn(Role.USER, QUESTION),), (), _options(), _NO_CALLBACKS)
    rows: list[FloatArray] = []
    for start in range(0, len(tokens), VERIFIED):
        rows += list(model.session.step(tokens[start : start + VERIFIED], stats.prompt_tokens + start))
    return rows


def _divergence(true: FloatArray, own: FloatArray) -> float:
    """Return the Kullback-Leibler divergence in nats over the tokens that may be drawn: the most likely by `true`."""
    candidates = np.argsort(true)[-Sampling().top_k :]
    expected, actual = (logits[candidates].astype(np.float64) for logits in (true, own))
    expected, actual = (logits - np.logaddexp.reduce(logits) for logits in (expected, actual))
    return float(np.sum(np.exp(expected) * (expected - actual)))


def _measure_image(model: Model, side: int, path: Path, other: Path, report: Report) -> None:
    size = f"{side} x {side}"
    first_token, vision_encode, stats = _ask(model, path)
    report(Figure(f"{size}: vision encode", vision_encode, "s"))
    report(Figure(f"{size}: prompt", stats.prompt_tokens, "tokens"))
    report(Figure(f"{size}: prefill", stats.prompt_tokens / (first_token - vision_encode), "tokens/s"))
    report(Figure(f"{size}: time to first token", first_token, "s"))
    report(Figure(f"{size}: time to first token, prefix cached", _ask(model, path)[0], "s"))
    model.prefill((_turn(other, ""),), _options(), NO_STAGE, NEVER_CANCELLED)
    report(Figure(f"{size}: time to first token, prefilled", _ask(model, other)[0], "s"))
    context = stats.context_tokens
    step = _step_seconds(model, context, 1, STEPS)
    report(Figure(f"{size}: decode", 1 / step, "tokens/s"))
    verified = _step_seconds(model, context, VERIFIED, VERIFIED_STEPS)
    report(Figure(f"{size}: decode ({VERIFIED - 1} draft tokens accepted)", VERIFIED / verified, "tokens/s"))


def _ask(model: Model, path: Path) -> tuple[float, float, AnswerStats]:
    """Return seconds to the first token, those of vision encoding among them, and the one-token answer's statistics."""
    encoded = started = time.perf_counter()

    def stage(stage: Stage, _progress: float) -> None:
        nonlocal encoded
        if stage is Stage.ENCODING_IMAGE:
            encoded = time.perf_counter()

    first = 0.0

    def delta(_delta: TextDelta) -> None:
        nonlocal first
        first = first or time.perf_counter()

    _, stats = model.answer(
        (_turn(path, QUESTION),), (), _options(), GenerationCallbacks(stage, delta, NEVER_CANCELLED)
    )
    return (first or time.perf_counter()) - started, encoded - started, stats


def _step_seconds(model: Model, position: int, tokens: int, count: int) -> float:
    """Return the median seconds of `count` steps of `tokens` tokens after the last answer, each rolled back."""
    seconds = []
    for _ in range(count):
        started = time.perf_counter()
        model.session.step([ANY_TOKEN] * tokens, position)
        seconds.append(time.perf_counter() - started)
        model.session.rollback(tokens)
    return statistics.median(seconds)


def _turn(path: Path, text: str) -> Turn:
    return Turn(Role.USER, text, (SeenImage(str(path)),))


def _options() -> GenerationOptions:
    return GenerationOptions(sampling=GREEDY, max_new_tokens=1)


def _peak_memory() -> int | None:
    """Return this process's peak memory in bytes, including mapped files; None if the system does not report it."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MACOS_UNIT


_NO_CALLBACKS = GenerationCallbacks(NO_STAGE, IGNORE, NEVER_CANCELLED)
