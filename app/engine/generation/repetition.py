"""Detects repetition loops, into which small models fall."""

import numpy as np

MAX_PERIOD = 64
"""Maximum length in tokens of a loop that is detected: a paragraph's line, a table's row."""
MIN_TOKENS, MIN_TIMES = 256, 8
"""Minimum number of tokens and of repetitions of a loop: dotted lines, rules and empty cells legitimately repeat."""
CHECK_INTERVAL = 32
"""Number of tokens between two checks."""


class RepetitionGuard:
    """Follows an answer token by token."""

    def __init__(self) -> None:
        self._tokens: list[int] = []

    def push(self, token: int) -> bool:
        """Append a token; return True if the answer has repeated itself for long enough to be ended."""
        self._tokens.append(token)
        return len(self._tokens) % CHECK_INTERVAL == 0 and self._is_loop()

    def _is_loop(self) -> bool:
        window = max(MIN_TOKENS, MIN_TIMES * MAX_PERIOD)
        last = np.array(self._tokens[-window:])
        for period in range(1, MAX_PERIOD + 1):
            wanted = max(MIN_TOKENS, MIN_TIMES * period)
            if len(last) >= wanted and np.array_equal(last[-wanted:-period], last[-wanted + period :]):
                return True
        return False
