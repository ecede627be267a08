"""A whole run: check, estimate, calibrate, answer, tune, check and answer again, report, and only then the folder.

Slow imports are made where they are first needed, so that invalid input is rejected immediately.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.error_texts import quantize_texts
from app.domain.errors import QuantizeError
from app.domain.gigabytes import gigabytes_needed, gigabytes_there
from app.domain.images.attachments import IMAGE_SUFFIXES
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
"""Files that are copied unchanged: AutoRound writes its own tokenizer files, which lack what it was not given."""

MAX_ASKED_IMAGES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizeJob:
    """The user's job. `questions` are answered before and after, about the first of `images` if there are any."""

    base: Path
    out: Path
    recipe: Recipe
    texts: tuple[Path, ...] = ()
    images: tuple[Path, ...] = ()
    questions: tuple[str, ...] = ()
    ignores_memory: bool = False


@dataclass(frozen=True, slots=True)
class QuantizeCallbacks:
    """Callbacks of a run: a line of text; the fraction of images read; the number of finished and of all blocks."""

    on_message: Callable[[str], None]
    on_images_read: ProgressCallback
    on_block_tuned: Callable[[float, int], None]


def quantize(job: QuantizeJob, callbacks: QuantizeCallbacks) -> Report:
    """Create `job.out`. Raises UserError; after an error or KeyboardInterrupt nothing is left of it."""
    check_extra()
    base = open_checkpoint(job.base)
    check_base(base)
    check_free(job.out, job.base)
    calibration = _calibrate(base, job, callbacks)
    _check_estimate(base, job, calibration, callbacks)

    from app.engine.quantize.autoround import quantize_to  # noqa: PLC0415
    from app.engine.quantize.layer_errors import layer_errors  # noqa: PLC0415
    from app.engine.quantize.sample_answers import answer_all  # noqa: PLC0415

    questions = _questions(job)
    callbacks.on_message(f"Asking the model in 16 bits ({_count(len(questions), 'question')})…")
    before = answer_all(base, questions)
    base.tensors.close()  # AutoRound reads the folder by itself; ours is mapped again to compare the weights.
    with writing(job.out) as folder:
        callbacks.on_message(
            f"Quantising {_count(base.config.text.layers, 'block')} on {_count(calibration.samples, 'sample')}…"
        )
        started = time.monotonic()
        quantize_to(folder, base, job.recipe, calibration, callbacks.on_block_tuned)
        seconds = time.monotonic() - started
        _copy_side_files(job.base, folder)
        quantized = open_checkpoint(folder)
        callbacks.on_message("Comparing the weights and asking again…")
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
                SampleAnswer(question, image.name if image else "", *texts)
                for (question, image), *texts in zip(questions, before, after, strict=True)
            ),
        )
        report.write(folder)
        quantized.tensors.close()
    return report


def check_extra() -> None:
    """Raise QuantizeError if the packages that only quantising needs are not installed."""
    missing = [name for name in ("auto_round", "transformers") if find_spec(name) is None]
    match missing:
        case [package]:
            raise QuantizeError(quantize_texts.PACKAGE_MISSING, package=package)
        case [first, second]:
            raise QuantizeError(quantize_texts.PACKAGES_MISSING, first=first, second=second)


def _calibrate(base: Checkpoint, job: QuantizeJob, callbacks: QuantizeCallbacks) -> "Calibration":
    from app.engine.quantize.calibration import make_calibration  # noqa: PLC0415 - loads the reader

    calibration = make_calibration(base, job.recipe, job.texts, job.images, callbacks.on_images_read)
    parts = (_count(len(calibration.windows), "window") + " of text", _count(len(calibration.images), "image"))
    callbacks.on_message(f"Calibration: {' and '.join(parts)}, {calibration.tokens} tokens.")
    if calibration.skipped:
        callbacks.on_message(f"Skipped: {_count(calibration.skipped, 'file')} that could not be read.")
    if job.recipe.iters and calibration.samples < job.recipe.samples:
        callbacks.on_message(
            f"That is fewer than the {job.recipe.samples} samples requested; more text would tune better."
        )
    return calibration


def _check_estimate(
    base: Checkpoint, job: QuantizeJob, calibration: "Calibration", callbacks: QuantizeCallbacks
) -> None:
    needed = estimate(base, job.recipe, calibration.samples, calibration.longest)
    available = available_memory()
    callbacks.on_message(
        f"Memory: about {gigabytes_needed(needed.memory):.1f} GB (weights {needed.weights / 1e9:.1f}, samples "
        f"{needed.samples / 1e9:.1f}, one block {needed.block / 1e9:.1f}), {gigabytes_there(available):.1f} GB are "
        f"available. Disk: about {gigabytes_needed(needed.disk):.1f} GB."
    )
    if available < needed.memory and not job.ignores_memory:
        raise QuantizeError(
            quantize_texts.TOO_LITTLE_MEMORY,
            needed=gigabytes_needed(needed.memory),
            available=gigabytes_there(available),
        )
    check_space(job.out, needed.disk)


def _questions(job: QuantizeJob) -> list[tuple[str, Path | None]]:
    """Return each question with each of the first images, or without an image."""
    images = [file.path for file in find_files(job.images, IMAGE_SUFFIXES)]
    asked: list[Path | None] = [*images[:MAX_ASKED_IMAGES]] or [None]
    return [(question, image) for image in asked for question in job.questions]


def _copy_side_files(base: Path, folder: Path) -> None:
    for name in SIDE_FILES:
        if (base / name).is_file():
            shutil.copyfile(base / name, folder / name)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
