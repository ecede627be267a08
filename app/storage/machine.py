"""What this machine has for a model."""

import shutil
from pathlib import Path

import psutil

from app.domain.model_fit import Machine


def this_machine(models_folder: Path) -> Machine:
    """Memory now, and the room on the disk that `models_folder` is on, or will be."""
    memory = psutil.virtual_memory()
    there = next(folder for folder in (models_folder, *models_folder.parents) if folder.exists())
    return Machine(memory=memory.total, free_memory=memory.available, free_disk=shutil.disk_usage(there).free)
