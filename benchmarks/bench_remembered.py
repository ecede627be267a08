"""The first token about an image of before a restart: `python -m benchmarks.bench_remembered FOLDER`.

FOLDER holds the checkpoint that `benchmarks.full_size` writes. Each round is two processes with a disk cache of its
own. The first one asks about an image of 1024 x 1024 pixels, cold, and once more, from memory; what it keeps is timed.
The second one asks the same, another question about the image, and one that follows the answer. Times are those from
the request to the first token, as the application counts them; the logits are those of the prompts' last tokens.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from app.disk_cache_files import DiskCacheFolder
from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.ids import Digest
from app.domain.models.answer_stats import AnswerStats
from app.domain.settings.generation_options import GREEDY, GenerationOptions
from app.domain.settings.load_options import LoadOptions
from app.engine.backends.model_backend import ModelBackend
from app.engine.process.messages import Ask, Event, OpenModel, Stats, UseDiskCache
from app.engine.runtimes.port import DecoderRuntime, DecoderSequence, FloatArray
from app.engine.runtimes.registry import Choice, choose_runtime
from app.regular_files import sha256_of

SIDE = 1024
BUDGET = 2 * 1000**3
KEY = bytes(range(32))
NEW_TOKENS = 8
FIRST, OTHER, NEXT = "What is on this image?", "Which colours does it have?", "And what is on the left?"


class Process:
    """A model process, and the logits of its last prompt."""

    def __init__(self, model: str, cache: Path) -> None:
        self.logits: FloatArray = np.zeros(0, np.float32)
        self._events: list[Event] = []
        self.backend = ModelBackend(lambda options: self._watched(choose_runtime(options)))
        self._handle(UseDiskCache(str(cache), BUDGET, KEY))
        self._handle(OpenModel(model, LoadOptions(cache_folder=str(cache.parent / "weights"))))

    def ask(self, *turns: Turn) -> AnswerStats:
        """Answer in the only chat."""
        self._events = []
        options = GenerationOptions(pixel_budget=SIDE * SIDE, max_new_tokens=NEW_TOKENS, sampling=GREEDY)
        self._handle(Ask(turns, options, chat="chat"))
        (stats,) = (event.stats for event in self._events if isinstance(event, Stats))
        return stats

    def _handle(self, request: Any) -> None:  # noqa: ANN401 - any request
        self.backend.handle(request, self._events.append, lambda: None)

    def _watched(self, choice: Choice) -> Choice:
        def opened(*arguments: Any) -> DecoderRuntime:  # noqa: ANN401 - OpenRuntime's own
            runtime = choice.open(*arguments)
            open_sequence = runtime.open_sequence

            def watched() -> DecoderSequence:
                sequence = open_sequence()
                prefill = sequence.prefill

                def noted(*given: Any) -> FloatArray:  # noqa: ANN401 - prefill's own
                    self.logits = prefill(*given).copy()
                    return self.logits

                sequence.prefill = noted  # type: ignore[method-assign, assignment]
                return sequence

            runtime.open_sequence = watched  # type: ignore[method-assign]
            return runtime

        return replace(choice, open=opened)


def turns(image: Path, question: str) -> tuple[Turn, ...]:
    with image.open("rb") as file:
        digest = Digest(sha256_of(file))
    return (Turn(Role.USER, question, (SeenImage(str(image), digest=digest),)),)


def before(model: str, folder: Path) -> dict[str, float]:
    """In the first process: cold, from memory, and the time to write."""
    cache = DiskCacheFolder(folder / "cache")
    cache.permit("chat")
    process, asked = Process(model, cache.folder), turns(folder / "image.png", FIRST)
    cold = process.ask(*asked)
    started = time.perf_counter()
    np.save(folder / "cold.npy", process.logits)
    process.backend.disk_writer.wait(600)
    written = time.perf_counter() - started
    warm = process.ask(*asked)
    np.save(folder / "memory.npy", process.logits)
    return {
        "cold": cold.first_token_seconds, "memory": warm.first_token_seconds, "written": written,
        "megabytes": cache.used_bytes() / 1e6, "tokens": cold.prompt_tokens, "visual tokens": cold.visual_tokens,
    }  # fmt: skip


def after(model: str, folder: Path) -> dict[str, float]:
    """In the second process: the same, another question, and one that follows."""
    times = {}
    image = folder / "image.png"
    followed = (*turns(image, FIRST), Turn(Role.ASSISTANT, "Colours."), Turn(Role.USER, NEXT))
    for name, asked in (("same", turns(image, FIRST)), ("other", turns(image, OTHER)), ("next", followed)):
        process = Process(model, folder / "cache")
        stats = process.ask(*asked)
        times[name], times[f"{name} reused"] = stats.first_token_seconds, stats.reused_tokens
        if name == "same":
            restored = process.logits
            cold, memory = np.load(folder / "cold.npy"), np.load(folder / "memory.npy")
            times["difference from memory"] = float(np.abs(restored - memory).max())
            times["difference from cold"] = float(np.abs(restored - cold).max())
            times["memory's from cold"] = float(np.abs(memory - cold).max())
        process.backend.disk_writer.wait(600)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part", choices=("before", "after"))
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.part:
        print(json.dumps((before if given.part == "before" else after)(given.model, given.folder)))
        return
    for number in range(given.rounds):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            rows = np.random.default_rng(number).integers(0, 256, (32, 32, 3), np.uint8)
            Image.fromarray(rows).resize((SIDE, SIDE)).save(folder / "image.png")
            measured: dict[str, float] = {}
            for part in ("before", "after"):
                command = [sys.executable, "-m", "benchmarks.bench_remembered", given.model, "--part", part]
                done = subprocess.run([*command, "--folder", name], check=True, stdout=subprocess.PIPE, text=True)
                measured |= json.loads(done.stdout.splitlines()[-1])
        print(f"round {number + 1}: " + ", ".join(f"{key} {value:.4g}" for key, value in measured.items()))
        print(f"  cold : after a restart = {measured['cold'] / measured['other']:.1f}", flush=True)


if __name__ == "__main__":
    main()
