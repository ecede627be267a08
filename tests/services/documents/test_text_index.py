"""OCR results of earlier versions are indexed in steps, between other work of the store's thread."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pages import OcrPage
from app.domain.error_texts import storage_texts
from app.domain.errors import StorageError
from app.domain.ids import Digest
from app.services.documents.text_index import STEP, TextIndex
from app.services.engines.store_thread import StoreThread
from tests.support.memory_stores import MemoryOcrResults, MemoryStores


class ManyResults(MemoryOcrResults):
    """Results that are not indexed: so many steps of them. It fails while it is `full`."""

    def __init__(self, steps: int) -> None:
        super().__init__(lambda: None)
        self.left = steps
        self.full = False
        self.order: list[str] = []

    def index_texts(self, max_count: int) -> bool:
        if self.full:
            raise StorageError(storage_texts.DATABASE_DISK_FULL)
        assert max_count == STEP
        self.left -= 1
        self.order.append("step")
        return self.left > 0


@pytest.fixture
def results() -> ManyResults:
    return ManyResults(5)


@pytest.fixture
def thread(results: ManyResults, qtbot: QtBot) -> Iterator[StoreThread]:
    stores = MemoryStores()
    stores.pages = results
    made = StoreThread(lambda: stores)
    yield made
    made.close()


def test_other_work_is_done_between_steps(thread: StoreThread, results: ManyResults, qtbot: QtBot) -> None:
    index = TextIndex(thread.pages)
    index.begin()
    index.begin()  # It runs already.
    thread.pages.run(lambda _: results.order.append("other"))
    qtbot.waitUntil(lambda: results.left == 0)
    assert results.order == ["step", "other", "step", "step", "step", "step"]


def test_more_to_find_is_announced_once_it_is_saved(thread: StoreThread, results: ManyResults, qtbot: QtBot) -> None:
    index = TextIndex(thread.pages)
    found: list[int] = []
    index.changed.connect(lambda: found.append(len(results.ocr_results)))
    index.add(OcrResult(digest=Digest("ab" * 32), number=0, page=OcrPage(1, 1, (), "words")))
    qtbot.waitUntil(lambda: found == [1])
    index.begin()
    qtbot.waitUntil(lambda: found == [1] * 6)


def test_a_failure_is_not_told_and_tried_again(thread: StoreThread, results: ManyResults, qtbot: QtBot) -> None:
    told: list[object] = []
    thread.problem_met.connect(told.append)
    index = TextIndex(thread.pages)
    results.full = True
    index.begin()
    done: list[None] = []
    thread.pages.run(lambda _: None, done.append)
    qtbot.waitUntil(lambda: len(done) == 1)
    results.full = False
    index.begin()
    qtbot.waitUntil(lambda: results.left == 0)
    assert told == []
