"""Client of a model hub: huggingface.co or a mirror.

Two calls of its public API are used (https://huggingface.co/docs/hub/api, and the source of huggingface_hub):

* GET {endpoint}/api/models/{owner}/{name}/revision/main?blobs=true gives JSON: "sha", the commit; "siblings", a list of
  files, each with "rfilename", "size", "blobId" (git's SHA-1 of the blob) and, for those kept in LFS, "lfs" with
  "sha256" and "size";
* GET {endpoint}/{owner}/{name}/resolve/{commit}/{file} gives the bytes, mostly by a redirect to another host, and
supports Range.

The header X-Error-Code gives the reason of an error: RepoNotFound, GatedRepo, RevisionNotFound, EntryNotFound.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import msgspec

from app.domain.error_texts import network_texts
from app.domain.errors import NetworkError
from app.domain.models.model_catalog import ModelFile, ModelListing, is_model_id, is_wanted, missing_files
from app.network.cancel_token import CancelToken
from app.network.client import HttpRequest, NetworkClient, Response
from app.network.retry_after import retry_after

MAX_LISTING_BYTES = 16 * 1024 * 1024
MAX_FILES = 500
MAX_MODEL_BYTES = 500 * 1000**3


class Busy(NetworkError):
    """The server is overloaded or fails temporarily; `retry_after_seconds` is the delay that it asks for."""

    def __init__(self, status: int, retry_after_seconds: float | None) -> None:
        self.retry_after_seconds = retry_after_seconds
        if status == 429:
            super().__init__(network_texts.SERVER_BUSY)
        else:
            super().__init__(network_texts.SERVER_FAILED, status=status)


class RangeRefused(NetworkError):
    """The server has no bytes in the requested range."""


class _Lfs(msgspec.Struct):
    sha256: str = ""
    size: int = -1


class _Sibling(msgspec.Struct, rename="camel"):
    rfilename: str
    size: int | None = None
    blob_id: str | None = None
    lfs: _Lfs | None = None


class _ModelInfo(msgspec.Struct):
    sha: str
    siblings: list[_Sibling]


class Hub:
    """The hub at `endpoint`, with the user's `token` if there is one; both are called for each request."""

    def __init__(self, client: NetworkClient, endpoint: Callable[[], str], token: Callable[[], str]) -> None:
        self._client = client
        self._endpoint = endpoint
        self._token = token

    def listing(self, model_id: str, cancel_token: CancelToken) -> ModelListing:
        """Return the files of the model's main branch. Raises NetworkError, ConnectionLost, Busy, Cancelled."""
        if not is_model_id(model_id):
            raise NetworkError(network_texts.LISTING_INVALID)
        with self._open(f"api/models/{model_id}/revision/main?blobs=true", {}, cancel_token) as answer:
            content = answer.read_all(MAX_LISTING_BYTES)
        try:
            info = msgspec.json.decode(content, type=_ModelInfo)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise NetworkError(network_texts.LISTING_INVALID) from error
        return _checked(model_id, info)

    @contextlib.contextmanager
    def open_file(
        self, listing: ModelListing, file: ModelFile, start: int, etag: str, cancel_token: CancelToken
    ) -> Iterator[Response]:
        """Open a file from byte `start` on if its ETag is unchanged; otherwise the whole file, with status 200.

        Raises RangeRefused in addition to the errors of `listing`.
        """
        path = f"{listing.model_id}/resolve/{listing.commit}/{quote(file.name)}"
        with self._open(path, rest_of(start, etag), cancel_token) as answer:
            yield answer

    @contextlib.contextmanager
    def _open(self, path: str, headers: dict[str, str], cancel_token: CancelToken) -> Iterator[Response]:
        token = self._token()
        request = HttpRequest(url=f"{self._endpoint().rstrip('/')}/{path}", headers=headers, token=token)
        with self._client.open(request, cancel_token) as answer:
            if answer.status not in {200, 206}:
                raise _refusal(answer, has_token=bool(token))
            yield answer


def rest_of(start: int, etag: str) -> dict[str, str]:
    """Return headers that request a file from byte `start` on if its ETag is unchanged."""
    headers = {"Range": f"bytes={start}-"} if start else {}
    if start and etag and not etag.startswith("W/"):  # If-Range needs a strong ETag (RFC 9110, 13.1.5).
        headers["If-Range"] = etag
    return headers


def passing_refusal(answer: Response) -> Busy | RangeRefused | None:
    """Return the error of a response that may differ later, or for another range; None for all others."""
    if answer.status == 416:
        return RangeRefused(network_texts.RANGE_REFUSED)
    if answer.status == 429 or answer.status >= 500:
        return Busy(answer.status, retry_after(answer.header("Retry-After")))
    return None


def _refusal(answer: Response, *, has_token: bool) -> NetworkError:
    reason, status = answer.header("X-Error-Code"), answer.status
    if passing := passing_refusal(answer):
        return passing
    if reason == "GatedRepo" or status == 403:
        return NetworkError(network_texts.LICENCE_NOT_ACCEPTED)
    if status == 401:
        return NetworkError(network_texts.TOKEN_REJECTED if has_token else network_texts.TOKEN_REQUIRED)
    if status in {404, 410}:
        return NetworkError(network_texts.MODEL_GONE)
    return NetworkError(network_texts.REFUSED, status=status)


def _checked(model_id: str, info: _ModelInfo) -> ModelListing:
    """Validate a listing, in which everything is untrusted; return the files that Lorgnette downloads."""
    files = tuple(_file(sibling) for sibling in info.siblings[:MAX_FILES] if is_wanted(sibling.rfilename))
    names = [file.name.lower() for file in files]
    if not _is_hex(info.sha, 40) or len(set(names)) != len(names) or sum(file.size for file in files) > MAX_MODEL_BYTES:
        raise NetworkError(network_texts.LISTING_INVALID)
    if missing := missing_files([file.name for file in files]):
        text = network_texts.MODEL_LACKS_FILE if len(missing) == 1 else network_texts.MODEL_LACKS_FILES
        raise NetworkError(text, files=", ".join(missing))
    return ModelListing(model_id=model_id, commit=info.sha, files=files)


def _file(sibling: _Sibling) -> ModelFile:
    lfs = sibling.lfs
    size = lfs.size if lfs else sibling.size
    if size is None or size < 0:
        raise NetworkError(network_texts.LISTING_INVALID)
    if lfs and _is_hex(lfs.sha256, 64):
        return ModelFile(name=sibling.rfilename, size=size, sha256=lfs.sha256)
    if not lfs and _is_hex(sibling.blob_id, 40):
        return ModelFile(name=sibling.rfilename, size=size, git_sha1=str(sibling.blob_id))
    raise NetworkError(network_texts.LISTING_INVALID)


def _is_hex(value: Any, length: int) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, str) and len(value) == length and not set(value) - set("0123456789abcdef")
