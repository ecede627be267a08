"""How often the screening head would choose otherwise than the whole one: `python -m tests.bench.bench_screening`.

20,000 random states over random rows of Qwen3-VL-2B's size, the hard case, where nothing stands out, and 20,000 states
of the demo model while it reads its own kind of images. A position is wrong where the likeliest token differs, or where
one of the 20 likeliest, all that the published sampling draws from, does not have its exact logit.
"""

import random
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from PIL import Image

from app.domain.generation import LoadOptions
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.checkpoints.weights import TEXT
from app.engine.runtimes import screening
from app.engine.runtimes.likeliest import likeliest
from app.engine.runtimes.port import FloatArray
from app.engine.runtimes.screening import GROUP, ScreeningHead, rounded_to_int4
from app.paths import DEMO_MODEL

POSITIONS, AT_ONCE, BEST = 20_000, 250, 20
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
    for _ in range(POSITIONS // AT_ONCE):
        states = torch.randn(AT_ONCE, HIDDEN, generator=generator)
        exact, screened = (states @ rows.T).numpy(), (states @ coarse.T).numpy()
        for whole, logits in zip(exact, screened, strict=True):
            chosen = likeliest(logits, screening.CANDIDATES)
            logits[chosen] = whole[chosen]
            wrong.count(whole, logits)
    return str(wrong)


def demo_states() -> str:
    """Of the demo model's answers."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "packaging" / "demo_model"))
    from evaluate import Engine, unseen_image  # noqa: PLC0415

    checkpoint = open_checkpoint(DEMO_MODEL)
    name = "lm_head.weight" if not checkpoint.config.tied_embeddings else f"{TEXT}.embed_tokens.weight"
    rows = ScreeningHead(checkpoint.tensors, name).rows(np.arange(checkpoint.config.text.vocab_size))
    wrong, corrected = Wrong(), ScreeningHead.corrected

    def watched(head: ScreeningHead, hidden: FloatArray, logits: FloatArray) -> FloatArray:
        right = corrected(head, hidden, logits)
        for state, row in zip(hidden, right, strict=True):
            wrong.count(rows @ state, row)
        return right

    rng = random.Random(0)
    with tempfile.TemporaryDirectory() as folder, patch.object(ScreeningHead, "corrected", watched):
        engine = Engine(DEMO_MODEL, LoadOptions())
        path = Path(folder) / "image.png"
        while wrong.positions < POSITIONS:
            Image.fromarray(unseen_image(rng, rng.randint(1, 3)).pixels).save(path)
            engine.ask("Read the text.", path)
    return str(wrong)


class Wrong:
    """Counts."""

    def __init__(self) -> None:
        self.positions = self.likeliest = self.best = 0

    def count(self, exact: FloatArray, logits: FloatArray) -> None:
        """Compare the logits [V] of one position."""
        self.positions += 1
        self.likeliest += int(exact.argmax() != logits.argmax())
        best = np.argpartition(exact, -BEST)[-BEST:]
        self.best += int(np.abs(exact[best] - logits[best]).max() > TOLERANCE)

    def __str__(self) -> str:
        return (
            f"{self.positions} positions, {self.likeliest} with another likeliest token, {self.best} of the {BEST} best"
        )


if __name__ == "__main__":
    main()
