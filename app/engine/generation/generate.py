"""The generation loop: encode images, prefill, then sample, emit, propose and step until the answer ends."""

import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from app.domain.error_texts import engine_texts
from app.domain.errors import Cancelled, EngineError
from app.domain.models.answer_stats import AnswerStats, FinishReason
from app.domain.settings.generation_options import THINKING, Sampling
from app.domain.text.confidence import HIGH_CONFIDENCE, Alternatives, TextDelta
from app.domain.text.thoughts import ThoughtSplitter
from app.engine.answering import GenerationCallbacks, NotFiniteError
from app.engine.generation.confidence_guard import ConfidenceGuard
from app.engine.generation.constraint import Constraint
from app.engine.generation.detokenizer import Detokenizer
from app.engine.generation.ngram_proposer import NgramProposer
from app.engine.generation.prefix_cache import PrefixCache
from app.engine.generation.prompt import Prompt
from app.engine.generation.repetition import RepetitionGuard
from app.engine.generation.sampling import Sampler
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.generation.vision_cache import PromptImage
from app.engine.runtimes.port import BoolArray, FloatArray
from app.engine.runtimes.top_k import top_k_indices

ALTERNATIVES = 3
MIN_ALTERNATIVE_PROBABILITY = 0.02
"""Minimum probability of a token that is reported as an alternative."""
MAX_THOUGHT_TOKENS = 8192
"""Maximum number of tokens of the reasoning before an answer, which has a maximum of its own."""
MAX_CLOSING_TOKENS = 32
"""Maximum number of tokens of one pass that closes an answer: each has a row of logits."""


def generate(
    session: PrefixCache,
    tokenizer: ChatTokenizer,
    prompt: Prompt,
    images: Sequence[PromptImage],
    sampling: Sampling,
    max_new_tokens: int,
    callbacks: GenerationCallbacks,
) -> tuple[FinishReason, AnswerStats]:
    """Answer `prompt` with at most `max_new_tokens` tokens, drawn as `sampling` specifies.

    If the prompt opens the reasoning, that may have MAX_THOUGHT_TOKENS more. It is not greedy: greedy reasoning may
    repeat itself without end (Qwen3's model cards), so it is then drawn as published, with a fixed seed. The prompt's
    constraint limits the answer, not its reasoning. A constrained answer that reaches its limit or repeats itself is
    closed, so that it matches its schema, and the reason says that it was cut off. Only a limit below the shortest
    answer cuts it off within.

    Stop is checked between tokens and between layers; it ends the answer with the text generated so far. Raises
    NotFiniteError instead of drawing from logits of which one is infinite or none.
    """
    generation = _Generation(session, tokenizer, prompt, max_new_tokens, sampling, callbacks)
    try:
        reason = generation.answer(images)
    except Cancelled:
        reason = FinishReason.STOPPED
    return reason, generation.stats()


class _Generation:
    """One answer that is being generated."""

    def __init__(
        self,
        session: PrefixCache,
        tokenizer: ChatTokenizer,
        prompt: Prompt,
        max_new_tokens: int,
        sampling: Sampling,
        callbacks: GenerationCallbacks,
    ) -> None:
        self._constraint: Constraint | None = None
        self._closing: FinishReason | None = None  # Why the rest of the answer only closes what is open.
        self._session = session
        self._tokenizer = tokenizer
        self._prompt = prompt
        self._max_new_tokens = max_new_tokens
        self._callbacks = callbacks
        self._sampling = sampling
        self._splitter = ThoughtSplitter(is_open=prompt.opens_thought)
        self._is_thinking = prompt.opens_thought
        self._limit = self._max_tokens = 0
        is_greedy_thought = prompt.opens_thought and sampling.temperature <= 0
        self._sampler = self._new_sampler(replace(THINKING, seed=0) if is_greedy_thought else sampling)
        self._detokenizer = Detokenizer(tokenizer.decode)
        self._started = time.perf_counter()
        self._first_token = 0.0
        self._new_tokens = self._thought_tokens = 0
        self._reused_tokens = 0
        self._proposer = NgramProposer([*prompt.lookup_tokens, *prompt.token_ids.tolist()])
        self._accepted_tokens = 0
        self._guard = RepetitionGuard()
        self._confidence_guard = ConfidenceGuard(callbacks.min_confidence) if callbacks.min_confidence else None
        self._has_output = self._is_aborted = False
        self._probability = 1.0
        self._alternatives: Alternatives = ()

    def answer(self, images: Sequence[PromptImage]) -> FinishReason:
        available_tokens = self._session.capacity - len(self._prompt.token_ids)
        if available_tokens < 1:
            raise EngineError(
                engine_texts.CHAT_TOO_LONG, tokens=len(self._prompt.token_ids), limit=self._session.capacity
            )
        callbacks = self._callbacks
        max_thought_tokens = MAX_THOUGHT_TOKENS if self._prompt.opens_thought else 0
        max_new_tokens = min(max_thought_tokens + self._max_new_tokens, available_tokens)
        logits, self._reused_tokens = self._session.prefill(
            self._prompt, images, max_new_tokens, callbacks.on_stage, callbacks.check
        )
        self._constraint = self._prompt.constraint()
        self._max_tokens = max_new_tokens
        self._limit = min(max_thought_tokens, max_new_tokens) if max_thought_tokens else max_new_tokens
        try:
            reason = self._decode(logits)
        finally:
            self._finish()
        if reason is FinishReason.COMPLETE and self._prompt.opens_thought:
            # The next prompt has the answer without its reasoning.
            self._session.truncate(len(self._prompt.token_ids))
        return reason

    def stats(self) -> AnswerStats:
        total = time.perf_counter() - self._started
        prompt_tokens = len(self._prompt.token_ids)
        return AnswerStats(
            prompt_tokens=prompt_tokens,
            visual_tokens=self._prompt.visual_tokens,
            new_tokens=self._new_tokens,
            first_token_seconds=self._first_token or total,
            total_seconds=total,
            context_tokens=prompt_tokens + self._new_tokens - self._thought_tokens,
            reused_tokens=self._reused_tokens,
            drafted_tokens=self._accepted_tokens,
        )

    def _new_sampler(self, sampling: Sampling) -> Sampler:
        return Sampler(sampling, self._prompt.token_ids.tolist())

    def _end_thought(self) -> None:
        """Go on with the sampling and the limit of the answer."""
        self._is_thinking, self._thought_tokens = False, self._new_tokens
        self._limit = min(self._new_tokens + self._max_new_tokens, self._max_tokens)
        self._sampler = self._new_sampler(self._sampling)

    def _decode(self, logits: FloatArray) -> FinishReason:
        rows = deque([logits])
        draft = deque[int]()  # In the KV cache, not yet accepted; rows[i] are the logits after them.
        num_draft_tokens = 0
        allowed: BoolArray | None = None
        while True:
            self._callbacks.check()
            row = rows.popleft()
            if self._active_constraint and allowed is None:
                row = self._active_constraint.masked(row)
            if not np.isfinite(row.max()):
                raise NotFiniteError(engine_texts.NOT_A_NUMBER)
            token = self._sampler.draw(row)
            self._first_token = self._first_token or time.perf_counter() - self._started
            if token in self._tokenizer.end_tokens:
                return self._closing or FinishReason.COMPLETE
            position = self._prompt.next_position + self._new_tokens
            if reason := self._append(token, row):
                return reason
            self._proposer.push(token)
            if draft and draft[0] == token:
                draft.popleft()
                self._accepted_tokens += 1
                continue
            if num_draft_tokens:
                self._proposer.record_acceptance(num_draft_tokens, num_draft_tokens - len(draft))
                self._session.rollback(len(draft))
            tokens, num_draft_tokens, allowed = self._draft()
            draft = deque(tokens)
            rows = deque(self._session.step([token, *tokens], position, allowed))

    @property
    def _active_constraint(self) -> Constraint | None:
        return None if self._is_thinking else self._constraint

    def _append(self, token: int, row: FloatArray) -> FinishReason | None:
        """Append `token`, drawn from the logits `row` [V], and return why the answer ends with it, if it does."""
        constraint = self._active_constraint
        if constraint:
            constraint.push(token)
        self._new_tokens += 1
        text = self._detokenizer.push(token)
        if self._confidence_guard and self._confidence_guard.should_abort(probabilities_of(row, (token,))[token], text):
            self._abort()
            return FinishReason.COMPLETE
        if self._callbacks.return_logprobs and not self._is_thinking:
            self._record_logprob(row, token)
        self._emit(text)
        if constraint and constraint.is_over:
            return self._closing or FinishReason.COMPLETE
        if self._new_tokens >= self._limit:
            return FinishReason.LENGTH
        if not self._guard.push(token):
            return None
        if constraint is None:
            return FinishReason.REPEATING
        self._closing = self._closing or FinishReason.REPEATING
        return None

    def _draft(self) -> tuple[list[int], int, BoolArray | None]:
        """Return draft tokens, how many of them are guesses, and the tokens allowed in their places and after them."""
        max_tokens = self._limit - self._new_tokens
        proposed = self._proposer.propose(max_tokens)
        constraint = self._active_constraint
        if constraint is None:
            return proposed, len(proposed), None
        if self._closing is None and constraint.must_close(max_tokens):
            self._closing = FinishReason.LENGTH
        if self._closing:
            tokens, allowed = constraint.closing_draft(MAX_CLOSING_TOKENS)
            return tokens, 0, allowed
        return constraint.draft(proposed, max_tokens)

    def _record_logprob(self, logits: FloatArray, token: int) -> None:
        """Accumulate the token's probability before sampling rules, and its alternatives, until its text is emitted."""
        near = top_k_indices(logits, ALTERNATIVES + 1)
        probabilities = probabilities_of(logits, (*near.tolist(), token))
        self._probability *= probabilities.pop(token)
        if self._probability < HIGH_CONFIDENCE and not self._alternatives:
            others = sorted(probabilities.items(), key=lambda item: -item[1])[:ALTERNATIVES]
            texts = [(self._tokenizer.decode([other]), share) for other, share in others]
            self._alternatives = tuple(
                (text, share) for text, share in texts if share >= MIN_ALTERNATIVE_PROBABILITY and text.strip()
            )

    def _emit(self, text: str) -> None:
        if text:
            delta = TextDelta(text, self._probability, self._alternatives)
            self._probability, self._alternatives = 1.0, ()
            if self._confidence_guard is None:
                self._send(delta)
                return
            self._confidence_guard.hold(delta)
            for released in self._confidence_guard.release():
                self._send(released)

    def _finish(self) -> None:
        """Emit the rest of the text."""
        if self._is_aborted:
            return
        self._emit(self._detokenizer.finish())
        for released in self._confidence_guard.release(is_over=True) if self._confidence_guard else ():
            self._send(released)
        self._send_split(TextDelta(""), *self._splitter.finish())

    def _abort(self) -> None:
        """Drop the text that is held back, and end with the fallback text."""
        self._is_aborted = True
        self._send(TextDelta(f"\n{self._callbacks.fallback}" if self._has_output else self._callbacks.fallback))

    def _send(self, delta: TextDelta) -> None:
        self._has_output = True
        self._send_split(delta, *self._splitter.push(delta.text))

    def _send_split(self, delta: TextDelta, thought: str, answer: str) -> None:
        if thought:
            self._callbacks.on_thought(thought, time.perf_counter() - self._started - self._first_token)
        if answer:
            self._callbacks.on_text(replace(delta, text=answer))
        if self._is_thinking and not self._splitter.is_thinking:
            self._end_thought()


def probabilities_of(logits: FloatArray, tokens: Iterable[int]) -> dict[int, float]:
    """Return the softmax probability of each of `tokens` under `logits` [V], before any sampling rule."""
    weights = np.exp(logits - logits.max())
    total = weights.sum()
    return {token: float(weights[token] / total) for token in tokens}
