"""Diagnostics for a bug report, which reveal nothing of what Lorgnette is used for."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from app import __version__
from app.domain.settings.settings import Settings
from app.paths import Paths
from app.storage.models.machine import this_machine

LIBRARIES = ("openvino", "onnxruntime", "torch", "rapidocr", "PySide6-Essentials", "pypdfium2", "av")
LOG_LINES = 40
GIGA = 1000**3


def diagnostics(paths: Paths, settings: Settings, running: Mapping[str, str]) -> str:
    """Return a text of `name: value` lines, followed by the end of the log.

    `running` has the values that only the window knows. Settings are listed if they differ from the defaults: switches
    and numbers with their values, texts (folders, addresses) only as set.
    """
    machine = this_machine(paths.data)
    facts = {
        "Lorgnette": __version__,
        "System": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "Python": platform.python_version(),
        "Processor": f"{os.cpu_count()} cores, {machine.processor.value.replace('_', ' ')}",
        "Memory": f"{machine.memory / GIGA:.1f} GB, {machine.free_memory / GIGA:.1f} GB free",
        "Disk of the data folder": f"{machine.free_disk / GIGA:.1f} GB free",
        "Libraries": ", ".join(f"{name} {_version(name)}" for name in LIBRARIES),
        **running,
        "Settings": ", ".join(_changed(settings, Settings())) or "all at their defaults",
    }
    return "\n".join([*(f"{name}: {value}" for name, value in facts.items()), "", *_log_end(paths.log)])


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not found"


def _changed(value: Any, default: Any, prefix: str = "") -> list[str]:  # noqa: ANN401 - any settings dataclass
    found: list[str] = []
    for field in fields(value):
        name = f"{prefix}{field.name}"
        own, usual = getattr(value, field.name), getattr(default, field.name)
        if own == usual:
            continue
        if is_dataclass(own) and isinstance(usual, type(own)):
            found += _changed(own, usual, f"{name}.")
        else:
            found.append(f"{name} = {_redacted(own)}")
    return found


def _redacted(value: object) -> str:
    if isinstance(value, Enum | bool | int | float):
        return str(value)
    if isinstance(value, Sequence | Mapping) and not isinstance(value, str):
        return f"{len(value)} set"
    return "set" if value else "none"


def _log_end(log: Path) -> list[str]:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ["The log is empty."]
    return [f"The last lines of the log ({min(LOG_LINES, len(lines))}):", *lines[-LOG_LINES:]]
