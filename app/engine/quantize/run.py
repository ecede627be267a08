"""The whole run: check, estimate, calibrate, answer, tune, check again, answer again, report, and only then the folder.

Everything slow is imported where it begins, so that a refusal comes at once.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.attachments import IMAGE_SUFFIXES
from app.domain.errors import QuantizeError
from app.domain.ports import ProgressCallback
from app.engine.checkpoints.open_checkpoint import Checkpoint, open_checkpoint
from app.engine.quantize.estimate import available_memory, estimate
from app.engine.quantize.files import find_files
from app.engine.quantize.output_folder import check_free, check_space, writing
from app.engine.quantize.recipe import Recipe, check_base
from app.engine.quantize.report import Report, SampleAnswer, average_bits, average_linear_bits, weight_bytes

if TYPE_CHECKING:
    from app.engine.quantize.calibration import Calibration

SIDE_FILES = (
    "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "added_tokens.json",
    "special_tokens_map.json", "preprocessor_config.json", "video_preprocessor_config.json", "processor_config.json",
    "generation_config.json", "chat_template.json", "chat_template.jinja", "LICENSE", "LICENSE.txt", "NOTICE",
)  # fmt: skip
"""Copied as they are: AutoRound writes its own tokenizer files, and those lack what it was not given."""

MOST_ASKED_IMAGES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What the user asked for. `questions` are answered before and after, about the first of `images` where given."""

    base: Path
    out: Path
    recipe: Recipe
    texts: tuple[Path, ...] = ()
    images: tuple[Path, ...] = ()
    questions: tuple[str, ...] = ()
    ignores_memory: bool = False


@dataclass(frozen=True, slots=True)
class Listener:
    """Told how a run goes: a line of text; the part of the images that is read; blocks done of how many."""

    say: Callable[[str], None]
    reading: ProgressCallback
    tuning: Callable[[float, int], None]


def quantize(job: Job, listener: Listener) -> Report:
    """Make `job.out`. Raises UserError, and then nothing is left of it; so it is after KeyboardInterrupt."""
    check_extra()
    base = open_checkpoint(job.base)
    check_base(base)
    check_free(job.out, job.base)
    calibration = _calibrate(base, job, listener)
    _check_estimate(base, job, calibration, listener)

    from app.engine.quantize.autoround import quantize_to  # noqa: PLC0415
    from app.engine.quantize.layer_errors import layer_errors  # noqa: PLC0415
    from app.engine.quantize.sample_answers import answer_all  # noqa: PLC0415

    questions = _questions(job)
    listener.say(f"Asking the model in 16 bits ({_count(len(questions), 'question')})…")
    before = answer_all(base, questions)
    base.tensors.close()  # AutoRound reads the folder by itself; ours is mapped again when weights are compared.
    with writing(job.out) as folder:
        listener.say(
            f"Quantising {_count(base.config.text.layers, 'block')} on {_count(calibration.samples, 'sample')}…"
        )
        started = time.monotonic()
        quantize_to(folder, base, job.recipe, calibration, listener.tuning)
        seconds = time.monotonic() - started
        _copy_side_files(job.base, folder)
        quantized = open_checkpoint(folder)
        listener.say("Comparing the weights and asking again…")
        layers = tuple(layer_errors(base, quantized))
        after = answer_all(quantized, questions)
        report = Report(
            base=job.base.resolve().name,
            recipe=job.recipe,
            calibration_texts=len(calibration.windows),
            calibration_images=len(calibration.images),
            calibration_tokens=calibration.tokens,
            size_before=weight_bytes(base),
            size_after=weight_bytes(quantized),
            average_bits=average_bits(base, quantized),
            average_linear_bits=average_linear_bits(layers),
            mean_error=sum(layer.relative_error for layer in layers) / len(layers),
            seconds=seconds,
            layers=layers,
            answers=tuple(
                SampleAnswer(question, image.name if image else "", *said)
                for (question, image), *said in zip(questions, before, after, strict=True)
            ),
        )
        report.write(folder)
        quantized.tensors.close()
    return report


def check_extra() -> None:
    """Raises QuantizeError where the packages are not installed that only quantising needs."""
    missing = [name for name in ("auto_round", "transformers") if find_spec(name) is None]
    if missing:
        raise QuantizeError(
            f"Quantising needs {' and '.join(missing)}, which answering questions does not.",
            kept="Nothing was changed.",
            todo="Install what is missing with: pip install 'lorgnette[autoround]'",
        )


def _calibrate(base: Checkpoint, job: Job, listener: Listener) -> "Calibration":
    from app.engine.quantize.calibration import make_calibration  # noqa: PLC0415 - loads the reader

    calibration = make_calibration(base, job.recipe, job.texts, job.images, listener.reading)
    parts = (_count(len(calibration.windows), "window") + " of text", _count(len(calibration.images), "image"))
    listener.say(f"Calibration: {' and '.join(parts)}, {calibration.tokens} tokens.")
    if calibration.skipped:
        listener.say(f"Skipped: {_count(calibration.skipped, 'file')} that could not be read.")
    if job.recipe.iters and calibration.samples < job.recipe.samples:
        listener.say(f"That is fewer than the {job.recipe.samples} samples wanted; more text would tune better.")
    return calibration


def _check_estimate(base: Checkpoint, job: Job, calibration: "Calibration", listener: Listener) -> None:
    needed = estimate(base, job.recipe, calibration.samples, calibration.longest)
    available = available_memory()
    listener.say(
        f"Memory: about {needed.memory / 1e9:.1f} GB (weights {needed.weights / 1e9:.1f}, samples "
        f"{needed.samples / 1e9:.1f}, one block {needed.block / 1e9:.1f}), {available / 1e9:.1f} GB are available. "
        f"Disk: about {needed.disk / 1e9:.1f} GB."
    )
    if available < needed.memory and not job.ignores_memory:
        raise QuantizeError(
            f"This run needs about {needed.memory / 1e9:.1f} GB of memory, and {available / 1e9:.1f} GB are available.",
            kept="Nothing was changed.",
            todo="Close other programs, use fewer --samples or a smaller --seqlen, or try with --ignore-memory.",
        )
    check_space(job.out, needed.disk)


def _questions(job: Job) -> list[tuple[str, Path | None]]:
    """Each question about each of the first images, or about none."""
    images = [file.path for file in find_files(job.images, IMAGE_SUFFIXES)]
    asked: list[Path | None] = [*images[:MOST_ASKED_IMAGES]] or [None]
    return [(question, image) for image in asked for question in job.questions]


def _copy_side_files(base: Path, folder: Path) -> None:
    for name in SIDE_FILES:
        if (base / name).is_file():
            shutil.copyfile(base / name, folder / name)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
