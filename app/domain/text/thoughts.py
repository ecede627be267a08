"""The reasoning of a thinking model, which precedes its answer: `<think>` … `</think>` in the generated text."""

from dataclasses import dataclass
from enum import Enum, auto

THINK_START, THINK_END = "<think>", "</think>"


@dataclass(frozen=True, slots=True)
class Thought:
    """The reasoning before an answer, without its tags, and how long it took in seconds."""

    text: str
    seconds: float = 0.0


class _State(Enum):
    START = auto()
    THOUGHT = auto()
    GAP = auto()
    ANSWER = auto()


class ThoughtSplitter:
    """Splits a streamed text into the reasoning and the answer, without the tags and the newlines after them.

    `is_open` is True if the prompt has opened the reasoning, as that of Qwen3-VL-Thinking does; otherwise only a text
    that begins with `<think>` has any. Text that may be the beginning of a tag is held back.
    """

    def __init__(self, *, is_open: bool = False) -> None:
        self._is_open = is_open
        self._state = _State.START
        self._held = ""

    @property
    def is_thinking(self) -> bool:
        """True while the text is reasoning, as far as is known."""
        return self._state is _State.THOUGHT or (self._state is _State.START and self._is_open)

    def push(self, text: str) -> tuple[str, str]:
        """Append `text`; return what can be told of the reasoning and of the answer now, both possibly empty."""
        text, self._held, thought = self._held + text, "", ""
        if self._state is _State.START:
            bare = text.lstrip()
            if bare.startswith(THINK_START):
                self._state, text = _State.THOUGHT, bare.removeprefix(THINK_START)
            elif THINK_START.startswith(bare):
                self._held = text
                return "", ""
            else:
                self._state = _State.THOUGHT if self._is_open else _State.ANSWER
        if self._state is _State.THOUGHT:
            thought, tag, rest = text.partition(THINK_END)
            if not tag:
                held = _partial_tag(thought)
                self._held = thought[len(thought) - held :]
                return thought[: len(thought) - held], ""
            self._state, text = _State.GAP, rest
        if self._state is _State.GAP:
            text = text.lstrip("\n")
            if text:
                self._state = _State.ANSWER
        return thought, text

    def finish(self) -> tuple[str, str]:
        """Return the reasoning and the answer that are still held back when the text ends."""
        held, self._held = self._held, ""
        return (held, "") if self.is_thinking else ("", held)


def without_thought(text: str) -> str:
    """Return an answer without the reasoning in it, as Qwen3-VL-Thinking's chat template does for earlier turns."""
    return text.rpartition(THINK_END)[2].lstrip("\n") if THINK_END in text else text


def _partial_tag(text: str) -> int:
    """Return the number of characters at the end of `text` that may begin the closing tag."""
    return next((size for size in range(len(THINK_END) - 1, 0, -1) if text.endswith(THINK_END[:size])), 0)
