"""Finds the model in what people point at: its folder, the hub's cache of it, the folder above, or a GGUF file."""

from collections.abc import Callable
from pathlib import Path

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError
from app.engine.checkpoints.gguf.ollama import store_of
from app.regular_files import open_regular, read_regular

CONFIG = "config.json"
GGUF_FILES, GGUF_MAGIC = "*.[gG][gG][uU][fF]", b"GGUF"
_MAX_REFERENCE_BYTES = 256
_MAX_LOOKED_AT = 1000
"""Maximum number of entries of a folder that are looked at for models."""


def checked_model(path: Path) -> Path:
    """Return what is meant by `path`: a folder with a model, or a GGUF file. Raises CheckpointError if it has none."""
    if is_gguf(path):
        return path
    if not path.exists():
        raise CheckpointError(checkpoint_texts.FOLDER_GONE, folder=path.name)
    if not path.is_dir():
        raise CheckpointError(checkpoint_texts.NEITHER_FOLDER_NOR_GGUF, file=path.name)
    found = model_folder(path)
    if not _has_model(found):
        raise other_kind(found) or CheckpointError(checkpoint_texts.INCOMPLETE, folder=found.name, file=CONFIG)
    return found


def model_folder(folder: Path) -> Path:
    """Return the folder with a model that is meant by `folder`, `folder` itself if none is found.

    That is `folder`; or its current snapshot if it is a model in the cache of the Hugging Face hub
    (`models--OWNER--NAME`); or the only one of these in it, as in AutoRound's output and in that cache.
    """
    try:
        return _model_at(folder) or _only(_model_at, folder) or folder
    except (OSError, ValueError):
        return folder


def _model_at(folder: Path) -> Path | None:
    """Return a folder with a model: `folder` itself, or its current or only snapshot in the hub's cache."""
    if _has_model(folder):
        return folder
    if not (snapshots := folder / "snapshots").is_dir():
        return None
    named = folder / "refs" / "main"
    revision = read_regular(named, _MAX_REFERENCE_BYTES).decode().strip() if named.exists() else ""
    if revision and "/" not in revision and _has_model(snapshots / revision):
        return snapshots / revision
    return _only(_model_in, snapshots)


def _model_in(folder: Path) -> Path | None:
    return folder if _has_model(folder) else None


def _only(find: Callable[[Path], Path | None], folder: Path) -> Path | None:
    """Return what is found in the entries of a folder, None if it is nothing or several."""
    entries = [path for path, _ in zip(folder.iterdir(), range(_MAX_LOOKED_AT), strict=False)]
    models = [found for path in entries if (found := find(path))]
    return models[0] if len(models) == 1 else None


def is_gguf(path: Path) -> bool:
    """Return whether a GGUF model is meant by `path`: a file, a manifest of Ollama's, or a folder with such files."""
    if path.is_dir():
        return _first(path, GGUF_FILES) is not None and _first(path, "*.safetensors*") is None
    if not path.exists():
        return False
    if path.match(GGUF_FILES) or store_of(path):
        return True
    try:
        with open_regular(path) as file:  # Ollama's files have no suffix.
            return file.read(len(GGUF_MAGIC)) == GGUF_MAGIC
    except OSError:
        return False


def enclosing_folder(path: Path) -> Path:
    """Return the folder with all files of the model that is meant by `path`."""
    return store_of(path) or (path.parent if path.is_file() else path)


def other_kind(folder: Path) -> CheckpointError | None:
    """Return the error for a folder with weights of another kind, None if there are none."""
    if (folder / "adapter_config.json").exists():
        return CheckpointError(checkpoint_texts.ADAPTER)
    if pickled := _first(folder, "*.bin") or _first(folder, "*.pt*"):
        return CheckpointError(checkpoint_texts.PICKLED, file=pickled)
    return None


def _has_model(folder: Path) -> bool:
    return (folder / CONFIG).exists() or _first(folder, GGUF_FILES) is not None


def _first(folder: Path, pattern: str) -> str | None:
    return min((path.name for path in folder.glob(pattern)), default=None)
