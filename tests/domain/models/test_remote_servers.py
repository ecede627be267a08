"""Addresses of servers as people write them."""

import pytest

from app.domain.models.remote_servers import (
    AddressError,
    RemoteModel,
    is_near,
    is_open_to_readers,
    is_this_machine,
    normalised,
)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("http://localhost:8000/v1", "http://localhost:8000/v1"),
        (" localhost:11434 ", "http://localhost:11434/v1"),
        ("192.168.1.20:8000", "http://192.168.1.20:8000/v1"),
        ("gpu-box", "http://gpu-box/v1"),
        ("api.example.org", "https://api.example.org/v1"),
        ("https://api.example.org/openai/v1/", "https://api.example.org/openai/v1"),
        ("https://api.example.org/v1/chat/completions", "https://api.example.org/v1"),
        ("http://[::1]:8080", "http://[::1]:8080/v1"),
        ("https://api.example.org/v1?x=1#y", "https://api.example.org/v1"),
    ],
)
def test_an_address_is_completed(typed: str, address: str) -> None:
    assert normalised(typed) == address
    assert normalised(address) == address


@pytest.mark.parametrize(
    "typed",
    ["", "  ", "two words", "ftp://host", "file:///etc/passwd", "http://", "http://h:99999999", "http://u:p@h", "h\n",
     "[::1", "http://[::1", "a]b", "http://h/\udce9", "h\x00", "h\u202e", "http://h:²", "[", "//["],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed: str) -> None:
    if typed == "h\n":
        assert normalised(typed) == "http://h/v1"  # A line break at the end comes from pasting.
        return
    with pytest.raises(AddressError):
        normalised(typed)


def test_what_leaves_this_machine_and_what_can_be_read_on_its_way() -> None:
    assert is_this_machine("http://localhost:8000/v1")
    assert is_this_machine("http://127.0.0.5/v1")
    assert is_this_machine("http://[::1]:1/v1")
    assert not is_this_machine("http://192.168.1.20/v1")
    assert not is_this_machine("http://localhost.example.org/v1")
    assert is_open_to_readers("http://192.168.1.20/v1")
    assert not is_open_to_readers("https://192.168.1.20/v1")
    assert not is_open_to_readers("http://localhost/v1")


@pytest.mark.parametrize("address", ["http://[::1", "[", "", "\udce9", "http://a]b/v1", "\x00"])
def test_what_is_no_address_in_the_settings_has_a_host_and_stays_nowhere(address: str) -> None:
    model = RemoteModel(address, "m")
    assert model.host == address
    assert model.title
    assert not is_this_machine(address)
    assert not is_open_to_readers(address)


def test_what_is_near() -> None:
    assert all(map(is_near, ("localhost", "nas.local", "10.0.0.3", "box", "fe80::1")))
    assert not any(map(is_near, ("example.org", "8.8.8.8", "localhost.example.org")))


def test_a_servers_host_has_its_port() -> None:
    assert RemoteModel("http://gpu-box:8000/v1", "m").host == "gpu-box:8000"
