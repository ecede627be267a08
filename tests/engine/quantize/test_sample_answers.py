"""Sample answers before and after quantising."""

from pathlib import Path

import pytest

from app.domain.text.confidence import TextDelta
from app.engine.answering import GenerationCallbacks
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.generation.prompt import Prompt
from app.engine.quantize import sample_answers
from app.engine.quantize.sample_answers import answer_all
from tests.support.thinking import make_thinking
from tests.support.tiny_checkpoint import make_untaught_checkpoint


@pytest.mark.parametrize("thinks", [True, False])
def test_the_prompt_of_a_thinking_model_opens_its_reasoning_which_is_left_out(
    thinks: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = make_untaught_checkpoint(tmp_path / "plain")
    opened = []

    def generated(*arguments: object) -> None:
        for argument in arguments:
            if isinstance(argument, Prompt):
                opened.append(argument.opens_thought)
            elif isinstance(argument, GenerationCallbacks):
                argument.on_thought("Three lines.", 1.0)
                argument.on_text(TextDelta("Nine."))

    monkeypatch.setattr(sample_answers, "generate", generated)
    folder = make_thinking(plain, tmp_path / "thinking") if thinks else plain
    assert answer_all(open_checkpoint(folder), [("Total?", None)]) == ["Nine."]
    assert opened == [thinks]
