"""What Hugging Face's model says with the trained weights, and how far a runtime is from it."""

from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np

from app.domain.settings.load_options import LoadOptions
from app.engine.benchmark import TEXT
from app.engine.checkpoints.open_checkpoint import Checkpoint, open_checkpoint
from app.engine.generation.mrope_positions import text_positions
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.runtimes.port import DecoderSequence, FloatArray, IntArray
from app.engine.runtimes.shortlist_head import ShortlistHead
from tests.support.reference import Reference
from tests.support.runtimes import RUNTIMES
from tests.support.trained_checkpoint import make_trained

PROMPT, ANSWER = 64, 24
BEST = 20
"""Number of tokens that the published sampling draws from."""
TOLERANCE = 1e-3
"""Of a logit: sums are rounded in another order."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Hugging Face's logits [T - PROMPT + 1, V] of a text from the prompt's last token on, and its greedy answer."""

    checkpoint: Checkpoint
    tokens: IntArray
    logits: FloatArray
    answer: list[int]


@dataclass(frozen=True, slots=True)
class Agreement:
    """A runtime's share of positions with the same likeliest token, its KL divergence in nats, and its greedy answer.

    The divergence is KL(ours, theirs) over the likeliest tokens, the mean of all positions.
    """

    top_1: float
    divergence: float
    answer: list[int]


def truth_of(folder: Path) -> Truth:
    """Write the trained checkpoint into `folder` and ask Hugging Face's model."""
    checkpoint = open_checkpoint(make_trained(folder))
    tokens = np.array(ChatTokenizer(checkpoint).encode(TEXT), np.int64)
    reference = Reference(folder)
    logits = reference.all_logits(tokens)[PROMPT - 1 :]
    return Truth(checkpoint, tokens, logits, reference.answer(tokens, None, ANSWER).tokens)


def measured(truth: Truth, logits: FloatArray, answer: list[int]) -> Agreement:
    """Compare logits and a greedy answer with the true ones."""
    same = float(np.mean(logits.argmax(axis=1) == truth.logits.argmax(axis=1)))
    return Agreement(same, _divergence(logits, truth.logits), answer)


def agreement(truth: Truth, runtime: str, options: LoadOptions) -> Agreement:
    """Open the checkpoint with this runtime; read the prompt at once, the rest of the text, and answer."""
    opened = RUNTIMES[runtime](options).open(truth.checkpoint, options, lambda _: None, lambda: None)
    sequence, tokens = opened.open_sequence(), truth.tokens
    prompt = (tokens[:PROMPT], text_positions(0, PROMPT), ())
    first = sequence.prefill(*prompt, lambda _: None, lambda: None)
    rest = sequence.step(tokens[PROMPT:], text_positions(PROMPT, len(tokens) - PROMPT))
    logits = np.concatenate([first[None], rest])
    return measured(truth, logits, _greedy(sequence, logits[-1]))


def shortlist_errors(truth: Truth, likeliest: int) -> tuple[float, float]:
    """Return the share of the text's positions where one of the `likeliest` tokens does not have its exact logit.

    And the mean relative error of the softmax's denominator, to which all tokens contribute.
    """
    options, rescored = LoadOptions(), ShortlistHead.rescored
    inexact, sums = [], []

    def compared(head: ShortlistHead, hidden: FloatArray, logits: FloatArray, _allowed: None) -> FloatArray:
        rows = head.rows(np.arange(logits.shape[1]))
        for state, row in zip(hidden, rescored(head, hidden, logits), strict=True):
            exact = rows @ state
            best = np.argpartition(exact, -likeliest)[-likeliest:]
            inexact.append(bool(np.abs(exact[best] - row[best]).max() > TOLERANCE))
            ours, true = (np.logaddexp.reduce(values.astype(np.float64)) for values in (row, exact))
            sums.append(abs(np.expm1(ours - true)))
        return logits

    runtime = RUNTIMES["onnxruntime"](options).open(truth.checkpoint, options, lambda _: None, lambda: None)
    with patch.object(ShortlistHead, "rescored", compared):
        runtime.open_sequence().step(truth.tokens, text_positions(0, len(truth.tokens)))
    return float(np.mean(inexact)), float(np.mean(sums))


def _greedy(sequence: DecoderSequence, logits: FloatArray) -> list[int]:
    answer = [int(logits.argmax())]
    while len(answer) < ANSWER:
        (logits,) = sequence.step(np.array(answer[-1:]), text_positions(sequence.length, 1))
        answer.append(int(logits.argmax()))
    return answer


def _divergence(ours: FloatArray, theirs: FloatArray) -> float:
    best = np.argpartition(theirs, -BEST)[:, -BEST:]
    own, true = (np.take_along_axis(logits, best, 1).astype(np.float64) for logits in (ours, theirs))
    own, true = (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True) for logits in (own, true))
    return float((np.exp(own) * (own - true)).sum(axis=1).mean())
