"""The quantisation recipe: the model card's AutoRound settings, W4A16 in symmetric groups of 128.

The numbers' meanings and defaults are AutoRound's (https://github.com/intel/auto-round, "Tuning Hyperparameters"),
except for `iters` and `samples`, which are the model card's.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.error_texts import quantize_texts
from app.domain.errors import QuantizeError
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.checkpoints.weights import text_linears

BITS = 4
GROUP_SIZE = 128


class PackingFormat(StrEnum):
    """The two layouts that AutoRound writes and the application opens, by AutoRound's own names."""

    AUTO_ROUND = "auto_round"
    AUTO_GPTQ = "auto_gptq"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Tuning parameters: `iters` steps of signed gradient descent per block; 0 rounds to nearest.

    Each step uses `batch_size` of `samples` samples of at most `seqlen` tokens.
    """

    iters: int = 800
    samples: int = 512
    seqlen: int = 2048
    packing: PackingFormat = PackingFormat.AUTO_ROUND
    batch_size: int = 8


def check_base(base: Checkpoint) -> None:
    """Raise QuantizeError if the model in `base` cannot be quantised with this recipe."""
    if not base.folder.is_dir():
        raise QuantizeError(quantize_texts.NOT_A_FOLDER, file=base.folder.name)
    if base.quantization is not None:
        raise QuantizeError(quantize_texts.ALREADY_QUANTISED, folder=base.folder.resolve().name, scheme=base.scheme)
    for linear, _, inputs in text_linears(0, base.config.text):
        if inputs % GROUP_SIZE:
            raise QuantizeError(quantize_texts.LAYER_INDIVISIBLE, layer=linear, inputs=inputs, group=GROUP_SIZE)
