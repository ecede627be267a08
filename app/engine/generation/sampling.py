"""Choosing the next token from logits."""

import numpy as np

from app.domain.generation import Sampling
from app.engine.runtimes.port import FloatArray


class Sampler:
    """Draws the tokens of one answer; with a seed, the same logits give the same answer."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._random = np.random.default_rng(sampling.seed)
        self._used: set[int] = set()

    def draw(self, logits: FloatArray) -> int:
        """The next token for `logits` [V]. Greedy takes the first of the likeliest.

        The order of operations is that of Hugging Face's and vLLM's samplers: penalty, temperature, top-k, top-p.
        """
        sampling = self._sampling
        if self._used and sampling.presence_penalty:
            logits = logits.copy()
            logits[list(self._used)] -= sampling.presence_penalty
        token = int(logits.argmax()) if sampling.temperature <= 0 else self._sample(logits)
        self._used.add(token)
        return token

    def _sample(self, logits: FloatArray) -> int:
        sampling = self._sampling
        count = min(sampling.top_k, len(logits)) if sampling.top_k > 0 else len(logits)
        candidates = np.argpartition(logits, -count)[-count:]
        candidates = candidates[np.argsort(logits[candidates])[::-1]]
        scaled = logits[candidates].astype(np.float64) / sampling.temperature
        probabilities = np.exp(scaled - scaled[0])
        probabilities /= probabilities.sum()
        # The smallest set of the likeliest tokens that reaches top_p, at least one.
        kept = int(np.searchsorted(probabilities.cumsum(), sampling.top_p)) + 1
        nucleus = probabilities[:kept] / probabilities[:kept].sum()
        return int(candidates[self._random.choice(len(nucleus), p=nucleus)])
