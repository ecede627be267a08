"""Models that are known by name, and what a hub says about the files of one.

Names of files come from the network and are untrusted: only those that `is_wanted` accepts are ever used.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

SUFFIXES = (".json", ".safetensors", ".txt", ".model")
"""Files of a model that Lorgnette takes. No templates, no code, nothing pickled."""
LOCK_NAME = "lorgnette-model.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,120}")
_MODEL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,95}/[A-Za-z0-9][A-Za-z0-9_.\-]{0,95}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
"""What Windows takes for a device, with whatever suffix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelShape:
    """The numbers of a Qwen3-VL's config.json that its memory follows from. `bits` are those of a text layer's weight.

    `group_size` is of 4-bit weights. `deepstack` counts the vision layers that are also fed to the text model.
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
    """A model to offer. `model_id` is the hub's "owner/name"; sizes and digests of its files are the hub's to say."""

    model_id: str
    title: str
    licence: str
    about: str
    shape: ModelShape


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """One file with its bytes and its SHA-256 or, for small ones that are not in LFS, git's SHA-1 of a blob."""

    name: str
    size: int
    sha256: str = ""
    git_sha1: str = ""

    @property
    def digest(self) -> str:
        """What it is named by until it is complete."""
        return self.sha256 or self.git_sha1


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelListing:
    """The files of a model at one commit, 40 hex digits; that of imported files is made of their digests."""

    model_id: str
    commit: str
    files: tuple[ModelFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledModel:
    """A model that lies whole in `folder`, as its lock file says."""

    listing: ModelListing
    folder: str


def listing_of(model_id: str, files: tuple[ModelFile, ...]) -> ModelListing:
    """A listing that no hub has given a commit: it has that of its files' digests."""
    digests = "".join(f"{file.name}\0{file.sha256}\n" for file in files)
    return ModelListing(model_id=model_id, commit=hashlib.sha256(digests.encode()).hexdigest()[:40], files=files)


def is_plain_name(name: str) -> bool:
    """Whether a file may be written under this name, whatever the system."""
    return _NAME.fullmatch(name) is not None and not _RESERVED.fullmatch(name) and name.lower() != LOCK_NAME


def is_wanted(name: str) -> bool:
    """Whether a file of this name is part of a model, lies at its top, and may be written under its own name."""
    return is_plain_name(name) and name.endswith(SUFFIXES)


def is_model_id(text: str) -> bool:
    """Whether this is "owner/name" as hubs write it, and nothing that could lead elsewhere in a path or a link."""
    return _MODEL_ID.fullmatch(text) is not None and ".." not in text


def shown_name(folder: PurePath) -> str:
    """What to call the model in a folder: that of a downloaded one is named by its commit, inside one with its name."""
    is_commit = len(folder.name) == 40 and not set(folder.name) - set("0123456789abcdef")
    return folder.parent.name.partition("--")[2] or folder.name if is_commit else folder.name


def missing_parts(names: Sequence[str]) -> tuple[str, ...]:
    """What these files lack to be a model that opens."""
    missing = [name for name in ("config.json", "tokenizer.json") if name not in names]
    if not any(name.endswith(".safetensors") for name in names):
        missing.append("*.safetensors")
    return tuple(missing)
