"""Any entries come back from the journal, as far as it is there: it may end anywhere."""

import os
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.batch.batch import BatchJob, Entry
from app.storage.batch.batch_journal import NAME, BatchJournal
from tests.support.any_value import any_value

names = st.one_of(st.text(), st.binary().map(os.fsdecode))
quick = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def latest(entries: list[Entry]) -> dict[str, Entry]:
    return {entry.source.name: entry for entry in entries}


@quick
@given(any_value(BatchJob, names), st.lists(any_value(Entry, names), max_size=3), st.floats(0, 1))
def test_any_entries_come_back_from_any_beginning_of_a_journal(
    tmp_path: Path, job: BatchJob, entries: list[Entry], share: float
) -> None:
    file = tmp_path / NAME
    file.unlink(missing_ok=True)
    ends = []
    with BatchJournal(tmp_path) as journal:
        journal.begin(job)
        for entry in entries:
            journal.add(entry)
            ends.append(file.stat().st_size)
    with BatchJournal(tmp_path) as journal:
        assert journal.job == job
        assert latest(list(journal.whole())) == latest(entries)
        assert journal.entries == {name: entry.brief for name, entry in latest(entries).items()}
    kept = round(share * file.stat().st_size)
    os.truncate(file, kept)
    with BatchJournal(tmp_path) as journal:
        whole = [entry for entry, end in zip(entries, ends, strict=True) if end <= kept]
        assert latest(list(journal.whole())) == latest(whole)
        for entry in entries:
            journal.add(entry)
    with BatchJournal(tmp_path) as journal:
        assert latest(list(journal.whole())) == latest(entries)
