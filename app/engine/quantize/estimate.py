"""Estimates the memory and disk space of a run before it starts.

AutoRound holds the whole model, the inputs and outputs of the current block for all samples, and the block being tuned:
for each weight its rounding, gradient, best rounding so far and copies in 32 bits. The factors below are counted from
AutoRound 0.16.1's source and were compared with two measured runs on a CPU, of 256 tokens per sample and one iteration:
64 samples, blocks of 1024 x 3072, took 0.73 GB above the libraries, and 1024 samples, blocks of 256 x 384, took
0.58 GB. The estimates are up to a third higher. GPU memory is not counted.
"""

import math
from dataclasses import dataclass

from app.engine.checkpoints.config import ModelConfig
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.checkpoints.weights import text_linears
from app.engine.quantize.recipe import BITS, GROUP_SIZE, Recipe

LIBRARIES = 900e6
"""Memory of torch, transformers, auto_round and what they load, in bytes."""

CACHED_COPIES = 4
"""Number of copies of all samples' hidden states in 16 bits: a block's inputs and outputs, original and quantised."""

BYTES_A_TUNED_WEIGHT = 24
ACTIVATION_COPIES = 4
"""Number of 32-bit values stored for the backward pass per value that a block's layers output."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Bytes of memory for the 16-bit weights, the samples and the current block; bytes of disk for the new folder."""

    weights: int
    samples: int
    block: int
    disk: int

    @property
    def memory(self) -> int:
        """The total memory in bytes, libraries included."""
        return int(self.weights + self.samples + self.block + LIBRARIES)


def estimate(base: Checkpoint, recipe: Recipe, samples: int, tokens: int) -> Estimate:
    """Estimate what quantising `base` takes with `samples` samples of `tokens` tokens each."""
    config = base.config
    entries = base.tensors.entries.values()
    weights = sum(entry.end - entry.begin for entry in entries)
    quantized = config.text.layers * _block_weights(config)
    share = 2 - (BITS + (16 + BITS) / GROUP_SIZE) / 8
    return Estimate(
        weights=weights,
        samples=samples * tokens * config.text.hidden_size * 2 * CACHED_COPIES,
        block=_block(config, recipe, tokens) if recipe.iters else _block_weights(config) * 12,
        disk=weights - int(quantized * share),
    )


def available_memory() -> int:
    """Return the bytes of memory that are available to programs."""
    import psutil  # noqa: PLC0415 - comes with the extra

    return int(psutil.virtual_memory().available)


def _block(config: ModelConfig, recipe: Recipe, tokens: int) -> int:
    given_out = sum(outputs for _, outputs, _ in text_linears(0, config.text)) + 4 * config.text.hidden_size
    activations = recipe.batch_size * tokens * given_out * 4 * ACTIVATION_COPIES
    return _block_weights(config) * BYTES_A_TUNED_WEIGHT + activations


def _block_weights(config: ModelConfig) -> int:
    return sum(math.prod((outputs, inputs)) for _, outputs, inputs in text_linears(0, config.text))
