"""How far AutoRound is. It has no callback, but makes one tqdm bar a run and one optimiser step an iteration."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

BlockProgress = Callable[[float, int], None]
"""Told how many blocks of how many are done, in fractions of a block while one is tuned."""


class BlockBar:
    """Stands in for the tqdm bar that AutoRound makes for a run, and reports it with its fractions."""

    def __init__(self, iters: int, progress: BlockProgress) -> None:
        self._iters = iters
        self._progress = progress
        self._blocks = 0
        self._done = 0
        self._steps = 0

    def begin(self, blocks: Sequence[int]) -> "BlockBar":
        """Called as tqdm is."""
        self._blocks, self._done, self._steps = len(blocks), 0, 0
        self._progress(0.0, self._blocks)
        return self

    def update(self, count: int) -> None:
        """So many blocks more are done."""
        self._done += count
        self._steps = 0
        self._progress(self._done, self._blocks)

    def step(self, *_: object) -> None:
        """One iteration more of the block at hand."""
        self._steps += 1
        self._progress(self._done + min(self._steps / self._iters, 1.0), self._blocks)

    def set_description(self, text: str) -> None:
        """The block's name says nothing that its number does not."""

    def close(self) -> None:
        """Whoever shows the progress also ends it."""


@contextmanager
def counting_blocks(bar: BlockBar) -> Iterator[None]:
    """Have `bar` follow AutoRound for as long as the block runs."""
    from auto_round.compressors import orchestrator  # noqa: PLC0415
    from torch.optim.optimizer import register_optimizer_step_post_hook  # noqa: PLC0415

    hook = register_optimizer_step_post_hook(bar.step)
    original = orchestrator.tqdm
    orchestrator.tqdm = bar.begin
    try:
        yield
    finally:
        orchestrator.tqdm = original
        hook.remove()
