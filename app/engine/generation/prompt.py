r"""Builds the prompt with Qwen3-VL's chat template: token ids and M-RoPE positions.

The template is Qwen3-VL's own, built token by token rather than by rendering a template of the checkpoint: nothing that
a user or an image says can open a turn. Each turn is `<|im_start|>role\n…<|im_end|>\n`, with its images before its
text, each `<|vision_start|><|image_pad|>…<|vision_end|>` with one pad per visual token; `<|video_pad|>` of a
video. A thinking model's answer begins with `<think>\n`, which is in the prompt; the reasoning of earlier answers is
left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.chat.chat import Role, Turn
from app.domain.text.thoughts import THINK_END, THINK_START, without_thought
from app.engine.checkpoints.config import ModelConfig
from app.engine.generation.constraint import NO_CONSTRAINT, PendingConstraint
from app.engine.generation.mrope_positions import image_positions, text_positions
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.runtimes.port import IntArray

Grid = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class VideoGrid:
    """A video: the time in seconds of each temporal group of frames, and the groups' patch grid."""

    frames: tuple[tuple[float, Grid], ...]


@dataclass(frozen=True, slots=True)
class Prompt:
    """`token_ids` [T], `positions` [3, T] (time, height, width), and the position of the answer's first token.

    `opens_thought` is True if the answer continues the prompt's reasoning. `lookup_tokens` seed prompt-lookup drafting;
    they are not part of the prompt. `constraint` is waited for after the prefill; it limits the answer.
    """

    token_ids: IntArray
    positions: IntArray
    next_position: int
    visual_tokens: int
    lookup_tokens: tuple[int, ...] = ()
    opens_thought: bool = False
    constraint: PendingConstraint = NO_CONSTRAINT


def build_prompt(
    turns: Sequence[Turn],
    grids: Sequence[Grid | VideoGrid],
    tokenizer: ChatTokenizer,
    config: ModelConfig,
    *,
    thinks: bool = False,
    is_unfinished: bool = False,
) -> Prompt:
    """Build the prompt for `turns`, whose images have the patch grids `grids` in order, up to the start of the answer.

    If the model `thinks`, that is within its reasoning.

    A video is a sequence of images, each preceded by its time: `<1.5 seconds>` (Qwen3VLProcessor of transformers 4.57,
    which the model was published with; see docs/decisions/0051).

    If the last turn `is_unfinished`, the prompt ends with that turn's text, so that more of it can follow.
    """
    builder = _Builder(tokenizer, config)
    remaining = iter(grids)
    for number, turn in enumerate(turns, start=1):
        builder.special(tokenizer.turn_start)
        builder.text(f"{turn.role}\n")
        for _ in turn.images:
            builder.media(next(remaining))
        if is_unfinished and number == len(turns):
            is_thinking = thinks and turn.role is Role.ASSISTANT
            builder.text(_begun(turn) if is_thinking else turn.text)
            return builder.build(opens_thought=is_thinking and not turn.text)
        builder.text(without_thought(turn.text) if thinks and turn.role is Role.ASSISTANT else turn.text)
        builder.special(tokenizer.turn_end)
        builder.text("\n")
    builder.special(tokenizer.turn_start)
    builder.text(f"assistant\n{THINK_START}\n" if thinks else "assistant\n")
    return builder.build(opens_thought=thinks)


def _begun(turn: Turn) -> str:
    """Return the beginning of a thinking model's answer: its reasoning, and its text if it has got so far."""
    thought = turn.thought.lstrip("\n")
    if not turn.text:
        return f"{THINK_START}\n{thought}"
    thought = thought.rstrip("\n")
    return f"{THINK_START}\n{thought}\n{THINK_END}\n\n{turn.text}"


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
        # Collected until the next special token: a tokenizer may merge letters across the parts that we add.
        self._pending += text

    def special(self, token: int) -> None:
        self._flush()
        self._append([token])

    def media(self, media_grid: Grid | VideoGrid) -> None:
        if not isinstance(media_grid, VideoGrid):
            self._image(media_grid, self._config.image_token)
            return
        for seconds, grid in media_grid.frames:
            self.text(f"<{seconds:.1f} seconds>")
            self._image(grid, self._config.video_token)

    def build(self, *, opens_thought: bool) -> Prompt:
        self._flush()
        positions = np.concatenate(self._positions, axis=1)
        tokens = np.array(self._tokens, np.int64)
        return Prompt(tokens, positions, self._next, self._visual, opens_thought=opens_thought)

    def _image(self, grid: Grid, placeholder: int) -> None:
        self.special(self._config.vision_start_token)
        positions, self._next = image_positions(self._next, grid, self._config.vision.merge_size)
        count = positions.shape[1]
        self._tokens += [placeholder] * count
        self._positions.append(positions)
        self._visual += count
        self.special(self._config.vision_end_token)

    def _flush(self) -> None:
        if self._pending:
            tokens, self._pending = self._tokenizer.encode(self._pending), ""
            self._append(tokens)

    def _append(self, tokens: list[int]) -> None:
        self._tokens += tokens
        self._positions.append(text_positions(self._next, len(tokens)))
        self._next += len(tokens)
