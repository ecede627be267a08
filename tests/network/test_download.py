"""Downloads from a hub that misbehaves in every way that was thought of."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from app.domain.downloads import DownloadStage
from app.domain.errors import Cancelled, NetworkError, StorageError
from app.hub.hub import Busy
from app.network.halt import Halt
from app.storage.model_folders import ModelFolders
from tests.network.conftest import WEIGHTS, Bench
from tests.support.hub_server import COMMIT, MODEL_ID, HubServer, Trouble, serving

SIZE = 200_000
TOKEN = "hf_secret"


def test_a_model_comes_whole_and_is_in_the_list(bench: Bench) -> None:
    folder = bench.run()
    assert bench.content(folder) == bench.wanted
    (model,) = bench.folders.installed()
    assert (model.listing.model_id, model.listing.commit, model.folder) == (MODEL_ID, COMMIT, str(folder))
    assert bench.folders.verify(model, lambda _: None) == ()
    assert not list((bench.folders.root / "incoming").rglob("*.*"))


def test_progress_goes_from_nothing_to_everything(bench: Bench) -> None:
    bench.run()
    done = [report.done for report in bench.reports if report.stage is DownloadStage.LOADING]
    assert done == sorted(done)
    assert done[-1] == bench.reports[-1].total == sum(map(len, bench.wanted.values()))


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(WEIGHTS, cut=70_000),
        Trouble(WEIGHTS, times=3, cut=30_000),
        Trouble(WEIGHTS, cut=0),
        Trouble(WEIGHTS, times=2, status=503),
        Trouble(WEIGHTS, status=429, headers={"Retry-After": "0"}),
        Trouble(WEIGHTS, wrong=True),
        Trouble("main", status=500),
        Trouble("main", cut=10),
        Trouble("config.json", wrong=True),
    ],
    ids=str,
)
def test_what_passes_is_got_over(bench: Bench, trouble: Trouble) -> None:
    bench.server.troubles.append(trouble)
    assert bench.content(bench.run()) == bench.wanted


def test_after_a_drop_only_the_rest_is_asked_for(bench: Bench) -> None:
    bench.server.troubles.append(Trouble(WEIGHTS, cut=70_000))
    bench.run()
    first, second = [seen for seen in bench.server.seen if seen.path.endswith(WEIGHTS)]
    assert "range" not in first.headers
    begin = int(second.headers["range"].removeprefix("bytes=").rstrip("-"))
    assert 0 < begin <= 70_000
    assert second.headers["if-range"] == f'"{bench.server.etags[WEIGHTS]}"'


def test_a_server_that_falls_silent_is_asked_again(bench: Bench) -> None:
    bench.stall_seconds = 0.2
    bench.server.troubles.append(Trouble(WEIGHTS, stall=50_000))
    assert bench.content(bench.run()) == bench.wanted
    assert any(report.stage is DownloadStage.WAITING for report in bench.reports)


def test_wrong_bytes_twice_are_thrown_away_and_said(bench: Bench) -> None:
    bench.server.troubles.append(Trouble(WEIGHTS, times=2, wrong=True))
    with pytest.raises(NetworkError, match="wrong bytes, twice"):
        bench.run()
    assert bench.folders.installed() == ()
    assert not list((bench.folders.root / "incoming").glob("*.part"))
    assert bench.content(bench.run()) == bench.wanted


def test_more_bytes_than_there_should_be(bench: Bench) -> None:
    bench.server.troubles.append(Trouble(WEIGHTS, more=True))
    with pytest.raises(NetworkError, match="sent more"):
        bench.run()
    assert bench.content(bench.run()) == bench.wanted


def paused(bench: Bench, after: int) -> None:
    """Stop a download when so many bytes have come."""
    halt = Halt()
    bench.server.slow_seconds = 0.002
    with pytest.raises(Cancelled):
        bench.run(halt, lambda report: halt.set() if report.done >= after else None)
    bench.server.slow_seconds = 0.0
    bench.server.seen.clear()


def test_what_was_paused_goes_on_where_it_was(bench: Bench) -> None:
    paused(bench, 60_000)
    there = sum(path.stat().st_size for path in (bench.folders.root / "incoming").glob("*.part"))
    assert there >= 50_000
    assert bench.content(bench.run()) == bench.wanted
    (seen,) = bench.server.seen
    assert seen.headers["range"] == f"bytes={there}-"


def test_a_changed_etag_begins_the_file_again(bench: Bench) -> None:
    paused(bench, 60_000)
    bench.server.etags[WEIGHTS] = "another"
    assert bench.content(bench.run()) == bench.wanted


def test_a_server_without_ranges_begins_again(bench: Bench) -> None:
    paused(bench, 60_000)
    bench.server.troubles.append(Trouble(WEIGHTS, whole=True))
    assert bench.content(bench.run()) == bench.wanted


def test_a_server_without_ranges_that_always_drops_is_given_up(bench: Bench) -> None:
    bench.server.troubles.append(Trouble(WEIGHTS, times=100, whole=True, cut=90_000))
    with pytest.raises(NetworkError, match="lost"):
        bench.run()
    assert len(bench.server.paths()) < 15


def test_a_part_that_was_damaged_on_the_disk_comes_again(bench: Bench) -> None:
    paused(bench, 60_000)
    (part,) = (bench.folders.root / "incoming").glob("*.part")
    part.write_bytes(b"\0" * part.stat().st_size)
    assert bench.content(bench.run()) == bench.wanted


def test_a_part_that_is_too_long_comes_again(bench: Bench) -> None:
    paused(bench, 60_000)
    (part,) = (bench.folders.root / "incoming").glob("*.part")
    part.write_bytes(b"\0" * (SIZE + 1))
    assert bench.content(bench.run()) == bench.wanted


def test_the_commit_stays_the_one_that_was_begun_with(bench: Bench) -> None:
    paused(bench, 60_000)
    bench.server.commit = "d" * 40
    bench.run()
    (model,) = bench.folders.installed()
    assert model.listing.commit == COMMIT


def test_stopping_does_not_wait_for_a_silent_server(bench: Bench) -> None:
    bench.stall_seconds = 60
    bench.server.troubles.append(Trouble(WEIGHTS, stall=50_000))
    halt = Halt()
    timer = threading.Timer(0.3, halt.set)
    timer.start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        bench.run(halt)
    timer.join()
    assert time.monotonic() - started < 15  # The server keeps silent for 20 s, and we for 60.


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (401, {}, "wants an access token"),
        (401, {"X-Error-Code": "GatedRepo"}, "accepted its licence"),
        (403, {}, "accepted its licence"),
        (404, {"X-Error-Code": "RepoNotFound"}, "does not have this model"),
        (418, {}, "refused"),
        (429, {}, "asks us to wait"),
        (502, {}, "problem of its own"),
    ],
)
@pytest.mark.parametrize("where", ["main", WEIGHTS])
def test_refusals_are_said_in_words(bench: Bench, where: str, status: int, headers: dict[str, str], words: str) -> None:
    bench.server.troubles.append(Trouble(where, times=99, status=status, headers=headers))
    with pytest.raises(NetworkError, match=words) as raised:
        bench.run()
    assert raised.value.problem.todo


def test_a_refused_token_is_said_so(bench: Bench) -> None:
    bench.token = TOKEN
    bench.server.troubles.append(Trouble("main", status=401))
    with pytest.raises(NetworkError, match="does not accept the access token"):
        bench.run()


def test_a_wish_to_wait_for_long_is_said_and_not_waited_for(bench: Bench) -> None:
    bench.server.troubles.append(Trouble("main", status=429, headers={"Retry-After": "86400"}))
    with pytest.raises(Busy):
        bench.run()
    assert len(bench.server.seen) == 1


def test_a_wish_to_wait_is_granted(bench: Bench) -> None:
    bench.server.troubles.append(Trouble(WEIGHTS, status=503, headers={"Retry-After": "1"}))
    bench.run()
    waits = [report.wait_seconds for report in bench.reports if report.stage is DownloadStage.WAITING]
    assert max(waits) > 0.9


def test_too_little_room_is_said_before_anything_comes(bench: Bench) -> None:
    bench.free = 200 * 1000**2 + 1000
    with pytest.raises(StorageError, match="too little room"):
        bench.run()
    assert len(bench.server.seen) == 1


def test_a_disk_that_fills_up_keeps_what_came(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    paused(bench, 60_000)
    synced = os.fsync

    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="disk is full"):
        bench.run()
    monkeypatch.setattr(os, "fsync", synced)
    assert bench.content(bench.run()) == bench.wanted


@pytest.mark.parametrize(
    "name", ["../evil.json", "/etc/evil.json", "sub/evil.json", "CON.json", "a\nb.json", ".x.json"]
)
def test_names_that_lead_elsewhere_are_not_taken(bench: Bench, name: str, tmp_path: Path) -> None:
    bench.server.extra.append({"rfilename": name, "size": 3, "blobId": "0" * 40})
    folder = bench.run()
    assert bench.content(folder) == bench.wanted
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.parametrize(
    "entry",
    [
        {"rfilename": "a.json", "size": -1, "blobId": "0" * 40},
        {"rfilename": "a.json", "blobId": "0" * 40},
        {"rfilename": "a.json", "size": 3, "blobId": "../../x"},
        {"rfilename": "a.json", "size": 3},
        {"rfilename": "Config.json", "size": 3, "blobId": "0" * 40},
        {"rfilename": "a.json", "size": 3, "lfs": {"sha256": "short", "size": 3}},
        {"rfilename": "a.safetensors", "size": 3, "lfs": {"sha256": "0" * 64, "size": 10**15}},
    ],
)
def test_a_listing_that_makes_no_sense_is_refused(bench: Bench, entry: dict[str, object]) -> None:
    bench.server.extra.append(entry)
    with pytest.raises(NetworkError, match="cannot be used"):
        bench.run()
    assert bench.folders.pinned(MODEL_ID) is None


def test_a_commit_that_is_none_is_refused(bench: Bench) -> None:
    bench.server.commit = "../../../etc"
    with pytest.raises(NetworkError, match="cannot be used"):
        bench.run()


def test_a_model_without_weights_is_refused(bench: Bench) -> None:
    del bench.server.files[WEIGHTS]
    with pytest.raises(NetworkError, match="safetensors is missing"):
        bench.run()


def test_large_files_come_from_another_host_without_the_token(bench: Bench) -> None:
    bench.token = TOKEN
    with serving(HubServer(dict(bench.server.files))) as cdn:
        bench.server.cdn = cdn.address
        assert bench.content(bench.run()) == bench.wanted
        assert all(seen.headers["authorization"] == f"Bearer {TOKEN}" for seen in bench.server.seen)
        assert len(cdn.seen) == 1
        assert not any("authorization" in seen.headers for seen in cdn.seen)


def test_a_process_that_is_killed_loses_nothing(bench: Bench) -> None:
    bench.server.slow_seconds = 0.02
    root = bench.folders.root
    child = subprocess.Popen([sys.executable, "-m", "tests.support.download_model", bench.server.address, str(root)])
    weights = root / "incoming" / f"{hashlib.sha256(bench.server.files[WEIGHTS]).hexdigest()}.part"
    while child.poll() is None and not (weights.exists() and weights.stat().st_size >= 40_000):
        time.sleep(0.01)
    child.kill()
    assert child.wait() == -signal.SIGKILL
    bench.server.slow_seconds = 0.0
    bench.server.seen.clear()
    bench.folders = ModelFolders(root)
    assert bench.content(bench.run()) == bench.wanted
    (seen,) = bench.server.seen
    assert int(seen.headers["range"].removeprefix("bytes=").rstrip("-")) >= 30_000
