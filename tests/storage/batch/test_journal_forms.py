"""A journal of any form is read, with all that it has. `journals` has one of each, as its version wrote it."""

import shutil
from pathlib import Path

import pytest

from app.domain.batch.batch import BatchOptions, Content, ItemState, Output
from app.domain.documents.clean_up import CleanUp
from app.domain.documents.fields import Field
from app.domain.errors import ProblemKind
from app.domain.images.geometry import Box
from app.domain.proofs.evidence import Evidence
from app.storage.batch import batch_journal
from app.storage.batch.batch_journal import NAME, BatchJournal

JOURNALS = Path(__file__).with_name("journals")
FORMS = range(1, batch_journal.FORM + 1)
OPTIONS = BatchOptions(
    outputs=(Output.TEXT, Output.JSON, Output.SPREADSHEET),
    fields=(Field("total", "with tax"),),
    model="/models/qwen",
    clean_up=CleanUp(joins_lines=True, strips_hyphens=True, ignored=(Box(0.0, 0.0, 1.0, 0.1),)),
)
FINGERPRINT = "aa5ee3955372e43d"
"""Of these options in every form; another one would have everything done again."""


def contents(*sizes: int) -> tuple[Content, ...]:
    return tuple(Content(size, "ab" * 32) for size in sizes)


def test_every_form_has_a_journal() -> None:
    assert [path.name for path in sorted(JOURNALS.iterdir())] == [f"form-{form}.jsonl" for form in FORMS]


@pytest.mark.parametrize("form", FORMS)
def test_a_journal_of_any_form_is_read(tmp_path: Path, form: int) -> None:
    shutil.copy(JOURNALS / f"form-{form}.jsonl", tmp_path / NAME)
    for _ in range(2):  # What is added to it changes nothing of what it has.
        with BatchJournal(tmp_path) as journal:
            assert journal.job
            assert (journal.job.sources, journal.job.options) == (("/scans",), OPTIONS)
            assert OPTIONS.fingerprint == FINGERPRINT
            written = contents(3) if form >= 3 else ()
            assert journal.for_all == ({Output.SPREADSHEET: ("lorgnette-batch.xlsx", written)} if form >= 2 else {})
            done, failed = sorted(journal.whole(), key=lambda entry: entry.source.name)
            assert set(journal.entries.values()) == {done.brief, failed.brief}
            assert done.stands_for(done.source, FINGERPRINT)
            assert (done.source.path, done.source.size, done.source.modified_ns) == ("/scans/a.png", 12, 34)
            assert (done.state, done.outputs) == (ItemState.DONE, ("a.png.txt", "a.png.json"))
            assert done.written == (contents(1, 2) if form >= 3 else ())
            assert (done.pages, done.text, done.notices) == (1, "Total 9.00", ("It may be wrong.",))
            (cell,) = done.cells
            assert (cell.name, cell.value, cell.evidence) == ("total", "9.00", Evidence(0, Box(1, 2, 3, 4)))
            assert (failed.state, failed.options) == (ItemState.FAILED, FINGERPRINT)
            assert failed.problem
            assert (failed.problem.kind, failed.problem.sentence) == (
                ProblemKind.PASSWORD, "It is locked. Unlock it.",
            )  # fmt: skip
            journal.add(done)
