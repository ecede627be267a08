"""Aborts an answer whose tokens become too improbable: a small model keeps talking about what it was never taught."""

from collections import deque

from app.domain.text.confidence import TextDelta

WINDOW = 8
"""Number of tokens over which confidence is averaged, and by which the text is delayed."""


class ConfidenceGuard:
    """Follows an answer token by token, and holds each delta back until WINDOW more tokens have followed."""

    def __init__(self, min_confidence: float) -> None:
        self._min_confidence = min_confidence
        self._probabilities = deque[float](maxlen=WINDOW)
        self._held = deque[tuple[int, TextDelta]]()
        self._tokens = 0

    def should_abort(self, probability: float, text: str) -> bool:
        """Record a token and return whether the mean probability of the last WINDOW tokens is below the minimum.

        Tokens that begin with a digit are not counted: in coordinates on an image, neighbouring numbers are as good.
        """
        self._tokens += 1
        if not text.lstrip()[:1].isdecimal():
            self._probabilities.append(probability)
        return sum(self._probabilities) < self._min_confidence * len(self._probabilities)

    def hold(self, delta: TextDelta) -> None:
        """Hold back text that was just generated."""
        self._held.append((self._tokens, delta))

    def release(self, *, is_over: bool = False) -> list[TextDelta]:
        """Return the text that may be shown by now: all of it if the answer is over."""
        deltas = []
        while self._held and (is_over or self._held[0][0] + WINDOW <= self._tokens):
            deltas.append(self._held.popleft()[1])
        return deltas
