"""The files of the support for graphics cards, from the Python Package Index or a mirror that has them where it has.

A file there is at /packages/<digest>/<name>; what it must be is known beforehand, whoever sends it.
"""

import contextlib
from collections.abc import Iterator
from urllib.parse import urlsplit

from app.domain.card_support import CardSupport
from app.domain.errors import NetworkError
from app.domain.model_catalog import ModelFile, ModelListing
from app.hub.hub import passing_refusal, rest_of
from app.network.client import Call, NetworkClient, Response
from app.network.halt import Halt


class Wheels:
    """Speaks as a hub does of models: all of `support` is one, at the server `packages`."""

    def __init__(self, client: NetworkClient, support: CardSupport, packages: str) -> None:
        self._client = client
        self._support = support
        server = packages.strip().rstrip("/")
        self._urls = {wheel.name: server + urlsplit(wheel.url).path for wheel in support.wheels}

    def listing(self, _model_id: str, _halt: Halt) -> ModelListing:
        """The wheels; nobody needs to be asked."""
        return self._support.listing

    @contextlib.contextmanager
    def open_file(
        self, _listing: ModelListing, file: ModelFile, start: int, etag: str, halt: Halt
    ) -> Iterator[Response]:
        """The bytes of a wheel from `start` on, if it is still the one with this ETag; otherwise, with status 200, all.

        Raises NetworkError, ConnectionLost, Busy, RangeRefused, Cancelled.
        """
        with self._client.open(Call(url=self._urls[file.name], headers=rest_of(start, etag)), halt) as answer:
            if passing := passing_refusal(answer):
                raise passing
            if answer.status not in {200, 206}:
                raise NetworkError(
                    f"The server refused “{file.name}” ({answer.status}).", kept="What has been downloaded is kept.",
                    todo="Press Resume later.",
                )  # fmt: skip
            yield answer
