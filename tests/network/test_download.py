"""Downloads from a hub that misbehaves in every way that was thought of."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import pytest

from app.domain.errors import Cancelled, NetworkError, StorageError
from app.domain.models.downloads import DownloadStage
from app.hub.hub import Busy
from app.network import limited_stream
from app.network.addresses import named_server
from app.network.cancel_token import CancelToken
from app.network.client import NetworkRules
from app.network.connector import ConnectionLost
from app.storage.models.model_folders import ModelFolders
from tests.network.conftest import WEIGHTS, Harness
from tests.support.hub_server import COMMIT, MODEL_ID, HubServer, Trouble, serving

SIZE = 200_000
TOKEN = "hf_secret"


def test_a_model_comes_whole_and_is_in_the_list(harness: Harness) -> None:
    folder = harness.run()
    assert harness.content(folder) == harness.wanted
    (model,) = harness.folders.installed()
    assert (model.listing.model_id, model.listing.commit, model.folder) == (MODEL_ID, COMMIT, str(folder))
    assert harness.folders.verify(model, lambda _: None) == ()
    assert not list((harness.folders.root / "incoming").rglob("*.*"))


def test_progress_goes_from_nothing_to_everything(harness: Harness) -> None:
    harness.run()
    done = [report.done for report in harness.reports if report.stage is DownloadStage.LOADING]
    assert done == sorted(done)
    assert done[-1] == harness.reports[-1].total == sum(map(len, harness.wanted.values()))


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
def test_what_passes_is_got_over(harness: Harness, trouble: Trouble) -> None:
    harness.server.troubles.append(trouble)
    assert harness.content(harness.run()) == harness.wanted


def test_after_a_drop_only_the_rest_is_asked_for(harness: Harness) -> None:
    harness.server.troubles.append(Trouble(WEIGHTS, cut=70_000))
    harness.run()
    first, second = [seen for seen in harness.server.seen if seen.path.endswith(WEIGHTS)]
    assert "range" not in first.headers
    begin = int(second.headers["range"].removeprefix("bytes=").rstrip("-"))
    assert 0 < begin <= 70_000
    assert second.headers["if-range"] == f'"{harness.server.etags[WEIGHTS]}"'


def test_a_server_that_falls_silent_is_asked_again(harness: Harness) -> None:
    harness.stall_seconds = 0.2
    harness.server.troubles.append(Trouble(WEIGHTS, stall=50_000))
    assert harness.content(harness.run()) == harness.wanted
    assert any(report.stage is DownloadStage.WAITING for report in harness.reports)


def test_wrong_bytes_twice_are_thrown_away_and_said(harness: Harness) -> None:
    harness.server.troubles.append(Trouble(WEIGHTS, times=2, wrong=True))
    with pytest.raises(NetworkError, match="wrong checksum, twice"):
        harness.run()
    assert harness.folders.installed() == ()
    assert not list((harness.folders.root / "incoming").glob("*.part"))
    assert harness.content(harness.run()) == harness.wanted


def test_more_bytes_than_there_should_be(harness: Harness) -> None:
    harness.server.troubles.append(Trouble(WEIGHTS, more=True))
    with pytest.raises(NetworkError, match="sent more"):
        harness.run()
    assert harness.content(harness.run()) == harness.wanted


def paused(harness: Harness, after: int) -> None:
    """Stop a download when so many bytes have come."""
    cancel_token = CancelToken()
    harness.server.slow_seconds = 0.002
    with pytest.raises(Cancelled):
        harness.run(cancel_token, lambda report: cancel_token.set() if report.done >= after else None)
    harness.server.slow_seconds = 0.0
    harness.server.seen.clear()


def test_what_was_paused_goes_on_where_it_was(harness: Harness) -> None:
    paused(harness, 60_000)
    there = sum(path.stat().st_size for path in (harness.folders.root / "incoming").glob("*.part"))
    assert there >= 50_000
    assert harness.content(harness.run()) == harness.wanted
    (seen,) = harness.server.seen
    assert seen.headers["range"] == f"bytes={there}-"


def test_a_changed_etag_begins_the_file_again(harness: Harness) -> None:
    paused(harness, 60_000)
    harness.server.etags[WEIGHTS] = "another"
    assert harness.content(harness.run()) == harness.wanted


def test_a_server_without_ranges_begins_again(harness: Harness) -> None:
    paused(harness, 60_000)
    harness.server.troubles.append(Trouble(WEIGHTS, whole=True))
    assert harness.content(harness.run()) == harness.wanted


def test_a_server_without_ranges_that_always_drops_is_given_up(harness: Harness) -> None:
    harness.server.troubles.append(Trouble(WEIGHTS, times=100, whole=True, cut=90_000))
    with pytest.raises(NetworkError, match="lost"):
        harness.run()
    assert len(harness.server.paths()) < 15


def test_a_server_that_gives_a_few_bytes_each_time_is_given_up_with_them_kept(harness: Harness) -> None:
    harness.server.troubles.append(Trouble(WEIGHTS, times=1000, cut=10))
    with pytest.raises(NetworkError, match="lost"):
        harness.run()
    assert len(harness.server.paths()) < 15
    harness.server.troubles.clear()
    assert harness.content(harness.run()) == harness.wanted


def test_a_server_that_drips_is_told_to_be_too_slow(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limited_stream, "SPEED_SECONDS", 0.05)
    monkeypatch.setattr(limited_stream, "MIN_SPEED", 100_000)
    harness.server.troubles.append(Trouble(WEIGHTS, times=1000, drip=1))
    with pytest.raises(NetworkError, match="too slow"):
        harness.run()
    harness.server.troubles.clear()
    assert harness.content(harness.run()) == harness.wanted


def test_a_part_that_was_damaged_on_the_disk_comes_again(harness: Harness) -> None:
    paused(harness, 60_000)
    (partial_file,) = (harness.folders.root / "incoming").glob("*.part")
    partial_file.write_bytes(b"\0" * partial_file.stat().st_size)
    assert harness.content(harness.run()) == harness.wanted


def test_a_part_that_is_too_long_comes_again(harness: Harness) -> None:
    paused(harness, 60_000)
    (partial_file,) = (harness.folders.root / "incoming").glob("*.part")
    partial_file.write_bytes(b"\0" * (SIZE + 1))
    assert harness.content(harness.run()) == harness.wanted


def test_the_commit_stays_the_one_that_was_begun_with(harness: Harness) -> None:
    paused(harness, 60_000)
    harness.server.commit = "d" * 40
    harness.run()
    (model,) = harness.folders.installed()
    assert model.listing.commit == COMMIT


def test_stopping_does_not_wait_for_a_silent_server(harness: Harness) -> None:
    harness.stall_seconds = 60
    harness.server.troubles.append(Trouble(WEIGHTS, stall=50_000))
    cancel_token = CancelToken()
    timer = threading.Timer(0.3, cancel_token.set)
    timer.start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        harness.run(cancel_token)
    timer.join()
    assert time.monotonic() - started < 15  # The server keeps silent for 20 s, and we for 60.


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (401, {}, "requires an access token"),
        (401, {"X-Error-Code": "GatedRepo"}, "licence has been accepted"),
        (403, {}, "licence has been accepted"),
        (404, {"X-Error-Code": "RepoNotFound"}, "no longer has this model"),
        (418, {}, "refused"),
        (429, {}, "is busy and asks to wait"),
        (502, {}, "internal error"),
    ],
)
@pytest.mark.parametrize("where", ["main", WEIGHTS])
def test_refusals_are_said_in_words(
    harness: Harness, where: str, status: int, headers: dict[str, str], words: str
) -> None:
    harness.server.troubles.append(Trouble(where, times=99, status=status, headers=headers))
    with pytest.raises(NetworkError, match=words) as raised:
        harness.run()
    assert raised.value.problem.todo


def test_a_refused_token_is_said_so(harness: Harness) -> None:
    harness.token = TOKEN
    harness.server.troubles.append(Trouble("main", status=401))
    with pytest.raises(NetworkError, match="does not accept the access token"):
        harness.run()


def test_a_wish_to_wait_for_long_is_said_and_not_waited_for(harness: Harness) -> None:
    harness.server.troubles.append(Trouble("main", status=429, headers={"Retry-After": "86400"}))
    with pytest.raises(Busy):
        harness.run()
    assert len(harness.server.seen) == 1


def test_a_wish_to_wait_is_granted(harness: Harness) -> None:
    harness.server.troubles.append(Trouble(WEIGHTS, status=503, headers={"Retry-After": "1"}))
    harness.run()
    waits = [report.wait_seconds for report in harness.reports if report.stage is DownloadStage.WAITING]
    assert max(waits) > 0.9


def test_too_little_room_is_said_before_anything_comes(harness: Harness) -> None:
    harness.free = 200 * 1000**2 + 1000
    with pytest.raises(StorageError, match="too little room"):
        harness.run()
    assert len(harness.server.seen) == 1


def test_a_disk_that_fills_up_keeps_what_came(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    paused(harness, 60_000)
    synced = os.fsync

    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="disk is full"):
        harness.run()
    monkeypatch.setattr(os, "fsync", synced)
    assert harness.content(harness.run()) == harness.wanted


@pytest.mark.parametrize(
    "name", ["../evil.json", "/etc/evil.json", "sub/evil.json", "CON.json", "a\nb.json", ".x.json"]
)
def test_names_that_lead_elsewhere_are_not_taken(harness: Harness, name: str, tmp_path: Path) -> None:
    harness.server.extra.append({"rfilename": name, "size": 3, "blobId": "0" * 40})
    folder = harness.run()
    assert harness.content(folder) == harness.wanted
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
def test_a_listing_that_makes_no_sense_is_refused(harness: Harness, entry: dict[str, object]) -> None:
    harness.server.extra.append(entry)
    with pytest.raises(NetworkError, match="is not valid"):
        harness.run()
    assert harness.folders.pinned(MODEL_ID) is None


def test_a_commit_that_is_none_is_refused(harness: Harness) -> None:
    harness.server.commit = "../../../etc"
    with pytest.raises(NetworkError, match="is not valid"):
        harness.run()


def test_a_model_without_weights_is_refused(harness: Harness) -> None:
    del harness.server.files[WEIGHTS]
    with pytest.raises(NetworkError, match="safetensors is missing"):
        harness.run()


def test_large_files_come_from_another_host_without_the_token(harness: Harness) -> None:
    harness.token = TOKEN
    with serving(HubServer(dict(harness.server.files))) as cdn:
        harness.server.cdn = cdn.address
        harness.rules = NetworkRules(named_servers=harness.rules.named_servers | named_server(cdn.address))
        assert harness.content(harness.run()) == harness.wanted
        assert all(seen.headers["authorization"] == f"Bearer {TOKEN}" for seen in harness.server.seen)
        assert len(cdn.seen) == 1
        assert not any("authorization" in seen.headers for seen in cdn.seen)


def test_a_process_that_is_killed_loses_nothing(harness: Harness) -> None:
    harness.server.slow_seconds = 0.02
    root = harness.folders.root
    child = subprocess.Popen([sys.executable, "-m", "tests.support.download_model", harness.server.address, str(root)])
    weights = root / "incoming" / f"{hashlib.sha256(harness.server.files[WEIGHTS]).hexdigest()}.part"
    while child.poll() is None and not (weights.exists() and weights.stat().st_size >= 40_000):
        time.sleep(0.01)
    child.kill()
    assert child.wait() == -signal.SIGKILL
    harness.server.slow_seconds = 0.0
    harness.server.seen.clear()
    harness.folders = ModelFolders(root)
    assert harness.content(harness.run()) == harness.wanted
    (seen,) = harness.server.seen
    assert int(seen.headers["range"].removeprefix("bytes=").rstrip("-")) >= 30_000


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble("main", status=302, headers={"Location": "https://127.0.0.9/"}),
        Trouble("main", times=99, status=503),
        Trouble(WEIGHTS, times=1000, cut=10),
    ],
)
def test_an_error_that_was_told_is_gone_with_its_frames(harness: Harness, trouble: Trouble) -> None:
    """In a cycle it would keep what the callers hold, the window's objects too, until the collector comes."""
    harness.server.troubles.append(trouble)
    told = None
    try:
        harness.run()
    except NetworkError as error:
        told = weakref.ref(error)
    assert told
    assert told() is None


def test_a_refused_connection_is_gone_with_its_frames(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals: list[weakref.ref[OSError]] = []

    class Refused(OSError):
        def __init__(self) -> None:
            refusals.append(weakref.ref(self))

    def refuse(*_: object) -> None:
        raise Refused

    monkeypatch.setattr("app.network.connector.socket.create_connection", refuse)
    with contextlib.suppress(ConnectionLost):
        harness.hub().listing(MODEL_ID, CancelToken())
    assert [refusal() for refusal in refusals] == [None]
