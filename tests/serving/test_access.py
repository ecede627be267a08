"""Who is answered: names of this server, pages of this machine, and those that have the key."""

import http.client
import json
from typing import Any

from app.network.listening_socket import is_loopback
from app.serving.access import Access
from tests.support.serving import Served, running_server

KEY = "a-key-that-is-long-enough"


def get(served: Served, path: str = "/v1/models", method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    """The answer to a request with these headers; underscores stand for hyphens."""
    connection = http.client.HTTPConnection(served.host, served.port, timeout=30)
    try:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=given)
        response = connection.getresponse()
        response.body = response.read()  # type: ignore[attr-defined]
        return response
    finally:
        connection.close()


def code_of(response: http.client.HTTPResponse) -> str:
    body: dict[str, Any] = json.loads(response.body)  # type: ignore[attr-defined]
    return str(body["error"]["code"])


def test_only_names_of_this_server_are_answered(served: Served) -> None:
    for host in ("localhost", "LocalHost.:1", "127.0.0.1", "127.0.0.9:80", "[::1]:9", f"127.0.0.1:{served.port}"):
        assert get(served, Host=host).status == 200, host
    for host in (
        "evil.example",
        "localhost.evil.example",
        "192.168.1.20",
        "user@localhost",
        "localhost:x",
        "",
        "[::2]",
    ):
        response = get(served, Host=host)
        assert (response.status, code_of(response)) == (403, "host_not_allowed"), host


def test_pages_of_other_origins_are_refused_before_anything_is_done(served: Served) -> None:
    for origin in (
        "https://evil.example",
        "null",
        "http://localhost.evil.example",
        "file://",
        "http://[::2]",
        "http://[",
    ):
        response = get(served, Origin=origin)
        assert (response.status, code_of(response)) == (403, "origin_not_allowed"), origin
        assert response.getheader("access-control-allow-origin") is None
        assert get(served, "/v1/chat/completions", "OPTIONS", Origin=origin).status == 403
    response = get(served, Sec_Fetch_Site="cross-site")
    assert (response.status, code_of(response)) == (403, "origin_not_allowed")


def test_pages_of_this_machine_may_read_the_answer(served: Served) -> None:
    origin = "http://localhost:3000"
    asked = get(
        served, "/v1/chat/completions", "OPTIONS", Origin=origin, Access_Control_Request_Headers="authorization"
    )
    assert asked.status == 204
    assert "authorization" in (asked.getheader("access-control-allow-headers") or "")
    for answer in (asked, get(served, Origin=origin, Sec_Fetch_Site="cross-site"), get(served, "/gone", Origin=origin)):
        assert answer.getheader("access-control-allow-origin") == origin
        assert answer.getheader("vary") == "Origin"


def test_what_the_user_allows_is_allowed() -> None:
    access = Access(host="127.0.0.1", names=frozenset({"desk.local"}), origins=frozenset({"https://chat.example.org"}))
    with running_server(access=access) as served:
        assert get(served, Host="desk.local:8484").status == 200
        assert get(served, Origin="https://chat.example.org").status == 200
        assert get(served, Origin="https://chat.example.org:444").status == 403


def test_a_key_is_asked_for_but_by_health() -> None:
    with running_server(access=Access(host="127.0.0.1", key=KEY)) as served:
        for given in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": KEY}, {"Authorization": f"Basic {KEY}"}):
            response = get(served, **given)
            assert (response.status, code_of(response)) == (401, "invalid_api_key")
            assert response.getheader("www-authenticate") == "Bearer"
        assert get(served, "/gone").status == 401
        assert get(served, Authorization=f"Bearer {KEY}").status == 200
        assert get(served, "/health").status == 200


def test_other_machines_name_this_one_by_its_address() -> None:
    """No page can lead a browser from a name of its own to such a Host header."""
    access = Access(host="0.0.0.0", key=KEY)  # noqa: S104 - nothing listens there
    assert access.names_this_server("192.168.1.20:8484")
    assert access.names_this_server("[fe80::1]:8484")
    assert not access.names_this_server("evil.example")
    assert not Access(host="127.0.0.1").names_this_server("192.168.1.20:8484")


def test_what_is_loopback() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.8.8.8", "::1", "localhost", "::ffff:127.0.0.1")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "example.org", "")))  # noqa: S104


def test_unknown_addresses_and_methods_are_errors_of_the_api(served: Served) -> None:
    for path, method, status in (("/gone", "GET", 404), ("/v1/models", "POST", 405), ("/ocr", "GET", 405)):
        response = get(served, path, method)
        assert (response.status, code_of(response)) == (status, "not_found")
