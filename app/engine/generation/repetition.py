"""Noticing that an answer goes round in a circle, as small models do when they have lost the thread."""

import numpy as np

MOST_PERIOD = 64
"""Tokens of the longest circle that is looked for: a paragraph's line, a table's row."""
LEAST_TOKENS, LEAST_TIMES = 256, 8
"""It must have gone on for so long, and so often: dotted lines, rules and empty cells repeat themselves rightly."""
EVERY = 32
"""Tokens between two looks."""


class RepetitionGuard:
    """Sees an answer's tokens one by one."""

    def __init__(self) -> None:
        self._tokens: list[int] = []

    def push(self, token: int) -> bool:
        """Whether the answer has gone in a circle for long enough."""
        self._tokens.append(token)
        return len(self._tokens) % EVERY == 0 and self._is_circle()

    def _is_circle(self) -> bool:
        most = max(LEAST_TOKENS, LEAST_TIMES * MOST_PERIOD)
        last = np.array(self._tokens[-most:])
        for period in range(1, MOST_PERIOD + 1):
            wanted = max(LEAST_TOKENS, LEAST_TIMES * period)
            if len(last) >= wanted and np.array_equal(last[-wanted:-period], last[-wanted + period :]):
                return True
        return False
