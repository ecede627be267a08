"""The window's batch over fake engines: pausing, giving way to a chat, going on after a problem."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.domain.batch.batch import BatchJob, BatchOptions, BatchState, Entry, ItemState, Output
from app.domain.chat.chat import Role, Turn
from app.domain.documents.fields import Field
from app.domain.documents.ocr_results import OcrResult
from app.domain.errors import ImageError, Problem
from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import EngineState
from app.domain.settings.generation_options import GenerationOptions
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import (
    AnswerDelta,
    Ask,
    Cancel,
    Done,
    Event,
    Failed,
    OpenModel,
    ReadText,
    Ready,
    Request,
)
from app.services.batch import batch_run
from app.services.batch.batch_queue import BatchQueue
from app.services.engines.background import BackgroundThread
from app.services.engines.engine import Engine
from app.storage.batch import batch_input
from app.storage.batch.batch_folder import BatchFolder
from app.storage.batch.batch_journal import FILES_FOR_ALL, BatchJournal
from tests.services.conftest import INFO, BuildServices, Services
from tests.support.batch_backends import TextFileBackend, digest_of, page_of
from tests.support.fake_engine import ignore

FILLED = '{"date": {"value": "2024", "text": "2024"}}'


def reads(request: Request) -> Iterator[Event]:
    if isinstance(request, Cancel):
        return
    events: list[Event] = []
    try:
        TextFileBackend().handle(request, events.append, lambda: None)
    except ImageError as error:
        yield Failed(error.problem)
        return
    yield from events
    yield Done(FinishReason.COMPLETE)


class Model:
    """Answers the batch only when it is `let`; until then a question is open until it is cancelled."""

    def __init__(self) -> None:
        self.is_let = False

    def __call__(self, request: Request) -> Iterator[Event]:
        match request:
            case OpenModel():
                yield Ready(INFO)
                yield Done(FinishReason.COMPLETE)
            case Cancel():
                yield Done(FinishReason.STOPPED)
            case Ask() if self.is_let or "Extract" not in request.turns[0].text:
                yield AnswerDelta(FILLED)
                yield Done(FinishReason.COMPLETE)


class Harness:
    """A queue with what it needs, and what it has said."""

    def __init__(self, services: Services, folder: Path) -> None:
        self.services = services
        self.out = folder / "out"
        self.scans = folder / "scans"
        self.scans.mkdir()
        self.thread = BackgroundThread("batch")
        self.queue = BatchQueue(
            lambda kind: Engine(kind, services.engines), services.model, services.store_thread.pages, self.thread
        )
        self.states: list[BatchState] = []
        self.problems: list[Problem] = []
        self.queue.state_changed.connect(self.states.append)
        self.queue.problem_met.connect(self.problems.append)

    def fill(self, **texts: str) -> None:
        for name, text in texts.items():
            (self.scans / f"{name}.png").write_text(text)

    def job(self, options: BatchOptions) -> BatchJob:
        return BatchJob((str(self.scans),), options)

    def start(self, options: BatchOptions | None = None) -> None:
        self.queue.start(self.job(options or BatchOptions()), self.out)

    def has_ended(self, index: int) -> bool:
        return bool(self.queue.run and self.queue.run.states[index].is_over)

    def for_all(self) -> list[str]:
        """The words of the one text file for all images."""
        return (self.out / FILES_FOR_ALL[Output.ONE_TEXT]).read_text().split()

    def correct(self, word: str) -> None:
        """Correct the only word of a.png, and have it written."""
        result = OcrResult(digest=digest_of("one"), number=0, page=page_of("one"), corrections={0: word})
        self.services.store_thread.pages.run(lambda pages: pages.save_ocr_result(result))
        self.queue.repeat_file(self.scans / "a.png")

    def is_written(self, word: str) -> bool:
        """Whether the text file of a.png has this word, and nothing else."""
        return (self.out / "a.png.txt").read_text() == f"{word}\n"

    def reads(self) -> list[str]:
        requests = self.services.engines.requests(BackendKind.READER)
        return [Path(request.path).name for request in requests if isinstance(request, ReadText)]

    def asked(self) -> list[Ask]:
        kinds = (kind for kind in BackendKind if kind.answers)
        return [it for kind in kinds for it in self.services.engines.requests(kind) if isinstance(it, Ask)]


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def harness(build_services: BuildServices, tmp_path: Path, qtbot: QtBot, model: Model) -> Iterator[Harness]:
    made = Harness(build_services(images=reads, reader=reads, model=model), tmp_path)
    yield made
    made.queue.shut_down()
    made.thread.close()


FIELDS = BatchOptions(outputs=(Output.JSON,), fields=(Field("date"),), model=INFO.folder)


def test_a_batch_runs_to_its_end_and_its_processes_end_with_it(harness: Harness, qtbot: QtBot) -> None:
    harness.fill(a="one", b="refuse", c="three")
    changed: list[int] = []
    harness.queue.item_changed.connect(changed.append)
    with qtbot.waitSignal(harness.queue.progress_changed, check_params_cb=lambda progress: progress.left == 0):
        harness.start()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    assert harness.states == [BatchState.SCANNING, BatchState.RUNNING, BatchState.DONE]
    assert changed == [0, 0, 1, 1, 2, 2]  # Each when it begins and when it ends.
    run = harness.queue.run
    assert run
    assert run.states == [ItemState.DONE, ItemState.FAILED, ItemState.DONE]
    assert list(run.problems) == [1]
    assert (harness.out / "c.png.txt").read_text() == "three\n"
    assert [harness.services.engines.running(kind) for kind in (BackendKind.IMAGES, BackendKind.READER)] == [0, 0]
    harness.fill(b="two")
    harness.queue.retry()
    qtbot.waitUntil(lambda: (harness.out / "b.png.txt").exists() and harness.queue.state is BatchState.DONE)
    assert harness.reads() == ["a.png", "c.png", "b.png"]


def test_a_pause_holds_the_next_image_and_is_gone_on_from(harness: Harness, qtbot: QtBot) -> None:
    harness.fill(**{f"p{number}": "text" for number in range(6)})
    harness.queue.item_changed.connect(lambda _index: harness.queue.pause() if harness.has_ended(1) else None)
    harness.start()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.PAUSED)
    qtbot.wait(100)
    assert len(list(harness.out.glob("*.txt"))) == 2
    harness.queue.item_changed.disconnect()
    harness.queue.resume()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    assert harness.reads() == [f"p{number}.png" for number in range(6)]


def test_a_question_of_a_chat_goes_first(harness: Harness, qtbot: QtBot, model: Model) -> None:
    harness.services.model.open(INFO.folder)
    qtbot.waitUntil(lambda: harness.services.model.status.state is EngineState.READY)
    harness.fill(a="2024")
    harness.start(FIELDS)
    qtbot.waitUntil(lambda: len(harness.asked()) == 1)
    harness.services.model.ask((Turn(Role.USER, "Hello"),), GenerationOptions(), ignore)
    qtbot.waitUntil(lambda: len(harness.asked()) == 3)
    assert ["Extract" in request.turns[0].text for request in harness.asked()] == [True, False, True]
    model.is_let = True
    harness.services.model.ask((Turn(Role.USER, "And?"),), GenerationOptions(), ignore)
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    assert '"value": "2024"' in (harness.out / "a.png.json").read_text()


def test_without_its_model_a_batch_pauses_and_says_so(harness: Harness, qtbot: QtBot, model: Model) -> None:
    model.is_let = True
    harness.fill(a="2024")
    harness.start(FIELDS)
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.PAUSED)
    assert ["is not open" in problem.sentence for problem in harness.problems] == [True]
    harness.services.model.open(INFO.folder)
    qtbot.waitUntil(lambda: harness.services.model.status.state is EngineState.READY)
    harness.queue.resume()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    assert harness.reads() == ["a.png"]


def test_a_full_disk_pauses_and_the_batch_goes_on_when_there_is_room(
    harness: Harness, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.fill(a="one", b="refuse", c="three")
    monkeypatch.setattr(batch_run, "MIN_FREE", 1 << 80)
    harness.start()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.PAUSED)
    assert ["is full" in problem.sentence for problem in harness.problems] == [True]
    monkeypatch.undo()
    harness.queue.resume()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    assert harness.reads() == ["a.png", "c.png"]


def test_a_stopped_batch_lets_go_of_its_folder_and_is_recalled(harness: Harness, qtbot: QtBot) -> None:
    harness.fill(**{f"p{number}": "text" for number in range(4)})
    harness.queue.item_changed.connect(lambda _index: harness.queue.stop() if harness.has_ended(1) else None)
    harness.start()
    qtbot.waitUntil(lambda: BatchState.RUNNING in harness.states and harness.queue.state is BatchState.IDLE)
    with qtbot.waitSignal(harness.queue.recalled) as recalled:
        harness.queue.recall(harness.out)
    assert recalled.args == [harness.job(BatchOptions()), harness.out]
    harness.queue.item_changed.disconnect()
    harness.start()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    assert harness.reads() == [f"p{number}.png" for number in range(4)]


def test_a_folder_that_another_works_on_is_told(harness: Harness, qtbot: QtBot) -> None:
    harness.fill(a="one")
    with BatchJournal(harness.out):
        harness.start()
        qtbot.waitUntil(lambda: bool(harness.problems))
    assert "Another Lorgnette" in harness.problems[0].sentence
    assert harness.queue.state is BatchState.IDLE


def test_what_was_corrected_replaces_what_was_written(harness: Harness, qtbot: QtBot) -> None:
    """The words of the document window; a file that somebody edited stays."""
    harness.fill(a="one", b="two")
    harness.start(BatchOptions(outputs=(Output.TEXT, Output.ONE_TEXT)))
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    result = OcrResult(digest=digest_of("one"), number=0, page=page_of("one"), corrections={0: "won"})
    harness.services.store_thread.pages.run(lambda pages: pages.save_ocr_result(result))
    harness.queue.repeat_file(harness.scans / "a.png")
    qtbot.waitUntil(lambda: (harness.out / "a.png.txt").read_text() == "won\n")
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    qtbot.waitUntil(lambda: harness.for_all() == ["a.png", "=====", "won", "b.png", "=====", "two"])
    assert harness.reads() == ["a.png", "b.png"]  # A corrected page is not read again.
    found: list[Entry | None] = []
    harness.queue.find_entry(0, found.append)
    qtbot.waitUntil(lambda: bool(found))
    assert [entry.text for entry in found if entry] == ["won"]


def test_corrections_that_follow_one_another_rewrite_the_file_for_all_once(
    harness: Harness, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.fill(a="one")
    harness.start(BatchOptions(outputs=(Output.TEXT, Output.ONE_TEXT)))
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    written: list[str] = []
    save = BatchFolder.save_for_all

    def count(folder: BatchFolder, output: Output, order: Sequence[str], fields: Sequence[str]) -> str:
        written.append(output)
        return save(folder, output, order, fields)

    monkeypatch.setattr(BatchFolder, "save_for_all", count)
    for word in ("won", "wan", "wen"):
        harness.correct(word)
        qtbot.waitUntil(partial(harness.is_written, word))
    qtbot.waitUntil(lambda: harness.for_all()[-1] == "wen")
    assert len(written) == 1


def test_a_correction_is_in_the_file_for_all_if_the_batch_is_left_at_once(harness: Harness, qtbot: QtBot) -> None:
    harness.fill(a="one")
    harness.start(BatchOptions(outputs=(Output.TEXT, Output.ONE_TEXT)))
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    harness.correct("won")
    qtbot.waitUntil(lambda: (harness.out / "a.png.txt").read_text() == "won\n")
    harness.queue.stop()
    qtbot.waitUntil(lambda: harness.for_all()[-1] == "won")


def test_an_image_that_is_repeated_while_others_wait_goes_before_them(harness: Harness, qtbot: QtBot) -> None:
    harness.fill(**{f"p{number}": "text" for number in range(4)})
    harness.queue.item_changed.connect(lambda _index: harness.queue.pause() if harness.has_ended(1) else None)
    harness.start()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.PAUSED)
    harness.queue.item_changed.disconnect()
    harness.queue.repeat([0])
    harness.queue.resume()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    assert harness.reads() == ["p0.png", "p1.png", "p0.png", "p2.png", "p3.png"]


def test_watched_folders_are_gone_on_with_until_the_batch_is_stopped(
    harness: Harness, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_input, "SETTLE_SECONDS", 0.0)
    harness.queue.start(harness.job(BatchOptions()), harness.out, watches=True)
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.WATCHING)
    harness.fill(a="one")
    qtbot.waitUntil((harness.out / "a.png.txt").exists, timeout=20_000)
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.WATCHING)
    harness.fill(a="another", b="refuse")
    qtbot.waitUntil(lambda: (harness.out / "a.png.txt").read_text() == "another\n", timeout=20_000)
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.WATCHING)
    harness.queue.repeat([0])
    qtbot.waitUntil(lambda: harness.reads()[-1:] == ["a.png"] and len(harness.reads()) == 3)
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.WATCHING)
    harness.queue.stop()
    assert harness.queue.state is BatchState.IDLE
    assert BatchState.PAUSED not in harness.states


def test_what_would_be_processed_is_previewed(harness: Harness, qtbot: QtBot) -> None:
    harness.fill(a="one", b="two")
    (harness.scans / "notes.doc").write_text("x")
    with qtbot.waitSignal(harness.queue.previewed) as found:
        harness.queue.preview([str(harness.scans)], harness.out)
    assert found.args
    assert [source.name for source in found.args[0].sources] == ["a.png", "b.png"]
    assert found.args[0].left_out.others == 1
    assert not harness.out.exists()
