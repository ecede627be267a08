"""The layout model on drawn pages."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from app.domain.documents.blocks import BlockKind
from app.engine.reader.layout.find_areas import find_areas

WORDS = "the harbour was quiet that morning and nobody along the pier would say when the boats had sailed "


def paper() -> Image.Image:
    """A page with a heading between two paragraphs, and a page number."""
    image = Image.new("RGB", (1240, 1754), "white")
    draw = ImageDraw.Draw(image)
    for top in (150, 620):
        for row in range(12):
            draw.text((140, top + 30 * row), (WORDS * 2)[row * 3 : row * 3 + 88], "black", ImageFont.load_default(22))
    draw.text((140, 555), "2. Results and discussion", "black", ImageFont.load_default(28))
    return image


def test_paragraphs_and_headings_of_a_paper_are_found() -> None:
    areas = find_areas(paper())
    assert all(0 <= area.box.left <= area.box.right <= 1240 for area in areas)
    heading = [area for area in areas if area.kind is BlockKind.HEADING]
    assert any(abs(area.box.centre.y - 570) < 30 for area in heading)
    assert sum(area.kind is BlockKind.PARAGRAPH for area in areas) >= 2


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (4000, 1), (300, 200)])
def test_pictures_of_any_size_and_noise_are_looked_at(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    for area in find_areas(Image.fromarray(noise)):
        assert 0 <= area.box.left <= area.box.right <= size[0]
        assert 0 <= area.box.top <= area.box.bottom <= size[1]
        assert 0 <= area.score <= 1
