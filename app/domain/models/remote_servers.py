"""Servers whose models answer in place of a local one, and the form of their addresses."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit, urlunsplit

from app.domain.error_texts import settings_texts
from app.domain.errors import UserError

DEFAULT_PATH = "/v1"
PROGRAMS_BY_PORT = {11434: "Ollama", 1234: "LM Studio", 8080: "llama-server", 8000: "vLLM", 30000: "SGLang"}
"""Ports that programs which serve models listen on unless told otherwise, from their documentation."""
USUAL_PORTS = tuple(PROGRAMS_BY_PORT)


class AddressError(UserError):
    """The typed text is not a server's address."""


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """A model of a server; `address` is `normalised`, `name` is the server's name for the model."""

    address: str
    name: str

    @property
    def host(self) -> str:
        """The server's name, with its port if one is given; the whole text if it is not an address."""
        return _split(self.address).netloc or self.address

    @property
    def title(self) -> str:
        """The name that a batch stores in place of a model's folder."""
        return f"{self.name} at {self.address}"


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A server that answers on this machine; `program` is empty if it does not tell which it is.

    Without `needs_key` it has at least one model.
    """

    program: str
    address: str
    models: tuple[str, ...] = ()
    needs_key: bool = False


def normalised(typed: str) -> str:
    """Return the base address of an API: "gpu-box:8000" becomes "http://gpu-box:8000/v1". Raises AddressError.

    The default scheme is https, except for addresses of this machine and of the local network.
    """
    text = typed.strip()
    if not text or not text.isprintable() or any(character.isspace() for character in text):
        raise AddressError(settings_texts.NO_ADDRESS)
    try:
        if "://" not in text:
            host = urlsplit(f"//{text}").hostname or ""
            text = f"{'http' if is_near(host) else 'https'}://{text}"
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise AddressError(settings_texts.ADDRESS_MALFORMED) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise AddressError(settings_texts.ADDRESS_WITHOUT_SCHEME)
    if parts.username or parts.password:
        raise AddressError(settings_texts.ADDRESS_WITH_PASSWORD)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = f"{host}:{port}" if port else host
    path = parts.path.rstrip("/").removesuffix("/chat/completions").removesuffix("/models")
    return urlunsplit((parts.scheme, netloc, path or DEFAULT_PATH, "", ""))


def is_near(host: str) -> bool:
    """Return whether a host is this machine or one of a local network, judged by its name."""
    name = host.casefold()
    if name == "localhost" or name.endswith((".localhost", ".local", ".lan", ".home.arpa")):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return "." not in name
    return address.is_private or address.is_loopback or address.is_link_local


def is_this_machine(address: str) -> bool:
    """Return whether data sent to an address stays on this machine."""
    host = (_split(address).hostname or "").casefold()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_open_to_readers(address: str) -> bool:
    """Return whether data can be read in transit: it is not encrypted, and leaves this machine."""
    return _split(address).scheme == "http" and not is_this_machine(address)


def _split(address: str) -> SplitResult:
    """Split an address; the parts are empty if it is invalid, as one in a damaged settings file may be."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")
