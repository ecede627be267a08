"""Which runtime is chosen, and that the one for CPUs needs no torch."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.domain.generation import LoadOptions
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.generation.model import Model
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.runtimes import choose
from app.engine.runtimes.choose import CARD_UNWANTED, NO_CARD, Choice, choose_runtime, could_have_card, open_on_cpu
from app.engine.runtimes.port import DecoderRuntime
from tests.engine.conftest import TinyCheckpoint
from tests.support.tiny_checkpoint import Layout

UNWANTED = ("torch", "transformers", "auto_round", "openvino_telemetry", "PySide6")
SCRIPT = f"""
import json, sys
from app.domain.chat import Role, Turn
from app.domain.generation import GenerationOptions
from app.engine.generation.backend import ModelBackend
from app.engine.process.messages import Ask, OpenModel, Ready, Token
from app.paths import DEMO_MODEL

backend, events = ModelBackend(), []
backend.handle(OpenModel(1, str(DEMO_MODEL)), events.append, lambda: None)
backend.handle(Ask(2, (Turn(Role.USER, "Hello"),), GenerationOptions()), events.append, lambda: None)
print(json.dumps([
    next(event.info.device for event in events if isinstance(event, Ready)),
    "".join(event.text for event in events if isinstance(event, Token)),
    [name for name in {UNWANTED} if name in sys.modules],
]))
"""


def test_without_a_card_a_question_is_answered_without_torch() -> None:
    if could_have_card():
        pytest.skip("this machine may have a graphics card")
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    device, said, unwanted = json.loads(done.stdout)
    assert device == "CPU"
    assert said == "I can only read short printed text."
    assert unwanted == []


@pytest.mark.parametrize(
    ("build", "driver", "expected"),
    [("2.13.0+cpu", True, False), ("2.13.0", True, True), ("2.13.0", False, False), ("2.13.0+xpu", False, True)],
)
def test_torch_is_asked_only_where_it_could_find_a_card(
    build: str, driver: bool, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose, "version", lambda _: build)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(choose, "NVIDIA_DRIVERS", (str(tmp_path if driver else tmp_path / "none"),))
    assert could_have_card() is expected


@pytest.mark.parametrize(
    ("found", "is_installed", "expected"),
    [("an NVIDIA graphics card was found", True, "torch"), (NO_CARD, True, "openvino"), (NO_CARD, False, "torch")],
)
def test_a_card_comes_before_openvino_and_that_before_torch_on_a_cpu(
    found: str, is_installed: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        """Nothing is opened."""

    monkeypatch.setattr(choose, "could_have_card", lambda: True)
    monkeypatch.setattr(choose, "torch_choice", lambda _: Choice("torch", found, never))  # type: ignore[arg-type]
    monkeypatch.setattr(choose, "openvino_choice", lambda _: Choice("openvino", NO_CARD, never))  # type: ignore[arg-type]
    monkeypatch.setattr(choose, "find_spec", lambda _: object() if is_installed else None)
    assert choose_runtime(LoadOptions()).device == expected


def test_cards_that_are_switched_off_are_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "could_have_card", lambda: pytest.fail("it was looked for"))
    choice = choose_runtime(LoadOptions(graphics_card=False))
    assert (choice.device, choice.reason) == ("CPU", CARD_UNWANTED)


@pytest.mark.expects_log_warnings
@pytest.mark.parametrize(
    ("error", "reason"),
    [(RuntimeError("clBuildProgram failed"), "Arc could not be used"), (MemoryError(), "Arc has too little memory")],
)
def test_where_a_card_fails_the_cpu_answers(
    error: Exception, reason: str, tiny_checkpoint: TinyCheckpoint, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> DecoderRuntime:
        raise error

    def arc(_: LoadOptions) -> Choice:
        return Choice("Arc", "an Intel graphics card was found", fail, choose_runtime)

    checkpoint = open_checkpoint(tiny_checkpoint(Layout.AUTO_GPTQ))
    said: list[float] = []
    model = Model.load(
        checkpoint, ChatTokenizer(checkpoint), arc, LoadOptions(), lambda _, part: said.append(part), lambda: None
    )
    assert (model.info.device, model.info.device_reason) == ("CPU", reason)
    assert said[-1] == 1.0
    assert "Arc" in caplog.text


def test_packages_that_were_downloaded_for_a_card_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only torch's release is looked at here; it is imported where there is a driver."""
    metadata = tmp_path / "torch-9.9.9.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.1\nName: torch\nVersion: 9.9.9\n")
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[3])])
    monkeypatch.setattr(choose, "NVIDIA_DRIVERS", (str(tmp_path),))
    assert not could_have_card()
    monkeypatch.setattr(
        choose, "torch_choice", lambda _: Choice("H200", "an NVIDIA graphics card was found", open_on_cpu)
    )

    choice = choose_runtime(LoadOptions(card_folder=str(tmp_path)))

    assert choice.device == "H200"
    assert sys.path[-1] == str(tmp_path)
    choose_runtime(LoadOptions(card_folder=str(tmp_path)))
    assert sys.path.count(str(tmp_path)) == 1
