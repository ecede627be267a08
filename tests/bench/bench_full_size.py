"""The engine at the size of Qwen3-VL-2B: `python -m tests.bench.bench_full_size FOLDER [SIDE] [RUNTIME]`.

FOLDER gets a W4A16 checkpoint of full size with random weights, 2 GB, if there is none yet: speed does not depend on
the values. One process opens it and answers about two SIDE x SIDE images, the second one twice; loading, time to first
token, decoding speed and the process's memory are printed. RUNTIME is openvino or torch, or what the application would
choose. Guesses are switched off: random weights soon repeat one token, which is guessed too well. The peer's figures
come from llama.cpp on the same weights' shapes.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

from app.domain.chat import Role, Turn
from app.domain.generation import GREEDY, GenerationOptions
from app.engine.generation.backend import ModelBackend
from app.engine.generation.drafts import Drafts
from app.engine.process.messages import Ask, Event, OpenModel, Stats
from app.engine.runtimes.choose import choose_runtime
from tests.support.runtimes import RUNTIMES
from tests.support.tiny_checkpoint import PREPROCESSOR
from tests.support.tiny_model import make_tokenizer, quiet

GROUP = 128
NEW_TOKENS = 64
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


def main() -> None:
    """Make the checkpoint where there is none, then time one answer."""
    folder = Path(sys.argv[1])
    side = int(sys.argv[2]) if len(sys.argv) > 2 else 448
    if not (folder / "config.json").exists():
        make_full_size(folder)
        sys.exit("The checkpoint has been made; run again, so that making it does not count as memory.")
    Drafts.guess = lambda *_: []  # type: ignore[method-assign]
    events: list[Event] = []
    backend = ModelBackend(RUNTIMES[sys.argv[3]] if len(sys.argv) > 3 else choose_runtime)
    started = time.perf_counter()
    backend.handle(OpenModel(1, str(folder)), events.append, lambda: None)
    print(f"open: {time.perf_counter() - started:.1f} s")
    with tempfile.TemporaryDirectory() as images:
        options = GenerationOptions(sampling=GREEDY, max_new_tokens=NEW_TOKENS)
        for attempt, seed in (("first", 0), ("second", 1), ("the same again", 1)):
            path = Path(images) / f"{seed}.png"
            Image.fromarray(np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)).save(path)
            turn = Turn(Role.USER, "What does the receipt show?", (str(path),))
            backend.handle(Ask(2, (turn,), options), events.append, lambda: None)
            stats = next(event.stats for event in reversed(events) if isinstance(event, Stats))
            print(
                f"{attempt}, {side} x {side}: {stats.prompt_tokens} prompt tokens, {stats.reused_tokens} reused, "
                f"first token {stats.first_token_seconds:.2f} s, then {stats.tokens_per_second:.1f} tokens/s"
            )
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")


if __name__ == "__main__":
    main()
