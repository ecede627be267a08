"""The tokenizer of a GGUF model, in the format of Hugging Face's tokenizers library.

Source: https://github.com/ggml-org/llama.cpp, conversion/base.py (get_vocab_base) and gguf-py/gguf/constants.py
(TokenType); for Qwen's rules, transformers' models/qwen2/tokenization_qwen2.py.
"""

import json
from typing import Any

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError
from app.engine.checkpoints.gguf.description import TOKENS
from app.engine.checkpoints.gguf.header import GgufHeader

_CONTROL, _USER_DEFINED, _UNUSED = 3, 4, 5
_PRE_TOKENIZER = "qwen2"
_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""The parts of a text that are encoded separately."""


def check_tokenizer(header: GgufHeader) -> None:
    """Raise CheckpointError if the file's tokenizer is not one of Qwen's."""
    model, pre = header.metadata.get("tokenizer.ggml.model"), header.metadata.get("tokenizer.ggml.pre")
    if (model, pre) != ("gpt2", _PRE_TOKENIZER):
        raise CheckpointError(checkpoint_texts.GGUF_OTHER_TOKENIZER, file=header.path.name, kind=f"{model}, {pre}"[:80])
    tokens, kinds = header.metadata.get(TOKENS), header.metadata.get("tokenizer.ggml.token_type")
    merges = header.metadata.get("tokenizer.ggml.merges")
    are_lists = _is_list_of(str, tokens) and _is_list_of(str, merges) and _is_list_of(int, kinds)
    if not are_lists or len(kinds or ()) != len(tokens or ()):
        raise CheckpointError(checkpoint_texts.TOKENIZER_DAMAGED, file=header.path.name)


def tokenizer_json(header: GgufHeader) -> str:
    """Return the content of a tokenizer.json. Raises CheckpointError as `check_tokenizer` does."""
    check_tokenizer(header)
    tokens, kinds = header.metadata[TOKENS], header.metadata["tokenizer.ggml.token_type"]
    added = [
        _added(number, token, is_special=kind == _CONTROL)
        for number, (token, kind) in enumerate(zip(tokens, kinds, strict=True))
        if kind in (_CONTROL, _USER_DEFINED)
    ]
    # Added tokens are words of the model, too, which no merge leads to: the library would number others by itself.
    words = {token: number for number, (token, kind) in enumerate(zip(tokens, kinds, strict=True)) if kind != _UNUSED}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    return json.dumps(
        {
            "version": "1.0",
            "added_tokens": added,
            "normalizer": {"type": "NFC"},
            "pre_tokenizer": {
                "type": "Sequence",
                "pretokenizers": [
                    {"type": "Split", "pattern": {"Regex": _WORDS}, "behavior": "Isolated", "invert": False},
                    byte_level,
                ],
            },
            "post_processor": None,
            "decoder": byte_level,
            "model": {"type": "BPE", "vocab": words, "merges": header.metadata["tokenizer.ggml.merges"]},
        }
    )


def _added(number: int, token: str, *, is_special: bool) -> dict[str, Any]:
    return {
        "id": number, "content": token, "special": is_special,
        "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
    }  # fmt: skip


def _is_list_of(kind: type, value: object) -> bool:
    return isinstance(value, list) and all(type(item) is kind for item in value)
