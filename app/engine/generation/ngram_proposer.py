"""Speculative decoding: proposes draft tokens, several of which the model verifies in one pass.

A pass over a few tokens takes little longer than one over a single token, so an accepted draft token is nearly free; a
rejected one is rolled back, and never changes the output. Answers that repeat earlier text (JSON, tables,
corrections) repeat its tokens, and so do answers that read an image whose text is known. So the proposer drafts what
followed the last three tokens at their last occurrence (prompt lookup decoding; A. Saxena, 2023). If an answer
deviates from that text for a token or two, the proposer resynchronises nearby: a misread letter costs no more than one
draft token.
"""

from collections.abc import Iterable

NGRAM = 3
INITIAL_DRAFT_TOKENS, MAX_DRAFT_TOKENS = 4, 15
"""Number of draft tokens per step, initial and maximum; the model verifies them together with one more token."""
VERIFY_COST, COST_PER_DRAFT_TOKEN = 0.75, 0.125
"""Extra cost of verifying a draft, and of each draft token, in passes over one token.

Measured on two cores with a full-size model; see `lorgnette bench`.
"""
INITIAL_BALANCE, MAX_OVERHEAD = 2.0, 0.04
"""Number of passes, and share of an answer's passes, that may be lost on rejected drafts."""
MAX_BALANCE = 8.0
"""Maximum balance, in passes, so that old gains do not pay for endless losses."""
RESYNC_TOKENS, MAX_MISMATCHES = 4, 2
"""Number of tokens searched to resynchronise with a text, and maximum number of consecutive mismatches."""


class NgramProposer:
    """Proposes what followed the last three tokens at their last occurrence, in the prompt or in the answer.

    Drafts grow while they are accepted. While they are rejected, they become rare enough for an answer to take at most
    MAX_OVERHEAD longer than without drafts.
    """

    def __init__(self, tokens: Iterable[int]) -> None:
        self._tokens: list[int] = []
        self._continuations: dict[tuple[int, ...], int] = {}
        self._next: int | None = None
        self._mismatches = 0
        self._num_draft_tokens = INITIAL_DRAFT_TOKENS
        self._balance = 0.0
        for token in tokens:
            self.push(token)
        self._balance = INITIAL_BALANCE

    def push(self, token: int) -> None:
        """Append a token of the answer."""
        self._tokens.append(token)
        self._balance = min(MAX_BALANCE, self._balance + MAX_OVERHEAD)
        last = tuple(self._tokens[-NGRAM:])
        self._next = self._continuation_of(last)
        self._continuations[last] = len(self._tokens)

    def _continuation_of(self, last: tuple[int, ...]) -> int | None:
        """Return the index of the token that followed the `last` ones, or at which their text continues."""
        if last in self._continuations:
            self._mismatches = 0
            return self._continuations[last]
        if self._next is None:
            return None
        window = self._tokens[self._next : self._next + RESYNC_TOKENS]
        if last[-1] in window:
            self._mismatches = 0
            return self._next + window.index(last[-1]) + 1
        self._mismatches += 1
        return self._next + 1 if self._mismatches <= MAX_MISMATCHES else None

    def propose(self, max_tokens: int) -> list[int]:
        """Return at most `max_tokens` draft tokens; none without a match, or if too many were rejected."""
        if self._next is None or self._balance < 0:
            return []
        return self._tokens[self._next : self._next + min(self._num_draft_tokens, max_tokens)]

    def record_acceptance(self, num_draft_tokens: int, num_accepted_tokens: int) -> None:
        """Record that the model accepted the first `num_accepted_tokens` of `num_draft_tokens` draft tokens."""
        if num_accepted_tokens == num_draft_tokens:
            self._num_draft_tokens = min(MAX_DRAFT_TOKENS, 2 * self._num_draft_tokens)
        elif num_accepted_tokens:
            self._num_draft_tokens = max(2, num_accepted_tokens)
        else:
            self._num_draft_tokens = INITIAL_DRAFT_TOKENS
        self._balance = min(
            MAX_BALANCE, self._balance + num_accepted_tokens - VERIFY_COST - COST_PER_DRAFT_TOKEN * num_draft_tokens
        )
