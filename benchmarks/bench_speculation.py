"""What speculative decoding gains: `python -m benchmarks.bench_speculation FOLDER`.

Passes over 1 to 16 tokens behind a long prompt are timed with the model in FOLDER, whose weights may be random. Then
the real policy proposes drafts for a text each of whose tokens is known rightly with a given probability, at those
prices.
"""

import statistics
import sys
import time
from pathlib import Path

import numpy as np

from app.domain.chat.chat import Role, Turn
from app.domain.settings.generation_options import GREEDY, GenerationOptions
from app.domain.settings.load_options import LoadOptions
from app.engine.answering import GenerationCallbacks
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.generation.model import Model
from app.engine.generation.ngram_proposer import MAX_DRAFT_TOKENS, NgramProposer
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.runtimes.registry import choose_runtime

PROMPT = "word " * 1000
ANY_TOKEN = 100
ROUNDS = 12
ACCEPTANCE_RATES = (1.0, 0.95, 0.8, 0.5, 0.0)
TOKENS = 4000
VOCABULARY = 100_000


def prices(model: Model) -> list[float]:
    """The median seconds of a pass over 1, 2, … tokens, taken in turns."""
    callbacks = GenerationCallbacks(lambda *_: None, lambda _: None, lambda: None)
    options = GenerationOptions(max_new_tokens=1, sampling=GREEDY)
    _, stats = model.answer((Turn(Role.USER, PROMPT),), (), options, callbacks)
    seconds: list[list[float]] = [[] for _ in range(MAX_DRAFT_TOKENS + 1)]
    for _ in range(ROUNDS):
        for count in range(1, MAX_DRAFT_TOKENS + 2):
            began = time.perf_counter()
            model.session.step([ANY_TOKEN] * count, stats.context_tokens)
            seconds[count - 1].append(time.perf_counter() - began)
            model.session.rollback(count)
    return [statistics.median(times) for times in seconds]


def simulated_seconds(share: float, price: list[float]) -> float:
    """What TOKENS tokens take where each token of the lookup text is right with probability `share`."""
    random = np.random.default_rng(1)
    truth = random.integers(10, VOCABULARY, TOKENS).tolist()
    known = [token if random.random() < share else 9 for token in truth]
    proposer = NgramProposer([1, 2, 3, *known])
    spent, position = 0.0, 0
    for token in (1, 2, 3):
        proposer.push(token)
    while position < TOKENS:
        draft = proposer.propose(TOKENS - position)
        spent += price[len(draft)]
        accepted = 0
        while accepted < len(draft) and position + accepted < TOKENS and draft[accepted] == truth[position + accepted]:
            accepted += 1
        for token in truth[position : position + accepted + 1]:
            proposer.push(token)
        if draft:
            proposer.record_acceptance(len(draft), accepted)
        position += accepted + 1
    return spent


def main() -> None:
    """Time the passes, then let the policy play."""
    checkpoint = open_checkpoint(Path(sys.argv[1]))
    tokenizer = ChatTokenizer(checkpoint)
    model = Model.load(checkpoint, tokenizer, choose_runtime, LoadOptions(), lambda *_: None, lambda: None)
    price = prices(model)
    print("milliseconds of a pass over 1, 2, … tokens:", " ".join(f"{1000 * seconds:.0f}" for seconds in price))
    plain = TOKENS * price[0]
    for share in ACCEPTANCE_RATES:
        spent = simulated_seconds(share, price)
        print(f"{share:.0%} right: {TOKENS / spent:.1f} tokens/s, {plain / spent:.2f} x without drafts")


if __name__ == "__main__":
    main()
