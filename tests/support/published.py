"""What the published Qwen3-VL-2B-Instruct consists of, apart from its weights."""

from functools import cache
from pathlib import Path

from app.domain.settings.generation_options import Sampling
from app.engine.checkpoints.config import ModelConfig, parse_config
from app.engine.checkpoints.open_checkpoint import TOKENIZER, Checkpoint
from app.engine.checkpoints.preprocessor import Preprocessor
from app.engine.checkpoints.tensor_files import TensorFiles
from tests.support.qwen3_tokenizer import tokenizer_json

CONFIG = {
    "architectures": ["Qwen3VLForConditionalGeneration"],
    "image_token_id": 151655,
    "model_type": "qwen3_vl",
    "text_config": {
        "head_dim": 128,
        "hidden_size": 2048,
        "intermediate_size": 6144,
        "max_position_embeddings": 262144,
        "num_attention_heads": 16,
        "num_hidden_layers": 28,
        "num_key_value_heads": 8,
        "rms_norm_eps": 1e-06,
        "rope_scaling": {"mrope_interleaved": True, "mrope_section": [24, 20, 20], "rope_type": "default"},
        "rope_theta": 5000000,
        "vocab_size": 151936,
    },
    "tie_word_embeddings": True,
    "video_token_id": 151656,
    "vision_config": {
        "deepstack_visual_indexes": [5, 11, 17],
        "depth": 24,
        "hidden_size": 1024,
        "in_channels": 3,
        "intermediate_size": 4096,
        "num_heads": 16,
        "num_position_embeddings": 2304,
        "out_hidden_size": 2048,
        "patch_size": 16,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
    },
    "vision_end_token_id": 151653,
    "vision_start_token_id": 151652,
}


@cache
def published_config() -> ModelConfig:
    """Its config.json."""
    return parse_config(CONFIG)


def published_checkpoint(folder: Path) -> Checkpoint:
    """Its configuration and tokenizer, without tensors, in `folder`."""
    (folder / TOKENIZER).write_bytes(tokenizer_json())
    return Checkpoint(
        folder=folder,
        config=published_config(),
        quantization=None,
        tensors=TensorFiles({}),
        layers={},
        preprocessor=Preprocessor(),
        end_tokens=(151645, 151643),
        sampling=Sampling(),
        tokenizer_path=folder / TOKENIZER,
    )
