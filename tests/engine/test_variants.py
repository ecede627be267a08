"""Checkpoints as other tools write them, in each runtime: the same logits as Hugging Face's with the same weights."""

import re
from pathlib import Path

import numpy as np
import pytest

from app.domain.settings.load_options import LoadOptions
from app.engine.checkpoints.arrays import float_array
from app.engine.checkpoints.grouped_weight import dequantized
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.generation.mrope_positions import text_positions
from app.engine.runtimes import shortlist_head
from app.engine.runtimes.port import FloatArray
from app.engine.runtimes.torch import output_head
from tests.engine.conftest import TinyCheckpoint
from tests.support.gguf_files import GGUF_VARIANTS, make_gguf
from tests.support.reference import Reference, dequantized_state
from tests.support.runtimes import RUNTIMES
from tests.support.tiny_checkpoint import Layout
from tests.support.variants import VARIANTS, make_variant

TOKENS = np.arange(40, 72)
WHOLE_VOCABULARY = 1_000_000
TIE = 2**-4
"""Maximum difference of two logits that bfloat16, which has 8 bits, cannot tell apart after a few layers."""


@pytest.fixture(scope="module", params=[*VARIANTS, *GGUF_VARIANTS])
def folder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: TinyCheckpoint
) -> Path:
    plain, made = tiny_checkpoint(Layout.PLAIN), tmp_path_factory.mktemp("variant") / "model"
    if request.param in VARIANTS:
        return make_variant(plain, made, VARIANTS[request.param])
    return make_gguf(plain, made, GGUF_VARIANTS[request.param])


@pytest.fixture(scope="module")
def truth(folder: Path) -> FloatArray:
    """Hugging Face's logits after the tokens."""
    return Reference(folder / "twin").answer(TOKENS, None, 1).logits


def test_weights_are_the_files_bit_for_bit(folder: Path) -> None:
    opened = open_checkpoint(folder)
    twin = dequantized_state(folder / "twin")
    twin.setdefault("lm_head.weight", twin["model.language_model.embed_tokens.weight"])
    for name, tensor in twin.items():
        layer = opened.layers.get(name.removesuffix(".weight"))
        if layer is not None:
            assert np.array_equal(dequantized(layer.weight()), tensor.numpy())
        elif name in opened.tensors.entries:
            assert np.array_equal(float_array(opened.tensors, name), tensor.numpy())
        else:
            assert (name, opened.config.tied_embeddings) == ("lm_head.weight", True)


def test_the_list_in_the_documentation_is_what_is_tested() -> None:
    page = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (.+) \| yes \|$", page, re.MULTILINE)
    assert listed[1:] == [*VARIANTS, *GGUF_VARIANTS]


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_logits_are_those_of_hugging_face(
    folder: Path, truth: FloatArray, runtime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    logits = first_logits(folder, runtime, LoadOptions(), monkeypatch)
    assert cosine(logits, truth[0]) >= 0.9995
    assert truth[0].max() - truth[0][logits.argmax()] <= TIE


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
def test_activations_in_8_bits_change_little(
    folder: Path, truth: FloatArray, runtime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cosine(first_logits(folder, runtime, LoadOptions(exact_activations=False), monkeypatch), truth[0]) >= 0.999


def first_logits(folder: Path, runtime: str, options: LoadOptions, monkeypatch: pytest.MonkeyPatch) -> FloatArray:
    """Our logits after the tokens, without the shortlist."""
    monkeypatch.setattr(shortlist_head, "CANDIDATES", WHOLE_VOCABULARY)
    monkeypatch.setattr(output_head, "CANDIDATES", WHOLE_VOCABULARY)
    opened = RUNTIMES[runtime](options).open(open_checkpoint(folder), options, lambda _: None, lambda: None)
    sequence = opened.open_sequence()
    return sequence.prefill(TOKENS, text_positions(0, len(TOKENS)), (), lambda _: None, lambda: None)


def cosine(ours: FloatArray, theirs: FloatArray) -> float:
    return float(ours @ theirs) / float(np.linalg.norm(ours) * np.linalg.norm(theirs))
