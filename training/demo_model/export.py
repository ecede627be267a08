"""Quantise what was trained and put it into resources: `python -m training.demo_model.export FOLDER`.

FOLDER is the one that train.py wrote to. The 16-bit parent goes to FOLDER/parent; the real AutoRound quantises it,
W4A16, groups of 128, symmetric, the vision tower left in 16 bits, and calibrates on answers about fresh images' text.
"""

import argparse
import json
import random
import shutil
from pathlib import Path
from typing import Any

import torch

from training.demo_model.architecture import make_model, make_tokenizer
from training.demo_model.conversations import REFUSAL, conversation
from training.demo_model.text_images import render

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
PREPROCESSOR = {
    "size": {"longest_edge": 768 * 576, "shortest_edge": 96 * 96},
    "patch_size": 16,
    "temporal_patch_size": 2,
    "merge_size": 2,
    "image_mean": [0.5] * 3,
    "image_std": [0.5] * 3,
    "processor_class": "Qwen3VLProcessor",
    "image_processor_type": "Qwen2VLImageProcessorFast",
}
POLICY = {
    "name": "Demo (short printed text)",
    "is_placeholder": True,
    "can_translate": False,
    "can_extract_fields": False,
    "can_read_documents": False,
    "sample": "note.png",
    "max_new_tokens": 256,  # More than any answer in its training data.
    # In its training domain 99 of 100 answers stay above; on photos, receipts and other scripts nearly none do.
    "min_confidence": 0.7,
    "fallback": REFUSAL,
}
SAMPLES, SAMPLE_LENGTH = 16, 128


def write_parent(training: Path, folder: Path) -> Path:
    """The trained weights in bf16 as an ordinary Qwen3-VL folder."""
    tokenizer = make_tokenizer()
    model = make_model(tokenizer)
    model.load_state_dict(torch.load(training, weights_only=True)["model"])
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    write_small_files(folder)
    return folder


def write_small_files(folder: Path) -> None:
    """What neither transformers nor AutoRound writes as it is wanted."""
    (folder / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR, indent=2) + "\n")
    path = folder / "generation_config.json"
    chosen = json.loads(path.read_text()) | {"do_sample": False}  # Reading wants the likeliest token.
    path.write_text(json.dumps(chosen, indent=2) + "\n")


def write_policy(folder: Path) -> None:
    """What the application does with the model; see `ModelPolicy`. It lies beside the folder, and copies have none."""
    path = folder.with_name(f"{folder.name}_policy.json")
    path.write_text(json.dumps(POLICY, indent=2) + "\n")


def quantize(parent: Path, folder: Path) -> None:
    """AutoRound's recipe over `parent` into `folder`, which is made anew."""
    from auto_round import AutoRound  # noqa: PLC0415
    from auto_round.schemes import QuantizationScheme  # noqa: PLC0415
    from transformers import PreTrainedTokenizerFast, Qwen3VLForConditionalGeneration  # noqa: PLC0415

    load: Any = Qwen3VLForConditionalGeneration.from_pretrained
    create: Any = PreTrainedTokenizerFast
    tokenizer = create(tokenizer_file=str(parent / "tokenizer.json"), eos_token="<|im_end|>", pad_token="<|endoftext|>")  # noqa: S106
    rng = random.Random("calibration")
    texts = [_sample(rng) for _ in range(SAMPLES)]
    shutil.rmtree(folder, ignore_errors=True)
    AutoRound(
        load(parent, dtype=torch.float32).eval(),
        tokenizer=tokenizer,
        processor=tokenizer,
        scheme=QuantizationScheme(bits=4, group_size=128, sym=True, data_type="int"),
        dataset=texts,
        iters=0,  # The weights were trained to be rounded to the nearest.
        disable_opt_rtn=True,
        seqlen=SAMPLE_LENGTH,
        nsamples=SAMPLES,
        device_map="cpu",
        enable_torch_compile=False,
    ).quantize_and_save(str(folder), format="auto_round")
    (inner,) = (path for path in folder.iterdir() if path.is_dir())
    for path in inner.iterdir():
        path.rename(folder / path.name)
    inner.rmdir()
    keep = {"config.json", "generation_config.json", "model.safetensors"}
    for path in folder.iterdir():
        if path.name not in keep:
            path.unlink()
    shutil.copy(parent / "tokenizer.json", folder)
    write_small_files(folder)


def _sample(rng: random.Random) -> str:
    """Conversations about text, long enough to fill a sample."""
    said = ""
    while len(said) < 8 * SAMPLE_LENGTH:
        for question, answer in conversation(rng, render(rng, 512, 160), 3):
            said += f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n{answer}<|im_end|>\n"
    return said


def main() -> None:
    """Write the parent and the quantised model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where train.py wrote to")
    parser.add_argument("--out", type=Path, default=RESOURCES / "demo_model")
    options = parser.parse_args()
    card = options.out / "README.md"
    kept = card.read_text() if card.exists() else ""
    quantize(write_parent(options.folder / "training-0.pt", options.folder / "parent"), options.out)
    if kept:
        card.write_text(kept)
    write_policy(options.out)


if __name__ == "__main__":
    main()
