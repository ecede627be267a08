"""The torch runtime's head in two steps: a 4-bit copy chooses, the checkpoint's rows say how likely."""

from dataclasses import replace

import pytest
import torch

from app.engine.runtimes.torch.devices import choose_device
from app.engine.runtimes.torch.output_head import OutputHead

VOCABULARY, HIDDEN, LIKELIEST = 20_000, 256, 20


@pytest.mark.parametrize("count", [1, 3, 100])
def test_the_likeliest_are_those_of_the_whole_head_and_exact(count: int) -> None:
    generator = torch.Generator().manual_seed(count)
    rows = torch.randn(VOCABULARY, HIDDEN, generator=generator).to(torch.bfloat16)
    states = torch.randn(count, HIDDEN, generator=generator).to(torch.bfloat16)
    device = replace(choose_device(takes_cards=False), screens=True)

    said = OutputHead(rows, device)(states)

    exact = states.float() @ rows.float().t()
    assert (said.dtype, said.shape) == (torch.float32, (count, VOCABULARY))
    assert torch.equal(said.topk(LIKELIEST).indices, exact.topk(LIKELIEST).indices)
    torch.testing.assert_close(said.topk(LIKELIEST).values, exact.topk(LIKELIEST).values)
    # The others are what 4 bits make of them.
    assert torch.nn.functional.cosine_similarity(said, exact).min() > 0.98


def test_rows_that_do_not_fill_groups_are_read_whole() -> None:
    rows, state = torch.randn(300, 40).to(torch.bfloat16), torch.randn(1, 40).to(torch.bfloat16)
    device = replace(choose_device(takes_cards=False), screens=True)
    exact = state.float() @ rows.float().t()
    assert torch.equal(OutputHead(rows, device)(state).argmax(), exact.argmax())
