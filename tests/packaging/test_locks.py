"""What is installed is what the locks list: each package by its files' digests, in the version of constraints.txt."""

import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import lock
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
NAMES = sorted(path.stem for path in lock.LOCKS.glob("*.txt"))
CONSTRAINTS = lock.pins(lock.CONSTRAINTS.read_text(encoding="utf-8"))


def text_of(name: str) -> str:
    return (lock.LOCKS / f"{name}.txt").read_text(encoding="utf-8")


def definition(name: str) -> lock.Lock:
    return lock.all_locks().get(name) or lock.torch_build(name.removeprefix("torch-"))


def test_every_lock_is_written() -> None:
    assert lock.all_locks().keys() <= set(NAMES)
    assert {"run", "dev", "autoround", "bundle", "torch", "torch-cpu"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_has_a_digest_for_every_package_and_nothing_else(name: str) -> None:
    digests = lock.digests(text_of(name))
    assert digests.keys() == lock.pins(text_of(name)).keys()
    assert all(digests.values())
    entry = r"[\w.-]+==[^\s;]+( ; .+)? \\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n)+"
    assert re.fullmatch(rf"# .+\n({entry})+", text_of(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_has_the_versions_of_the_constraints(name: str) -> None:
    own = lock.pins("\n".join(definition(name).wanted))
    for package, version in lock.pins(text_of(name)).items():
        if package in own:
            assert version == own[package]
        elif not definition(name).has_torch or package in CONSTRAINTS:  # torch itself says which libraries it wants.
            assert version == CONSTRAINTS[package], package


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_has_what_is_wanted(name: str) -> None:
    pins = lock.pins(text_of(name))
    for wanted in map(Requirement, definition(name).wanted):
        if wanted.name == "torch" and not definition(name).has_torch:
            continue
        if wanted.marker and not wanted.marker.evaluate({"sys_platform": "win32" if name == "wine" else "linux"}):
            continue
        assert pins[lock.normalised(wanted.name)] in wanted.specifier, wanted


def test_the_constraints_name_nothing_that_no_lock_has() -> None:
    locked = {package for name in NAMES for package in lock.pins(text_of(name))}
    assert CONSTRAINTS.keys() <= locked


def test_torch_is_in_locks_of_its_own_alone() -> None:
    assert {name for name in NAMES if "torch" in lock.pins(text_of(name))} == {
        name for name in NAMES if definition(name).has_torch
    }
    versions = {lock.pins(text_of(name))["torch"].partition("+")[0] for name in NAMES if definition(name).has_torch}
    assert versions == {CONSTRAINTS["torch"]}


def test_the_wheels_for_gpus_are_those_of_the_lock_of_torch() -> None:
    wheels = tomllib.loads((ROOT / "resources/gpu_wheels.toml").read_text(encoding="utf-8"))["wheels"]
    libraries = [wheel for wheel in wheels if re.search(r"/(torch|nvidia_\w+|cuda_toolkit)-", wheel["url"])]
    assert len(libraries) > 10
    allowed = {digest for listed in lock.digests(text_of("torch")).values() for digest in listed}
    assert {wheel["sha256"] for wheel in libraries} <= allowed


def test_a_bundle_has_what_the_application_needs_but_torch() -> None:
    names = lock.pins(text_of("bundle")).keys()
    assert {"openvino", "rapidocr", "pyside6-essentials", "pikepdf", "tokenizers"} <= names
    assert not {"torch", "qwen-vl-utils", "transformers"} & names


@pytest.mark.parametrize("minor", [11, 12, 13])
@pytest.mark.parametrize(
    ("system", "wanted"), [("linux", "jeepney"), ("win32", "pywin32-ctypes"), ("darwin", "keyring")]
)
def test_a_lock_serves_every_python_and_system(minor: int, system: str, wanted: str) -> None:
    place = {"python_version": f"3.{minor}", "python_full_version": f"3.{minor}.1", "sys_platform": system}
    lines = [line.removesuffix(" \\") for line in text_of("run").splitlines() if "==" in line]
    here = {one.name for one in map(Requirement, lines) if one.marker is None or one.marker.evaluate(place)}
    assert wanted in here
    assert ("backports-tarfile" in here) == (minor == 11)
    assert ("secretstorage" in here) == (system == "linux")


def scripts() -> list[Path]:
    found = [path for kind in ("*.sh", "*.ps1") for path in PACKAGING.rglob(kind)]
    assert len(found) > 10
    return found


def test_nothing_is_installed_that_no_lock_lists() -> None:
    """Each `pip install`, `wheel` and `download` takes a lock, or installs what is here, without dependencies."""
    commands = []
    for path in scripts():
        text = re.sub(r"\s*[\\`]\n\s*", " ", path.read_text(encoding="utf-8"))
        lines = [line.strip() for line in text.splitlines()]
        commands += [line for line in lines if re.search(r"^[^#]*(\$pip |@pip |-m pip (?!hash|check))", line)]
    assert len(commands) > 12
    here = r"\$pip_options\"|--quiet\"|--no-build-isolation (\.|--editable|--wheel-dir .*/opencv\")|wheels.*\.whl"
    for command in commands:
        assert "--require-hashes" in command or re.search(here, command), command


def test_actions_are_named_by_commit() -> None:
    workflows = sorted((ROOT / ".github/workflows").glob("*.yml"))
    uses = [one for path in workflows for one in re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))]
    assert len(uses) > 10
    for one in uses:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one)


def wheel(folder: Path, name: str) -> str:
    """A wheel of nothing, and its SHA-256."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{name}-1.0.dist-info/RECORD", f"{name}.py,,\n")
    told = subprocess.run([sys.executable, "-m", "pip", "hash", path], capture_output=True, text=True, check=True)
    return told.stdout.split("sha256:")[1].strip()


@pytest.mark.skipif(sys.platform == "win32", reason="bash")
def test_a_file_with_another_digest_is_not_installed(tmp_path: Path) -> None:
    # GIVEN a checkout with a lock of one package, which lies where pip looks, and an environment
    (tmp_path / "packaging/locks").mkdir(parents=True)
    shutil.copy(PACKAGING / "setup.sh", tmp_path / "packaging")
    (tmp_path / "index").mkdir()
    digest = wheel(tmp_path / "index", "locked")
    venv.create(tmp_path / "venv", with_pip=True)
    commands = f'. "{tmp_path}/packaging/setup.sh"; locked run && "$venv/bin/python" -c "import locked"'
    place = {"LORGNETTE_VENV": str(tmp_path / "venv"), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "index")}

    def install(lines: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "packaging/locks/run.txt").write_text(lines, encoding="utf-8")
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null", **place}
        return subprocess.run(["bash", "-c", commands], capture_output=True, text=True, env=environment, check=False)

    # WHEN the digest is another one, or there is none, THEN nothing is installed
    other = install(f"locked==1.0 --hash=sha256:{'0' * 64}\n")
    assert other.returncode
    assert "DO NOT MATCH THE HASHES" in other.stderr
    assert install("locked==1.0\n").returncode
    # WHEN it is among those that are listed, THEN it is
    assert install(f"locked==1.0 --hash=sha256:{'0' * 64} --hash=sha256:{digest}\n").returncode == 0
