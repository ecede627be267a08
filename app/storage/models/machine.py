"""The resources of this machine for a model."""

import platform
import shutil
import sys
from pathlib import Path

import psutil

from app.domain.models.model_fit import ComputeDevice, Machine

CPU_INFO = Path("/proc/cpuinfo")
COMPUTES_IN_16_BITS = {"avx512_bf16", "amx_bf16", "avx512_fp16", "asimdhp", "bf16"}
"""Linux's names of the CPU flags for 16-bit arithmetic; the last two are ARM's."""


def this_machine(models_folder: Path) -> Machine:
    """Return the present memory, and the free space on the disk that `models_folder` is on, or will be."""
    memory = psutil.virtual_memory()
    there = next(folder for folder in (models_folder, *models_folder.parents) if folder.exists())
    return Machine(
        memory=memory.total,
        free_memory=memory.available,
        free_disk=shutil.disk_usage(there).free,
        processor=ComputeDevice.CPU if _computes_in_16_bits() else ComputeDevice.CPU_IN_32_BITS,
    )


def _computes_in_16_bits() -> bool:
    """Return False if it is unknown, as on Windows; a model then needs less memory than estimated."""
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    try:
        return not COMPUTES_IN_16_BITS.isdisjoint(CPU_INFO.read_text(encoding="utf-8").split())
    except OSError:
        return False
