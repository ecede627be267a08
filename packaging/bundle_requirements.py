"""Print what a bundle without torch needs: the project's dependencies but those that only graphics cards want."""

import sys
import tomllib
from pathlib import Path

LEFT_OUT = ("torch", "qwen-vl-utils")


def bundle_requirements(pyproject: Path) -> list[str]:
    """The requirements, one for each package."""
    wanted: list[str] = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["dependencies"]
    return [requirement for requirement in wanted if not requirement.startswith(LEFT_OUT)]


if __name__ == "__main__":
    sys.stdout.write("\n".join(bundle_requirements(Path(__file__).parent.parent / "pyproject.toml")) + "\n")
