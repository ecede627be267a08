"""Finds the model folder in what people point at: the folder itself, the hub's cache of a model, or its parent."""

from pathlib import Path

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError
from app.regular_files import read_regular

CONFIG = "config.json"
_MAX_REFERENCE_BYTES = 256
_MAX_LOOKED_AT = 1000
"""Maximum number of entries of a folder that are looked at for models."""


def model_folder(folder: Path) -> Path:
    """Return the folder with config.json that is meant by `folder`, `folder` itself if none is found.

    That is `folder`; or its current snapshot if it is a model in the cache of the Hugging Face hub
    (`models--OWNER--NAME`); or the only folder with a config.json in it, as AutoRound's output has.
    """
    try:
        if (folder / CONFIG).exists():
            return folder
        if (snapshots := folder / "snapshots").is_dir():
            named = folder / "refs" / "main"
            revision = read_regular(named, _MAX_REFERENCE_BYTES).decode().strip() if named.exists() else ""
            if revision and "/" not in revision and (snapshots / revision / CONFIG).exists():
                return snapshots / revision
            folder = snapshots
        entries = [path for path, _ in zip(folder.iterdir(), range(_MAX_LOOKED_AT), strict=False)]
        models = [path for path in entries if (path / CONFIG).exists()]
    except (OSError, ValueError):
        return folder
    return models[0] if len(models) == 1 else folder


def checked_folder(folder: Path) -> Path:
    """Return the folder with config.json that is meant by `folder`. Raises CheckpointError if there is none."""
    if not folder.is_dir():
        raise CheckpointError(checkpoint_texts.FOLDER_GONE, folder=folder.name)
    found = model_folder(folder)
    if not (found / CONFIG).exists():
        raise other_kind(found) or CheckpointError(checkpoint_texts.INCOMPLETE, folder=found.name, file=CONFIG)
    return found


def other_kind(folder: Path) -> CheckpointError | None:
    """Return the error for a folder with weights of another kind, None if there are none."""
    if gguf := _first(folder, "*.gguf"):
        return CheckpointError(checkpoint_texts.GGUF, file=gguf)
    if (folder / "adapter_config.json").exists():
        return CheckpointError(checkpoint_texts.ADAPTER)
    if pickled := _first(folder, "*.bin") or _first(folder, "*.pt*"):
        return CheckpointError(checkpoint_texts.PICKLED, file=pickled)
    return None


def _first(folder: Path, pattern: str) -> str | None:
    return min((path.name for path in folder.glob(pattern)), default=None)
