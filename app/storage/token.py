"""The access tokens of servers: in the system's keyring, one for each server, never in a file of ours."""

import keyring
from keyring.errors import KeyringError

SERVICE = "lorgnette"


class TokenKeeper:
    """Tokens by the server that they were given for, so that none is ever sent to another.

    Where the system has no keyring, or it is locked, a token is known until Lorgnette is closed. Calls may wait for the
    keyring, which may ask the user.
    """

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def token(self, server: str) -> str:
        """The token for a server, or nothing."""
        if server not in self._known:
            try:
                self._known[server] = keyring.get_password(SERVICE, server) or ""
            except (KeyringError, RuntimeError, OSError):  # RuntimeError: what lies under a backend fails.
                self._known[server] = ""
        return self._known[server]

    def keep(self, server: str, token: str) -> bool:
        """Keep a token for a server, or forget it where `token` is empty; False where only until the end."""
        self._known[server] = token
        try:
            if token:
                keyring.set_password(SERVICE, server, token)
            elif keyring.get_password(SERVICE, server) is not None:
                keyring.delete_password(SERVICE, server)
        except (KeyringError, RuntimeError, OSError):
            return not token
        return True
