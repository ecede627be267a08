"""Numbers that are not finite in one precision: the model is opened in the next, and the question is answered."""

from pathlib import Path

import numpy as np
import openvino as ov
import pytest

from app.domain.chat.chat import Role, Turn
from app.domain.error_texts import engine_texts
from app.domain.errors import EngineError
from app.domain.models.answer_stats import AnswerStats, FinishReason
from app.domain.models.model_info import ModelInfo
from app.domain.ports import NEVER_CANCELLED, CancelCheck, ProgressCallback
from app.domain.settings.generation_options import GREEDY, GenerationOptions
from app.domain.settings.load_options import LoadOptions
from app.engine.answering import GenerationCallbacks, NotFiniteError
from app.engine.backends.model_backend import ModelBackend
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.process.messages import AnswerDelta, Ask, Event, OpenModel, Ready, ThoughtDelta
from app.engine.runtimes import registry
from app.engine.runtimes.openvino import devices
from app.engine.runtimes.port import DecoderRuntime
from app.engine.runtimes.registry import Choice, openvino_choice, safer_options
from tests.engine.conftest import TinyCheckpoint
from tests.support.tiny_checkpoint import Layout
from tests.support.tiny_model import ANSWERS

QUESTION = "What does the receipt show?"
pytestmark = [
    pytest.mark.expects_log_warnings,
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),  # NumPy's about such numbers.
]


class Card:
    """A GPU whose numbers pass the end of its 16-bit floats, from the answer's token of this number on."""

    def __init__(self, fails_after: int, *, has_cpu: bool = True) -> None:
        self._fails_after = fails_after
        self._has_cpu = has_cpu

    def choose(self, options: LoadOptions) -> Choice:
        if options.graphics_card or not self._has_cpu:
            return Choice("Card", "a card was found", self._open, openvino_choice if options.graphics_card else None)
        return openvino_choice(options)

    def _open(
        self, checkpoint: Checkpoint, options: LoadOptions, progress: ProgressCallback, check: CancelCheck
    ) -> DecoderRuntime:
        opened = openvino_choice(LoadOptions(graphics_card=False)).open(checkpoint, options, progress, check)
        open_sequence = opened.open_sequence

        def overflowing() -> object:
            sequence = open_sequence()
            prefill, step, steps = sequence.prefill, sequence.step, 0

            def counted(*arguments: object) -> object:
                nonlocal steps
                steps += 1
                logits = step(*arguments)  # type: ignore[arg-type]
                return logits if steps < self._fails_after else np.full_like(logits, np.inf)

            def first(*arguments: object) -> object:
                logits = prefill(*arguments)  # type: ignore[arg-type]
                return logits if self._fails_after else np.full_like(logits, np.nan)

            vars(sequence).update(prefill=first, step=counted)
            return sequence

        vars(opened).update(open_sequence=overflowing)
        return opened


@pytest.fixture(scope="module")
def folder(tiny_checkpoint: TinyCheckpoint) -> Path:
    return tiny_checkpoint(Layout.AUTO_ROUND)


@pytest.fixture(autouse=True)
def a_cpu_in_32_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "cpu_has_16_bits", lambda: False)


@pytest.mark.parametrize("fails_after", [0, 1, 7])
def test_the_cpu_answers_what_a_card_cannot(folder: Path, fails_after: int) -> None:
    backend, events = ModelBackend(Card(fails_after).choose), list[Event]()
    backend.handle(OpenModel(str(folder)), events.append, NEVER_CANCELLED)

    reason = ask(backend, events)

    first, second = [event.info for event in events if isinstance(event, Ready)]
    assert (first.device, second.device) == ("Card", "CPU")
    assert second.device_reason == "Card computed numbers that are not finite"
    assert (reason, said(events)) == (FinishReason.COMPLETE, ANSWERS[QUESTION])
    # WHEN it is asked again, THEN it stays with the CPU
    events.clear()
    assert ask(backend, events) is FinishReason.COMPLETE
    assert not [event for event in events if isinstance(event, Ready)]


def test_numbers_that_no_precision_mends_are_told(folder: Path) -> None:
    backend, events = ModelBackend(Card(0, has_cpu=False).choose), list[Event]()
    backend.handle(OpenModel(str(folder)), events.append, NEVER_CANCELLED)
    with pytest.raises(EngineError, match="invalid numbers"):
        ask(backend, events)
    assert said(events) == ""


class Thinker:
    """A model that thinks, and may compute numbers that are not finite after that."""

    seconds_per_visual_token = 0.0

    def __init__(self, thought: str, *, fails: bool) -> None:
        self._thought = thought
        self._fails = fails
        self.info = ModelInfo(name="m", folder="m", scheme="", device="", device_reason="", context_length=0)
        self.turns: tuple[Turn, ...] = ()

    def answer(
        self,
        turns: tuple[Turn, ...],
        _texts: object,
        _options: object,
        callbacks: GenerationCallbacks,
        _schema: str = "",
    ) -> tuple[FinishReason, AnswerStats]:
        self.turns = turns
        callbacks.on_thought(self._thought, 1.0)
        if self._fails:
            raise NotFiniteError(engine_texts.NOT_A_NUMBER)
        stats = AnswerStats(
            prompt_tokens=1,
            visual_tokens=0,
            new_tokens=1,
            first_token_seconds=0.0,
            total_seconds=1.0,
            context_tokens=2,
        )
        return FinishReason.COMPLETE, stats


def test_reasoning_goes_on_in_the_next_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Thinker("Three ", fails=True), Thinker("lines.", fails=False)
    monkeypatch.setattr(ModelBackend, "_load", lambda *_: first)
    monkeypatch.setattr(ModelBackend, "_reopen", lambda *_: second)
    backend, events = ModelBackend(), list[Event]()
    backend.handle(OpenModel("folder"), events.append, NEVER_CANCELLED)
    ask(backend, events)
    assert second.turns == (*first.turns, Turn(Role.ASSISTANT, "", thought="Three "))
    assert "".join(event.text for event in events if isinstance(event, ThoughtDelta)) == "Three lines."


def test_32_bits_are_the_last_of_the_precisions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "cpu_has_16_bits", lambda: True)
    gpu = Choice("Card", "", registry.open_on_cpu, openvino_choice)
    on_cpu = safer_options(LoadOptions(), gpu)
    assert on_cpu == LoadOptions(graphics_card=False)
    cpu = openvino_choice(on_cpu)
    in_32_bits = safer_options(on_cpu, cpu)
    assert in_32_bits == LoadOptions(graphics_card=False, in_32_bits=True)
    assert devices.CPU.properties(ov.Core(), in_32_bits)["INFERENCE_PRECISION_HINT"] == "f32"
    assert safer_options(in_32_bits, cpu) is None


def ask(backend: ModelBackend, events: list[Event]) -> FinishReason:
    turn = Turn(Role.USER, QUESTION)
    return backend.handle(Ask((turn,), GenerationOptions(sampling=GREEDY)), events.append, NEVER_CANCELLED)


def said(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, AnswerDelta))
