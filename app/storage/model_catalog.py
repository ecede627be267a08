"""The models that are offered, from resources/models.toml, and what this machine has for them."""

import shutil
import tomllib
from pathlib import Path

import msgspec
import psutil

from app.domain.model_catalog import KnownModel, ModelShape
from app.domain.model_fit import Machine
from app.paths import RESOURCES

CATALOGUE = RESOURCES / "models.toml"


def known_models(path: Path = CATALOGUE) -> tuple[KnownModel, ...]:
    """The models in the order in which they are offered."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        KnownModel(
            model_id=item["id"],
            title=item["title"],
            licence=item["licence"],
            about=item["about"],
            shape=msgspec.convert({**raw["shapes"][item["shape"]], "bits": item["bits"]}, ModelShape),
        )
        for item in raw["models"]
    )


def this_machine(models_folder: Path) -> Machine:
    """Memory now, and the room on the disk that `models_folder` is on, or will be."""
    memory = psutil.virtual_memory()
    there = next(folder for folder in (models_folder, *models_folder.parents) if folder.exists())
    return Machine(memory=memory.total, free_memory=memory.available, free_disk=shutil.disk_usage(there).free)
