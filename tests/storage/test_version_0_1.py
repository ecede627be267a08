"""What version 0.1.0 has left in people's folders opens as it was, whatever classes and fields are called by now.

The files were written by that version's own code, before the names of most classes changed.
"""

import shutil
from pathlib import Path

import pytest

from app.domain.batch.batch import ItemState, Output
from app.domain.chat.chat import MessageState
from app.domain.documents.clean_up import CleanUp
from app.domain.documents.reader_choice import ReaderChoice
from app.domain.errors import ProblemKind
from app.domain.ids import ConversationId, Digest
from app.domain.images.geometry import Box
from app.domain.proofs.evidence import Evidence
from app.domain.settings.generation_options import Sampling
from app.domain.settings.settings import ThemeChoice
from app.storage.batch.batch_journal import BatchJournal
from app.storage.settings.settings_file import SettingsFile
from app.storage.stores import SqliteStores

WRITTEN = Path(__file__).with_name("version_0_1")
DIGEST = "ab" * 32
BOX = Box(1.0, 2.0, 3.0, 4.0)
FINGERPRINT = "2544b3cba9b965c6"
"""Of the batch's options; another one would have everything done again."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(WRITTEN, tmp_path / "data")


def test_chats_come_back_whole(folder: Path) -> None:
    stores = SqliteStores.open(folder / "lorgnette.sqlite")
    question, answer, read, failed = stores.chats.messages(ConversationId("c1"))
    receipt, video, crop = question.attachments
    assert (receipt.pixel_budget, video.seconds, video.is_video) == (65536, 2.5, True)
    assert crop.part_of
    assert (crop.part_of.digest, crop.part_of.bottom, crop.part_of.turns) == (DIGEST, 40, 1)
    assert answer.stats
    assert (answer.stats.reused_tokens, answer.stats.drafted_tokens) == (64, 3)
    assert [(span.end, span.alternatives) for span in answer.doubts] == [(4, (("8.00", 0.25),))]
    assert read.page
    (table,), (code,), (line,) = read.page.tables, read.page.codes, read.page.lines
    assert (read.page.rotation, read.page.notice, read.page.script) == (90, "It may be wrong.", "Latin")
    assert (table.is_ruled, table.cells[1].text, table.box) == (True, "9.00", BOX)
    assert (code.kind, code.box, line.text, line.score) == ("QR code", BOX, "Total 9.00", 0.75)
    assert failed.state is MessageState.FAILED
    assert failed.problem
    assert (failed.problem.kind, failed.problem.what) == (ProblemKind.ENGINE, "It stopped.")
    (conversation,) = stores.chats.conversations()
    assert (conversation.leaf_id, conversation.draft.text, conversation.draft.attachments) == (
        "a2", "and then?", (receipt,),
    )  # fmt: skip
    assert stores.chats.damaged_rows == 0
    stores.close()


def test_corrected_pages_and_ignored_areas_come_back(folder: Path) -> None:
    stores = SqliteStores.open(folder / "lorgnette.sqlite")
    result = stores.pages.ocr_result(Digest(DIGEST), 1)
    assert result
    assert result.corrected_page().lines[0].text == "Total 9.50"
    assert result.model_name == "tiny"
    assert stores.pages.ignored_areas(Digest(DIGEST)) == (Box(0.0, 0.0, 1.0, 0.1),)
    stores.close()


def test_settings_come_back(folder: Path) -> None:
    settings, problem = SettingsFile(folder / "settings.json").load()
    assert problem is None
    assert settings.theme is ThemeChoice.DARK
    assert settings.language.value == "ar"
    assert (settings.offline, settings.tells_of_versions, settings.sidebar_visible) == (True, True, False)
    assert (settings.model_folder, settings.recent_model_folders) == ("/models/qwen", ("/models/qwen",))
    assert settings.generation.doubts
    assert settings.generation.sampling == Sampling(temperature=0.25, seed=7)
    assert (settings.loading.graphics_card, settings.loading.exact_activations) == (False, True)
    assert [(preset.name, preset.text) for preset in settings.presets] == [("Plants", "Which plants?")]


def test_a_batch_resumes(folder: Path) -> None:
    with BatchJournal(folder) as journal:
        assert journal.job
        options = journal.job.options
        assert (options.outputs, options.reader) == (
            (Output.TEXT, Output.JSON, Output.SPREADSHEET), ReaderChoice.MODEL,
        )  # fmt: skip
        assert options.clean_up == CleanUp(joins_lines=True, strips_hyphens=True, ignored=(Box(0.0, 0.0, 1.0, 0.1),))
        assert options.fingerprint == FINGERPRINT
        assert journal.for_all[Output.SPREADSHEET][0] == "lorgnette-batch.xlsx"
        done, failed = sorted(journal.whole(), key=lambda entry: entry.source.name)
    assert (done.state, done.outputs, done.options) == (ItemState.DONE, ("a.png.txt", "a.png.json"), FINGERPRINT)
    assert done.cells[0].evidence == Evidence(0, BOX)
    assert failed.problem
    assert failed.problem.kind is ProblemKind.PASSWORD
