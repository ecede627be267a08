"""Two images of a batch at the same time, by the built-in OCR: processes of their own, the same results."""

import os
import re
import zipfile
from pathlib import Path

import pytest

from app.commands import batch, batch_readers
from app.commands.batch_engines import BatchEngines
from app.commands.batch_readers import MAX_READERS, reader_count
from app.domain.models.answer_stats import FinishReason
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.client import EngineClient
from app.engine.process.messages import Done, ListModels, ProbeImage
from app.services.batch.batch_calls import BatchCall
from tests.support.batch_backends import LOG, SECONDS, text_file_client
from tests.support.fake_engine import FakeClient

FORMATS = ("--format", "txt", "--format", "xlsx")


def test_workers_have_readers_of_their_own_and_share_a_local_model() -> None:
    started: list[BackendKind] = []

    def start(kind: BackendKind) -> EngineClient:
        started.append(kind)
        return FakeClient(lambda _request: iter((Done(FinishReason.COMPLETE),)))

    with BatchEngines(lambda: ListModels("", "", True), start, readers=2) as engines:
        for kind in (BackendKind.READER, BackendKind.IMAGES, BackendKind.MODEL):
            for worker in (0, 1, 0):
                engines.call(BatchCall(kind, ProbeImage("a.png", 0)), worker)
    assert started == [BackendKind.READER] * 2 + [BackendKind.IMAGES] * 2 + [BackendKind.MODEL]


@pytest.mark.parametrize("readers", [1, 2])
def test_outputs_are_the_same_whatever_the_number_of_readers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, readers: int
) -> None:
    monkeypatch.setattr(batch, "reader_count", lambda: readers)
    monkeypatch.setenv(SECONDS, "0.02")
    monkeypatch.setenv(LOG, str(tmp_path / "log"))
    scans = tmp_path / "scans"
    scans.mkdir()
    for number in range(8):
        (scans / f"p{number}.png").write_text(f"text {number}\fmore {number}" if number % 3 else f"text {number}")
    out = tmp_path / "out"
    assert batch.main([str(scans), "-o", str(out), *FORMATS], text_file_client) == 0
    texts = {path.name: path.read_text().split() for path in out.glob("*.txt")}
    assert sorted(texts) == [f"p{number}.png.txt" for number in range(8)]
    assert all(str(number) in texts[f"p{number}.png.txt"] for number in range(8))
    with zipfile.ZipFile(out / "lorgnette-batch.xlsx") as book:
        names = re.findall(r"<t[^>]*>(p\d\.png)</t>", book.read("xl/sharedStrings.xml").decode())
    assert names == [f"p{number}.png" for number in range(8)]
    assert len((tmp_path / "log").read_text().split()) == 8 + 5


@pytest.mark.parametrize(
    ("memory", "cores", "count"),
    [(16, 8, MAX_READERS), (4, 2, 2), (2, 8, 1), (16, 1, 1), (0, 8, 1), ("none", 8, 1), ("", 8, 1)],
)
def test_as_many_are_read_as_cores_and_memory_allow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: float | str, cores: int, count: int
) -> None:
    told = tmp_path / "meminfo"
    told.write_text(f"MemTotal: 1 kB\nMemAvailable: {memory if isinstance(memory, str) else int(memory * 1e6)} kB\n")
    monkeypatch.setattr(batch_readers, "MEMORY", told)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert reader_count() == count
