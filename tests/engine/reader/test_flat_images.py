"""A part of the screen is no photograph of paper: nobody looks for its bends."""

from unittest.mock import Mock

import pytest
from PIL import Image

from app.engine.reader import read_page as reading
from app.engine.reader.read_page import read_page
from tests.support.line_readers import NotAsked


@pytest.mark.parametrize(("is_flat", "calls"), [(True, 0), (False, 1)])
def test_bends_are_looked_for_on_photographs_alone(is_flat: bool, calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = Mock(return_value=None)
    monkeypatch.setattr(reading, "flattened", looked)
    monkeypatch.setattr(reading, "find_lines", lambda *_: [])
    read_page(Image.new("RGB", (600, 200), "white"), NotAsked(), lambda: None, is_flat=is_flat)
    assert looked.call_count == calls
