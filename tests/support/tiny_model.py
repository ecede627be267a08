"""A tiny Qwen3-VL with all of the real one's parts, and a text decoder that has learned four sentences by heart.

A random model falls into repeating one token, which hides most mistakes; one that has been taught for a few seconds
says different words with a clear preference at each step, so that equal answers mean something.
"""

import contextlib
import copy
import functools
import io
import logging
import math
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_model, save_model
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from tqdm import tqdm

from tests.support.made_once import made_once

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
ANSWERS = {
    "What does the receipt show?": "The receipt shows two espressos and a walnut cake for nine euros, "
    "of which one euro forty-four is tax.",
    "What is on the sign?": "Words on a sign, lines of a letter, numbers in a table: "
    "whatever stands on the image is read in order.",
    "Describe the station.": "A station hall at noon: people wait below the clock, "
    "a train stands at platform four, and the sun falls through the roof.",
    "What does the chart say?": "The chart has three bars. The first is the tallest, "
    "the second is half of it, the third has no label.",
}
LESSONS = 120
MAX_NOISE_TOKENS = 60
IMAGE_PATCHES = 256
MAX_LESSON_TOKENS = 80
_TAUGHT = "taught.safetensors"


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
    tokenizer.train_from_iterator([*ANSWERS, *ANSWERS.values(), "user\nassistant\nsystem\n"], trainer)
    return tokenizer


def _random_model(tokenizer: Tokenizer) -> Any:  # noqa: ANN401 - transformers is not typed
    """An untaught model in fp32."""
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration  # noqa: PLC0415

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
                parameter.normal_(0.0, 0.06 if "visual" in name else 0.05)
            elif name.endswith("bias"):
                parameter.normal_(0.0, 0.05)
            else:
                parameter.normal_(1.0, 0.1)
    model.generation_config.eos_token_id = ids["<|im_end|>"]
    model.generation_config.pad_token_id = ids["<|endoftext|>"]
    return model


@functools.cache
def _taught_model() -> Any:  # noqa: ANN401
    tokenizer = make_tokenizer()
    with torch.random.fork_rng(), quiet(), tempfile.TemporaryDirectory() as folder:
        torch.manual_seed(3)
        model = _random_model(tokenizer)

        def teach(empty: Path) -> None:
            _teach(model, tokenizer)
            save_model(model, str(empty / _TAUGHT))

        made_once(Path(folder), "taught", [Path(__file__)], teach)
        load_model(model, Path(folder, _TAUGHT))
    return model.requires_grad_(requires_grad=False)


def make_untaught_model() -> Any:  # noqa: ANN401
    """A random model in fp32, which takes no time to make."""
    with torch.random.fork_rng(), quiet():
        torch.manual_seed(3)
        return _random_model(make_tokenizer())


def make_model() -> Any:  # noqa: ANN401
    """A taught model in fp32, a new copy at each call."""
    return copy.deepcopy(_taught_model())


def question_tokens(tokenizer: Tokenizer, question: str, noise: list[int] | None = None) -> list[int]:
    """A chat of one question, up to where the answer begins."""
    head = tokenizer.encode("<|im_start|>user\n", add_special_tokens=False).ids
    tail = tokenizer.encode(f"{question}<|im_end|>\n<|im_start|>assistant\n", add_special_tokens=False).ids
    return [*head, *(noise or []), *tail]


def _teach(model: Any, tokenizer: Tokenizer) -> None:  # noqa: ANN401
    """Before each question stand tokens without meaning, or images of noise: the answer is to stay clear of both."""
    parameters = list(model.model.language_model.parameters())
    optimiser = torch.optim.AdamW(parameters, lr=2e-3)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.05, LESSONS)
    for lesson in range(LESSONS):
        loss = model(**_lesson(tokenizer, images=lesson % 3)).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()


def _lesson(tokenizer: Tokenizer, images: int) -> dict[str, torch.Tensor]:
    """The model's inputs: all questions, each behind so many images, and the answers to be learned."""
    start, pad, end = (tokenizer.get_vocab()[name] for name in ("<|vision_start|>", "<|image_pad|>", "<|vision_end|>"))
    image = [start, *[pad] * (IMAGE_PATCHES // 4), end]
    rows, labels = [], []
    for question, answer in ANSWERS.items():
        noise = torch.randint(
            len(SPECIAL_TOKENS), tokenizer.get_vocab_size(), (int(torch.randint(MAX_NOISE_TOKENS, ())),)
        )
        head = question_tokens(tokenizer, question, image * images + noise.tolist())
        # Said again and again, so that even an answer that is not stopped at its end stays clear.
        body = tokenizer.encode(f"{answer}<|im_end|>\n" * 3, add_special_tokens=False).ids[:MAX_LESSON_TOKENS]
        rows.append(torch.tensor([*head, *body]))
        labels.append(torch.tensor([-100] * len(head) + body))
    pad_rows = torch.nn.utils.rnn.pad_sequence
    tokens = pad_rows(rows, batch_first=True)
    inputs = {
        "input_ids": tokens,
        "labels": pad_rows(labels, batch_first=True, padding_value=-100),
        "mm_token_type_ids": (tokens == pad).long(),
    }
    if images:
        count, side = len(ANSWERS) * images, math.isqrt(IMAGE_PATCHES)
        inputs["image_grid_thw"] = torch.tensor([[1, side, side]] * count)
        coarse = torch.rand(count, 3, 9, 9) * 2 - 1
        smooth = torch.nn.functional.interpolate(coarse, size=(side * 16, side * 16), mode="bicubic")
        inputs["pixel_values"] = _patches(smooth)
    return inputs


def _patches(images: torch.Tensor) -> torch.Tensor:
    """[n, 3, side, side] -> [n * patches, values]; their order does not matter to noise."""
    cells = images.unfold(2, 16, 16).unfold(3, 16, 16).permute(0, 2, 3, 1, 4, 5)
    return cells.unsqueeze(4).expand(-1, -1, -1, -1, 2, -1, -1).flatten(0, 2).flatten(1)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keeps the libraries' warnings and progress bars, which say nothing about our code, out of the tests."""
    previous = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    tqdm.monitor_interval = 0  # Or its thread would outlive the test.
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
