"""Faint ink, drawn here, and paper without any."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from app.engine.reader.contrast import with_contrast

SIZE = (400, 300)


def written(ground: int, ink: int) -> Image.Image:
    image = Image.new("RGB", SIZE, (ground,) * 3)
    for row in range(5):
        ImageDraw.Draw(image).text((20, 20 + 50 * row), "Faint ink on this paper", (ink,) * 3, font_size=24)
    return image


@pytest.mark.parametrize(("ground", "ink"), [(255, 253), (255, 244), (200, 190), (0, 4), (10, 30)])
def test_faint_ink_stands_out(ground: int, ink: int) -> None:
    found = np.asarray(with_contrast(written(ground, ink)).convert("L"))
    assert int(found.max()) - int(found.min()) > 200
    assert (found[0, 0] > 128) is np.bool_(ground > ink)


def test_usual_contrast_is_kept() -> None:
    for image in (written(255, 200), written(255, 0), Image.new("RGB", SIZE, "white")):
        assert with_contrast(image) is image


@pytest.mark.parametrize("deviation", [0.5, 1, 2, 4])
def test_noise_and_shades_of_paper_are_no_ink(deviation: float) -> None:
    random = np.random.default_rng(3)
    shade = np.linspace(225, 240, SIZE[0])[None, :, None]
    paper = np.clip(shade + random.normal(0, deviation, (SIZE[1], SIZE[0], 3)), 0, 255).astype(np.uint8)
    image = Image.fromarray(paper)
    assert with_contrast(image) is image
    saved = io.BytesIO()
    image.save(saved, "JPEG", quality=50)
    image = Image.open(saved).convert("RGB")
    assert with_contrast(image) is image
