"""Where connections go, and where they do not."""

import contextlib
import socket
import ssl
import subprocess
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.errors import NetworkError
from app.hub.patience import Patience, retry_after
from app.network.addresses import is_public, parse
from app.network.client import Call, NetworkClient, NetworkRules, Offline
from app.network.dialler import ConnectionLost
from app.network.halt import Halt
from tests.network.conftest import Bench
from tests.support.hub_server import Trouble

CANARY = "hf_canary"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.0.0.2", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104

        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1",
        "2002:7f00:1::", "64:ff9b::7f00:1", "ff02::1", "not an address",
    ],
)  # fmt: skip
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    ["ftp://host/x", "file:///etc/passwd", "https://", "https://a:b@host/", "https://host:99999/", "https://ho st/",
     "https://host/\r\nX: y", "https://[::1", "", "//host/x"],
)  # fmt: skip
def test_links_that_are_none(url: str) -> None:
    with pytest.raises(NetworkError):
        parse(url)


def get(client: NetworkClient, url: str) -> bytes:
    with client.open(Call(url=url), Halt()) as answer:
        return answer.read_all(1000)


@pytest.mark.parametrize(
    "link",
    ["http://169.254.169.254/latest/meta-data", "https://169.254.169.254/", "https://127.0.0.2/", "http://127.0.0.2/",
     "https://[::1]/", "https://localhost/", "https://router.example/", "file:///etc/passwd", "http://example.org/"],
)  # fmt: skip
def test_a_link_to_a_private_or_open_place_is_not_followed(bench: Bench, link: str) -> None:
    def resolve(host: str, _port: int) -> list[str]:
        return ["192.168.1.1"] if host.endswith("example") else ["127.0.0.1"] if host == "localhost" else [host]

    bench.resolve = resolve
    bench.server.troubles.append(Trouble("main", status=302, headers={"Location": link}))
    with pytest.raises(NetworkError) as raised:
        bench.hub().listing("a/b", Halt())
    assert not isinstance(raised.value, ConnectionLost)
    assert len(bench.server.seen) == 1


def test_links_in_a_circle_end(bench: Bench) -> None:
    bench.server.troubles.append(Trouble("main", times=99, status=307, headers={"Location": "/api/models/a/main"}))
    with pytest.raises(NetworkError, match="on and on"):
        bench.hub().listing("a/b", Halt())
    assert len(bench.server.seen) == 6


def test_a_server_by_a_private_name_is_only_reached_where_it_is_named(bench: Bench) -> None:
    assert bench.hub().listing("a/b", Halt()).files
    bench.rules = NetworkRules()
    with pytest.raises(NetworkError, match="without encryption"):
        bench.hub().listing("a/b", Halt())
    assert len(bench.server.seen) == 1


def test_offline_nothing_is_sent(bench: Bench) -> None:
    bench.rules = NetworkRules(offline=True, named_hosts=bench.rules.named_hosts)
    with pytest.raises(Offline, match="offline"):
        bench.run()
    assert bench.server.seen == []


def test_nobody_there(bench: Bench) -> None:
    with pytest.raises(ConnectionLost, match="could not be reached"):
        get(NetworkClient(lambda: NetworkRules(named_hosts=frozenset({"http://127.0.0.1"}))), "http://127.0.0.1:9/")


def test_an_answer_that_has_no_end_is_cut(bench: Bench) -> None:
    bench.server.files["big.json"] = b"x" * 5000
    with pytest.raises(NetworkError, match="longer"):
        get(bench.client(), f"{bench.server.address}/big.json")


def test_lines_come_one_by_one(bench: Bench) -> None:
    bench.server.files["lines.txt"] = b"data: one\n\ndata: two"
    with bench.client().open(Call(url=f"{bench.server.address}/lines.txt"), Halt()) as answer:
        assert list(answer.lines()) == [b"data: one\n", b"\n", b"data: two"]


def test_errors_name_no_link_and_no_token(bench: Bench) -> None:
    bench.token = CANARY
    call = Call(url=f"{bench.server.address}/x?signature=canary", token=CANARY)
    assert CANARY not in repr(call)
    bench.server.troubles.append(Trouble("main", times=99, status=302, headers={"Location": "http://a.b/?x=canary"}))
    with pytest.raises(NetworkError) as raised:
        bench.hub().listing("a/b", Halt())
    assert "canary" not in raised.value.problem.sentence


def test_waiting_grows_and_has_an_end() -> None:
    patience = Patience(draw=lambda: 1.0)
    waits = [patience.next_wait(None) for _ in range(6)]
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, None]
    patience.gained()
    assert patience.next_wait(3.0) == 3.0
    assert patience.next_wait(10_000) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120.0), (" 0 ", 0.0), ("Thu, 01 Jan 2026 00:01:00 GMT", 60.0), ("Wed, 31 Dec 2025 23:00:00 GMT", 0.0),
     ("soon", None), ("", None), ("-1", None), ("9" * 400, 999999999.0)],
)  # fmt: skip
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after(value, datetime(2026, 1, 1, tzinfo=UTC)) == seconds


def test_a_server_that_cannot_prove_who_it_is(tmp_path: Path) -> None:
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("openssl makes no certificate here")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def serve() -> None:
            with contextlib.suppress(OSError):
                plain, _ = listening.accept()
                with plain, context.wrap_socket(plain, server_side=True):
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        rules = NetworkRules(named_hosts=frozenset({"https://localhost"}))
        with pytest.raises(NetworkError, match="prove who it is"):
            get(NetworkClient(lambda: rules), f"https://localhost:{port}/")
        thread.join()


@pytest.mark.parametrize(
    ("url", "keeps"),
    [("https://hub.example/", True), ("http://127.0.0.1:8000/", True), ("http://localhost/", True),
     ("http://hub.example/", False), ("http://192.168.0.5/", False), ("http://127.0.0.1.example/", False)],
)  # fmt: skip
def test_tokens_go_where_nobody_reads_them(url: str, *, keeps: bool) -> None:
    assert parse(url).keeps_secrets == keeps
