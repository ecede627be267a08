"""Models that Ollama has pulled: a manifest `manifests/HOST/OWNER/NAME/TAG` names files of the folder `blobs`.

Source: https://github.com/ollama/ollama, server/internal/manifest/manifest.go.
"""

import re
from pathlib import Path

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError
from app.engine.checkpoints.config import read_json

_MANIFESTS, _BLOBS = "manifests", "blobs"
_DEPTH = 5
"""Number of a manifest's last folders and name, from `manifests` on."""
_MODEL, _PROJECTOR = "application/vnd.ollama.image.model", "application/vnd.ollama.image.projector"
_DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")


def store_of(path: Path) -> Path | None:
    """Return the folder with all of Ollama's models if `path` is a manifest in it, else None."""
    if path.parts[-_DEPTH:][:1] != (_MANIFESTS,):
        return None
    store = path.parents[_DEPTH - 1]
    return store if (store / _BLOBS).is_dir() and path.is_file() else None


def blobs_of(manifest: Path, store: Path) -> tuple[Path, Path]:
    """Return the files of the language model and of its vision part. Raises CheckpointError if one is not named."""
    layers = read_json(manifest).get("layers")
    found: dict[str, Path] = {}
    for layer in layers if isinstance(layers, list) else []:
        kind = layer.get("mediaType") if isinstance(layer, dict) else None
        digest = _DIGEST.fullmatch(str(layer.get("digest"))) if isinstance(layer, dict) else None
        if isinstance(kind, str) and digest:
            found.setdefault(kind, store / _BLOBS / f"sha256-{digest[1]}")
    if _MODEL not in found or _PROJECTOR not in found:
        raise CheckpointError(checkpoint_texts.OLLAMA_OWN, name=f"{manifest.parent.name}:{manifest.name}")
    return found[_MODEL], found[_PROJECTOR]
