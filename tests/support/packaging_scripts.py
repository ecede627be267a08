"""Modules of packaging/, which is no package."""

import importlib.util
from pathlib import Path
from types import ModuleType

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"


def packaging_script(name: str) -> ModuleType:
    """The module `name`, a path below packaging/ without its suffix."""
    place = PACKAGING / f"{name}.py"
    specification = importlib.util.spec_from_file_location(place.stem, place)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
