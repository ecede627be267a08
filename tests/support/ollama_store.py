"""A store of models as Ollama keeps it, with one model in it."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path


def ollama_store(root: Path, layers: Mapping[str, Path]) -> Path:
    """Copy files into the store `root`, as the layers of these names; return the model's manifest."""
    manifest = root / "manifests" / "hf.co" / "someone" / "Tiny-GGUF" / "Q4_K_M"
    for folder in (manifest.parent, root / "blobs"):
        folder.mkdir(parents=True, exist_ok=True)
    described = []
    for name, file in layers.items():
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        shutil.copy(file, root / "blobs" / f"sha256-{digest}")
        described.append({"mediaType": f"application/vnd.ollama.image.{name}", "digest": f"sha256:{digest}"})
    manifest.write_text(json.dumps({"schemaVersion": 2, "layers": described}), encoding="utf-8")
    return manifest
