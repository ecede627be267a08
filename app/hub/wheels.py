"""The wheels of the support for GPUs, from the Python Package Index or a mirror with the same paths.

A file is at /packages/<digest>/<name>; its digest is known in advance, whichever server sends it.
"""

import contextlib
from collections.abc import Iterator
from urllib.parse import urlsplit

from app.domain.error_texts import network_texts
from app.domain.errors import NetworkError
from app.domain.models.gpu_support import GpuSupport
from app.domain.models.model_catalog import ModelFile, ModelListing
from app.hub.hub import passing_refusal, rest_of
from app.network.cancel_token import CancelToken
from app.network.client import HttpRequest, NetworkClient, Response


class Wheels:
    """A DownloadSource that presents all of `support` as one model, at the server `packages`."""

    def __init__(self, client: NetworkClient, support: GpuSupport, packages: str) -> None:
        self._client = client
        self._support = support
        server = packages.strip().rstrip("/")
        self._urls = {wheel.name: server + urlsplit(wheel.url).path for wheel in support.wheels}

    def listing(self, _model_id: str, _cancel_token: CancelToken) -> ModelListing:
        """Return the wheels, without a request."""
        return self._support.listing

    @contextlib.contextmanager
    def open_file(
        self, _listing: ModelListing, file: ModelFile, start: int, etag: str, cancel_token: CancelToken
    ) -> Iterator[Response]:
        """Open a wheel from byte `start` on if its ETag is unchanged; otherwise the whole file, with status 200.

        Raises NetworkError, ConnectionLost, Busy, RangeRefused, Cancelled.
        """
        with self._client.open(
            HttpRequest(url=self._urls[file.name], headers=rest_of(start, etag)), cancel_token
        ) as answer:
            if passing := passing_refusal(answer):
                raise passing
            if answer.status not in {200, 206}:
                raise NetworkError(network_texts.FILE_REFUSED, file=file.name, status=answer.status)
            yield answer
