"""What guesses gain: `python -m tests.bench.bench_drafts FOLDER`.

Passes over 1 to 16 tokens behind a long prompt are timed with the model in FOLDER, whose weights may be random. Then
the real policy guesses at a text each of whose tokens is known rightly with a given probability, at those prices.
"""

import statistics
import sys
import time
from pathlib import Path

import numpy as np

from app.domain.chat import Role, Turn
from app.domain.generation import GREEDY, GenerationOptions, LoadOptions
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.generation.drafts import MOST_LENGTH, Drafts
from app.engine.generation.generate import Listener
from app.engine.generation.model import Model
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.runtimes.choose import choose_runtime

PROMPT = "word " * 1000
ANY_TOKEN = 100
ROUNDS = 12
RIGHT = (1.0, 0.95, 0.8, 0.5, 0.0)
SAID = 4000
VOCABULARY = 100_000


def prices(model: Model) -> list[float]:
    """The median seconds of a pass over 1, 2, … tokens, taken in turns."""
    listener = Listener(lambda *_: None, lambda _: None, lambda: None)
    options = GenerationOptions(max_new_tokens=1, sampling=GREEDY)
    _, stats = model.answer((Turn(Role.USER, PROMPT),), (), options, listener)
    seconds: list[list[float]] = [[] for _ in range(MOST_LENGTH + 1)]
    for _ in range(ROUNDS):
        for count in range(1, MOST_LENGTH + 2):
            began = time.perf_counter()
            model.session.step([ANY_TOKEN] * count, stats.context_tokens)
            seconds[count - 1].append(time.perf_counter() - began)
            model.session.forget(count)
    return [statistics.median(times) for times in seconds]


def seconds_for(share: float, price: list[float]) -> float:
    """What SAID tokens take where each of the text that guesses come from is right with probability `share`."""
    random = np.random.default_rng(1)
    truth = random.integers(10, VOCABULARY, SAID).tolist()
    known = [token if random.random() < share else 9 for token in truth]
    drafts = Drafts([1, 2, 3, *known])
    spent, place = 0.0, 0
    for token in (1, 2, 3):
        drafts.push(token)
    while place < SAID:
        guesses = drafts.guess(SAID - place)
        spent += price[len(guesses)]
        right = 0
        while right < len(guesses) and place + right < SAID and guesses[right] == truth[place + right]:
            right += 1
        for token in truth[place : place + right + 1]:
            drafts.push(token)
        if guesses:
            drafts.judge(len(guesses), right)
        place += right + 1
    return spent


def main() -> None:
    """Time the passes, then let the policy play."""
    checkpoint = open_checkpoint(Path(sys.argv[1]))
    tokenizer = ChatTokenizer(checkpoint)
    model = Model.load(checkpoint, tokenizer, choose_runtime, LoadOptions(), lambda *_: None, lambda: None)
    price = prices(model)
    print("milliseconds of a pass over 1, 2, … tokens:", " ".join(f"{1000 * seconds:.0f}" for seconds in price))
    plain = SAID * price[0]
    for share in RIGHT:
        spent = seconds_for(share, price)
        print(f"{share:.0%} right: {SAID / spent:.1f} tokens/s, {plain / spent:.2f} x without guesses")


if __name__ == "__main__":
    main()
