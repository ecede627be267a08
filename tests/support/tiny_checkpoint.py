"""A tiny random Qwen3-VL with all of the real one's parts, quantised by the real AutoRound in both of its layouts.

`python -m tests.support.tiny_checkpoint OUT --format auto_round` makes one to open in the application: it talks
nonsense, by the same path on which the real model talks sense.
"""

import argparse
import contextlib
import io
import json
import logging
import warnings
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

SPECIAL_TOKENS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
VOCABULARY = 512
PREPROCESSOR = {
    "size": {"longest_edge": 16777216, "shortest_edge": 65536},
    "patch_size": 16,
    "temporal_patch_size": 2,
    "merge_size": 2,
    "image_mean": [0.5] * 3,
    "image_std": [0.5] * 3,
    "processor_class": "Qwen3VLProcessor",
    "image_processor_type": "Qwen2VLImageProcessorFast",
}
CALIBRATION = [
    "The receipt shows two espressos and a walnut cake for nine euros, of which one euro forty-four is tax. " * 8,
    "Words on a sign, lines of a letter, numbers in a table: whatever stands on the image is read in order. " * 8,
]


class Layout(StrEnum):
    """How the checkpoint is written: AutoRound's two GPTQ layouts, or 16-bit weights."""

    AUTO_ROUND = "auto_round"
    AUTO_GPTQ = "auto_gptq"
    PLAIN = "plain"


def make_tokenizer() -> Tokenizer:
    """A byte-level BPE of VOCABULARY tokens with Qwen's special tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*CALIBRATION, "user\nassistant\nsystem\n"], trainer)
    return tokenizer


def make_model(tokenizer: Tokenizer) -> Any:  # noqa: ANN401 - transformers is not typed
    """A decisive random model in fp32: its weights are wide enough that the likeliest token stands out."""
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration  # noqa: PLC0415

    torch.manual_seed(3)
    vocabulary = tokenizer.get_vocab()
    ids = {name: vocabulary[name] for name in SPECIAL_TOKENS}
    config = Qwen3VLConfig(
        text_config={
            "hidden_size": 256,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 64,
            "intermediate_size": 384,
            "vocab_size": tokenizer.get_vocab_size(),
            "max_position_embeddings": 4096,
            "rms_norm_eps": 1e-6,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 5e6,
                "mrope_section": [12, 10, 10],
                "mrope_interleaved": True,
            },
            "tie_word_embeddings": True,
        },
        vision_config={
            "depth": 4,
            "hidden_size": 128,
            "intermediate_size": 256,
            "num_heads": 2,
            "out_hidden_size": 256,
            "patch_size": 16,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "deepstack_visual_indexes": [0, 2],
            "num_position_embeddings": 144,
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=True,
    )
    create: Any = Qwen3VLForConditionalGeneration
    model = create(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                parameter.normal_(0.0, 0.06 if "embed_tokens" not in name else 0.3)
            elif name.endswith("bias"):
                parameter.normal_(0.0, 0.05)
            else:
                parameter.normal_(1.0, 0.1)
    model.generation_config.eos_token_id = ids["<|im_end|>"]
    model.generation_config.pad_token_id = ids["<|endoftext|>"]
    return model


def make_checkpoint(folder: Path, layout: Layout, group_size: int = 128) -> Path:
    """Write a checkpoint of this layout into `folder` and return it."""
    tokenizer = make_tokenizer()
    with _quiet():
        model = make_model(tokenizer)
        if layout is Layout.PLAIN:
            model.to(torch.bfloat16).save_pretrained(folder)
        else:
            _quantize(model, tokenizer, folder, layout, group_size)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR), encoding="utf-8")
    return folder


def _quantize(model: Any, tokenizer: Tokenizer, folder: Path, layout: Layout, group_size: int) -> None:  # noqa: ANN401
    from auto_round import AutoRound  # noqa: PLC0415
    from auto_round.schemes import QuantizationScheme  # noqa: PLC0415
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

    create: Any = PreTrainedTokenizerFast
    wrapped = create(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>")  # noqa: S106
    scheme = QuantizationScheme(bits=4, group_size=group_size, sym=True, data_type="int")
    AutoRound(
        model,
        tokenizer=wrapped,
        processor=wrapped,
        scheme=scheme,
        dataset=CALIBRATION,
        iters=0,
        seqlen=64,
        nsamples=2,
        device_map="cpu",
        enable_torch_compile=False,
    ).quantize_and_save(str(folder), format=layout.value)
    # AutoRound names a folder of its own inside the one it is given.
    (inner,) = (path for path in folder.iterdir() if path.is_dir())
    for path in inner.iterdir():
        path.rename(folder / path.name)
    inner.rmdir()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keeps the libraries' warnings and progress bars, which say nothing about our code, out of the tests."""
    previous = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    silence = io.StringIO()
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            contextlib.redirect_stderr(silence),
            contextlib.redirect_stdout(silence),
        ):
            yield
    finally:
        logging.disable(previous)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--format", type=Layout, choices=list(Layout), default=Layout.AUTO_ROUND)
    arguments = parser.parse_args()
    make_checkpoint(arguments.out, arguments.format)
