"""The loop: look, prefill, draw, emit, guess, step, until the answer ends."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.doubt import SURE, Alternatives, Piece
from app.domain.errors import Cancelled, EngineError
from app.domain.generation import AnswerStats, FinishReason, Sampling
from app.domain.ports import CancelCheck
from app.engine.generation.detokenizer import Detokenizer
from app.engine.generation.drafts import Drafts
from app.engine.generation.image_memory import PromptImage
from app.engine.generation.prompt import Prompt
from app.engine.generation.repetition import RepetitionGuard
from app.engine.generation.sampling import Sampler
from app.engine.generation.session_cache import SessionCache, StageCallback
from app.engine.generation.sureness import Sureness
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.runtimes.likeliest import likeliest
from app.engine.runtimes.port import FloatArray

ALTERNATIVES = 3
LEAST_SHARE = 0.02
"""Of the probability; what is less likely is no alternative."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Where an answer goes while it is made: `stage` before its first token, then piece by piece.

    Pieces carry how likely they were where `weighs` asks for it, which costs a pass over the vocabulary for each token.
    Where the model's sureness falls below `least_sureness`, the answer ends with `otherwise`, see `Sureness`.
    """

    stage: StageCallback
    piece: Callable[[Piece], None]
    check: CancelCheck
    weighs: bool = False
    least_sureness: float = 0.0
    otherwise: str = ""


def generate(
    session: SessionCache,
    tokenizer: ChatTokenizer,
    prompt: Prompt,
    images: Sequence[PromptImage],
    sampling: Sampling,
    max_new_tokens: int,
    listener: Listener,
) -> tuple[FinishReason, AnswerStats]:
    """Answer `prompt`, drawing as `sampling` says, in at most `max_new_tokens`.

    Stop, noticed between tokens and between layers, ends it with what has been said so far.
    """
    run = _Run(session, tokenizer, prompt, max_new_tokens, Sampler(sampling), listener)
    try:
        reason = run.answer(images)
    except Cancelled:
        reason = FinishReason.STOPPED
    return reason, run.stats()


class _Run:
    """One answer in the making."""

    def __init__(
        self,
        session: SessionCache,
        tokenizer: ChatTokenizer,
        prompt: Prompt,
        max_new_tokens: int,
        sampler: Sampler,
        listener: Listener,
    ) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._prompt = prompt
        self._max_new_tokens = max_new_tokens
        self._listener = listener
        self._sampler = sampler
        self._detokenizer = Detokenizer(tokenizer.decode)
        self._started = time.perf_counter()
        self._first_token = 0.0
        self._new_tokens = 0
        self._reused_tokens = 0
        self._drafts = Drafts([*prompt.familiar, *prompt.token_ids.tolist()])
        self._drafted_tokens = 0
        self._guard = RepetitionGuard()
        self._sureness = Sureness(listener.least_sureness) if listener.least_sureness else None
        self._is_begun = self._has_declined = False
        self._probability = 1.0
        self._alternatives: Alternatives = ()

    def answer(self, images: Sequence[PromptImage]) -> FinishReason:
        room = self._session.capacity - len(self._prompt.token_ids)
        if room < 1:
            raise EngineError(
                f"This chat has {len(self._prompt.token_ids)} tokens, more than the model's {self._session.capacity}.",
                kept="The chat is kept.",
                todo="Start a new chat, or use fewer or smaller images.",
            )
        listener = self._listener
        most = min(self._max_new_tokens, room)
        logits, self._reused_tokens = self._session.prefill(self._prompt, images, most, listener.stage, listener.check)
        try:
            return self._decode(logits, most)
        finally:
            self._finish()

    def stats(self) -> AnswerStats:
        total = time.perf_counter() - self._started
        prompt_tokens = len(self._prompt.token_ids)
        return AnswerStats(
            prompt_tokens=prompt_tokens,
            visual_tokens=self._prompt.visual_tokens,
            new_tokens=self._new_tokens,
            first_token_seconds=self._first_token or total,
            total_seconds=total,
            context_tokens=prompt_tokens + self._new_tokens,
            reused_tokens=self._reused_tokens,
            drafted_tokens=self._drafted_tokens,
        )

    def _decode(self, logits: FloatArray, most: int) -> FinishReason:
        rows = deque([logits])
        ahead = deque[
            int
        ]()  # Guesses that the model has read and has not yet said; rows[i] is what it says behind them.
        offered = 0
        while True:
            self._listener.check()
            row = rows.popleft()
            token = self._sampler.draw(row)
            self._first_token = self._first_token or time.perf_counter() - self._started
            if token in self._tokenizer.end_tokens:
                return FinishReason.COMPLETE
            position = self._prompt.next_position + self._new_tokens
            self._new_tokens += 1
            text = self._detokenizer.push(token)
            if self._sureness and self._sureness.is_lost(probabilities_of(row, (token,))[token], text):
                self._decline()
                return FinishReason.COMPLETE
            if self._listener.weighs:
                self._weigh(row, token)
            self._say(text)
            if self._new_tokens >= most:
                return FinishReason.LENGTH
            if self._guard.push(token):
                return FinishReason.REPEATING
            self._drafts.push(token)
            if ahead and ahead[0] == token:
                ahead.popleft()
                self._drafted_tokens += 1
                continue
            if offered:
                self._drafts.judge(offered, offered - len(ahead))
                self._session.forget(len(ahead))
            ahead = deque(self._drafts.guess(most - self._new_tokens))
            offered = len(ahead)
            rows = deque(self._session.step([token, *ahead], position))

    def _weigh(self, logits: FloatArray, token: int) -> None:
        """Note how likely `token` was before any rule of sampling, and what else was, until its text is said."""
        near = likeliest(logits, ALTERNATIVES + 1)
        probabilities = probabilities_of(logits, (*near.tolist(), token))
        self._probability *= probabilities.pop(token)
        if self._probability < SURE and not self._alternatives:
            others = sorted(probabilities.items(), key=lambda item: -item[1])[:ALTERNATIVES]
            texts = [(self._tokenizer.decode([other]), share) for other, share in others]
            self._alternatives = tuple((text, share) for text, share in texts if share >= LEAST_SHARE and text.strip())

    def _say(self, text: str) -> None:
        if text:
            piece = Piece(text, self._probability, self._alternatives)
            self._probability, self._alternatives = 1.0, ()
            if self._sureness is None:
                self._tell(piece)
                return
            self._sureness.hold(piece)
            for released in self._sureness.released():
                self._tell(released)

    def _finish(self) -> None:
        """Tell what is left of the text."""
        if self._has_declined:
            return
        self._say(self._detokenizer.finish())
        for released in self._sureness.released(is_over=True) if self._sureness else ():
            self._tell(released)

    def _decline(self) -> None:
        """Drop what is held back, and end with what the listener wants to be said otherwise."""
        self._has_declined = True
        self._tell(Piece(f"\n{self._listener.otherwise}" if self._is_begun else self._listener.otherwise))

    def _tell(self, piece: Piece) -> None:
        self._is_begun = True
        self._listener.piece(piece)


def probabilities_of(logits: FloatArray, tokens: Iterable[int]) -> dict[int, float]:
    """How likely each of `tokens` is by `logits` [V], before any rule of sampling."""
    weights = np.exp(logits - logits.max())
    total = weights.sum()
    return {token: float(weights[token] / total) for token in tokens}
