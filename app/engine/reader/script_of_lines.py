"""Identifies the script of lines with a small convolutional network over their pictures, in NumPy alone.

Its weights are in resources/script_model, beside their model card; packaging/script_model trains them.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.domain.text.scripts import UNREADABLE, Script
from app.paths import RESOURCES

WEIGHTS = RESOURCES / "script_model" / "weights.npz"
HEIGHT, MAX_WIDTH = 32, 512
READABLE = 2
"""Number of the network's first outputs that the reader knows: Latin, and Chinese with Japanese."""
STRIDES = (2, 2, 2, 1)

CERTAIN = 0.5
"""Minimum mean probability of a script over the lines of a page for it to be reported."""

Array = npt.NDArray[np.float32]


def unreadable_script(lines: Sequence[Image.Image], readable_weight: float = 1.0) -> Script | None:
    """Return the script of most of these pictures of straight lines; None if the reader knows it or it is uncertain.

    `readable_weight` scales the probability of the scripts that the reader knows, relative to the others.
    """
    if not lines:
        return None
    shares = np.mean([probabilities(picture(line), _weights(WEIGHTS)) for line in lines], axis=0)
    shares[:READABLE] *= readable_weight
    shares /= shares.sum()
    best = int(np.argmax(shares))
    return UNREADABLE[best - READABLE] if best >= READABLE and shares[best] >= CERTAIN else None


def picture(line: Image.Image) -> Array:
    """Return the network's input: float32 [HEIGHT, width], foreground near 1 on 0, whichever of them was darker."""
    width = min(MAX_WIDTH, max(HEIGHT, round(line.width * HEIGHT / line.height)))
    pixels = np.asarray(line.convert("L").resize((width, HEIGHT), Image.Resampling.BILINEAR), dtype=np.float32)
    distance = np.abs(pixels - np.median(pixels))
    foreground: Array = distance / max(1.0, float(np.percentile(distance, 99)))
    return foreground


def probabilities(foreground: Array, weights: Mapping[str, Array]) -> Array:
    """Return float32 [scripts] for one picture: 3 x 3 convolutions with ReLU, mean and maximum of each channel."""
    features = foreground[None]
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
