"""Letters told by how others look, from looks that are made here."""

import numpy as np

from app.engine.reader.monospaced.cells import GLYPH_HEIGHT, GLYPH_WIDTH, Glyph
from app.engine.reader.monospaced.glyphs import Cell, Glyphs


def look(seed: int, noise: float, number: int) -> Glyph:
    """The look of a letter, a little different for each number."""
    size = GLYPH_HEIGHT * GLYPH_WIDTH
    ink = np.random.default_rng(seed).normal(size=size)
    ink = ink + noise * np.random.default_rng(1000 + number).normal(size=size)
    ink -= ink.mean()
    return np.asarray(ink / np.linalg.norm(ink), np.float32)


def test_a_figure_among_figures_stays_one_though_it_looks_like_a_letter() -> None:
    known: dict[Cell, str] = {(0, 0): "1", (0, 1): "0", (0, 3): "C", (0, 4): "O", (0, 5): "N", (1, 3): "T", (1, 4): "O"}
    known |= {(2, 0): "4", (2, 1): "0", (2, 2): "7"}
    looks = {cell: look(ord(text), 0.02, number) for number, (cell, text) in enumerate(known.items())}
    # One nought looks like the letter, as at sizes at which both are eight pixels high.
    looks[0, 1] = look(ord("O"), 0.02, 99)
    assert Glyphs(known, looks).corrected() == {}
