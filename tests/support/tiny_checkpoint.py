"""Checkpoint folders of the tiny model, quantised by the real AutoRound in both of its layouts.

`python -m tests.support.tiny_checkpoint OUT --format auto_round` makes one to open in the application: it knows four
sentences, by the same path on which the real model talks sense.
"""

import argparse
import json
import shutil
from enum import StrEnum
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from tests.support import tiny_model
from tests.support.made_once import made_once
from tests.support.tiny_model import ANSWERS, make_model, make_tokenizer, make_untaught_model, quiet

PREPROCESSOR: dict[str, Any] = {
    "size": {"longest_edge": 16777216, "shortest_edge": 65536},
    "patch_size": 16,
    "temporal_patch_size": 2,
    "merge_size": 2,
    "image_mean": [0.5] * 3,
    "image_std": [0.5] * 3,
    "processor_class": "Qwen3VLProcessor",
    "image_processor_type": "Qwen2VLImageProcessorFast",
}
CALIBRATION = [f"{question} {answer} " * 8 for question, answer in ANSWERS.items()]


class Layout(StrEnum):
    """How the checkpoint is written: AutoRound's two GPTQ layouts, or 16-bit weights."""

    AUTO_ROUND = "auto_round"
    AUTO_GPTQ = "auto_gptq"
    PLAIN = "plain"


def make_checkpoint(folder: Path, layout: Layout, group_size: int = 128) -> Path:
    """Write a checkpoint of this layout into `folder` and return it."""

    def make(empty: Path) -> None:
        if layout is Layout.PLAIN:
            _write_plain(make_model(), empty)
            return
        with quiet():
            _quantize(make_model(), make_tokenizer(), empty, layout, group_size)
        _with_side_files(empty)

    return made_once(folder, f"{layout}-{group_size}", [Path(__file__), Path(tiny_model.__file__)], make)


def make_untaught_checkpoint(folder: Path) -> Path:
    """Write a 16-bit checkpoint of random weights into `folder` and return it."""
    return _write_plain(make_untaught_model(), folder)


def _write_plain(model: Any, folder: Path) -> Path:  # noqa: ANN401
    with quiet():
        model.to(torch.bfloat16).save_pretrained(folder)
    return _with_side_files(folder)


def _with_side_files(folder: Path) -> Path:
    make_tokenizer().save(str(folder / "tokenizer.json"))
    (folder / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR), encoding="utf-8")
    return folder


def make_endless(checkpoint: Path, folder: Path) -> Path:
    """A copy whose answers go on to the length limit: what the model has learned to say last no longer ends a turn."""
    shutil.copytree(checkpoint, folder)
    (folder / "generation_config.json").unlink()
    names = {"<|im_end|>": "<|video_pad|>", "<|video_pad|>": "<|im_end|>"}
    path = folder / "tokenizer.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    for token in raw["added_tokens"]:
        token["content"] = names.get(token["content"], token["content"])
    raw["model"]["vocab"] = {names.get(name, name): number for name, number in raw["model"]["vocab"].items()}
    path.write_text(json.dumps(raw), encoding="utf-8")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["video_token_id"] = raw["model"]["vocab"]["<|endoftext|>"]  # The token before ends turns from now on.
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
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


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--format", type=Layout, choices=list(Layout), default=Layout.AUTO_ROUND)
    arguments = parser.parse_args()
    make_checkpoint(arguments.out, arguments.format)
