"""What is done to a model: the model card's AutoRound recipe, W4A16 in symmetric groups of 128.

The numbers' meanings and defaults are AutoRound's (https://github.com/intel/auto-round, "Tuning Hyperparameters"), but
for `iters` and `samples`, which are the model card's.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.errors import QuantizeError
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.checkpoints.weights import text_linears

BITS = 4
GROUP_SIZE = 128


class PackingFormat(StrEnum):
    """The two layouts that AutoRound writes and the application opens; AutoRound's own words."""

    AUTO_ROUND = "auto_round"
    AUTO_GPTQ = "auto_gptq"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """`iters` steps of signed gradient descent a block; 0 rounds to nearest.

    Each step looks at `batch_size` of `samples` samples of at most `seqlen` tokens.
    """

    iters: int = 800
    samples: int = 512
    seqlen: int = 2048
    packing: PackingFormat = PackingFormat.AUTO_ROUND
    batch_size: int = 8


def check_base(base: Checkpoint) -> None:
    """Raises QuantizeError where the model in `base` cannot be quantised by this recipe."""
    name = base.folder.resolve().name
    if base.quantization is not None:
        raise QuantizeError(
            f"The model in “{name}” is quantised already ({base.scheme}).",
            kept="Nothing was changed.",
            todo="Choose the 16-bit folder that it was made from.",
        )
    for linear, _, inputs in text_linears(0, base.config.text):
        if inputs % GROUP_SIZE:
            raise QuantizeError(
                f"The model's layer {linear} has {inputs} inputs, which do not divide into groups of {GROUP_SIZE}.",
                kept="Nothing was changed.",
                todo="Choose another model.",
            )
