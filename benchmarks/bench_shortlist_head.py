"""How often the shortlist head chooses another token than the full head: `python -m benchmarks.bench_shortlist_head`.

2,000 random states over random rows of Qwen3-VL-2B's size, the hard case, where nothing stands out, and 20,000 states
of the demo model while it reads its own kind of images. A position is wrong where the most likely token differs, or
where one of the 20 most likely, all that the published sampling draws from, does not have its exact logit. Trained
weights are those of `benchmarks.bench_trained_weights`.
"""

import random
import tempfile
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from PIL import Image

from app.domain.settings.load_options import LoadOptions
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.checkpoints.weights import TEXT
from app.engine.runtimes import shortlist_head
from app.engine.runtimes.port import BoolArray, FloatArray
from app.engine.runtimes.shortlist_head import GROUP, ShortlistHead, rounded_to_int4
from app.engine.runtimes.top_k import top_k_indices
from app.paths import DEMO_MODEL

POSITIONS, RANDOM_POSITIONS, BATCH_SIZE, BEST = 20_000, 2_000, 250, 20
VOCABULARY, HIDDEN = 151_936, 2048
TOLERANCE = 1e-3


def main() -> None:
    """Print both."""
    print(f"demo model: {demo_states()}")
    print(f"random:     {random_states()}")


def random_states() -> str:
    """Of rows and states that are noise."""
    generator = torch.Generator().manual_seed(0)
    rows = (torch.randn(VOCABULARY, HIDDEN, generator=generator) * 0.02).half().float()
    pairs, scales = rounded_to_int4(rows.numpy(), GROUP)
    numbers = np.stack((pairs & 15, pairs >> 4), axis=-1).reshape(*scales.shape, GROUP).astype(np.float32) - 8
    coarse = torch.from_numpy(numbers * scales.astype(np.float32)[:, :, None]).view(VOCABULARY, HIDDEN)
    wrong = Wrong()
    for _ in range(RANDOM_POSITIONS // BATCH_SIZE):
        states = torch.randn(BATCH_SIZE, HIDDEN, generator=generator)
        exact, shortlisted = (states @ rows.T).numpy(), (states @ coarse.T).numpy()
        for whole, logits in zip(exact, shortlisted, strict=True):
            chosen = top_k_indices(logits, shortlist_head.CANDIDATES)
            logits[chosen] = whole[chosen]
            wrong.count(whole, logits)
    return str(wrong)


def demo_states() -> str:
    """Of the demo model's answers."""
    from training.demo_model.evaluate import Engine, unseen_image  # noqa: PLC0415

    checkpoint = open_checkpoint(DEMO_MODEL)
    name = "lm_head.weight" if not checkpoint.config.tied_embeddings else f"{TEXT}.embed_tokens.weight"
    rows = ShortlistHead(checkpoint.tensors, name).rows(np.arange(checkpoint.config.text.vocab_size))
    wrong, rescored = Wrong(), ShortlistHead.rescored

    def recorded(
        head: ShortlistHead, hidden: FloatArray, logits: FloatArray, allowed: BoolArray | None = None
    ) -> FloatArray:
        right = rescored(head, hidden, logits, allowed)
        for state, row in zip(hidden, right, strict=True):
            wrong.count(rows @ state, row)
        return right

    rng = random.Random(0)
    with tempfile.TemporaryDirectory() as folder, patch.object(ShortlistHead, "rescored", recorded):
        engine = Engine(DEMO_MODEL, LoadOptions())
        path = Path(folder) / "image.png"
        while wrong.positions < POSITIONS:
            Image.fromarray(unseen_image(rng, rng.randint(1, 3)).pixels).save(path)
            engine.ask("Read the text.", path)
    return str(wrong)


class Wrong:
    """Counts."""

    def __init__(self) -> None:
        self.positions = self.top_1 = self.best = 0
        self.error_of_sum = 0.0

    def count(self, exact: FloatArray, logits: FloatArray) -> None:
        """Compare the logits [V] of one position."""
        self.positions += 1
        self.top_1 += int(exact.argmax() != logits.argmax())
        best = np.argpartition(exact, -BEST)[-BEST:]
        self.best += int(np.abs(exact[best] - logits[best]).max() > TOLERANCE)
        ours, true = (np.logaddexp.reduce(values.astype(np.float64)) for values in (logits, exact))
        self.error_of_sum += abs(np.expm1(ours - true))

    def __str__(self) -> str:
        return (
            f"{self.positions} positions, {self.top_1} with another most likely token, {self.best} of the {BEST} best, "
            f"error of the sum {100 * self.error_of_sum / self.positions:.3f} %"
        )


if __name__ == "__main__":
    main()
