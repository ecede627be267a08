"""The tiny model as GGUF files, as llama.cpp's converter and quantiser write them, written by description.

Sources: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md; https://github.com/ggml-org/llama.cpp,
conversion/qwen3vl.py and conversion/base.py.
"""

import json
import shutil
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from tests.support.gguf_blocks import ROUND, stored_kind

Stored = tuple[str, tuple[int, ...], bytes]
"""The type, the shape and the bytes of a tensor."""
TYPES = {
    "F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q5_0": 6, "Q5_1": 7, "Q8_0": 8, "Q2_K": 10, "Q4_K": 12, "Q5_K": 13,
    "Q6_K": 14, "BF16": 30,
}  # fmt: skip
ALIGNMENT = 32
_TEXT = {
    "embed_tokens": "token_embd", "norm": "output_norm", "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}  # fmt: skip
_VISION = {
    "pos_embed": "v.position_embd", "merger.norm": "v.post_ln",
    "merger.linear_fc1": "mm.0", "merger.linear_fc2": "mm.2", "norm1": "ln1",
    "norm2": "ln2", "attn.qkv": "attn_qkv", "attn.proj": "attn_out", "mlp.linear_fc1": "ffn_up",
    "mlp.linear_fc2": "ffn_down",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GgufVariant:
    """The type of a model's linear layers and embedding, of those whose names end otherwise, and of the vision part."""

    kind: str
    others: Mapping[str, str] = field(default_factory=dict)
    vision: str = "F16"
    shards: int = 1
    has_output: bool = False

    def of_text(self, name: str, shape: tuple[int, ...]) -> str:
        """The type of a tensor of the language model."""
        if len(shape) == 1:
            return "F32"
        wanted = next((kind for end, kind in self.others.items() if name.endswith(end)), self.kind)
        return stored_kind(wanted, shape)

    def of_vision(self, name: str, shape: tuple[int, ...]) -> str:
        """The type of a tensor of the vision part: its embeddings stay in 16 or 32 bits."""
        if len(shape) == 1 or "position_embd" in name or name.endswith("weight.1"):
            return "F32"
        return "F16" if "patch_embd" in name and self.vision in ROUND else self.vision


GGUF_VARIANTS: dict[str, GgufVariant] = {
    "GGUF F32": GgufVariant("F32", vision="F32"),
    "GGUF F16": GgufVariant("F16"),
    "GGUF BF16": GgufVariant("BF16", vision="BF16"),
    "GGUF Q8_0, `mmproj` in Q8_0": GgufVariant("Q8_0", vision="Q8_0"),
    "GGUF Q4_0": GgufVariant("Q4_0", {"token_embd.weight": "Q6_K"}),
    "GGUF Q4_1": GgufVariant("Q4_1", {"token_embd.weight": "Q6_K"}),
    "GGUF Q5_0": GgufVariant("Q5_0", {"token_embd.weight": "Q8_0"}),
    "GGUF Q5_1": GgufVariant("Q5_1", {"token_embd.weight": "Q8_0"}),
    "GGUF Q4_K": GgufVariant("Q4_K"),
    "GGUF Q4_K_M (some layers and the embedding in Q6_K)": GgufVariant(
        "Q4_K", {"token_embd.weight": "Q6_K", "attn_v.weight": "Q6_K", "0.ffn_down.weight": "Q6_K"}
    ),
    "GGUF Q5_K": GgufVariant("Q5_K", {"token_embd.weight": "Q6_K"}),
    "GGUF Q6_K": GgufVariant("Q6_K"),
    "GGUF Q4_0 with an output head of its own": GgufVariant("Q4_0", {"output.weight": "Q6_K"}, has_output=True),
    "GGUF Q8_0 in three shards": GgufVariant("Q8_0", shards=3),
}
"""The variants that open, by the names under which docs/models.md lists them."""


def make_gguf(plain: Path, folder: Path, variant: GgufVariant) -> Path:
    """Write the 16-bit checkpoint `plain` as GGUF files, and its dequantised twin in `folder`/twin; return `folder`."""
    folder.mkdir()
    config = json.loads((plain / "config.json").read_text(encoding="utf-8"))
    tokenizer = json.loads((plain / "tokenizer.json").read_text(encoding="utf-8"))
    weights = {name: tensor.float() for name, tensor in load_file(plain / "model.safetensors").items()}
    weights.pop("lm_head.weight", None)
    if variant.has_output:
        weights["lm_head.weight"] = weights["model.language_model.embed_tokens.weight"].clone()
    layers = config["vision_config"]["deepstack_visual_indexes"]
    text: dict[str, Stored] = {}
    vision: dict[str, Stored] = {}
    twin: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        part = name.removeprefix("model.visual.")
        if part == "patch_embed.proj.weight":
            halves = [_stored(variant.of_vision(end, (0, 0)), half) for end, half in _halves(tensor)]
            vision |= {end: stored for (end, _), (stored, _) in zip(_halves(tensor), halves, strict=True)}
            twin[name] = torch.stack([values for _, values in halves], dim=2)
        elif part != name:
            current = _vision_name(part, layers)
            vision[current], twin[name] = _stored(variant.of_vision(current, tuple(tensor.shape)), tensor)
        else:
            current = _text_name(name)
            text[current], twin[name] = _stored(variant.of_text(current, tuple(tensor.shape)), tensor)
    _write_shards(folder, variant.shards, text_metadata(config, tokenizer), text)
    write_gguf(folder / "mmproj-tiny-F16.gguf", vision_metadata(config), vision)
    shutil.copytree(plain, folder / "twin")
    config["tie_word_embeddings"] = config["text_config"]["tie_word_embeddings"] = not variant.has_output
    (folder / "twin" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    save_file({name: tensor.contiguous() for name, tensor in twin.items()}, folder / "twin" / "model.safetensors")
    return folder


def write_gguf(path: Path, metadata: Mapping[str, Any], tensors: Mapping[str, Stored]) -> Path:
    """Write a file of version 3; tensors are (type, shape, bytes)."""
    head = [b"GGUF", struct.pack("<IQQ", 3, len(tensors), len(metadata))]
    for name, value in metadata.items():
        head += [_string(name), _value(value)]
    offset = 0
    for name, (kind, shape, data) in tensors.items():
        head += [_string(name), struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape[::-1], TYPES[kind], offset)]
        offset += _padded(len(data))
    start = b"".join(head)
    with path.open("wb") as file:
        file.write(start.ljust(_padded(len(start)), b"\0"))
        for _, _, data in tensors.values():
            file.write(data.ljust(_padded(len(data)), b"\0"))
    return path


def text_metadata(config: Mapping[str, Any], tokenizer: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of a language model."""
    text = config["text_config"]
    rope = text.get("rope_parameters") or text
    architecture = {
        "block_count": text["num_hidden_layers"],
        "context_length": text["max_position_embeddings"],
        "embedding_length": text["hidden_size"],
        "feed_forward_length": text["intermediate_size"],
        "attention.head_count": text["num_attention_heads"],
        "attention.head_count_kv": text["num_key_value_heads"],
        "attention.key_length": text["head_dim"],
        "attention.value_length": text["head_dim"],
        "attention.layer_norm_rms_epsilon": float(text["rms_norm_eps"]),
        "rope.freq_base": float(rope["rope_theta"]),
        "rope.dimension_sections": [*rope["mrope_section"], 0],
        "n_deepstack_layers": len(config["vision_config"]["deepstack_visual_indexes"]),
    }
    return {
        "general.architecture": "qwen3vl",
        "general.type": "model",
        **{f"qwen3vl.{name}": value for name, value in architecture.items()},
        **tokenizer_metadata(tokenizer),
    }


def tokenizer_metadata(tokenizer: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of a tokenizer.json."""
    model = tokenizer["model"]
    names = dict.fromkeys(model["vocab"].values(), 1) | {
        token["id"]: 3 if token["special"] else 4 for token in tokenizer["added_tokens"]
    }
    words = {number: word for word, number in model["vocab"].items()}
    words |= {token["id"]: token["content"] for token in tokenizer["added_tokens"]}
    count = max(words) + 1
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    ids = {word: number for number, word in words.items()}
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "qwen2",
        "tokenizer.ggml.tokens": [words.get(number, f"[PAD{number}]") for number in range(count)],
        "tokenizer.ggml.token_type": [names.get(number, 5) for number in range(count)],
        "tokenizer.ggml.merges": merges,
        "tokenizer.ggml.eos_token_id": ids["<|im_end|>"],
    }


def vision_metadata(config: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of a vision part."""
    vision = config["vision_config"]
    fields = {
        "projection_dim": vision["out_hidden_size"],
        "image_size": round(vision["num_position_embeddings"] ** 0.5) * vision["patch_size"],
        "patch_size": vision["patch_size"],
        "embedding_length": vision["hidden_size"],
        "feed_forward_length": vision["intermediate_size"],
        "block_count": vision["depth"],
        "attention.head_count": vision["num_heads"],
        "attention.layer_norm_epsilon": 1e-6,
        "image_mean": [0.5] * 3,
        "image_std": [0.5] * 3,
        "spatial_merge_size": vision["spatial_merge_size"],
        "is_deepstack_layers": [layer in vision["deepstack_visual_indexes"] for layer in range(vision["depth"])],
    }
    return {
        "general.architecture": "clip",
        "general.type": "mmproj",
        "clip.has_vision_encoder": True,
        "clip.projector_type": "qwen3vl_merger",
        "clip.use_gelu": True,
        **{f"clip.vision.{name}": value for name, value in fields.items()},
    }


def _stored(kind: str, tensor: Tensor) -> tuple[Stored, Tensor]:
    """A tensor as it is stored, and what it stands for in float32."""
    shape = tuple(tensor.shape)
    if kind in ROUND:
        raw, values = ROUND[kind](tensor.numpy())
        return (kind, shape, raw.tobytes()), torch.from_numpy(values)
    dtype = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}[kind]
    rounded = tensor.to(dtype).contiguous()
    return (kind, shape, rounded.view(torch.uint8).numpy().tobytes()), rounded.float()


def _halves(patches: Tensor) -> list[tuple[str, Tensor]]:
    return [("v.patch_embd.weight", patches[:, :, 0]), ("v.patch_embd.weight.1", patches[:, :, 1])]


def _text_name(name: str) -> str:
    if name == "lm_head.weight":
        return "output.weight"
    parts = name.removeprefix("model.language_model.").split(".")
    prefix = f"blk.{parts[1]}." if parts[0] == "layers" else ""
    return f"{prefix}{_TEXT['.'.join(parts[2 if prefix else 0 : -1])]}.{parts[-1]}"


def _vision_name(name: str, layers: list[int]) -> str:
    parts = name.split(".")
    if parts[0] == "deepstack_merger_list":
        return f"v.deepstack.{layers[int(parts[1])]}.{parts[2].removeprefix('linear_')}.{parts[-1]}"
    if parts[0] == "patch_embed":
        return f"v.patch_embd.{parts[-1]}"
    prefix = f"v.blk.{parts[1]}." if parts[0] == "blocks" else ""
    return f"{prefix}{_VISION['.'.join(parts[2 if prefix else 0 : -1])]}.{parts[-1]}"


def _write_shards(folder: Path, count: int, metadata: Mapping[str, Any], tensors: Mapping[str, Stored]) -> None:
    if count == 1:
        write_gguf(folder / "tiny.gguf", metadata, tensors)
        return
    names = list(tensors)
    for number in range(count):
        part = {name: tensors[name] for name in names[number::count]}
        split = {"split.no": number, "split.count": count, "split.tensors.count": len(tensors)}
        kept = {**metadata, **split} if number == 0 else {"general.architecture": "qwen3vl", **split}
        write_gguf(folder / f"tiny-{number + 1:05}-of-{count:05}.gguf", kept, part)


def _padded(length: int) -> int:
    return -(-length // ALIGNMENT) * ALIGNMENT


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(value: Any) -> bytes:  # noqa: ANN401 - any of the format's types
    kind, data = _typed(value)
    return struct.pack("<I", kind) + data


def _typed(value: Any) -> tuple[int, bytes]:  # noqa: ANN401 - any of the format's types
    match value:
        case bool():
            return 7, struct.pack("<?", value)
        case int():
            return 4, struct.pack("<I", value)
        case float():
            return 6, struct.pack("<f", value)
        case str():
            return 8, _string(value)
    if value and all(type(item) is int for item in value):  # llama.cpp takes token types of no other width.
        return 9, struct.pack(f"<IQ{len(value)}i", 5, len(value), *value)
    parts = [_typed(item) for item in value]
    kind = parts[0][0] if parts else 4
    return 9, struct.pack("<IQ", kind, len(parts)) + b"".join(data for _, data in parts)
