"""Noticing that a model does not know what it says: a small one goes on talking about what it was never taught."""

from collections import deque

from app.domain.doubt import Piece

WINDOW = 8
"""Tokens over which sureness is taken, and for which their text is held back."""


class Sureness:
    """Sees an answer's tokens one by one, and keeps their text until as many have followed."""

    def __init__(self, least: float) -> None:
        self._least = least
        self._probabilities = deque[float](maxlen=WINDOW)
        self._held = deque[tuple[int, Piece]]()
        self._tokens = 0

    def is_lost(self, probability: float, text: str) -> bool:
        """Whether the last tokens, the one of this probability and text among them, were on average too unlikely.

        What begins with a digit is not counted: of a place on an image, a number's neighbours are as good.
        """
        self._tokens += 1
        if not text.lstrip()[:1].isdecimal():
            self._probabilities.append(probability)
        return sum(self._probabilities) < self._least * len(self._probabilities)

    def hold(self, piece: Piece) -> None:
        """Keep text that was said just now."""
        self._held.append((self._tokens, piece))

    def released(self, *, is_over: bool = False) -> list[Piece]:
        """The text that may be shown by now: all of it where the answer is over."""
        pieces = []
        while self._held and (is_over or self._held[0][0] + WINDOW <= self._tokens):
            pieces.append(self._held.popleft()[1])
        return pieces
