"""From a hidden state to the likelihood of each token."""

import torch
from torch import Tensor
from torch.nn import functional

from app.engine.runtimes.packed_weights import ZERO
from app.engine.runtimes.torch.devices import Device
from app.engine.runtimes.torch.int4 import Int4Operator

CANDIDATES = 128
"""The likeliest tokens, whose logits are exact. Sampling looks at fewer."""
GROUP = 128
TILE = 64
"""Every operator takes so many outputs at a time, or a part of them."""
_ROWS = 16384
"""Rows that are rounded at a time, so that their 32 bits take little memory."""


class OutputHead:
    """The head's rows [vocabulary, hidden]; where the device screens, a 4-bit copy of them chooses the candidates.

    A 16-bit head is a third of all that a card reads for a token. See `runtimes.screening`, which does the same on
    CPUs.
    """

    def __init__(self, rows: Tensor, device: Device) -> None:
        self._rows = rows
        can_screen = device.screens and device.operator is not None and rows.shape[1] % GROUP == 0
        self._operator = device.operator if can_screen else None
        self._packed = _rounded(rows, self._operator) if self._operator else ()

    def __call__(self, normed: Tensor) -> Tensor:
        """Normed hidden states [T, hidden] -> float32 [T, vocabulary]."""
        if self._operator is not None and len(normed) < self._operator.dense_rows:
            logits = self._operator.multiply(normed, self._packed, GROUP)[:, : len(self._rows)].float()
        else:
            logits = functional.linear(normed, self._rows).float()
        # A 16-bit product leaves the likeliest tokens tied; theirs is taken again in 32 bits.
        likeliest = logits.topk(min(CANDIDATES, logits.shape[1])).indices
        exact = torch.einsum("tkh,th->tk", self._rows[likeliest].float(), normed.float())
        return logits.scatter_(1, likeliest, exact)


def _rounded(rows: Tensor, operator: Int4Operator) -> tuple[Tensor, ...]:
    """The rows in 4 bits, symmetrically to the nearest, as the operator wants them, filled up to whole tiles."""
    vocabulary, hidden = rows.shape
    filled = -(-vocabulary // TILE) * TILE
    pairs = torch.zeros(filled, hidden // 2, dtype=torch.uint8, device=rows.device)
    scales = torch.zeros(hidden // GROUP, filled, dtype=rows.dtype, device=rows.device)
    for start in range(0, vocabulary, _ROWS):
        groups = rows[start : start + _ROWS].float().view(-1, hidden // GROUP, GROUP)
        steps = (groups.abs().amax(dim=2) / (ZERO - 1)).to(rows.dtype)
        numbers = (groups / steps.float().clamp(min=1e-8)[:, :, None]).round().clamp(1 - ZERO, ZERO - 1) + ZERO
        numbers = numbers.to(torch.uint8).flatten(1)
        pairs[start : start + len(numbers)] = numbers[:, ::2] | numbers[:, 1::2] << 4
        scales[:, start : start + len(numbers)] = steps.t()
    return operator.pack(pairs, scales, rows.dtype)
