r"""From a conversation to tokens and M-RoPE positions.

The template is Qwen3-VL's own, built token by token and not by rendering a template of the checkpoint: nothing that a
user or an image says can open a turn. For each turn `<|im_start|>role\n…<|im_end|>\n`, a turn's images before its
text, each `<|vision_start|><|image_pad|>…<|vision_end|>` with one pad a visual token.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.chat import Turn
from app.engine.checkpoints.config import ModelConfig
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.runtimes.port import IntArray

Grid = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Clip:
    """A film: the time in seconds of each group of frames that the tower takes as one, and their patch grid."""

    frames: tuple[tuple[float, Grid], ...]


@dataclass(frozen=True, slots=True)
class Prompt:
    """`token_ids` [T], `positions` [3, T] (time, height, width), and the position of the answer's first token.

    `familiar` are tokens that the model does not see, and yet may say.
    """

    token_ids: IntArray
    positions: IntArray
    next_position: int
    visual_tokens: int
    familiar: tuple[int, ...] = ()


def build_prompt(
    turns: Sequence[Turn],
    grids: Sequence[Grid | Clip],
    tokenizer: ChatTokenizer,
    config: ModelConfig,
    *,
    is_unfinished: bool = False,
) -> Prompt:
    """The prompt for `turns`, their images having the patch grids `grids` in order, up to where the answer begins.

    A film is one image after the other, each behind its time: `<1.5 seconds>` (HF's Qwen3VLProcessor). The placeholder
    of images serves for films too, as what the model sees is put in its place.

    Where the last turn `is_unfinished`, up to its end, so that what is still written to it can follow.
    """
    builder = _Builder(tokenizer, config)
    remaining = iter(grids)
    for number, turn in enumerate(turns, start=1):
        builder.special(tokenizer.turn_start)
        builder.text(f"{turn.role}\n")
        for _ in turn.images:
            builder.look(next(remaining))
        builder.text(turn.text)
        if is_unfinished and number == len(turns):
            return builder.build()
        builder.special(tokenizer.turn_end)
        builder.text("\n")
    builder.special(tokenizer.turn_start)
    builder.text("assistant\n")
    return builder.build()


class _Builder:
    def __init__(self, tokenizer: ChatTokenizer, config: ModelConfig) -> None:
        self._tokenizer = tokenizer
        self._config = config
        self._tokens: list[int] = []
        self._positions: list[IntArray] = []
        self._next = 0
        self._visual = 0
        self._pending = ""

    def text(self, text: str) -> None:
        # Collected until the next special token: a tokenizer may join letters across what we add piece by piece.
        self._pending += text

    def special(self, token: int) -> None:
        self._flush()
        self._append([token])

    def look(self, seen: Grid | Clip) -> None:
        if not isinstance(seen, Clip):
            self.image(seen)
            return
        for seconds, grid in seen.frames:
            self.text(f"<{seconds:.1f} seconds>")
            self.image(grid)

    def image(self, grid: Grid) -> None:
        """Image tokens share one time; height and width count windows from there on (HF's get_rope_index)."""
        self.special(self._config.vision_start_token)
        merge = self._config.vision.merge_size
        frames, height, width = grid[0], grid[1] // merge, grid[2] // merge
        axes = np.indices((frames, height, width), dtype=np.int64).reshape(3, -1)
        axes[0] = 0  # Frames are told apart by timestamps in the text, not by their position.
        count = axes.shape[1]
        self._tokens += [self._config.image_token] * count
        self._positions.append(axes + self._next)
        self._next += max(height, width)
        self._visual += count
        self.special(self._config.vision_end_token)

    def build(self) -> Prompt:
        self._flush()
        positions = np.concatenate(self._positions, axis=1)
        return Prompt(np.array(self._tokens, np.int64), positions, self._next, self._visual)

    def _flush(self) -> None:
        if self._pending:
            tokens, self._pending = self._tokenizer.encode(self._pending), ""
            self._append(tokens)

    def _append(self, tokens: list[int]) -> None:
        self._tokens += tokens
        self._positions.append(text_positions(self._next, len(tokens)))
        self._next += len(tokens)


def text_positions(start: int, count: int) -> IntArray:
    """M-RoPE positions [3, count] of text: all three axes count on together."""
    return np.tile(np.arange(start, start + count, dtype=np.int64), (3, 1))
