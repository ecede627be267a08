"""A language model with massive activations, beyond the end of float16, on devices whose 16 bits are float16."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
import torch
from safetensors.torch import load_file, save_file

from app.domain.ports import NEVER_CANCELLED, NO_PROGRESS
from app.domain.settings.load_options import LoadOptions
from app.engine.checkpoints.open_checkpoint import Checkpoint, open_checkpoint
from app.engine.checkpoints.weights import TEXT
from app.engine.generation.mrope_positions import text_positions
from app.engine.runtimes.features import ImageFeatures
from app.engine.runtimes.openvino import runtime as openvino_runtime
from app.engine.runtimes.openvino.constants import Constants
from app.engine.runtimes.openvino.devices import CPU
from app.engine.runtimes.openvino.runtime import OpenVinoRuntime
from app.engine.runtimes.openvino.text_graph import text_graph
from app.engine.runtimes.port import DecoderRuntime, FloatArray
from app.engine.runtimes.shortlist_head import ShortlistHead
from app.engine.runtimes.torch.devices import Device
from app.engine.runtimes.torch.runtime import TorchRuntime
from app.engine.runtimes.torch.vision import TorchVisionFeatures
from app.engine.runtimes.weight_cache import WeightCache
from tests.support.tiny_checkpoint import make_untaught_checkpoint

FACTORS = {"gate_proj": 2.0**4, "up_proj": 2.0**13, "down_proj": 2.0**2}
"""Of the first layer, so that neither down_proj's input nor its output is a float16 any more."""
END = 65_504
TOKENS = np.arange(20, 44)
IMAGE_TOKENS = 4


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    folder = make_untaught_checkpoint(tmp_path_factory.mktemp("massive"))
    path: Path = folder / "model.safetensors"
    state = load_file(path)
    for layer, factor in FACTORS.items():
        state[f"{TEXT}.layers.0.mlp.{layer}.weight"] *= factor
    save_file(state, path, metadata={"format": "pt"})
    return open_checkpoint(folder)


def torch_runtime(checkpoint: Checkpoint, dtype: torch.dtype, *, captures: bool = False) -> TorchRuntime:
    capture: Callable[..., Callable[[], torch.Tensor]] | None = (lambda body: body) if captures else None
    device = Device(torch.device("cpu"), dtype, None, "", "", capture)
    return TorchRuntime(device, checkpoint, LoadOptions(), NO_PROGRESS, NEVER_CANCELLED)


def logits(runtime: DecoderRuntime, features: TorchVisionFeatures | ImageFeatures, image_token: int) -> FloatArray:
    """Of a prompt with an image, and of the steps after it."""
    sequence = runtime.open_sequence()
    prompt = TOKENS.copy()
    prompt[8 : 8 + IMAGE_TOKENS] = image_token
    first = sequence.prefill(prompt, text_positions(0, len(prompt)), [features], NO_PROGRESS, NEVER_CANCELLED)
    step = sequence.step(TOKENS[:1], text_positions(len(prompt), 1))
    return np.concatenate([first[None], step])


def image(width: int, dtype: torch.dtype) -> TorchVisionFeatures:
    generator = torch.Generator().manual_seed(0)
    return TorchVisionFeatures(
        torch.randn(IMAGE_TOKENS, width, generator=generator).to(dtype),
        tuple(torch.randn(IMAGE_TOKENS, width, generator=generator).to(dtype) for _ in range(2)),
    )


def cosine(one: FloatArray, other: FloatArray) -> float:
    return float((one * other).sum() / np.linalg.norm(one) / np.linalg.norm(other))


@pytest.mark.parametrize("captures", [False, True])
def test_logits_in_float16_are_finite_and_right(checkpoint: Checkpoint, captures: bool) -> None:
    width, token = checkpoint.config.text.hidden_size, checkpoint.config.image_token
    expected, ours = (
        logits(torch_runtime(checkpoint, dtype, captures=captures), image(width, dtype), token)
        for dtype in (torch.float32, torch.float16)
    )
    assert np.isfinite(ours).all()
    assert cosine(expected, ours) > 0.9999
    assert np.array_equal(ours.argmax(1), expected.argmax(1))


def test_the_weights_are_such_that_float16_ends(checkpoint: Checkpoint) -> None:
    """What this checkpoint is for: what the first down_proj takes and gives is larger than a float16."""
    state = load_file(checkpoint.folder / "model.safetensors")
    gate, up, down = (state[f"{TEXT}.layers.0.mlp.{name}.weight"].float() for name in FACTORS)
    normed = torch.randn(len(TOKENS), gate.shape[1], generator=torch.Generator().manual_seed(0))
    inner = torch.nn.functional.silu(normed @ gate.t()) * (normed @ up.t())
    assert (normed @ up.t()).abs().max() < END < inner.abs().max()
    assert (inner @ down.t()).abs().max() > END


def test_openvinos_graph_for_float16_says_the_same(checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """CPUs without float16 cannot run it in it; that it computes the same can be seen."""
    torch_image = image(checkpoint.config.text.hidden_size, torch.float32)
    features = ImageFeatures(torch_image.embeddings.numpy(), torch.stack(torch_image.deepstack).numpy())

    def said() -> FloatArray:
        opened = OpenVinoRuntime(CPU, checkpoint, LoadOptions(in_32_bits=True), NO_PROGRESS, NEVER_CANCELLED)
        return logits(opened, features, checkpoint.config.image_token)

    expected = said()
    monkeypatch.setattr(openvino_runtime, "text_graph", lambda *args, **_: text_graph(*args, in_float16=True))
    assert cosine(expected, said()) > 0.999999


def test_openvinos_graph_keeps_the_residual_and_its_norms_in_32_bits(checkpoint: Checkpoint) -> None:
    config = checkpoint.config
    for in_float16 in (False, True):
        constants = Constants(checkpoint, WeightCache())
        head = constants.grouped(ShortlistHead(checkpoint.tensors, f"{TEXT}.embed_tokens.weight").packed(WeightCache()))
        graph = text_graph(constants, config, head, NO_PROGRESS, in_float16=in_float16)
        marked: dict[str, int] = {}
        for node in graph.get_ops():
            if "precise_0" in node.get_rt_info():
                marked[node.get_type_name()] = marked.get(node.get_type_name(), 0) + 1
        layers, levels, norms = config.text.layers, len(config.vision.deepstack_layers), 2 * config.text.layers + 1
        expected = {
            "Add": 2 * layers + levels + norms,
            "Multiply": layers + norms,
            **dict.fromkeys(("Power", "ReduceMean", "Sqrt", "Divide"), norms),
        }
        assert marked == (expected if in_float16 else {})


@pytest.mark.parametrize(("kind", "in_float16"), [("f16", True), (ov.Type.f16, True), (ov.Type.bf16, False)])
def test_the_graph_is_built_for_what_the_device_computes_in(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch, kind: object, in_float16: bool
) -> None:
    """An Intel GPU, and a CPU of Arm's, compute in float16."""

    class _BuiltError(Exception):
        pass

    def build(*_: object, in_float16: bool) -> None:
        raise _BuiltError(in_float16)

    monkeypatch.setattr(openvino_runtime, "text_graph", build)
    monkeypatch.setattr(type(CPU), "properties", lambda *_: {"INFERENCE_PRECISION_HINT": kind})
    with pytest.raises(_BuiltError, match=str(in_float16)):
        OpenVinoRuntime(CPU, checkpoint, LoadOptions(), NO_PROGRESS, NEVER_CANCELLED)
