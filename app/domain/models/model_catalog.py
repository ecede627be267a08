"""The known models, and the files that a hub lists for one.

File names come from the network and are untrusted: only those that `is_wanted` accepts are ever used.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

SUFFIXES = (".json", ".safetensors", ".txt", ".model")
"""Suffixes of the model files that are downloaded. No templates, no code, nothing pickled."""
LOCK_NAME = "lorgnette-model.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,120}")
_MODEL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,95}/[A-Za-z0-9][A-Za-z0-9_.\-]{0,95}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
"""Names that Windows reserves for devices, with any suffix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelShape:
    """The values of a Qwen3-VL's config.json that determine its memory. `bits` is the width of a text layer's weights.

    `group_size` is that of 4-bit weights. `deepstack` counts the vision layers that are also fed to the text model.
    """

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocabulary: int
    tied_head: bool
    vision_depth: int
    vision_hidden: int
    vision_intermediate: int
    deepstack: int
    bits: int
    group_size: int = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """A model to offer. `model_id` is the hub's "owner/name"; the hub reports sizes and digests of its files."""

    model_id: str
    title: str
    licence: str
    about: str
    shape: ModelShape


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """A file with its size in bytes and its SHA-256 or, for small ones that are not in LFS, git's SHA-1 of a blob."""

    name: str
    size: int
    sha256: str = ""
    git_sha1: str = ""

    @property
    def digest(self) -> str:
        """The digest that names the file until it is complete."""
        return self.sha256 or self.git_sha1


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelListing:
    """The files of a model at one commit, 40 hex digits; for imported files it is derived from their digests."""

    model_id: str
    commit: str
    files: tuple[ModelFile, ...]

    @property
    def size(self) -> int:
        """Total size of all files in bytes."""
        return sum(file.size for file in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledModel:
    """A model whose lock file says that it is complete in `folder`."""

    listing: ModelListing
    folder: str


def listing_of(model_id: str, files: tuple[ModelFile, ...]) -> ModelListing:
    """Create a listing that has no commit of a hub; its commit is derived from the files' digests."""
    digests = "".join(f"{file.name}\0{file.sha256}\n" for file in files)
    return ModelListing(model_id=model_id, commit=hashlib.sha256(digests.encode()).hexdigest()[:40], files=files)


def is_plain_name(name: str) -> bool:
    """Return whether a file may be written under this name on any system."""
    return _NAME.fullmatch(name) is not None and not _RESERVED.fullmatch(name) and name.lower() != LOCK_NAME


def is_wanted(name: str) -> bool:
    """Return whether a file of this name is a model's, at its top level, and may be written under its own name."""
    return is_plain_name(name) and name.endswith(SUFFIXES)


def is_model_id(text: str) -> bool:
    """Return whether `text` is "owner/name" as hubs write it, and cannot lead elsewhere in a path or a link."""
    return _MODEL_ID.fullmatch(text) is not None and ".." not in text


def model_display_name(folder: PurePath) -> str:
    """Return the shown name of a model; a download's folder is named by its commit, inside one with the name.

    The hub's cache has another one between: `models--OWNER--NAME/snapshots/COMMIT`. Ollama's manifests are
    `manifests/HOST/OWNER/NAME/TAG`.
    """
    if folder.parts[-5:-4] == ("manifests",):
        return f"{folder.parent.name}:{folder.name}"
    if len(folder.name) != 40 or set(folder.name) - set("0123456789abcdef"):
        return folder.name
    named = folder.parent.parent if folder.parent.name == "snapshots" else folder.parent
    return named.name.removeprefix("models--").partition("--")[2] or folder.name


def missing_files(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the files that are missing for a model that opens."""
    missing = [name for name in ("config.json", "tokenizer.json") if name not in names]
    if not any(name.endswith(".safetensors") for name in names):
        missing.append("*.safetensors")
    return tuple(missing)
