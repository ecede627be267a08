from dataclasses import replace
from datetime import date

import pytest

from app.domain.chat.chat import Author, MessageState
from app.domain.documents.pages import OcrPage
from app.domain.ids import Digest
from app.domain.images.attachments import Attachment
from app.domain.models.answer_stats import AnswerStats
from app.domain.models.engine_status import EngineState, EngineStatus, Stage
from app.ui.widgets import ui_text
from tests.support.chats import answer

STATS = AnswerStats(
    prompt_tokens=1200, visual_tokens=1024, new_tokens=143, first_token_seconds=0.4, total_seconds=6.3,
    context_tokens=1343,
)  # fmt: skip


def plain(text: str) -> str:
    return text.replace(ui_text.THIN_SPACE, " ")


def test_the_footer_of_an_answer() -> None:
    said = replace(answer(), author=Author.MODEL, model_name="Qwen3-VL-2B", stats=STATS)
    assert ui_text.answer_footer(said) == "Qwen3-VL-2B"
    assert plain(ui_text.answer_figures(said)) == "143 tokens · 24.1 tok/s · first token 0.4 s"
    stopped = replace(said, state=MessageState.STOPPED)
    assert ui_text.answer_footer(stopped) == "Qwen3-VL-2B · Stopped"
    read = replace(said, author=Author.READER, text="a\nb", stats=None, page=OcrPage(10, 10, (), "a\nb"))
    assert ui_text.answer_footer(read) == "Built-in OCR · 2 lines"
    assert ui_text.answer_figures(read) == ""


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (EngineStatus(), "No model · Read text available"),
        (EngineStatus(state=EngineState.LOADING, stage=Stage.LOADING, progress=0.421), "Loading the model · 42 %"),
        (EngineStatus(state=EngineState.LOADING, stage=Stage.CHECKING), "Checking the model…"),
        (EngineStatus(state=EngineState.DIED), "The engine stopped"),
        (EngineStatus(state=EngineState.FAILED), "The model could not be loaded"),
    ],
)
def test_the_engines_state(status: EngineStatus, said: str) -> None:
    assert plain(ui_text.engine_status(status)) == said


def test_every_stage_and_state_has_words() -> None:
    assert all(ui_text.activity(stage, 0.0) for stage in Stage)
    assert all(ui_text.engine_status(EngineStatus(state=state)) for state in EngineState)


@pytest.mark.parametrize(("count", "said"), [(0, "0 B"), (999, "999 B"), (98_000, "96 kB"), (5_300_000, "5.1 MB")])
def test_sizes(count: int, said: str) -> None:
    assert ui_text.file_size(count) == said


def test_images() -> None:
    scan = Attachment(
        digest=Digest("a" * 64), name="s", media_type="image/tiff", width=2480, height=3508, byte_size=1, frames=3
    )
    assert plain(ui_text.pixels(scan)) == "2,480 × 3,508 · first of 3 pages"
    assert [ui_text.image_count(count) for count in (0, 1, 2)] == ["No images", "1 image", "2 images"]


@pytest.mark.parametrize(
    ("day", "said"),
    [(30, "Today"), (29, "Yesterday"), (28, "Last 7 days"), (24, "Last 7 days"), (23, "Earlier"), (31, "Today")],
)
def test_days(day: int, said: str) -> None:
    assert ui_text.day_group(date(2026, 10, day), date(2026, 10, 30)) == said
