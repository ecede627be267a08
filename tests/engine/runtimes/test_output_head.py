"""The torch runtime's head in two steps: a 4-bit copy chooses, the checkpoint's rows say how likely."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from app.engine.runtimes.shortlist_head import GROUP, rounded_to_int4
from app.engine.runtimes.torch import int4_operators
from app.engine.runtimes.torch.devices import choose_device
from app.engine.runtimes.torch.output_head import OutputHead

VOCABULARY, HIDDEN, TOP = 20_000, 256, 20


@pytest.mark.parametrize("count", [1, 3, 100])
def test_the_shortlist_holds_the_most_likely_tokens_with_exact_logits(count: int) -> None:
    generator = torch.Generator().manual_seed(count)
    rows = torch.randn(VOCABULARY, HIDDEN, generator=generator).to(torch.bfloat16)
    states = torch.randn(count, HIDDEN, generator=generator).to(torch.bfloat16)
    device = replace(choose_device(allow_gpu=False), uses_shortlist=True)

    said = OutputHead(rows, device)(states)

    exact = states.float() @ rows.float().t()
    assert (said.dtype, said.shape) == (torch.float32, (count, VOCABULARY))
    assert torch.equal(said.topk(TOP).indices, exact.topk(TOP).indices)
    torch.testing.assert_close(said.topk(TOP).values, exact.topk(TOP).values)
    # The others are what 4 bits make of them.
    assert torch.nn.functional.cosine_similarity(said, exact).min() > 0.98


def test_rows_that_do_not_fill_groups_are_read_whole() -> None:
    rows, state = torch.randn(300, 40).to(torch.bfloat16), torch.randn(1, 40).to(torch.bfloat16)
    device = replace(choose_device(allow_gpu=False), uses_shortlist=True)
    exact = state.float() @ rows.float().t()
    assert torch.equal(OutputHead(rows, device)(state).argmax(), exact.argmax())


def test_the_copy_is_the_one_of_the_other_runtimes() -> None:
    """So that what is measured of its errors on one of them is true of all."""
    rows = torch.randn(100, 4 * GROUP, generator=torch.Generator().manual_seed(0)).half()
    rows[0, :GROUP] = 0
    packed: list[Tensor] = []

    def pack(pairs: Tensor, scales: Tensor, _: torch.dtype) -> tuple[Tensor, ...]:
        packed.extend((pairs, scales))
        return ()

    operator = replace(int4_operators.CPU, pack=pack)
    OutputHead(rows, replace(choose_device(allow_gpu=False), uses_shortlist=True, operator=operator))

    pairs, scales = rounded_to_int4(rows.float().numpy(), GROUP)
    assert np.array_equal(packed[0][:100].numpy(), pairs)
    assert np.array_equal(packed[1].t()[:100].numpy(), scales)
