"""Answers by a JSON schema: `python -m benchmarks.bench_constrained [ANSWERS]`, 1,000 unless told.

A model that says anything, whose logits are random, answers questions for fields and hardly ever ends a value; invalid
answers are counted, and those that were closed at their limit. Then the CPU time of the grammar is measured with the
tokenizer of Qwen3-VL, for one token and before the first one.
"""

import statistics
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from app.domain.chat.chat import Role, Turn
from app.domain.documents.fields import Field, InvalidAnswer, field_schema, read_field_answer
from app.domain.models.answer_stats import AnswerStats, FinishReason
from app.domain.settings.generation_options import Sampling
from app.domain.text.confidence import TextDelta
from app.engine.answering import NO_STAGE, GenerationCallbacks
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.generation.constraint import Constraints
from app.engine.generation.generate import generate
from app.engine.generation.prefix_cache import PrefixCache
from app.engine.generation.prompt import build_prompt
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.generation.vision_cache import VisionFeatureCache
from app.paths import DEMO_MODEL
from tests.engine.generation.test_ngram_proposer import HashRuntime
from tests.support.qwen3_tokenizer import tokenizer_json

LOGITS = 151_936
"""Number of logits of Qwen3-VL."""
MAX_NEW_TOKENS, TIMES = 600, 20
SAMPLING = Sampling(temperature=1.0, top_p=1.0, top_k=0, presence_penalty=0.0)


class Babbler(HashRuntime):
    """A runtime whose logits are random."""

    def __init__(self, vocabulary: int, seed: int) -> None:
        super().__init__(seed % 256, None)
        self.table = 3 * np.random.default_rng(seed).standard_normal((211, vocabulary), np.float32)


def _hear(said: list[str], delta: TextDelta) -> None:
    said.append(delta.text)


def babbled(count: int) -> tuple[int, int, int, int]:
    """Return how many of `count` answers are invalid or closed, and the numbers of their tokens, all and drafted."""
    checkpoint = open_checkpoint(DEMO_MODEL)
    tokenizer = ChatTokenizer(checkpoint)
    vocabulary = checkpoint.config.text.vocab_size
    constraints = Constraints(tokenizer, vocabulary)
    features = VisionFeatureCache(checkpoint.config.vision, checkpoint.preprocessor, max_tokens=64)
    invalid = closed = 0
    stats: list[AnswerStats] = []
    for seed in range(count):
        fields = tuple(Field(f"field {number}") for number in range(1 + seed % 6))
        prompt = build_prompt([Turn(Role.USER, "x")], [], tokenizer, checkpoint.config)
        prompt = replace(prompt, constraint=constraints.begin(field_schema(fields), "", is_thinking=False))
        said: list[str] = []
        callbacks = GenerationCallbacks(NO_STAGE, partial(_hear, said), lambda: None)
        session = PrefixCache(Babbler(vocabulary, seed), features, checkpoint.config.visual_tokens)
        sampling = replace(SAMPLING, seed=seed)
        reason, told = generate(session, tokenizer, prompt, [], sampling, MAX_NEW_TOKENS, callbacks)
        stats.append(told)
        closed += reason is not FinishReason.COMPLETE
        try:
            read_field_answer("".join(said), fields)
        except InvalidAnswer:
            invalid += 1
    return invalid, closed, sum(told.new_tokens for told in stats), sum(told.drafted_tokens for told in stats)


def measured() -> tuple[float, float, list[float]]:
    """Return the CPU seconds before the first constraint, for another one, and for each of some tokens of a value."""
    checkpoint = open_checkpoint(DEMO_MODEL)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.json"
        path.write_bytes(tokenizer_json())
        text = replace(checkpoint.config.text, vocab_size=LOGITS)
        config = replace(checkpoint.config, text=text)
        tokenizer = ChatTokenizer(replace(checkpoint, tokenizer_path=path, config=config, end_tokens=()))
    constraints = Constraints(tokenizer, LOGITS)
    schema = field_schema(tuple(Field(f"field {number}") for number in range(8)))
    preparing = []
    for _ in range(2):
        began = time.process_time()
        constraint = constraints.begin(schema, '{"field 0": {"value": "', is_thinking=False)()
        preparing.append(time.process_time() - began)
    assert constraint
    seconds = []
    for token in tokenizer.encode("Umbrellas, garden chairs and other things for summer. " * TIMES):
        began = time.process_time()
        constraint.draft((), MAX_NEW_TOKENS)
        constraint.push(token)
        seconds.append(time.process_time() - began)
    return preparing[0], preparing[1], seconds


def main(count: int) -> None:
    """Print the figures."""
    invalid, closed, tokens, drafted = babbled(count)
    print(f"{count} babbled answers of {tokens} tokens, {drafted} of them drafts: {invalid} invalid, {closed} closed")
    first, another, seconds = measured()
    print(f"first constraint {first:.2f} s of a CPU, another one {another * 1000:.1f} ms")
    mean, median, most = statistics.mean(seconds), statistics.median(seconds), max(seconds)
    print(f"a token {median * 1000:.2f} ms of a CPU (median; mean {mean * 1000:.2f}, most {most * 1000:.1f})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
