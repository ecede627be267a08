"""The torch runtime's head in two steps: a 4-bit copy chooses, the checkpoint's rows say how likely."""

from dataclasses import replace

import pytest
import torch

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
