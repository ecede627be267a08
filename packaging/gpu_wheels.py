"""Write resources/gpu_wheels.toml, the wheels that make a bundle answer on an NVIDIA card: `gpu_wheels.py`.

pip resolves torch of constraints.txt with the CUDA libraries that it asks for, for each Python that bundles are built
with; sizes are the package index's (https://docs.pypi.org/api/index-api/, JSON). Nothing is downloaded. Run it when
torch's version changes.
"""

import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13")
PLATFORMS = (*(f"manylinux_2_{minor}_x86_64" for minor in range(5, 40)), "manylinux2014_x86_64", "linux_x86_64")
NOT_NEEDED = {"triton", "cuda-bindings", "cuda-pathfinder", "setuptools"}
"""What only compiling at run time by torch would use."""
INDEX = "https://pypi.org/simple"


def main() -> None:
    """Resolve and write."""
    constraints = (ROOT / "packaging" / "constraints.txt").read_text(encoding="utf-8")
    version = re.search(r"^torch==(\S+)$", constraints, re.MULTILINE)
    if not version:
        raise SystemExit("constraints.txt no longer pins torch.")
    by_file: dict[str, tuple[dict[str, Any], list[str]]] = {}
    for python in PYTHONS:
        for item in resolved(f"torch=={version[1]}", python):
            by_file.setdefault(item["download_info"]["url"], (item, []))[1].append(python)
    entries = [entry(item, pythons) for item, pythons in by_file.values()]
    target = ROOT / "resources" / "gpu_wheels.toml"
    target.write_text(head(version[1], [item for item, _ in by_file.values()]) + "\n".join(entries), encoding="utf-8")
    print(f"{target}: {len(entries)} wheels")


def resolved(requirement: str, python: str) -> list[dict[str, Any]]:
    """What pip would install of `requirement` on Linux with this Python, as its report has it."""
    platforms = [part for platform in PLATFORMS for part in ("--platform", platform)]
    command = [
        sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "--quiet", "install", "--dry-run",
        "--ignore-installed", "--report", "-", "--target", "unused", "--only-binary=:all:", "--implementation", "cp",
        "--python-version", python, *platforms, "--index-url", INDEX, requirement,
    ]  # fmt: skip
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    items: list[dict[str, Any]] = json.loads(done.stdout)["install"]
    return [item for item in items if item["metadata"]["name"].lower() not in NOT_NEEDED]


def entry(item: dict[str, Any], pythons: list[str]) -> str:
    """The lines of one wheel."""
    url = item["download_info"]["url"]
    digest = item["download_info"]["archive_info"]["hashes"]["sha256"]
    name = url.rpartition("/")[2]
    files = index_of(item["metadata"]["name"])["files"]
    (size,) = [file["size"] for file in files if file["filename"] == name and file["hashes"]["sha256"] == digest]
    lines = ["[[wheels]]", f'url = "{url}"', f"size = {size}", f'sha256 = "{digest}"']
    if pythons != list(PYTHONS):
        lines.append(f"pythons = {json.dumps(pythons)}")
    return "\n".join(lines) + "\n"


def index_of(project: str) -> dict[str, Any]:
    """What the package index says about a project."""
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    asked = urllib.request.Request(f"{INDEX}/{project}/", headers=accept)  # noqa: S310 - the scheme is that of INDEX
    with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
        said: dict[str, Any] = json.load(answer)
    return said


def head(torch: str, items: list[dict[str, Any]]) -> str:
    """The file's beginning."""
    (cuda,) = {item["metadata"]["version"] for item in items if item["metadata"]["name"] == "cuda-toolkit"}
    cuda = ".".join(cuda.split(".")[:2])
    return f"""\
# The wheels of torch with CUDA, by which a bundle without torch answers on an NVIDIA card. Written by
# packaging/gpu_wheels.py; each file is what its digest says, whichever server it comes from. `driver` is the oldest
# driver for this CUDA (https://docs.nvidia.com/cuda/cuda-toolkit-release-notes/, table 3).

torch = "{torch}"
cuda = "{cuda}"
driver = 580

"""


if __name__ == "__main__":
    main()
