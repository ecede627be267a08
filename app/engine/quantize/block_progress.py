"""Progress of AutoRound, which has no callback, but makes one tqdm bar per run and one optimiser step per iteration."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

BlockProgress = Callable[[float, int], None]
"""Called with the number of finished blocks, fractional while a block is tuned, and the number of all blocks."""


class BlockBar:
    """Replaces the tqdm bar that AutoRound makes for a run, and reports its progress with fractions of a block."""

    def __init__(self, iters: int, progress: BlockProgress) -> None:
        self._iters = iters
        self._progress = progress
        self._blocks = 0
        self._done = 0
        self._steps = 0

    def begin(self, blocks: Sequence[int]) -> "BlockBar":
        """Start the bar; called like tqdm."""
        self._blocks, self._done, self._steps = len(blocks), 0, 0
        self._progress(0.0, self._blocks)
        return self

    def update(self, count: int) -> None:
        """Count `count` more finished blocks."""
        self._done += count
        self._steps = 0
        self._progress(self._done, self._blocks)

    def step(self, *_: object) -> None:
        """Count one more iteration of the current block."""
        self._steps += 1
        self._progress(self._done + min(self._steps / self._iters, 1.0), self._blocks)

    def set_description(self, text: str) -> None:
        """Do nothing: the block's name adds nothing to its number."""

    def close(self) -> None:
        """Do nothing: the code that shows the progress also ends it."""


@contextmanager
def counting_blocks(bar: BlockBar) -> Iterator[None]:
    """Make `bar` follow AutoRound while the `with` block runs."""
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
