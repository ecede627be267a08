"""What the metadata of a GGUF model say, in the fields of Hugging Face's JSON files.

Keys are those of https://github.com/ggml-org/llama.cpp, gguf-py/gguf/constants.py (Keys), as conversion/qwen3vl.py
writes them.
"""

import math
from collections.abc import Mapping
from typing import Any

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError
from app.engine.checkpoints.gguf.header import GgufHeader

TEXT_ARCHITECTURE, VISION_ARCHITECTURE = "qwen3vl", "clip"
PROJECTOR = "qwen3vl_merger"
TOKENS = "tokenizer.ggml.tokens"
_LAYER_NORM_EPS = 1e-6
"""Epsilon of the vision tower's norms, which Hugging Face's model fixes."""
_VISION_KEY = "clip.vision"


def config_fields(text: GgufHeader, vision: GgufHeader) -> dict[str, Any]:
    """Return the fields of config.json; those that are missing are absent. Raises CheckpointError."""
    tokens = text.metadata.get(TOKENS)
    ids = {name: number for number, name in enumerate(tokens)} if isinstance(tokens, list) else {}
    is_tied = "output.weight" not in text.tensors
    fields = {
        "model_type": "qwen3_vl",
        "text_config": _text_fields(text),
        "vision_config": _vision_fields(vision),
        "tie_word_embeddings": is_tied,
        "image_token_id": ids.get("<|image_pad|>"),
        "video_token_id": ids.get("<|video_pad|>"),
        "vision_start_token_id": ids.get("<|vision_start|>"),
        "vision_end_token_id": ids.get("<|vision_end|>"),
    }
    return _present(fields)


def _text_fields(header: GgufHeader) -> dict[str, Any]:
    def value(name: str) -> Any:  # noqa: ANN401 - as in the file
        return header.metadata.get(f"{TEXT_ARCHITECTURE}.{name}")

    sections = value("rope.dimension_sections")
    scaling = value("rope.scaling.type")
    embedding = header.tensors.get("token_embd.weight")
    hidden, heads = value("embedding_length"), value("attention.head_count")
    head_dim = value("attention.key_length")
    if head_dim is None and type(hidden) is int and type(heads) is int and heads:
        head_dim = hidden // heads
    fields = {
        "vocab_size": embedding.shape[0] if embedding else None,
        "hidden_size": hidden,
        "num_hidden_layers": value("block_count"),
        "num_attention_heads": heads,
        "num_key_value_heads": value("attention.head_count_kv"),
        "head_dim": head_dim,
        "intermediate_size": value("feed_forward_length"),
        "rms_norm_eps": value("attention.layer_norm_rms_epsilon"),
        "max_position_embeddings": value("context_length"),
        "rope_parameters": _present(
            {
                "rope_type": "default" if scaling in (None, "none") else scaling,
                "rope_theta": value("rope.freq_base"),
                # The file has a fourth section, which is empty.
                "mrope_section": sections[:3] if isinstance(sections, list) else sections,
            }
        ),
    }
    return _present(fields)


def _vision_fields(header: GgufHeader) -> dict[str, Any]:
    def value(name: str) -> Any:  # noqa: ANN401 - as in the file
        return header.metadata.get(f"{_VISION_KEY}.{name}")

    epsilon = value("attention.layer_norm_epsilon")
    if epsilon is not None and not (
        isinstance(epsilon, float) and math.isclose(epsilon, _LAYER_NORM_EPS, rel_tol=1e-3)
    ):
        raise CheckpointError(
            checkpoint_texts.FIELD_UNSUPPORTED,
            name="layer_norm_epsilon",
            value=str(epsilon)[:60],
            place=header.path.name,
        )
    positions = header.tensors.get("v.position_embd.weight")
    fields = {
        "depth": value("block_count"),
        "hidden_size": value("embedding_length"),
        "intermediate_size": value("feed_forward_length"),
        "num_heads": value("attention.head_count"),
        "out_hidden_size": value("projection_dim"),
        "patch_size": value("patch_size"),
        "spatial_merge_size": value("spatial_merge_size"),
        "num_position_embeddings": positions.shape[0] if positions else None,
        "deepstack_visual_indexes": list(deepstack_layers(header)),
        "hidden_act": "silu" if header.metadata.get("clip.use_silu") else "gelu_pytorch_tanh",
    }
    return _present(fields)


def deepstack_layers(header: GgufHeader) -> tuple[int, ...]:
    """Return the blocks of the vision tower whose output is also fed to the first text layers."""
    flags = header.metadata.get(f"{_VISION_KEY}.is_deepstack_layers")
    return tuple(index for index, flag in enumerate(flags) if flag) if isinstance(flags, list) else ()


def preprocessor_fields(vision: GgufHeader) -> dict[str, Any]:
    """Return the fields of preprocessor_config.json."""
    names = {"image_mean": "image_mean", "image_std": "image_std"}
    names |= {"min_pixels": "image_min_pixels", "max_pixels": "image_max_pixels"}
    return _present({name: vision.metadata.get(f"{_VISION_KEY}.{key}") for name, key in names.items()})


def generation_fields(text: GgufHeader) -> dict[str, Any]:
    """Return the fields of generation_config.json."""
    names = {"temperature": "temp", "top_p": "top_p", "top_k": "top_k", "repetition_penalty": "penalty_repeat"}
    fields = {name: text.metadata.get(f"general.sampling.{key}") for name, key in names.items()}
    return _present({**fields, "eos_token_id": text.metadata.get("tokenizer.ggml.eos_token_id")})


def fits(text: GgufHeader, vision: GgufHeader) -> bool:
    """Return whether the two files may be of the same model."""
    key = TEXT_ARCHITECTURE
    levels = text.metadata.get(f"{key}.n_deepstack_layers")
    return (
        vision.metadata.get("clip.projector_type") == PROJECTOR
        and vision.metadata.get(f"{_VISION_KEY}.projection_dim") == text.metadata.get(f"{key}.embedding_length")
        and (levels is None or levels == len(deepstack_layers(vision)))
    )


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
