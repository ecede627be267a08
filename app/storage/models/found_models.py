"""Finds Qwen3-VL models that other programs have on this computer, by the names of files; nothing is opened or changed.

Only their usual places are looked at: LM Studio's models folder (https://lmstudio.ai/docs/app/advanced/import-model),
Ollama's (https://docs.ollama.com/faq), and the cache of the Hugging Face hub
(https://huggingface.co/docs/huggingface_hub/guides/manage-cache).
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from app.domain.models.found_model import FoundModel
from app.regular_files import read_regular

_QWEN3_VL = re.compile(r"qwen-?3-?vl", re.IGNORECASE)
_OTHER_SHARD = re.compile(r"-(?!00001)\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)
_MAX_ENTRIES = 10_000
"""Maximum number of entries of a program's folder that are looked at."""
_MAX_MANIFEST_BYTES = 64 * 1024
_PROJECTOR = b"application/vnd.ollama.image.projector"
"""Media type of a vision part in a manifest; models that Ollama converted by itself have none, and do not open."""


def found_models(home: Path | None = None, environment: Mapping[str, str] = os.environ) -> tuple[FoundModel, ...]:
    """Return the models below the user's folder `home`, or where the programs' variables say, sorted by name."""
    home = home or Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home raises without a home
    hub = environment.get("HF_HUB_CACHE") or Path(environment.get("HF_HOME") or home / ".cache/huggingface") / "hub"
    ollama = (environment.get("OLLAMA_MODELS"), home / ".ollama/models", "/usr/share/ollama/.ollama/models")
    found = [
        *(
            model
            for root in (home / ".lmstudio/models", home / ".cache/lm-studio/models")
            for model in _lm_studio(root)
        ),
        *(model for root in ollama if root for model in _ollama(Path(root))),
        *_hub(Path(hub)),
    ]
    return tuple(sorted({model.path: model for model in found}.values(), key=lambda model: (model.name, model.path)))


def _lm_studio(root: Path) -> Iterator[FoundModel]:
    """Yield the language models in OWNER/NAME that have a vision part beside them."""
    for folder in _matching(root, "*/*"):
        files = [path for path in _matching(folder, "*", is_named=False) if path.suffix.lower() == ".gguf"]
        files = [path for path in files if not _OTHER_SHARD.search(path.name)]
        texts = [path for path in files if "mmproj" not in path.name.lower()]
        if len(texts) < len(files):
            yield from (FoundModel(path.stem, str(path), "LM Studio") for path in texts)


def _ollama(root: Path) -> Iterator[FoundModel]:
    """Yield the manifests HOST/OWNER/NAME/TAG that name a vision part."""
    for path in _matching(root / "manifests", "*/*/*/*"):
        try:
            has_projector = _PROJECTOR in read_regular(path, _MAX_MANIFEST_BYTES)
        except OSError:
            continue
        if has_projector:
            yield FoundModel(f"{path.parent.name}:{path.name}", str(path), "Ollama")


def _hub(root: Path) -> Iterator[FoundModel]:
    """Yield the models of the hub's cache with a snapshot that has a config or GGUF files."""
    for folder in _matching(root, "models--*--*"):
        files = _matching(folder, "snapshots/*/*", is_named=False)
        if any(path.name == "config.json" or path.suffix.lower() == ".gguf" for path in files):
            yield FoundModel(folder.name.rpartition("--")[2], str(folder), "Hugging Face")


def _matching(root: Path, pattern: str, *, is_named: bool = True) -> Iterable[Path]:
    """Return what matches the pattern, if it `is_named` only paths with the model's name; nothing if unreadable."""
    try:
        entries = sorted(islice(root.glob(pattern), _MAX_ENTRIES))
    except OSError:
        return ()
    return [path for path in entries if not is_named or _QWEN3_VL.search(str(path.relative_to(root)))]
