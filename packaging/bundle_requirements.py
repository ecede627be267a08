"""Print what a bundle needs: the project's dependencies but those that only graphics cards want.

    bundle_requirements.py [--torch [BUILD]]

With --torch they include torch, of that BUILD where one is named: cpu, rocm7.1, xpu.
"""

import argparse
import sys
import tomllib
from pathlib import Path

CARDS_ONLY = ("torch", "qwen-vl-utils")


def bundle_requirements(pyproject: Path, torch_build: str | None = None) -> list[str]:
    """The requirements, one for each package; no torch where `torch_build` is None, of any build where it is ""."""
    wanted: list[str] = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["dependencies"]
    chosen = [requirement for requirement in wanted if not requirement.startswith(CARDS_ONLY)]
    if torch_build is not None:
        torch = next(requirement for requirement in wanted if requirement.startswith("torch=="))
        chosen.append(f"{torch}+{torch_build}" if torch_build else torch)
    return chosen


def main() -> None:
    """Print them, one a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--torch", metavar="BUILD", nargs="?", const="")
    options = parser.parse_args()
    chosen = bundle_requirements(Path(__file__).parent.parent / "pyproject.toml", options.torch)
    sys.stdout.write("\n".join(chosen) + "\n")


if __name__ == "__main__":
    main()
