"""A text to calibrate on, and a run with its progress kept."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.engine.quantize.recipe import PackingFormat, Recipe
from app.engine.quantize.report import Report
from app.engine.quantize.run import QuantizeCallbacks, QuantizeJob, quantize
from tests.support.tiny_model import ANSWERS, quiet


def ignore(*_: object) -> None:
    """For callbacks whose calls do not matter."""


class Run:
    """One quantisation, with what its listener was told."""

    def __init__(self, job: QuantizeJob, at_block: Callable[[float, int], None] | None = None) -> None:
        self.lines: list[str] = []
        self.blocks: list[tuple[float, int]] = []
        self._job = job
        self._at_block = at_block

    def start(self) -> Report:
        with quiet():
            return quantize(self._job, QuantizeCallbacks(self.lines.append, ignore, self._tune))

    def _tune(self, done: float, blocks: int) -> None:
        self.blocks.append((done, blocks))
        if self._at_block:
            self._at_block(done, blocks)


def recipe(iters: int, packing: PackingFormat = PackingFormat.AUTO_ROUND, samples: int = 20) -> Recipe:
    return Recipe(iters=iters, samples=samples, seqlen=64, packing=packing)


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    """What the tiny model was taught, some 2,000 tokens."""
    path = tmp_path / "lessons.txt"
    path.write_text("\n".join(f"{question} {answer}" for question, answer in ANSWERS.items()) * 12, encoding="utf-8")
    return path
