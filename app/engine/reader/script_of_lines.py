"""Which script lines are written in: a small convolutional network over pictures of lines, by numpy alone.

Its weights are in resources/script_model, beside their card; packaging/script_model trains them.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.domain.scripts import UNREADABLE, Script
from app.paths import RESOURCES

WEIGHTS = RESOURCES / "script_model" / "weights.npz"
HEIGHT, MOST_WIDTH = 32, 512
READABLE = 2
"""The first outputs: Latin, and Chinese with Japanese."""
STRIDES = (2, 2, 2, 1)

CERTAIN = 0.5
"""Mean probability of a script over the lines of a page from which on it is named."""

Array = npt.NDArray[np.float32]


def unreadable_script(lines: Sequence[Image.Image], readable_weight: float = 1.0) -> Script | None:
    """The script that most of these pictures of straight lines are written in, unless the reader knows it.

    `readable_weight` is how much the probability of the scripts that the reader knows counts beside the others'.
    """
    if not lines:
        return None
    shares = np.mean([probabilities(picture(line), _weights(WEIGHTS)) for line in lines], axis=0)
    shares[:READABLE] *= readable_weight
    shares /= shares.sum()
    best = int(np.argmax(shares))
    return UNREADABLE[best - READABLE] if best >= READABLE and shares[best] >= CERTAIN else None


def picture(line: Image.Image) -> Array:
    """What the network sees: float32 [HEIGHT, width], ink near 1 on a ground of 0, whichever was darker."""
    width = min(MOST_WIDTH, max(HEIGHT, round(line.width * HEIGHT / line.height)))
    pixels = np.asarray(line.convert("L").resize((width, HEIGHT), Image.Resampling.BILINEAR), dtype=np.float32)
    distance = np.abs(pixels - np.median(pixels))
    ink: Array = distance / max(1.0, float(np.percentile(distance, 99)))
    return ink


def probabilities(ink: Array, weights: Mapping[str, Array]) -> Array:
    """float32 [scripts] for one picture: convolutions of 3 x 3 with rectifiers, mean and maximum of each channel."""
    features = ink[None]
    for number, stride in enumerate(STRIDES):
        padded = np.pad(features, ((0, 0), (1, 1), (1, 1)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))[:, ::stride, ::stride]
        features = np.tensordot(weights[f"kernel{number}"], windows, axes=((1, 2, 3), (0, 3, 4)))
        features = np.maximum(features + weights[f"bias{number}"][:, None, None], 0)
    pooled = np.concatenate([features.mean(axis=(1, 2)), features.max(axis=(1, 2))])
    scores = weights["out"] @ pooled + weights["out_bias"]
    raised = np.exp(scores - scores.max())
    return np.asarray(raised / raised.sum(), dtype=np.float32)


@cache
def _weights(path: Path) -> dict[str, Array]:
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name].astype(np.float32) for name in archive.files}
