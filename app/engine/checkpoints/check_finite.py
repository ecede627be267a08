"""Check for NaN and infinity: with one of them in a scale, a model answers nothing."""

import numpy as np

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError
from app.engine.checkpoints.arrays import stored_array
from app.engine.checkpoints.tensor_files import TensorFiles

_BF16_EXPONENT = np.uint16(0x7F80)


def check_finite(tensors: TensorFiles) -> None:
    """Check all scales, norms and biases, about 1 % of a model; damage in the rest shows in its answers.

    Raises CheckpointError, naming the first tensor that holds NaN or infinity.
    """
    for name, entry in tensors.entries.items():
        is_small = name.endswith((".scales", ".weight_scale")) or len(entry.shape) == 1
        if not is_small or entry.dtype not in {"F32", "F16", "BF16"}:
            continue
        array = stored_array(tensors, name)
        # bfloat16 arrives as raw bits; NaN and infinity have all bits of the exponent set.
        is_fine = (array & _BF16_EXPONENT) != _BF16_EXPONENT if entry.dtype == "BF16" else np.isfinite(array)
        if not is_fine.all():
            raise CheckpointError(checkpoint_texts.NOT_FINITE, tensor=name[:120])
