"""The LM head: hidden states to logits."""

import torch
from torch import Tensor
from torch.nn import functional

from app.engine.runtimes.shortlist_head import CANDIDATES, GROUP, LEAST_SCALE, STEPS, ZERO
from app.engine.runtimes.torch.devices import Device
from app.engine.runtimes.torch.int4_operators import Int4Operator

TILE = 64
"""Number of outputs of a tile; every operator's tile divides it."""
_ROWS = 16384
"""Number of rows that are rounded at a time, so that their float32 copies take little memory."""


class OutputHead:
    """The head's rows [vocabulary, hidden]; if the device uses a shortlist, a 4-bit copy chooses it.

    A 16-bit head is a third of all that a GPU reads per token. See `runtimes.shortlist_head`, which does the same on
    CPUs.
    """

    def __init__(self, rows: Tensor, device: Device) -> None:
        self._rows = rows
        can_shortlist = device.uses_shortlist and device.operator is not None and rows.shape[1] % GROUP == 0
        self._operator = device.operator if can_shortlist else None
        self._packed = _rounded(rows, self._operator) if self._operator else ()

    def __call__(self, normed: Tensor, allowed: Tensor | None = None) -> Tensor:
        """Normed hidden states [T, hidden] -> float32 [T, vocabulary].

        If `allowed`, bool [T, vocabulary], is given, the logits of all other tokens are minus infinity.
        """
        if self._operator is not None and len(normed) < self._operator.dequant_min_rows:
            logits = self._operator.multiply(normed, self._packed, GROUP)[:, : len(self._rows)].float()
        else:
            logits = functional.linear(normed, self._rows).float()
        if allowed is not None:
            logits = logits.masked_fill(~allowed, -torch.inf)
        # A 16-bit product leaves the most likely tokens tied; they are rescored in 32 bits.
        top_k_indices = logits.topk(min(CANDIDATES, logits.shape[1])).indices
        exact = torch.einsum("tkh,th->tk", self._rows[top_k_indices].float(), normed.float())
        if allowed is not None:  # Fewer may be allowed than are rescored.
            exact = exact.masked_fill(~allowed.gather(1, top_k_indices), -torch.inf)
        return logits.scatter_(1, top_k_indices, exact)


def _rounded(rows: Tensor, operator: Int4Operator) -> tuple[Tensor, ...]:
    """Round the rows to 4 bits, symmetrically, to nearest, in the operator's layout, padded to whole tiles."""
    vocabulary, hidden = rows.shape
    filled = -(-vocabulary // TILE) * TILE
    pairs = torch.zeros(filled, hidden // 2, dtype=torch.uint8, device=rows.device)
    scales = torch.zeros(hidden // GROUP, filled, dtype=rows.dtype, device=rows.device)
    for start in range(0, vocabulary, _ROWS):
        groups = rows[start : start + _ROWS].float().view(-1, hidden // GROUP, GROUP)
        farthest = groups.gather(2, groups.abs().argmax(dim=2, keepdim=True))
        (numbers, steps, errors), others = (_rounded_groups(groups, farthest / n, rows.dtype) for n in STEPS)
        numbers, steps = (torch.where(others[2] < errors, *pair) for pair in ((others[0], numbers), (others[1], steps)))
        numbers = (numbers + ZERO).to(torch.uint8).flatten(1)
        pairs[start : start + len(numbers)] = numbers[:, ::2] | numbers[:, 1::2] << 4
        scales[:, start : start + len(numbers)] = steps[:, :, 0].t()
    return operator.pack(pairs, scales, rows.dtype)


def _rounded_groups(groups: Tensor, steps: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Return numbers -8 to 7 of groups [n, m, GROUP], their scales [n, m, 1] of `dtype`, and their squared errors."""
    scales = steps.to(dtype)
    factors = scales.float()
    divisors = torch.where(factors.abs() < LEAST_SCALE, LEAST_SCALE, factors)
    numbers = (groups / divisors).round().clamp(-ZERO, ZERO - 1)
    return numbers, scales, (numbers * factors - groups).square().sum(dim=2, keepdim=True)
