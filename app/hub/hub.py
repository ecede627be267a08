"""A hub of models, as huggingface.co and its mirrors speak.

Two calls of its public API are used (https://huggingface.co/docs/hub/api, and the source of huggingface_hub):

* GET {endpoint}/api/models/{owner}/{name}/revision/main?blobs=true gives JSON: "sha", the commit; "siblings", a list of
  files, each with "rfilename", "size", "blobId" (git's SHA-1 of the blob) and, for those kept in LFS, "lfs" with
  "sha256" and "size";
* GET {endpoint}/{owner}/{name}/resolve/{commit}/{file} gives the bytes, mostly by way of a redirect to another host,
  and understands Range.

A refusal has its reason in the header X-Error-Code: RepoNotFound, GatedRepo, RevisionNotFound, EntryNotFound.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import msgspec

from app.domain.errors import NetworkError
from app.domain.model_catalog import ModelFile, ModelListing, is_model_id, is_wanted, missing_parts
from app.hub.patience import retry_after
from app.network.addresses import parse
from app.network.client import Call, NetworkClient, Response
from app.network.halt import Halt

MOST_LISTING_BYTES = 16 * 1024 * 1024
MOST_FILES = 500
MOST_MODEL_BYTES = 500 * 1000**3


class Busy(NetworkError):
    """The server has too much to do or fails for the moment; `wished_seconds` is how long it wants us to wait."""

    def __init__(self, status: int, wished_seconds: float | None) -> None:
        self.wished_seconds = wished_seconds
        reason = "asks us to wait" if status == 429 else f"has a problem of its own ({status})"
        super().__init__(
            f"The server {reason}.", kept="What has been downloaded is kept.", todo="Press Resume in a while."
        )


class RangeRefused(NetworkError):
    """The server has no bytes from where we asked on."""


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
    """The hub at `endpoint`, with the user's `token` where there is one; both are asked for at each call."""

    def __init__(self, client: NetworkClient, endpoint: Callable[[], str], token: Callable[[], str]) -> None:
        self._client = client
        self._endpoint = endpoint
        self._token = token

    def listing(self, model_id: str, halt: Halt) -> ModelListing:
        """What the model's main branch holds now. Raises NetworkError, ConnectionLost, Busy, Cancelled."""
        if not is_model_id(model_id):
            raise _not_a_hub()
        with self._open(f"api/models/{model_id}/revision/main?blobs=true", {}, halt) as answer:
            content = answer.read_all(MOST_LISTING_BYTES)
        try:
            info = msgspec.json.decode(content, type=_ModelInfo)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise _not_a_hub() from error
        return _checked(model_id, info)

    @contextlib.contextmanager
    def open_file(
        self, listing: ModelListing, file: ModelFile, start: int, etag: str, halt: Halt
    ) -> Iterator[Response]:
        """The bytes of a file from `start` on, if it is still the one with this ETag; otherwise, with status 200, all.

        Raises RangeRefused besides what `listing` raises.
        """
        path = f"{listing.model_id}/resolve/{listing.commit}/{quote(file.name)}"
        with self._open(path, rest_of(start, etag), halt) as answer:
            yield answer

    @contextlib.contextmanager
    def _open(self, path: str, headers: dict[str, str], halt: Halt) -> Iterator[Response]:
        token = self._token()
        call = Call(url=f"{self._endpoint().rstrip('/')}/{path}", headers=headers, token=token)
        with self._client.open(call, halt) as answer:
            if answer.status not in {200, 206}:
                raise _refusal(answer, has_token=bool(token))
            yield answer


def rest_of(start: int, etag: str) -> dict[str, str]:
    """Headers that ask for a file from `start` on, if it is still the one with this ETag."""
    headers = {"Range": f"bytes={start}-"} if start else {}
    if start and etag and not etag.startswith("W/"):  # A weak one may not be used so (RFC 9110, 13.1.5).
        headers["If-Range"] = etag
    return headers


def named_host(endpoint: str) -> frozenset[str]:
    """The endpoint's "scheme://host", none where it is no link."""
    try:
        target = parse(endpoint)
    except NetworkError:
        return frozenset()
    return frozenset({f"{target.scheme}://{target.host}"})


def passing_refusal(answer: Response) -> Busy | RangeRefused | None:
    """What an answer means that may be another one later, or to another question; None for all others."""
    if answer.status == 416:
        return RangeRefused("The server does not have the rest of this file.", todo="Delete the download, begin again.")
    if answer.status == 429 or answer.status >= 500:
        return Busy(answer.status, retry_after(answer.header("Retry-After")))
    return None


def _refusal(answer: Response, *, has_token: bool) -> NetworkError:
    reason, status = answer.header("X-Error-Code"), answer.status
    if passing := passing_refusal(answer):
        return passing
    if reason == "GatedRepo" or status == 403:
        return NetworkError(
            "This model is only given to those who have accepted its licence.", kept="Nothing was changed.",
            todo="Accept it on the model's page in a browser, then enter your access token here and try again.",
        )  # fmt: skip
    if status == 401:
        return NetworkError(
            "The server does not accept the access token." if has_token else "The server wants an access token.",
            kept="What has been downloaded is kept.",
            todo="Make one on the hub's page, under “Access Tokens”, and enter it here.",
        )
    if status in {404, 410}:
        return NetworkError(
            "The server does not have this model, or not this file of it, any more.",
            todo="Check the server's address, or get the files elsewhere and use “Import files…”.",
        )
    return NetworkError(f"The server refused ({status}).", todo="Try again later, or use another server.")


def _checked(model_id: str, info: _ModelInfo) -> ModelListing:
    """The part of a listing that Lorgnette takes; everything in it is untrusted."""
    files = tuple(_file(sibling) for sibling in info.siblings[:MOST_FILES] if is_wanted(sibling.rfilename))
    names = [file.name.lower() for file in files]
    if (
        not _is_hex(info.sha, 40)
        or len(set(names)) != len(names)
        or sum(file.size for file in files) > MOST_MODEL_BYTES
    ):
        raise _not_a_hub()
    if missing := missing_parts([file.name for file in files]):
        raise NetworkError(
            f"What the server has under this name is no model that opens: {', '.join(missing)} is missing.",
            todo="Choose another model.",
        )
    return ModelListing(model_id=model_id, commit=info.sha, files=files)


def _file(sibling: _Sibling) -> ModelFile:
    lfs = sibling.lfs
    size = lfs.size if lfs else sibling.size
    if size is None or size < 0:
        raise _not_a_hub()
    if lfs and _is_hex(lfs.sha256, 64):
        return ModelFile(name=sibling.rfilename, size=size, sha256=lfs.sha256)
    if not lfs and _is_hex(sibling.blob_id, 40):
        return ModelFile(name=sibling.rfilename, size=size, git_sha1=str(sibling.blob_id))
    raise _not_a_hub()


def _is_hex(value: Any, length: int) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, str) and len(value) == length and not set(value) - set("0123456789abcdef")


def _not_a_hub() -> NetworkError:
    return NetworkError(
        "What the server says about this model cannot be used.", todo="Check the server's address, or try later."
    )
