"""A model whose numbers are none is told to be damaged by whatever runtime computes with it, and not answered by."""

import json
import shutil
from pathlib import Path

import pytest

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.errors import EngineError
from app.domain.ports import NEVER_CANCELLED
from app.domain.settings.generation_options import GREEDY, GenerationOptions
from app.engine.backends.model_backend import ModelBackend
from app.engine.process.messages import AnswerDelta, Ask, Event, OpenModel
from app.paths import DEMO_MODEL, RESOURCES
from tests.support.runtimes import RUNTIMES

NAMES = ("model.language_model.embed_tokens.weight", "model.visual.merger.linear_fc1.weight")


def spoil(folder: Path, name: str) -> Path:
    """Make all numbers of a tensor NaN, which of a matrix nobody looks at before it is used."""
    shutil.copytree(DEMO_MODEL, folder)
    path = folder / "model.safetensors"
    raw = bytearray(path.read_bytes())
    length = int.from_bytes(raw[:8], "little")
    entry = json.loads(raw[8 : 8 + length])[name]
    begin, end = (8 + length + offset for offset in entry["data_offsets"])
    not_a_number = {"BF16": b"\xc0\x7f", "F16": b"\x00\x7e", "F32": b"\x00\x00\xc0\x7f"}[entry["dtype"]]
    raw[begin:end] = not_a_number * ((end - begin) // len(not_a_number))
    path.write_bytes(raw)
    return folder


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's about such numbers; the user gets a sentence.
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_numbers_that_are_none_are_told(tmp_path: Path, runtime: str, name: str) -> None:
    backend = ModelBackend(RUNTIMES[runtime])
    events: list[Event] = []
    turn = Turn(Role.USER, "Read the text.", (SeenImage(str(RESOURCES / "samples" / "note.png")),))
    folder = spoil(tmp_path / "model", name)

    def answer() -> None:
        backend.handle(OpenModel(str(folder)), events.append, NEVER_CANCELLED)
        backend.handle(Ask((turn,), GenerationOptions(sampling=GREEDY)), events.append, NEVER_CANCELLED)

    with pytest.raises(EngineError, match="invalid numbers"):
        answer()
    assert not [event for event in events if isinstance(event, AnswerDelta)]
