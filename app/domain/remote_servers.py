"""Servers whose models answer in place of the one on this machine, and how their addresses are written."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from app.domain.errors import ProblemKind, UserError

DEFAULT_PATH = "/v1"


class AddressError(UserError):
    """What was typed is no server's address."""

    kind = ProblemKind.CHECKPOINT


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """A model of a server; `address` is what `normalised` makes of what was typed, `name` what the server calls it."""

    address: str
    name: str

    @property
    def host(self) -> str:
        """The server's name, with its port where one is given."""
        return urlsplit(self.address).netloc

    @property
    def title(self) -> str:
        """What a batch keeps of it, in place of a model's folder."""
        return f"{self.name} at {self.address}"


def normalised(typed: str) -> str:
    """The base address of an API: "gpu-box:8000" becomes "http://gpu-box:8000/v1". Raises AddressError.

    Without a scheme it is https, but for addresses of this machine and of the local network.
    """
    text = typed.strip()
    if not text or any(character.isspace() or ord(character) < 32 for character in text):
        raise AddressError("That is no server's address.", todo="Write it like “http://192.168.1.20:8000/v1”.")
    if "://" not in text:
        host = urlsplit(f"//{text}").hostname or ""
        text = f"{'http' if is_near(host) else 'https'}://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise AddressError("That is no server's address.", todo="Look at the port and the brackets.") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise AddressError("A server's address begins with http:// or https://.", todo="Look at its beginning.")
    if parts.username or parts.password:
        raise AddressError("An address cannot carry a password.", todo="Put the key into its own field.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = f"{host}:{port}" if port else host
    path = parts.path.rstrip("/").removesuffix("/chat/completions").removesuffix("/models")
    return urlunsplit((parts.scheme, netloc, path or DEFAULT_PATH, "", ""))


def is_near(host: str) -> bool:
    """Whether a host is this machine or one of a local network, as far as its name tells."""
    name = host.casefold()
    if name == "localhost" or name.endswith((".localhost", ".local", ".lan", ".home.arpa")):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return "." not in name
    return address.is_private or address.is_loopback or address.is_link_local


def is_this_machine(address: str) -> bool:
    """Whether what is sent to an address stays on this machine."""
    host = (urlsplit(address).hostname or "").casefold()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_open_to_readers(address: str) -> bool:
    """Whether what is sent can be read on its way: it is not encrypted, and leaves this machine."""
    return urlsplit(address).scheme == "http" and not is_this_machine(address)
