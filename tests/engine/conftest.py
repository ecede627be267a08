"""Tiny checkpoints, made once for all tests by the real AutoRound."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.support.tiny_checkpoint import Layout, make_checkpoint

TinyCheckpoint = Callable[..., Path]
"""(layout, group_size=128) -> the folder, which a test must not change."""


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> TinyCheckpoint:
    @cache
    def make(layout: Layout, group_size: int = 128) -> Path:
        return make_checkpoint(tmp_path_factory.mktemp(f"{layout}-{group_size}"), layout, group_size)

    return make
