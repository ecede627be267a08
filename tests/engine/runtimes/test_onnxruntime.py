"""ONNX Runtime's graph holds the checkpoint's weights bit for bit; it is ended in its midst, and its cache grows."""

import numpy as np
import pytest

from app.domain.errors import Cancelled
from app.domain.settings.load_options import LoadOptions
from app.engine.checkpoints.arrays import stored_array
from app.engine.checkpoints.open_checkpoint import Checkpoint, open_checkpoint
from app.engine.generation.mrope_positions import text_positions
from app.engine.runtimes import registry
from app.engine.runtimes.onnxruntime import kv_cache, text_model
from app.engine.runtimes.onnxruntime.graph_builder import BLOCK, Activations, GraphBuilder
from app.engine.runtimes.onnxruntime.runtime import OnnxRuntime
from app.engine.runtimes.onnxruntime.text_graph import TextGraph
from app.engine.runtimes.openvino import devices
from app.engine.runtimes.openvino.runtime import OpenVinoRuntime
from app.engine.runtimes.port import FloatArray
from app.engine.runtimes.shortlist_head import embedding_and_head
from app.engine.runtimes.weight_cache import WeightCache
from app.paths import DEMO_MODEL
from tests.engine.conftest import TinyCheckpoint
from tests.support.gptq import checkpoint_integers, integers_of_pairs
from tests.support.tiny_checkpoint import Layout

LAYOUTS = (Layout.AUTO_ROUND, Layout.AUTO_GPTQ)


@pytest.fixture(scope="module", params=LAYOUTS)
def checkpoint(request: pytest.FixtureRequest, tiny_checkpoint: TinyCheckpoint) -> Checkpoint:
    return open_checkpoint(tiny_checkpoint(request.param))


@pytest.fixture
def runtime(checkpoint: Checkpoint) -> OnnxRuntime:
    return OnnxRuntime(checkpoint, LoadOptions(), lambda _: None, lambda: None)


def test_the_graph_holds_the_checkpoints_integers_and_scales(checkpoint: Checkpoint) -> None:
    builder, cache = GraphBuilder(Activations.IN_8_BITS), WeightCache()
    _, head = embedding_and_head(checkpoint)
    TextGraph(builder, checkpoint, cache).add(head.packed(cache), lambda _: None)
    held = builder.weights
    packed = [name.removesuffix(".integers") for name in held if name.endswith(".integers") and "layers" in name]
    assert len(packed) == 4 * checkpoint.config.text.layers
    for names in packed:
        stored = names.split("+")
        qweights = [stored_array(checkpoint.tensors, f"{name}.qweight") for name in stored]
        expected = np.concatenate([checkpoint_integers(qweight) for qweight in qweights])
        assert np.array_equal(integers_of_pairs(held[f"{names}.integers"]).reshape(expected.shape), expected)
        scales = np.concatenate([stored_array(checkpoint.tensors, f"{name}.scales").T for name in stored])
        in_blocks = np.repeat(scales.astype(np.float32), 128 // BLOCK, axis=1)
        assert np.array_equal(held[f"{names}.scales"], in_blocks.ravel())


def test_progress_does_not_stand_while_the_graphs_are_compiled() -> None:
    """On the second start nothing is converted, and nearly all of the time is theirs."""
    told: list[float] = []
    OnnxRuntime(open_checkpoint(DEMO_MODEL), LoadOptions(), told.append, lambda: None)
    assert told == sorted(told)
    assert told[-1] == 1
    assert 0.5 < told[-2] < 1


def test_a_prompt_is_ended_while_the_graph_runs(runtime: OnnxRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first look at Stop is before the graph begins, the second while it runs."""
    monkeypatch.setattr(text_model, "CANCEL_S", 0)
    expected = _read(runtime)
    sequence, tokens = runtime.open_sequence(), np.full(512, 40)
    looks = 0

    def stop_within() -> None:
        nonlocal looks
        looks += 1
        if looks > 1:
            raise Cancelled

    def fail(_: float) -> None:
        pytest.fail("it was read to its end")

    with pytest.raises(Cancelled):
        sequence.prefill(tokens, text_positions(0, 512), (), fail, stop_within)
    assert sequence.length == 0
    assert np.array_equal(_read(runtime), expected)


def test_keys_and_values_stay_when_their_memory_grows(runtime: OnnxRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = _read(runtime)
    monkeypatch.setattr(kv_cache, "STEP", 7)
    assert np.allclose(_read(runtime), expected, atol=1e-5)


def test_long_passes_say_what_short_ones_say(
    checkpoint: Checkpoint, runtime: OnnxRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Activations in 16 bits are as good as in 32; in 8 they are far from both."""
    in_16_bits = _read(runtime)
    monkeypatch.setattr(text_model, "LONG", 8)
    in_32_bits = _read(runtime)
    in_8_bits = _read(OnnxRuntime(checkpoint, LoadOptions(exact_activations=False), lambda _: None, lambda: None))
    assert 0 < np.abs(in_16_bits - in_32_bits).max() < np.abs(in_8_bits - in_32_bits).max() / 20


def _read(runtime: OnnxRuntime) -> FloatArray:
    """A prompt, and then a token at a time."""
    sequence = runtime.open_sequence()
    sequence.prefill(np.arange(40, 60), text_positions(0, 20), (), lambda _: None, lambda: None)
    for _ in range(20):
        last = sequence.step(np.array([41]), text_positions(sequence.length, 1))
    return last


@pytest.mark.parametrize(("has_16_bits", "expected"), [(True, OpenVinoRuntime), (False, OnnxRuntime)])
def test_a_cpu_that_computes_in_16_bits_is_openvinos(
    has_16_bits: bool, expected: type, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "cpu_has_16_bits", lambda: has_16_bits)
    assert isinstance(registry.open_on_cpu(checkpoint, LoadOptions(), lambda _: None, lambda: None), expected)
