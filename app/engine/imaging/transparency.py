"""Transparent images, which are laid on a ground that everything on them contrasts with."""

import numpy as np
import numpy.typing as npt
from PIL import Image

_MIN_TRANSPARENT = 0.5
"""Share of transparent pixels above which an image is a drawing on nothing; others keep white, the colour of paper."""

_FAINT_SHARE = 0.02
"""Share of the visible that may have less contrast than what counts: soft edges."""

_WORTH = 24.0
"""Contrast, in grey levels, that another ground must gain over white, and a grey one over black."""


def on_contrasting_ground(image: Image.Image) -> Image.Image:
    """Composite an RGBA image on white, on black if only that shows it, or on the grey that shows dark and light."""
    alpha = image.getchannel("A")
    weights = np.asarray(alpha, dtype=np.float64)
    ground = 255
    if float((weights < 128).mean()) > _MIN_TRANSPARENT:
        ground = _ground(np.asarray(image.convert("RGB").convert("L")), weights)
    background = Image.new("RGB", image.size, (ground, ground, ground))
    background.paste(image, mask=alpha)
    return background


def _ground(grey: npt.NDArray[np.uint8], weights: npt.NDArray[np.float64]) -> int:
    """Return the grey level of the ground."""
    levels = np.bincount(grey.ravel(), weights.ravel(), minlength=256).astype(np.float64)
    if not levels.sum():
        return 255
    contrasts = np.array([_contrast(levels, ground) for ground in range(256)])
    best = int(contrasts.argmax())
    for usual in (255, 0):
        if contrasts[usual] + _WORTH >= contrasts[best]:
            return usual
    return best


def _contrast(levels: npt.NDArray[np.float64], ground: int) -> float:
    """Return the contrast that all but _FAINT_SHARE of the visible has at least; `levels` is its histogram."""
    distances = np.abs(np.arange(256) - ground)
    order = np.argsort(distances, kind="stable")
    share = np.cumsum(levels[order]) / levels.sum()
    return float(distances[order[int(np.searchsorted(share, _FAINT_SHARE))]])
