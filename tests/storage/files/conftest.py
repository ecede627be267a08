"""Files that another thread or process removes in the moment in which they are looked at."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def vanish(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, str], None]:
    """Return a function: `vanish(path, "stat")` has `path` removed just before that method is first called on it."""

    def vanish(doomed: Path, method: str) -> None:
        usual = getattr(Path, method)

        def removed_first(path: Path, **options: bool) -> object:
            if path == doomed:
                monkeypatch.setattr(Path, method, usual)
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            return usual(path, **options)

        monkeypatch.setattr(Path, method, removed_first)

    return vanish
