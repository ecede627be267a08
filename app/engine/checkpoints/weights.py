"""The tensors that a Qwen3-VL checkpoint must hold, with their names and shapes.

Names are those that Hugging Face's `Qwen3VLForConditionalGeneration.save_pretrained` writes.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError
from app.engine.checkpoints.config import ModelConfig, TextConfig, VisionConfig
from app.engine.checkpoints.gguf.block_types import QUANTIZED
from app.engine.checkpoints.quantization import FP8, Quantization
from app.engine.checkpoints.required_tensors import FLOAT8, FLOATS, Expected
from app.engine.checkpoints.tensor_files import TensorFiles

if TYPE_CHECKING:
    from app.engine.checkpoints.packings.stored_layer import StoredLayer

TEXT = "model.language_model"
VISION = "model.visual"
_NUMBERED = re.compile(r"(model\.(?:language_model\.layers|visual\.(?:blocks|deepstack_merger_list)))\.(\d{1,9})\.")
_QUANTIZED = (".qweight", ".weight_packed", ".weight_scale", ".weight_scale_inv")


def check_weights(
    tensors: TensorFiles, config: ModelConfig, quantization: Quantization | None
) -> dict[str, "StoredLayer"]:
    """Compare names, shapes and dtypes with those that `config` requires; return the quantised layers by name.

    Raises CheckpointError at the first difference.
    """
    _refuse_ignored(tensors, config)
    layers: dict[str, StoredLayer] = {}
    for expected in _all(tensors, config, quantization, layers):
        entry = tensors.entries.get(expected.name)
        if entry is None:
            raise CheckpointError(checkpoint_texts.NO_TENSOR, tensor=expected.name)
        if entry.shape != expected.shape or entry.dtype not in expected.dtypes:
            is_float = expected.dtypes == FLOATS
            text = checkpoint_texts.FLOATS_REQUIRED if is_float else checkpoint_texts.INTEGERS_REQUIRED
            raise CheckpointError(
                text,
                tensor=expected.name,
                dtype=str(entry.dtype),
                shape=str(list(entry.shape)),
                required_shape=str(list(expected.shape)),
            )
    return layers


def _refuse_ignored(tensors: TensorFiles, config: ModelConfig) -> None:
    """Raise CheckpointError for tensors that a Qwen3-VL does not have and whose absence would change its answers."""
    from app.engine.checkpoints.arrays import float_array  # noqa: PLC0415 - NumPy is not needed for --help

    vision = config.vision
    counts = {
        f"{TEXT}.layers": config.text.layers,
        f"{VISION}.blocks": vision.depth,
        f"{VISION}.deepstack_merger_list": len(vision.deepstack_layers),
    }
    for name, entry in tensors.entries.items():
        if name.startswith(VISION) and name.endswith(_QUANTIZED):
            raise CheckpointError(checkpoint_texts.VISION_QUANTIZED)
        if name.startswith("lm_head.") and name.endswith(_QUANTIZED):
            raise CheckpointError(checkpoint_texts.HEAD_QUANTIZED)
        is_bias = name.startswith(TEXT) and name.endswith("_proj.bias")
        if is_bias and (entry.dtype not in FLOATS or float_array(tensors, name).any()):
            raise CheckpointError(checkpoint_texts.LAYER_BIASED, layer=name.removesuffix(".bias"))
        numbered = _NUMBERED.match(name)
        if numbered and int(numbered[2]) >= counts[numbered[1]]:
            raise CheckpointError(checkpoint_texts.MORE_LAYERS, tensor=name[:120])


def text_linears(layer: int, text: TextConfig) -> Iterator[tuple[str, int, int]]:
    """Yield the linear layers of one text layer: name, outputs, inputs."""
    prefix = f"{TEXT}.layers.{layer}"
    queries, keys = text.heads * text.head_dim, text.kv_heads * text.head_dim
    yield f"{prefix}.self_attn.q_proj", queries, text.hidden_size
    yield f"{prefix}.self_attn.k_proj", keys, text.hidden_size
    yield f"{prefix}.self_attn.v_proj", keys, text.hidden_size
    yield f"{prefix}.self_attn.o_proj", text.hidden_size, queries
    yield f"{prefix}.mlp.gate_proj", text.intermediate_size, text.hidden_size
    yield f"{prefix}.mlp.up_proj", text.intermediate_size, text.hidden_size
    yield f"{prefix}.mlp.down_proj", text.hidden_size, text.intermediate_size


def _all(
    tensors: TensorFiles, config: ModelConfig, quantization: Quantization | None, layers: dict[str, "StoredLayer"]
) -> Iterator[Expected]:
    """Yield all tensors, and add the quantised layers to `layers` on the way: a config may promise billions of them."""
    text = config.text
    names = [f"{TEXT}.embed_tokens.weight", *([] if config.tied_embeddings else ["lm_head.weight"])]
    for name in names:
        yield Expected(name, (text.vocab_size, text.hidden_size), (*FLOATS, *QUANTIZED))
    yield _floats(f"{TEXT}.norm.weight", text.hidden_size)
    for layer in range(text.layers):
        prefix = f"{TEXT}.layers.{layer}"
        yield _floats(f"{prefix}.input_layernorm.weight", text.hidden_size)
        yield _floats(f"{prefix}.post_attention_layernorm.weight", text.hidden_size)
        yield _floats(f"{prefix}.self_attn.q_norm.weight", text.head_dim)
        yield _floats(f"{prefix}.self_attn.k_norm.weight", text.head_dim)
        for name, outputs, inputs in text_linears(layer, text):
            yield from _linear(tensors, quantization, layers, name, outputs, inputs)
    linear = partial(_linear, tensors, None, layers)
    yield from _vision(config.vision, text.hidden_size, linear)


def _linear(
    tensors: TensorFiles,
    quantization: Quantization | None,
    layers: dict[str, "StoredLayer"],
    name: str,
    outputs: int,
    inputs: int,
) -> Iterator[Expected]:
    """Yield the tensors of a linear layer, and add it to `layers` if it is quantised; only the files show which are."""
    stored = tensors.entries.get(f"{name}.weight")
    if stored is not None and stored.dtype == FLOAT8:
        from app.engine.checkpoints.packings.float8 import float8_layer  # noqa: PLC0415 - NumPy is not needed for --help

        yield from float8_layer(tensors, name, outputs, inputs)
        return
    if stored is not None and stored.dtype in QUANTIZED:
        from app.engine.checkpoints.gguf.gguf_layer import gguf_layer  # noqa: PLC0415 - NumPy is not needed for --help

        layers[name] = gguf_layer(tensors, name, stored.dtype, outputs, inputs)
    elif stored is None and quantization is not None and quantization.packing != FP8:
        layers[name] = quantization.layer(tensors, name, outputs, inputs)
    else:
        yield _floats(f"{name}.weight", outputs, inputs)
        return
    yield from layers[name].expected()


def _floats(name: str, *shape: int) -> Expected:
    return Expected(name, shape, FLOATS)


def _vision(
    vision: VisionConfig, text_hidden: int, linear: Callable[[str, int, int], Iterator[Expected]]
) -> Iterator[Expected]:
    hidden, inner, merged = vision.hidden_size, vision.intermediate_size, vision.hidden_size * vision.merge_size**2
    if vision.out_hidden_size != text_hidden:
        raise CheckpointError(checkpoint_texts.VISION_TOWER_MISMATCH, given=vision.out_hidden_size, taken=text_hidden)

    def affine(name: str, outputs: int, inputs: int) -> Iterator[Expected]:
        yield from linear(name, outputs, inputs)
        yield _floats(f"{name}.bias", outputs)

    patch = (hidden, vision.channels, vision.temporal_patch_size, vision.patch_size, vision.patch_size)
    yield _floats(f"{VISION}.patch_embed.proj.weight", *patch)
    yield _floats(f"{VISION}.patch_embed.proj.bias", hidden)
    yield _floats(f"{VISION}.pos_embed.weight", vision.position_embeddings, hidden)
    for block in range(vision.depth):
        prefix = f"{VISION}.blocks.{block}"
        yield from _norm(f"{prefix}.norm1", hidden)
        yield from _norm(f"{prefix}.norm2", hidden)
        yield from affine(f"{prefix}.attn.qkv", hidden * 3, hidden)
        yield from affine(f"{prefix}.attn.proj", hidden, hidden)
        yield from affine(f"{prefix}.mlp.linear_fc1", inner, hidden)
        yield from affine(f"{prefix}.mlp.linear_fc2", hidden, inner)
    mergers = {f"{VISION}.merger": hidden}
    mergers |= {f"{VISION}.deepstack_merger_list.{index}": merged for index in range(len(vision.deepstack_layers))}
    for name, normed in mergers.items():
        yield from _norm(f"{name}.norm", normed)
        yield from affine(f"{name}.linear_fc1", merged, merged)
        yield from affine(f"{name}.linear_fc2", vision.out_hidden_size, merged)


def _norm(name: str, width: int) -> Iterator[Expected]:
    yield _floats(f"{name}.weight", width)
    yield _floats(f"{name}.bias", width)
