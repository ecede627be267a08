"""A server for each test: none may leave its processes behind."""

from collections.abc import Iterator

import pytest

from tests.support.serving import Served, running_server


@pytest.fixture
def served() -> Iterator[Served]:
    with running_server() as running:
        yield running
