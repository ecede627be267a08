"""Choosing the next token from logits."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from app.domain.settings.generation_options import Sampling
from app.engine.runtimes.port import FloatArray
from app.engine.runtimes.top_k import top_k_indices


class Sampler:
    """Draws the tokens of one answer to a prompt; with a seed, the same logits give the same answer."""

    def __init__(self, sampling: Sampling, prompt: Sequence[int] = ()) -> None:
        self._sampling = sampling
        self._random = np.random.default_rng(sampling.seed)
        self._used: set[int] = set()
        self._prompt = frozenset(prompt)

    def draw(self, logits: FloatArray) -> int:
        """Draw the next token from `logits` [V]. Greedy sampling takes the first of the most likely tokens.

        The order of operations is that of Hugging Face's and vLLM's samplers: penalties, temperature, top-k, top-p.
        """
        sampling = self._sampling
        if sampling.repetition_penalty != 1:
            logits = self._with_repetition_penalty(logits)
        is_greedy = sampling.temperature <= 0
        if is_greedy and not sampling.presence_penalty:
            token = int(logits.argmax())
            self._used.add(token)
            return token
        penalised = list(self._used) if sampling.presence_penalty else []
        wanted = 1 if is_greedy else sampling.top_k or len(logits)
        # The top-k with the penalty are among these without it; they are in the order of the vocabulary.
        candidates = top_k_indices(logits, wanted + len(penalised))
        scores = logits[candidates]
        scores[np.isin(candidates, penalised)] -= sampling.presence_penalty
        token = int(candidates[scores.argmax()]) if is_greedy else self._sample(candidates, scores)
        self._used.add(token)
        return token

    def _with_repetition_penalty(self, logits: FloatArray) -> FloatArray:
        """Return a copy of `logits` [V] with those of all tokens so far made less likely."""
        tokens = np.fromiter(self._prompt | self._used, np.intp)
        tokens = tokens[tokens < len(logits)]
        logits, penalty = logits.copy(), self._sampling.repetition_penalty
        logits[tokens] = np.where(logits[tokens] > 0, logits[tokens] / penalty, logits[tokens] * penalty)
        return logits

    def _sample(self, candidates: npt.NDArray[np.intp], scores: FloatArray) -> int:
        sampling = self._sampling
        order = np.argsort(scores)[::-1][: sampling.top_k or None]
        scaled = scores[order].astype(np.float64) / sampling.temperature
        probabilities = np.exp(scaled - scaled[0])
        probabilities /= probabilities.sum()
        # The smallest set of most likely tokens whose probability reaches top_p, at least one.
        kept = int(np.searchsorted(probabilities.cumsum(), sampling.top_p)) + 1
        nucleus = probabilities[:kept] / probabilities[:kept].sum()
        return int(candidates[order[self._random.choice(len(nucleus), p=nucleus)]])
