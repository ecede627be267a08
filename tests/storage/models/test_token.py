"""Access tokens: in the keyring where there is one, each for its own server."""

import subprocess
import sys
from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from app.storage.models.token import TokenStore

HUB, MIRROR = "https://hub.example", "https://mirror.example"


class MemoryKeyring(KeyringBackend):
    """A keyring that forgets, and may be locked."""

    priority = 1

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._open()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._open()
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError

    def _open(self) -> None:
        if self.is_locked:
            raise KeyringLocked


@pytest.fixture
def memory() -> Iterator[MemoryKeyring]:
    before = keyring.get_keyring()
    made = MemoryKeyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def test_a_token_is_kept_for_its_server_only(memory: MemoryKeyring) -> None:
    assert TokenStore().save(HUB, "hf_one")
    again = TokenStore()
    assert (again.token(HUB), again.token(MIRROR)) == ("hf_one", "")


def test_a_token_is_forgotten(memory: MemoryKeyring) -> None:
    token_store = TokenStore()
    token_store.save(HUB, "hf_one")
    assert token_store.save(HUB, "")
    assert token_store.save(HUB, "")
    assert memory.kept == {}
    assert token_store.token(HUB) == ""


def test_without_a_keyring_it_is_known_until_the_end(memory: MemoryKeyring) -> None:
    memory.is_locked = True
    token_store = TokenStore()
    assert token_store.token(HUB) == ""
    assert not token_store.save(HUB, "hf_one")
    assert token_store.token(HUB) == "hf_one"
    assert TokenStore().token(HUB) == ""


LOOKS_FOR_BACKENDS = """
import sys
started = []
sys.addaudithook(lambda event, arguments: started.append(str(arguments[0])) if event == "subprocess.Popen" else None)
from app.storage.models.token import TokenStore
TokenStore().token("https://hub.example")
print(started)
"""


def test_no_other_program_is_run_to_find_a_keyring() -> None:
    done = subprocess.run([sys.executable, "-c", LOOKS_FOR_BACKENDS], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
