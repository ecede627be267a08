"""Whole runs on the tiny model, with the real AutoRound, and what is left when they do not end well."""

import json
import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from app.domain.errors import QuantizeError
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.checkpoints.quantization import Quantization
from app.engine.quantize.autoround import quantize_to
from app.engine.quantize.calibration import Calibration
from app.engine.quantize.estimate import estimate
from app.engine.quantize.recipe import PackingFormat
from app.engine.quantize.report import REPORT
from app.engine.quantize.run import QuantizeJob
from app.engine.quantize.sample_answers import answer_all
from tests.engine.conftest import TinyCheckpoint
from tests.engine.quantize.conftest import Run, ignore, recipe
from tests.support.tiny_checkpoint import Layout
from tests.support.tiny_model import ANSWERS, quiet

LAYER = "model.language_model.layers.1.mlp.down_proj"
METHODS = {PackingFormat.AUTO_ROUND: "auto-round", PackingFormat.AUTO_GPTQ: "gptq"}


@pytest.mark.parametrize(
    ("iters", "packing", "samples"), [(0, PackingFormat.AUTO_ROUND, 8), (4, PackingFormat.AUTO_GPTQ, 16)]
)
def test_a_quantised_folder_opens_knows_what_the_model_knew_and_reports_the_truth(
    iters: int, packing: PackingFormat, samples: int, tiny_checkpoint: TinyCheckpoint, tmp_path: Path, lessons: Path
) -> None:
    base, out = tiny_checkpoint(Layout.PLAIN), tmp_path / "new"
    # Rounding needs no texts. Tuning sees two batches here, the second of which must not be taken for the first.
    texts = (lessons,) if iters else ()
    job = QuantizeJob(base=base, out=out, recipe=recipe(iters, packing), texts=texts, questions=tuple(ANSWERS))
    run = Run(job)

    report = run.start()

    opened = open_checkpoint(out)
    assert opened.quantization == Quantization(METHODS[packing], 128)
    assert opened.end_tokens == open_checkpoint(base).end_tokens
    assert answer_all(opened, [(question, None) for question in ANSWERS]) == list(ANSWERS.values())
    assert [(answer.before, answer.after) for answer in report.answers] == [(said, said) for said in ANSWERS.values()]
    assert not any(name.startswith("model.visual") and name.endswith("qweight") for name in opened.tensors.entries)

    kept = json.loads((out / REPORT).read_text(encoding="utf-8"))
    assert kept["mean_error"] == report.mean_error
    errors = {layer["name"]: layer["relative_error"] for layer in kept["layers"]}
    assert len(errors) == 3 * 7
    assert errors[LAYER] == pytest.approx(relative_error(base, out), rel=1e-3)
    assert 0.05 < report.worst[-1].relative_error <= report.worst[0].relative_error < 0.3
    assert report.average_linear_bits == 4 + (16 + 4) / 128
    assert report.size_after == sum(entry.end - entry.begin for entry in opened.tensors.entries.values())
    assert report.calibration_texts == samples
    estimated = estimate(open_checkpoint(base), job.recipe, samples, 64).disk
    assert estimated == pytest.approx(report.size_after, rel=0.02)

    assert (run.blocks[0], run.blocks[-1]) == ((0, 3), (3, 3))
    assert ((1 / 4, 3) in run.blocks) == bool(iters)
    assert [path.name for path in tmp_path.iterdir() if path != lessons] == ["new"]


def test_an_image_is_a_sample_of_its_own_and_is_asked_about(
    tiny_checkpoint: TinyCheckpoint, tmp_path: Path, lessons: Path
) -> None:
    picture = tmp_path / "picture.png"
    Image.effect_noise((256, 192), 80).convert("RGB").save(picture)
    job = QuantizeJob(
        base=tiny_checkpoint(Layout.PLAIN),
        out=tmp_path / "new",
        recipe=recipe(2, samples=2),
        texts=(lessons,),
        images=(picture,),
        questions=("What is on the sign?",),
    )
    report = Run(job).start()
    assert (report.calibration_images, report.calibration_texts) == (1, 1)
    assert report.answers[0].image == "picture.png"
    assert report.answers[0].after == ANSWERS["What is on the sign?"]


def test_an_interrupted_run_leaves_nothing(tiny_checkpoint: TinyCheckpoint, tmp_path: Path, lessons: Path) -> None:
    beside: list[str] = []

    def press_ctrl_c(done: float, blocks: int) -> None:
        if done > 0.4:
            beside.extend(path.name for path in tmp_path.iterdir() if path.is_dir())
            raise KeyboardInterrupt

    job = QuantizeJob(base=tiny_checkpoint(Layout.PLAIN), out=tmp_path / "new", recipe=recipe(2), texts=(lessons,))
    with pytest.raises(KeyboardInterrupt):
        Run(job, press_ctrl_c).start()
    assert len(beside) == 1
    assert beside[0].startswith(".new.")
    assert list(tmp_path.iterdir()) == [lessons]


def test_a_sample_that_the_model_cannot_take_ends_the_run(tiny_checkpoint: TinyCheckpoint, tmp_path: Path) -> None:
    """AutoRound itself warns and goes on with fewer samples."""
    base = open_checkpoint(tiny_checkpoint(Layout.PLAIN))
    beyond = base.config.text.vocab_size
    calibration = Calibration(((1,) * 64, (beyond,) * 64), (), 0)
    with quiet():
        logging.disable(logging.NOTSET)  # What AutoRound logs is what is listened to.
        with pytest.raises(QuantizeError, match="sample could not be used"):
            quantize_to(tmp_path, base, recipe(1), calibration, ignore)


@pytest.mark.parametrize(
    ("raised", "said"), [(SystemExit(-1), "AutoRound gave up"), (MemoryError(), "not enough memory")]
)
def test_autorounds_ways_to_give_up_are_told_in_words(
    raised: BaseException, said: str, tiny_checkpoint: TinyCheckpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr("auto_round.AutoRound", give_up)
    base = open_checkpoint(tiny_checkpoint(Layout.PLAIN))
    with pytest.raises(QuantizeError, match=said), quiet():
        quantize_to(tmp_path, base, recipe(1), Calibration(((1,) * 64,), (), 0), ignore)


def relative_error(base: Path, quantized: Path) -> float:
    """|W - Q| / |W| of LAYER, from the bytes of both files and GPTQ's format, without any of the engine's code."""
    original = bfloat16(raw(base, f"{LAYER}.weight"))
    packed = raw(quantized, f"{LAYER}.qweight").view(np.int32).reshape(original.shape[1] // 8, -1)
    scales_raw = raw(quantized, f"{LAYER}.scales")
    scales = scales_raw.view(np.float16).astype(np.float64).reshape(original.shape[1] // 128, -1)
    numbers = np.stack([(packed >> (4 * place)) & 15 for place in range(8)], axis=1).reshape(original.shape[1], -1)
    weight = ((numbers - 8) * np.repeat(scales, 128, axis=0)).T
    return float(np.linalg.norm(original - weight) / np.linalg.norm(original))


def bfloat16(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    wide = (data.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    return wide.astype(np.float64).reshape(256, 384)


def raw(folder: Path, name: str) -> npt.NDArray[np.uint8]:
    content = (folder / "model.safetensors").read_bytes()
    length = int.from_bytes(content[:8], "little")
    begin, end = json.loads(content[8 : 8 + length])[name]["data_offsets"]
    return np.frombuffer(content[8 + length + begin : 8 + length + end], np.uint8)
