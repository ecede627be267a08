"""Constrained decoding: an answer that matches a JSON schema, whatever the model would rather say.

llguidance tells after each token which ones may follow, and which must; see decision 0052.
"""

import json
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

import numpy as np
from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper

from app.domain.error_texts import engine_texts
from app.domain.errors import EngineError
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.runtimes.port import BoolArray, FloatArray

_log = logging.getLogger(__name__)

LAYOUT = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
"""JSON as json.dumps writes it: with one layout most tokens are forced, and no model writes line breaks without end."""
THOUGHT_GAP = "\n\n"
"""What stands between a thinking model's reasoning and its answer (Qwen3-VL-Thinking's chat template)."""


CLOSERS = ('"', "]", "}", ",", "0")
"""What ends a string, an array, an object, an item and a number, the first that may come: a short way to the end."""
OPENER = "{"
"""What begins an object."""
MAX_ENDING = 4096
"""Maximum number of tokens of an ending that is looked for: a recursive schema may have none."""
SLACK = 8
"""Number of tokens by which an escape or a character in bytes, just begun, may make the ending longer."""


class Constraint:
    """An answer's place in the grammar of a JSON schema. Its tokens are pushed in order."""

    def __init__(self, matcher: LLMatcher, vocabulary: int, closers: Sequence[int], opener: int) -> None:
        """Begin where `matcher` is; `closers` are the tokens of CLOSERS, `opener` that of OPENER."""
        self._matcher = matcher
        self._vocabulary = vocabulary
        self._closers = closers
        of_item = self._ending_of_item(opener)
        self._last_item = of_item + 2 * SLACK if of_item else 0
        """Where fewer tokens are left than these, no object may begin in an array that may end."""
        self._near = max(len(self.ending()) + 2 * SLACK, self._last_item)
        """Where fewer tokens are left than these, the answer may have to be closed."""

    @property
    def is_over(self) -> bool:
        """True if the answer is complete and nothing may follow."""
        return self._matcher.is_stopped()

    def push(self, token: int) -> None:
        """Append a token of the answer, which must be an allowed one. Raises ValueError if it is none."""
        if not self._matcher.consume_token(token):
            raise ValueError("a token that the grammar does not allow")

    def _ending_of_item(self, opener: int) -> int:
        """Return the length of the ending when the first object of an array that may be empty has just begun, or 0."""
        ahead = self._matcher.deep_copy()
        ahead.consume_tokens(ahead.compute_ff_tokens())
        allowed = _allowed_by(ahead, self._vocabulary)
        quote, end, *_ = self._closers
        if allowed[quote] or not (allowed[end] and allowed[opener]):  # Between quotes all of them are text.
            return 0
        ahead.consume_token(opener)
        return len(self._ending_from(ahead))

    def ending(self) -> list[int]:
        """Return the tokens of a short way to the answer's end, which closes what is open; at most MAX_ENDING."""
        return self._ending_from(self._matcher.deep_copy())

    def _ending_from(self, ahead: LLMatcher) -> list[int]:
        tokens: list[int] = []
        while not ahead.is_stopped() and len(tokens) < MAX_ENDING:
            following = ahead.compute_ff_tokens() or [self._closer(ahead)]
            ahead.consume_tokens(following)
            tokens += following
        return tokens

    def must_close(self, max_tokens: int) -> bool:
        """Return whether the ending has to begin for the answer to end within `max_tokens` more, if it still can.

        An array of any number of objects is closed as soon as another one might not fit.
        """
        if max_tokens >= self._near:
            return False
        left = max_tokens - len(self.ending())
        return 0 <= left < SLACK or (left >= 0 and max_tokens < self._last_item)

    def masked(self, logits: FloatArray) -> FloatArray:
        """Return a copy of `logits` [V] in which tokens that may not come next are minus infinity."""
        allowed = _allowed_by(self._matcher, self._vocabulary)
        return np.where(allowed, logits, np.float32(-np.inf))

    def closing_draft(self, max_tokens: int) -> tuple[list[int], BoolArray]:
        """Return the first `max_tokens` tokens of the ending, and the one allowed in each one's place and after them.

        The last array is [n + 1, V].
        """
        tokens = self.ending()[: max_tokens + 1]
        allowed = np.zeros((len(tokens), self._vocabulary), np.bool_)
        allowed[np.arange(len(tokens)), tokens] = True
        return tokens[:-1], allowed

    def draft(self, proposed: Sequence[int], max_tokens: int) -> tuple[list[int], int, BoolArray]:
        """Return next tokens, how many of them are guesses, and the tokens allowed in each one's place and after them.

        The tokens are the first `max_tokens` of those that must come, or else the first of `proposed` that may come;
        the latter are guesses, of which there are none near the limit. The last array is [n + 1, V].
        """
        if max_tokens < self._near:
            proposed = ()
        forced = self._matcher.compute_ff_tokens()[:max_tokens]
        tokens = forced or list(proposed[: self._matcher.validate_tokens(list(proposed))])
        ahead = self._matcher.deep_copy() if tokens else self._matcher
        allowed = np.zeros((len(tokens) + 1, self._vocabulary), np.bool_)
        for row, token in zip(allowed, tokens, strict=False):
            if forced:
                row[token] = True
            else:
                row[:] = _allowed_by(ahead, self._vocabulary)
            ahead.consume_token(token)
        allowed[-1] = _allowed_by(ahead, self._vocabulary)
        return tokens, 0 if forced else len(tokens), allowed

    def _closer(self, matcher: LLMatcher) -> int:
        allowed = _allowed_by(matcher, self._vocabulary)
        return next((token for token in self._closers if allowed[token]), int(allowed.argmax()))


def _allowed_by(matcher: LLMatcher, vocabulary: int) -> BoolArray:
    """Return the tokens [V] that may come next."""
    bits = np.frombuffer(matcher.compute_bitmask(), np.uint8)
    return np.unpackbits(bits, count=vocabulary, bitorder="little").view(np.bool_)


PendingConstraint = Callable[[], Constraint | None]
"""Waits for a constraint; None if there is none."""


def _no_constraint() -> None:
    """Constrain nothing."""


NO_CONSTRAINT: PendingConstraint = _no_constraint
"""For answers in free text."""


class Constraints:
    """Makes the constraints of one tokenizer, whose `vocabulary` is the number of a model's logits."""

    def __init__(self, tokenizer: ChatTokenizer, vocabulary: int) -> None:
        self._tokenizer = tokenizer
        self._vocabulary = vocabulary

    def begin(self, schema: str, said: str, *, is_thinking: bool) -> PendingConstraint:
        """Make the constraint of an answer in a thread, since the first one takes a second; the result waits for it.

        It is None if the tokenizer is not one of bytes. `schema` is a JSON schema, `said` the beginning of the answer,
        and `is_thinking` whether there is reasoning before it. Raises EngineError if that is no beginning of
        one, or the schema is none.
        """
        executor = ThreadPoolExecutor(1, "grammar")
        made = executor.submit(self._make, schema, said, is_thinking=is_thinking)

        def wait() -> Constraint | None:
            with executor:  # Its thread ends before the answer begins.
                return made.result()

        return wait

    def _make(self, schema: str, said: str, *, is_thinking: bool) -> Constraint | None:
        if self._lltokenizer is None:
            return None
        raw: dict[str, Any] = {**json.loads(schema), "x-guidance": LAYOUT}
        gap = json.dumps(THOUGHT_GAP) if is_thinking else ""
        grammar = LLMatcher.grammar_from_lark(f"start: {gap} answer\nanswer: %json {json.dumps(raw)}")
        matcher = LLMatcher(self._lltokenizer, grammar, log_level=0)
        if matcher.is_error() or not matcher.consume_tokens(self._tokenizer.encode(said)):
            raise EngineError(engine_texts.SCHEMA_UNUSABLE)
        closers = [token for text in CLOSERS for token in self._tokenizer.encode(text)]
        return Constraint(matcher, self._vocabulary, closers, self._tokenizer.encode(OPENER)[0])

    @cached_property
    def _lltokenizer(self) -> LLTokenizer | None:
        try:
            tokens = self._tokenizer.token_bytes(self._vocabulary)
        except UnicodeEncodeError:
            _log.warning("the tokenizer is not one of bytes: answers are not constrained")
            return None
        wrapper = TokenizerWrapper(_Vocabulary(tokens, self._tokenizer))
        return LLTokenizer(wrapper, eos_token=sorted(self._tokenizer.end_tokens))


class _Vocabulary:
    """A tokenizer as TokenizerWrapper wants it, which encodes no text as a special token."""

    bos_token_id = None

    def __init__(self, tokens: list[bytes], tokenizer: ChatTokenizer) -> None:
        self.tokens = tokens
        self.eos_token_id = tokenizer.turn_end
        self._encode = tokenizer.encode

    def __call__(self, text: str) -> list[int]:
        return self._encode(text)
