"""What a batch asks the model of an image, and what it makes of the answers: the engines' part is said by the test."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.batch.batch import BatchJob, BatchOptions, Entry, ItemState, Output
from app.domain.chat.chat import Role
from app.domain.documents.clean_up import CleanUp
from app.domain.documents.fields import Field
from app.domain.documents.pages import OcrPage
from app.domain.documents.reader_choice import ReaderChoice
from app.domain.errors import ImageError
from app.domain.images.geometry import Box
from app.domain.models.answer_stats import FinishReason
from app.domain.settings.page_reading import page_reading
from app.engine.process.messages import AnswerDelta, Ask, Done, Event, Failed, Request, TextRead, ThoughtDelta
from app.services.batch.batch_calls import BatchCall
from app.services.batch.batch_run import BatchRun
from app.storage.batch.batch_journal import BatchJournal
from tests.support.batch_backends import TextFileBackend, page_of

GOOD = '{"date": {"value": "2024-03-01", "text": "01.03.24"}, "total": {"value": "99.00", "text": "99,00"}}'
BAD = '{"date": "2024-03-01"}'
FIELDS = (Field("date"), Field("total", "with tax"))


class Engines:
    """Does calls in this process: files by a TextFileBackend, questions by `answer`, pages with `notice`."""

    def __init__(self, answer: Callable[[Ask], str] = lambda _: "", notice: str = "") -> None:
        self._answer = answer
        self._notice = notice
        self.asked: list[Ask] = []
        self.stops = 0

    def call(self, call: BatchCall) -> tuple[Event, ...]:
        return tuple(self._events(call.request))

    def _events(self, request: Request) -> Iterator[Event]:
        if isinstance(request, Ask):
            if self.stops:
                self.stops -= 1
                yield AnswerDelta("half an ans")
                yield Done(FinishReason.STOPPED)
                return
            self.asked.append(request)
            yield from (AnswerDelta(piece) for piece in self._answer(request).partition(" "))
            yield Done(FinishReason.COMPLETE)
            return
        events: list[Event] = []
        try:
            TextFileBackend().handle(request, events.append, lambda: None)
        except ImageError as error:
            yield Failed(error.problem)
            return
        for event in events:
            yield self._unsure(event) if isinstance(event, TextRead) else event
        yield Done(FinishReason.COMPLETE)

    def _unsure(self, event: TextRead) -> TextRead:
        page = event.page
        return TextRead(OcrPage(page.width, page.height, page.lines, page.text, notice=self._notice))


def process_items(tmp_path: Path, options: BatchOptions, engines: Engines, **texts: str) -> dict[str, Entry]:
    scans, out = tmp_path / "scans", tmp_path / "out"
    scans.mkdir(exist_ok=True)
    for name, text in texts.items():
        (scans / f"{name}.png").write_text(text)
    with BatchJournal(out) as journal:
        steps = BatchRun(BatchJob((str(scans),), options), out, journal).steps()
        step = next(steps, None)
        while step is not None:
            try:
                step = steps.send(engines.call(step)) if isinstance(step, BatchCall) else next(steps)
            except StopIteration:
                break
        return {entry.source.name: entry for entry in journal.whole()}


def with_fields(**changes: object) -> BatchOptions:
    return BatchOptions(outputs=(Output.JSON,), fields=FIELDS, model="/models/full", **changes)  # type: ignore[arg-type]


def test_fields_are_filled_in_and_say_where_they_stand(tmp_path: Path) -> None:
    engines = Engines(lambda _: GOOD)
    entry = process_items(tmp_path, with_fields(), engines, a="Corner Bakery\nDate 01.03.24")["a.png"]
    assert entry.state is ItemState.DONE
    date, total = entry.cells
    assert (date.value, date.evidence is not None, date.is_unverified) == ("2024-03-01", True, False)
    assert date.evidence
    row = page_of("Corner Bakery\nDate 01.03.24").lines[1].box
    assert (date.evidence.box.top, date.evidence.box.right) == (row.top, row.right)
    assert date.evidence.box.left > row.left, "without the word before it"
    assert (total.value, total.is_unverified) == ("99.00", True)
    question = engines.asked[0]
    assert [image.path for image in question.turns[0].images] == [str(tmp_path / "scans" / "a.png")]
    assert question.image_texts == ("Corner Bakery\nDate 01.03.24",)


def test_an_invalid_answer_is_asked_again_once_with_the_reason(tmp_path: Path) -> None:
    engines = Engines(lambda ask: BAD if len(ask.turns) == 1 else GOOD)
    entry = process_items(tmp_path, with_fields(), engines, a="01.03.24")["a.png"]
    assert entry.state is ItemState.DONE
    turns = engines.asked[1].turns
    assert [turn.role for turn in turns] == [Role.USER, Role.ASSISTANT, Role.USER]
    assert turns[1].text == BAD
    assert 'lacks "total"' in turns[2].text


def test_an_answer_that_was_cut_off_is_asked_again_once(tmp_path: Path) -> None:
    class CutOff(Engines):
        def call(self, call: BatchCall) -> tuple[Event, ...]:
            events = super().call(call)
            return (*events[:-1], Done(FinishReason.REPEATING)) if len(self.asked) == 1 else events

    engines = CutOff(lambda _: GOOD)
    entry = process_items(tmp_path, with_fields(), engines, a="01.03.24")["a.png"]
    assert entry.state is ItemState.DONE
    first, second = engines.asked
    assert len(first.turns) == 1
    assert "too long" in second.turns[2].text


def test_two_invalid_answers_fail_and_the_text_is_kept(tmp_path: Path) -> None:
    engines = Engines(lambda _: BAD)
    found = process_items(tmp_path, with_fields(), engines, a="01.03.24", b="two")
    assert len(engines.asked) == 4
    problem = found["a.png"].problem
    assert problem
    assert "twice" in problem.sentence
    assert '"text": "01.03.24"' in (tmp_path / "out" / "a.png.json").read_text()


def test_a_question_that_gave_way_is_asked_again_and_its_half_answer_is_dropped(tmp_path: Path) -> None:
    engines = Engines(lambda _: GOOD)
    engines.stops = 2
    entry = process_items(tmp_path, with_fields(), engines, a="01.03.24")["a.png"]
    assert [cell.value for cell in entry.cells] == ["2024-03-01", "99.00"]
    assert len(engines.asked) == 1


def test_a_document_is_asked_about_by_its_first_pages(tmp_path: Path) -> None:
    engines = Engines(lambda _: GOOD)
    text = "one\ftwo\f99,00\ffour\ffive"
    entry = process_items(tmp_path, with_fields(), engines, a=text)["a.png"]
    assert len(engines.asked[0].turns[0].images) == 4
    assert entry.notices == ("Only its first 4 pages were used for fields.",)
    assert entry.cells[1].evidence
    assert entry.cells[1].evidence.page == 2


def test_what_is_left_out_is_in_no_output_and_no_evidence(tmp_path: Path) -> None:
    clean_up = CleanUp(joins_lines=True, strips_hyphens=True, ignored=(Box(0, 0, 1, 0.03),))
    options = replace(with_fields(), outputs=(Output.TEXT, Output.JSON, Output.PDF), clean_up=clean_up)
    text = "Date 01.03.24\nA long line that ends with a parted wo-\nrd"
    entry = process_items(tmp_path, options, Engines(lambda _: GOOD), a=text)["a.png"]
    out = tmp_path / "out"
    assert (out / "a.png.txt").read_text() == "A long line that ends with a parted word\n"
    assert "01.03.24" not in str(json.loads((out / "a.png.json").read_text())["pages"])
    assert "Date 01.03.24" not in (out / "a.png.pdf").read_text()
    assert entry.cells[0].is_unverified


@pytest.mark.parametrize(
    ("choice", "notice", "text", "questions"),
    [
        (ReaderChoice.AUTO, "", "printed", 0),
        (ReaderChoice.AUTO, "Unsure.", "by the model", 1),
        (ReaderChoice.BUILT_IN, "Unsure.", "printed", 0),
        (ReaderChoice.MODEL, "", "by the model", 1),
    ],
)
def test_who_reads(tmp_path: Path, choice: ReaderChoice, notice: str, text: str, questions: int) -> None:
    engines = Engines(lambda _: "by the model", notice)
    options = BatchOptions(reader=choice, model="/models/full")
    process_items(tmp_path, options, engines, a="printed")
    assert (tmp_path / "out" / "a.png.txt").read_text() == f"{text}\n"
    assert len(engines.asked) == questions


def test_a_document_that_the_model_answers_is_a_page_with_places(tmp_path: Path) -> None:
    html = (
        '<h1 data-bbox="0 0 500 100">Title</h1><table data-bbox="0 500 1000 1000"><tr><td>a</td><td>b</td></tr></table>'
    )
    options = BatchOptions(
        reader=ReaderChoice.MODEL, model="/models/full", outputs=(Output.TEXT, Output.JSON, Output.MARKDOWN)
    )
    process_items(tmp_path, options, Engines(lambda _: html), a="printed")
    out = tmp_path / "out"
    assert (out / "a.png.txt").read_text() == "Title\na  b\n"
    assert (out / "a.png.md").read_text() == "## a.png\n\n### Title\n\n| a | b |\n| --- | --- |\n"
    page = json.loads((out / "a.png.json").read_text())["pages"][0]
    assert page["tables"]


def test_latex_tables_of_the_model_become_markdown(tmp_path: Path) -> None:
    options = BatchOptions(reader=ReaderChoice.MODEL, model="/models/full")
    latex = r"\begin{tabular}{ll}a & b\\c & d\end{tabular}"
    process_items(tmp_path, options, Engines(lambda _: latex), a="printed")
    assert (tmp_path / "out" / "a.png.txt").read_text() == "| a | b |\n| --- | --- |\n| c | d |\n"


@pytest.mark.parametrize(
    "model", ["/models/Typhoon-OCR1.5-2B", "typhoon-ai/typhoon-ocr1.5-2b at http://127.0.0.1:8000/v1"]
)
def test_a_reader_of_documents_gets_its_own_prompt_and_its_markdown_is_a_page(tmp_path: Path, model: str) -> None:
    options = BatchOptions(reader=ReaderChoice.MODEL, model=model, outputs=(Output.MARKDOWN,))
    engines = Engines(lambda _: "# Title\n<table><tr><td>a</td></tr></table>\n- item")
    process_items(tmp_path, options, engines, a="printed")
    reading = page_reading("typhoon-ocr1.5-2b")
    (asked,) = engines.asked
    assert (asked.turns[0].text, asked.options) == (reading.prompt, reading.options)
    assert (tmp_path / "out" / "a.png.md").read_text() == "## a.png\n\n### Title\n\n| a |\n| --- |\n\n- item\n"


def test_reasoning_alone_is_no_answer(tmp_path: Path) -> None:
    class Thinks(Engines):
        def call(self, call: BatchCall) -> tuple[Event, ...]:
            if isinstance(call.request, Ask):
                return (ThoughtDelta("Hm.", 1.0), Done(FinishReason.LENGTH))
            return super().call(call)

    options = BatchOptions(outputs=(Output.TEXT,), reader=ReaderChoice.MODEL, model="/models/full")
    entry = process_items(tmp_path, options, Thinks(), a="one")["a.png"]
    assert entry.problem
    assert "The model thought, but gave no answer." in entry.problem.sentence
