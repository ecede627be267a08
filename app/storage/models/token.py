"""The access tokens of servers, one for each, and other secrets: in the system's keyring and in no file of ours."""

import sys

if sys.platform != "darwin":
    # keyring loads the backends of all systems, and macOS's looks for its libraries by running a C compiler if there is
    # one. Without this module, that backend reports that it is not available, as it does on other systems.
    sys.modules.setdefault("keyring.backends.macOS.api", None)  # type: ignore[arg-type]

import keyring
from keyring.errors import KeyringError

SERVICE = "lorgnette"
KEYRING_FAILURES = (KeyringError, RuntimeError, OSError)
"""RuntimeError: the library under a backend fails."""


class TokenStore:
    """Tokens by server, so that none is ever sent to another server.

    If the system has no keyring, or it is locked, a token is held until Lorgnette is closed. Calls may block on the
    keyring, which may prompt the user.
    """

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def token(self, server: str) -> str:
        """Return the token for a server; empty if there is none."""
        if server not in self._known:
            try:
                self._known[server] = keyring.get_password(SERVICE, server) or ""
            except KEYRING_FAILURES:
                self._known[server] = ""
        return self._known[server]

    def save(self, server: str, token: str) -> bool:
        """Save a server's token, or delete it if `token` is empty; False if it is held for this session only."""
        self._known[server] = token
        try:
            if token:
                keyring.set_password(SERVICE, server, token)
            elif keyring.get_password(SERVICE, server) is not None:
                keyring.delete_password(SERVICE, server)
        except KEYRING_FAILURES:
            return not token
        return True


def read_secret(name: str) -> str:
    """Return a secret of Lorgnette's own; empty if there is none. Raises one of KEYRING_FAILURES."""
    return keyring.get_password(SERVICE, name) or ""


def write_secret(name: str, secret: str) -> None:
    """Save a secret of Lorgnette's own. Raises one of KEYRING_FAILURES."""
    keyring.set_password(SERVICE, name, secret)


def uses_secret_service() -> bool:
    """Return whether the keyring is, or may be, the Secret Service of a Linux desktop."""
    chosen = keyring.get_keyring()
    backends = [chosen, *getattr(chosen, "backends", ())]  # Several are tried one after another.
    return any(type(backend).__module__ == "keyring.backends.SecretService" for backend in backends)
