"""Guesses at what an answer says next, to be verified by the model several at a time.

A pass over a few tokens takes little longer than one over a single token, so a guess that is right is nearly free; one
that is wrong is cut off again, and never changes what is said. Answers that write out again what was said before (JSON,
tables, corrections) repeat its tokens, and so do answers that read an image whose text is known. So what followed the
last three tokens when they were said the last time is offered (prompt lookup decoding; A. Saxena, 2023). Where an
answer leaves that text for a token or two, it is met again close by: a reader's slip costs no more than one guess.
"""

from collections.abc import Iterable

NGRAM = 3
FIRST_LENGTH, MOST_LENGTH = 4, 15
"""Guesses at a time; one more token than these goes through the model with them."""
COST, COST_OF_EACH = 0.75, 0.125
"""What a pass over guesses takes beyond one over a single token, and what each guess adds, in single passes: measured
on two cores with a full-size model; see `lorgnette bench`."""
CREDIT, SHARE = 2.0, 0.04
"""So many passes, and this share of an answer's, may be lost on wrong guesses."""
MOST_GAINED = 8.0
"""Gains of long ago do not pay for losses without end."""
NEAR, MOST_LOST = 4, 2
"""Where a text that was left is looked for, and how many tokens in a row may be missing from it."""


class Drafts:
    """What was said, and how well guessing goes.

    Guesses grow while they are right. While they are not they are as rare as they must be for an answer to take at most
    SHARE longer than without any.
    """

    def __init__(self, tokens: Iterable[int]) -> None:
        self._tokens: list[int] = []
        self._behind: dict[tuple[int, ...], int] = {}
        self._found: int | None = None
        self._lost = 0
        self._length = FIRST_LENGTH
        self._gained = 0.0
        for token in tokens:
            self.push(token)
        self._gained = CREDIT

    def push(self, token: int) -> None:
        """`token` has been said."""
        self._tokens.append(token)
        self._gained = min(MOST_GAINED, self._gained + SHARE)
        last = tuple(self._tokens[-NGRAM:])
        self._found = self._place_behind(last)
        self._behind[last] = len(self._tokens)

    def _place_behind(self, last: tuple[int, ...]) -> int | None:
        """The number of the token that followed the `last` ones, or of the one at which their text goes on."""
        if last in self._behind:
            self._lost = 0
            return self._behind[last]
        if self._found is None:
            return None
        near = self._tokens[self._found : self._found + NEAR]
        if last[-1] in near:
            self._lost = 0
            return self._found + near.index(last[-1]) + 1
        self._lost += 1
        return self._found + 1 if self._lost <= MOST_LOST else None

    def guess(self, most: int) -> list[int]:
        """At most `most` tokens that may come next; none where nothing is known, or guessing has not gone well."""
        if self._found is None or self._gained < 0:
            return []
        return self._tokens[self._found : self._found + min(self._length, most)]

    def judge(self, offered: int, right: int) -> None:
        """Of `offered` guesses the first `right` were what the model said."""
        if right == offered:
            self._length = min(MOST_LENGTH, 2 * self._length)
        elif right:
            self._length = max(2, right)
        else:
            self._length = FIRST_LENGTH
        self._gained = min(MOST_GAINED, self._gained + right - COST - COST_OF_EACH * offered)
