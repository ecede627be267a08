"""A checkpoint of Qwen3-VL-2B's size: `python -m benchmarks.full_size FOLDER` writes 2 GB, W4A16, random weights.

Speed does not depend on the values, so it stands for the real model wherever time or memory is measured.
"""

import json
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from tests.support.tiny_checkpoint import PREPROCESSOR
from tests.support.tiny_model import make_tokenizer, quiet

GROUP = 128
SYMMETRIC_ZEROS = 0x77777777
TEXT: dict[str, Any] = {
    "hidden_size": 2048, "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128,
    "intermediate_size": 6144, "vocab_size": 151936, "max_position_embeddings": 262144, "rms_norm_eps": 1e-6,
    "rope_parameters": {
        "rope_type": "default", "rope_theta": 5e6, "mrope_section": [24, 20, 20], "mrope_interleaved": True,
    },
    "tie_word_embeddings": True,
}  # fmt: skip
VISION: dict[str, Any] = {
    "depth": 24, "hidden_size": 1024, "intermediate_size": 4096, "num_heads": 16, "out_hidden_size": 2048,
    "patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2, "deepstack_visual_indexes": [5, 11, 17],
    "num_position_embeddings": 2304,
}  # fmt: skip


def make_full_size(folder: Path) -> None:
    """Write the checkpoint: random integers where AutoRound packs them, random 16-bit weights elsewhere."""
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration  # noqa: PLC0415

    tokenizer = make_tokenizer()
    ids = tokenizer.get_vocab()
    create: Any = Qwen3VLForConditionalGeneration
    with quiet(), torch.device("meta"):
        config = Qwen3VLConfig(text_config=TEXT, vision_config=VISION, tie_word_embeddings=True)
        shapes = {name: tuple(value.shape) for name, value in create(config).state_dict().items()}
    tensors: dict[str, torch.Tensor] = {}
    for name, shape in shapes.items():
        if name == "lm_head.weight":
            continue
        if "language_model.layers" in name and name.endswith("proj.weight"):
            outputs, inputs = shape
            base = name.removesuffix(".weight")
            tensors[f"{base}.qweight"] = torch.randint(-(2**31), 2**31 - 1, (inputs // 8, outputs), dtype=torch.int32)
            tensors[f"{base}.qzeros"] = torch.full((inputs // GROUP, outputs // 8), SYMMETRIC_ZEROS, dtype=torch.int32)
            tensors[f"{base}.scales"] = torch.full((inputs // GROUP, outputs), 0.003, dtype=torch.float16)
        else:
            tensors[name] = (torch.randn(shape) * 0.02 + float(len(shape) == 1)).to(torch.float16)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    raw = {
        "architectures": ["Qwen3VLForConditionalGeneration"], "model_type": "qwen3_vl", "tie_word_embeddings": True,
        "text_config": TEXT, "vision_config": VISION, "image_token_id": ids["<|image_pad|>"],
        "vision_start_token_id": ids["<|vision_start|>"], "vision_end_token_id": ids["<|vision_end|>"],
        "quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": GROUP, "sym": True},
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(raw), encoding="utf-8")
    (folder / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR), encoding="utf-8")
    tokenizer.save(str(folder / "tokenizer.json"))


if __name__ == "__main__":
    make_full_size(Path(sys.argv[1]))
