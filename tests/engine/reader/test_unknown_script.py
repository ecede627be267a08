"""Scripts that the reader does not know, told from rendered lines."""

import numpy as np
import pytest
from PIL import Image

from app.domain.text.scripts import UNREADABLE
from app.engine.reader import script_of_lines, unknown_script
from app.engine.reader.recognise import OcrLine

WIDTH, HEIGHT = 480, 48
PAGE = Image.new("RGB", (WIDTH, HEIGHT), "white")
QUAD = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float64)
SHORT = np.array([[0, 0], [2 * HEIGHT, 0], [2 * HEIGHT, HEIGHT], [0, HEIGHT]], np.float64)


@pytest.fixture
def undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    """The network takes every line for Latin a little more than for Cyrillic."""
    shares = np.zeros(2 + len(UNREADABLE), np.float32)
    shares[[0, 2]] = 0.51, 0.49
    monkeypatch.setattr(script_of_lines, "probabilities", lambda *_: shares)


@pytest.mark.usefixtures("undecided")
@pytest.mark.parametrize(
    ("quad", "text", "name"),
    [
        (QUAD, ".", "Cyrillic"),  # Next to nothing was read of a long line: were it Latin, more would have been.
        (QUAD, "Bpeme je", None),  # It was read badly, as Latin on a bad photo is.
        (SHORT, "", None),  # A speck.
    ],
)
def test_a_long_line_of_which_nothing_was_read_is_hardly_in_a_known_script(
    quad: "np.typing.NDArray[np.float64]", text: str, name: str | None
) -> None:
    script = unknown_script.unknown_script(PAGE, [OcrLine(text, quad, 0.7)])
    assert (script.name if script else None) == name
