"""Incremental detokenisation: tokens to text as they arrive, never half a character."""

from collections.abc import Callable, Sequence

INCOMPLETE = "\N{REPLACEMENT CHARACTER}"
MAX_HELD_TOKENS = 4  # A character has at most four bytes, so at most four tokens.


class Detokenizer:
    """Turns a stream of tokens into text deltas whose concatenation is the whole text.

    A token may hold only some bytes of a character; they are held back until the rest arrives.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._context: list[int] = []
        self._held: list[int] = []

    def push(self, token: int) -> str:
        """Append a token and return the text that is now complete, possibly empty."""
        self._held.append(token)
        text = self._new_text()
        if text.endswith(INCOMPLETE) and len(self._held) < MAX_HELD_TOKENS:
            return ""
        return self._release(text)

    def finish(self) -> str:
        """Return the text still held back when the answer ends; incomplete bytes become U+FFFD."""
        return self._release(self._new_text()) if self._held else ""

    def _new_text(self) -> str:
        # Decoded after the preceding delta, since a tokenizer may drop a space at the very start of a text.
        before = self._decode(self._context)
        return self._decode([*self._context, *self._held])[len(before) :]

    def _release(self, text: str) -> str:
        self._context, self._held = self._held, []
        return text
