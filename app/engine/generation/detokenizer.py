"""Incremental detokenisation: tokens to text as they arrive, never half a character."""

from collections.abc import Callable, Sequence

INCOMPLETE = "\N{REPLACEMENT CHARACTER}"
CONTEXT_TOKENS = 8
"""Number of preceding tokens that a token is decoded with: more than a character has bytes.

The text of a token depends on them: they may hold the first bytes of its first character, and a tokenizer may drop a
space at the very start of a text.
"""


class Detokenizer:
    """Turns a stream of tokens into text deltas whose concatenation is the whole text.

    A token may hold the last bytes of one character and the first ones of the next; those are held back until the rest
    arrives. `decode` turns the incomplete bytes at the end of a text into one U+FFFD, as UTF-8 decoders do.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._tokens: list[int] = []

    def push(self, token: int) -> str:
        """Append a token and return the text that is now complete, possibly empty."""
        before = self._complete_text()
        self._tokens.append(token)
        text = self._complete_text()[len(before) :]
        del self._tokens[:-CONTEXT_TOKENS]
        return text

    def finish(self) -> str:
        """Return the text still held back when the answer ends; incomplete bytes become U+FFFD."""
        text = self._decode(self._tokens)[len(self._complete_text()) :]
        self._tokens.clear()
        return text

    def _complete_text(self) -> str:
        """Return the text of the tokens without a character at its end that more bytes could change."""
        return self._decode(self._tokens).removesuffix(INCOMPLETE)
