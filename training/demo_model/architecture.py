"""The demo model's shape and tokenizer: every part that Qwen3-VL has, at a few million parameters."""

from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

SPECIAL_TOKENS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
BOX_HEAD, BOX_MIDDLE, BOX_TAIL = '```json\n[\n\t{"bbox_2d": [', '], "label": "', '"}\n]\n```'
"""The fixed parts of an answer with a box: the first and the last are a token each."""
BOX_STEP = 4
BOX_NUMBERS = tuple(tuple(f"{number}{behind}" for number in range(0, 1000, BOX_STEP)) for behind in (", ", BOX_MIDDLE))
"""The numbers of a box with what stands behind them, a token each: the first three, and the last. A place is then one
choice among neighbours. Digit after digit it is three, and the model does not learn them in hours."""
PHRASES = ("user\n", "assistant\n", "Read the text.", "How many lines are there?", "Where is ")
"""What every conversation repeats, a token each: spelled out, it would be half of what the model reads."""
ADDED = (BOX_HEAD, BOX_TAIL, *PHRASES, *BOX_NUMBERS[0], *BOX_NUMBERS[1])

PATCH, WINDOW = 16, 32
"""Pixels of a patch and of a visual token, each way."""


def make_tokenizer() -> Tokenizer:
    """A byte-level BPE without merges between letters, so that a word that was never seen is read like any other."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {name: number for number, name in enumerate((*SPECIAL_TOKENS, *alphabet))}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in SPECIAL_TOKENS])
    tokenizer.add_tokens([AddedToken(name, normalized=False) for name in ADDED])
    return tokenizer


def special_ids(tokenizer: Tokenizer) -> dict[str, int]:
    """The numbers of SPECIAL_TOKENS."""
    vocabulary = tokenizer.get_vocab()
    return {name: vocabulary[name] for name in SPECIAL_TOKENS}


def make_model(tokenizer: Tokenizer) -> Any:  # noqa: ANN401 - transformers is not typed
    """An untrained model in float32."""
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration  # noqa: PLC0415

    ids = special_ids(tokenizer)
    config = Qwen3VLConfig(
        text_config={
            "hidden_size": 256,
            "num_hidden_layers": 5,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 64,
            "intermediate_size": 512,
            "vocab_size": tokenizer.get_vocab_size(),
            "max_position_embeddings": 4096,
            "rms_norm_eps": 1e-6,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1e4,
                "mrope_section": [12, 10, 10],
                "mrope_interleaved": True,
            },
            "tie_word_embeddings": True,
        },
        vision_config={
            "depth": 6,
            "hidden_size": 192,
            "intermediate_size": 384,
            "num_heads": 3,
            "out_hidden_size": 256,
            "patch_size": PATCH,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "deepstack_visual_indexes": [1],
            "num_position_embeddings": 48 * 48,
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=True,
    )
    create: Any = Qwen3VLForConditionalGeneration
    model = create(config)
    model.generation_config.eos_token_id = ids["<|im_end|>"]
    model.generation_config.pad_token_id = ids["<|endoftext|>"]
    model.generation_config.do_sample = False
    return model
