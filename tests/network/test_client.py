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
from app.hub.retry_policy import RetryPolicy
from app.network.addresses import is_public, named_server, parse
from app.network.cancel_token import CancelToken
from app.network.client import HttpRequest, NetworkClient, NetworkRules, Offline
from app.network.connector import ConnectionLost
from app.network.retry_after import retry_after
from tests.network.conftest import Harness
from tests.support.hub_server import HubServer, Trouble, serving

CANARY = "hf_canary"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.0.0.2", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104

        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1",
        "2002:7f00:1::", "64:ff9b::7f00:1", "ff02::1", "not an address",
        "::127.0.0.1", "::7f00:1", "::ffff:0:127.0.0.1", "::ffff:0:7f00:1", "64:ff9b:1::7f00:1", "64:ff9b:1:ffff::1",
        "fec0::1", "5f00::1", "192.0.0.192", "192.0.0.9", "192.88.99.1", "2001:db8::1", "3fff::1", "2001:2::1",
        "100::1", "4000::1", "fd00::1", "2001:0:1::80ff:fffe", "240.0.0.1", "198.18.0.1", "203.0.113.1",
    ],
)  # fmt: skip
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "192.1.0.1", "2606:4700::1111", "2a00:1450::1", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
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
    with client.open(HttpRequest(url=url), CancelToken()) as answer:
        return answer.read_all(1000)


@pytest.mark.parametrize(
    "link",
    ["http://169.254.169.254/latest/meta-data", "https://169.254.169.254/", "https://127.0.0.2/", "http://127.0.0.2/",
     "https://[::1]/", "https://localhost/", "https://router.example/", "file:///etc/passwd", "http://example.org/"],
)  # fmt: skip
def test_a_link_to_a_private_or_open_place_is_not_followed(harness: Harness, link: str) -> None:
    def resolve(host: str, _port: int) -> list[str]:
        return ["192.168.1.1"] if host.endswith("example") else ["127.0.0.1"] if host == "localhost" else [host]

    harness.resolve = resolve
    harness.server.troubles.append(Trouble("main", status=302, headers={"Location": link}))
    with pytest.raises(NetworkError) as raised:
        harness.hub().listing("a/b", CancelToken())
    assert not isinstance(raised.value, ConnectionLost)
    assert len(harness.server.seen) == 1


def test_a_named_server_sends_to_no_other_port_of_its_machine(harness: Harness) -> None:
    with serving(HubServer({})) as inner:
        harness.server.troubles.append(Trouble("main", status=302, headers={"Location": f"{inner.address}/internal"}))
        with pytest.raises(NetworkError, match="unencrypted address"):
            harness.hub().listing("a/b", CancelToken())
        secure = inner.address.replace("http:", "https:")
        harness.server.troubles.append(Trouble("main", status=302, headers={"Location": f"{secure}/internal"}))
        with pytest.raises(NetworkError, match="not public"):
            harness.hub().listing("a/b", CancelToken())
        assert inner.seen == []


@pytest.mark.parametrize("link", ["http://[::1", "//[", "http://a]b/", "\xff\xfe", "https://", "http://x:99999999999/"])
def test_a_link_that_is_none_is_told(harness: Harness, link: str) -> None:
    harness.server.troubles.append(Trouble("main", times=9, status=302, headers={"Location": link}))
    with pytest.raises(NetworkError):
        harness.hub().listing("a/b", CancelToken())


def test_links_in_a_circle_end(harness: Harness) -> None:
    harness.server.troubles.append(Trouble("main", times=99, status=307, headers={"Location": "/api/models/a/main"}))
    with pytest.raises(NetworkError, match="redirects endlessly"):
        harness.hub().listing("a/b", CancelToken())
    assert len(harness.server.seen) == 6


def test_a_server_by_a_private_name_is_only_reached_where_it_is_named(harness: Harness) -> None:
    assert harness.hub().listing("a/b", CancelToken()).files
    harness.rules = NetworkRules()
    with pytest.raises(NetworkError, match="unencrypted address"):
        harness.hub().listing("a/b", CancelToken())
    assert len(harness.server.seen) == 1


def test_offline_nothing_is_sent(harness: Harness) -> None:
    harness.rules = NetworkRules(offline=True, named_servers=harness.rules.named_servers)
    with pytest.raises(Offline, match="offline"):
        harness.run()
    assert harness.server.seen == []


def test_nobody_there(harness: Harness) -> None:
    with pytest.raises(ConnectionLost, match="Nothing answers on port 9 of this computer"):
        get(
            NetworkClient(lambda: NetworkRules(named_servers=named_server("http://127.0.0.1:9"))), "http://127.0.0.1:9/"
        )


def test_an_answer_that_has_no_end_is_cut(harness: Harness) -> None:
    harness.server.files["big.json"] = b"x" * 5000
    with pytest.raises(NetworkError, match="too long"):
        get(harness.client(), f"{harness.server.address}/big.json")


def test_lines_come_one_by_one(harness: Harness) -> None:
    harness.server.files["lines.txt"] = b"data: one\n\ndata: two"
    with harness.client().open(HttpRequest(url=f"{harness.server.address}/lines.txt"), CancelToken()) as answer:
        assert list(answer.lines()) == [b"data: one\n", b"\n", b"data: two"]


def test_errors_name_no_link_and_no_token(harness: Harness) -> None:
    harness.token = CANARY
    call = HttpRequest(url=f"{harness.server.address}/x?signature=canary", token=CANARY)
    assert CANARY not in repr(call)
    harness.server.troubles.append(Trouble("main", times=99, status=302, headers={"Location": "http://a.b/?x=canary"}))
    with pytest.raises(NetworkError) as raised:
        harness.hub().listing("a/b", CancelToken())
    assert "canary" not in raised.value.problem.sentence


def test_waiting_grows_and_has_an_end() -> None:
    retry_policy = RetryPolicy(draw=lambda: 1.0)
    waits = [retry_policy.next_delay(None) for _ in range(6)]
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, None]
    retry_policy.reset()
    assert retry_policy.next_delay(3.0) == 3.0
    assert retry_policy.next_delay(10_000) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120.0), (" 0 ", 0.0), ("Thu, 01 Jan 2026 00:01:00 GMT", 60.0), ("Wed, 31 Dec 2025 23:00:00 GMT", 0.0),
     ("soon", None), ("", None), ("-1", None), ("9" * 400, 999999999.0),
     ("\xb2", None), ("9" * 60_000, 999999999.0), ("000000000060", 60.0), ("Mon, 01 Jan 0001 00:00:00 +2359", 0.0),
     ("Mon, 99 Foo 999999 99:99:99 +999999999", None)],
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
        address = f"https://localhost:{port}/"
        rules = NetworkRules(named_servers=named_server(address))
        with pytest.raises(NetworkError, match="could not be verified"):
            get(NetworkClient(lambda: rules), address)
        thread.join()


@pytest.mark.parametrize(
    ("url", "keeps"),
    [("https://hub.example/", True), ("http://127.0.0.1:8000/", True), ("http://localhost/", True),
     ("http://hub.example/", False), ("http://192.168.0.5/", False), ("http://127.0.0.1.example/", False)],
)  # fmt: skip
def test_tokens_go_where_nobody_reads_them(url: str, *, keeps: bool) -> None:
    assert parse(url).keeps_secrets == keeps
