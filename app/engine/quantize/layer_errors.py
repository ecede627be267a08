"""Quantisation error of the weights, layer by layer."""

from collections.abc import Iterator

import torch
from torch import Tensor

from app.engine.checkpoints.grouped_weight import dequantized
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.checkpoints.weights import text_linears
from app.engine.quantize.report import LayerError
from app.engine.runtimes.torch.weights import stored_tensor


def layer_errors(base: Checkpoint, quantized: Checkpoint) -> Iterator[LayerError]:
    """Yield the errors of the text model's linear layers, in order, including those that AutoRound left in 16 bits."""
    for layer in range(base.config.text.layers):
        for name, outputs, inputs in text_linears(layer, base.config.text):
            original = stored_tensor(base.tensors, f"{name}.weight").to(torch.float32)
            difference = original - _weight(quantized, name)
            error = float(difference.norm() / original.norm().clamp(min=1e-12))
            yield LayerError(name, (outputs, inputs), _bits(quantized, name) / (outputs * inputs), error)


def _weight(checkpoint: Checkpoint, name: str) -> Tensor:
    """Return the layer's weight, float32 [outputs, inputs]."""
    layer = checkpoint.layers.get(name)
    if layer is None:
        return stored_tensor(checkpoint.tensors, f"{name}.weight").to(torch.float32)
    return torch.from_numpy(dequantized(layer.weight()))


def _bits(checkpoint: Checkpoint, name: str) -> int:
    """Return the bits on disk of the layer's tensors, without `g_idx`, which follows from their shapes."""
    parts = (f"{name}.{part}" for part in ("weight", "qweight", "qzeros", "scales"))
    entries = (checkpoint.tensors.entries.get(part) for part in parts)
    return sum((entry.end - entry.begin) * 8 for entry in entries if entry)
