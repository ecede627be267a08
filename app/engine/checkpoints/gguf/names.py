"""Names of tensors: llama.cpp's, and Hugging Face's for the same ones.

Source: https://github.com/ggml-org/llama.cpp, gguf-py/gguf/constants.py (TENSOR_NAMES) and conversion/qwen3vl.py. No
values are changed or permuted for this architecture, but the patch embedding is stored in two halves.
"""

import re
from collections.abc import Mapping, Sequence

PATCHES = ("v.patch_embd.weight", "v.patch_embd.weight.1")
"""The patch embedding of the first and of the second frame, [hidden, channels, patch, patch] each."""
_TEXT = "model.language_model"
_VISION = "model.visual"
_TEXT_NAMES = {
    "token_embd": f"{_TEXT}.embed_tokens",
    "output_norm": f"{_TEXT}.norm",
    "output": "lm_head",
}
_LAYER_NAMES = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_VISION_NAMES = {
    "v.patch_embd": f"{_VISION}.patch_embed.proj",
    "v.position_embd": f"{_VISION}.pos_embed",
    "v.post_ln": f"{_VISION}.merger.norm",
    "mm.0": f"{_VISION}.merger.linear_fc1",
    "mm.2": f"{_VISION}.merger.linear_fc2",
}
_BLOCK_NAMES = {
    "ln1": "norm1",
    "ln2": "norm2",
    "attn_qkv": "attn.qkv",
    "attn_out": "attn.proj",
    "ffn_up": "mlp.linear_fc1",
    "ffn_down": "mlp.linear_fc2",
}
_DEEPSTACK_NAMES = {"norm": "norm", "fc1": "linear_fc1", "fc2": "linear_fc2"}


def text_name(name: str) -> str | None:
    """Return Hugging Face's name of a tensor of the language model, None if Qwen3-VL has no such tensor."""
    stem, _, suffix = name.rpartition(".")
    return _suffixed(
        _TEXT_NAMES.get(stem) or _inner(r"blk\.(\d{1,5})\.(.+)", stem, f"{_TEXT}.layers", _LAYER_NAMES), suffix
    )


def vision_name(name: str, deepstack_layers: Sequence[int]) -> str | None:
    """Return Hugging Face's name of a tensor of the vision tower, None if Qwen3-VL has no such tensor."""
    stem, _, suffix = name.rpartition(".")
    if (match := re.fullmatch(r"v\.deepstack\.(\d{1,5})\.(\w+)", stem)) and int(match[1]) in deepstack_layers:
        level = deepstack_layers.index(int(match[1]))
        part = _DEEPSTACK_NAMES.get(match[2])
        return _suffixed(part and f"{_VISION}.deepstack_merger_list.{level}.{part}", suffix)
    found = _VISION_NAMES.get(stem) or _inner(r"v\.blk\.(\d{1,5})\.(.+)", stem, f"{_VISION}.blocks", _BLOCK_NAMES)
    return _suffixed(found, suffix)


def _inner(pattern: str, stem: str, prefix: str, names: Mapping[str, str]) -> str | None:
    match = re.fullmatch(pattern, stem)
    inner = names.get(match[2]) if match else None
    return f"{prefix}.{int(match[1])}.{inner}" if match and inner else None


def _suffixed(name: str | None, suffix: str) -> str | None:
    return f"{name}.{suffix}" if name and suffix in {"weight", "bias"} else None
